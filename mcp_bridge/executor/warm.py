# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-runner as in `executor/cold`, whose ansible-playbook is a fork of a process that has everything loaded."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from mcp_bridge.executor import PlaybookOutcome, PlaybookRun, Progress
from mcp_bridge.executor.cold import ColdExecutor
from mcp_bridge.executor.environment import build_playbook_env
from mcp_bridge.executor.forkserver.supervisor import MAX_PLAYBOOKS, Purpose, Supervisor
from mcp_bridge.executor.gate import Gate


class ServerSource(Protocol):
    """Whoever has a fork server."""

    def start(self) -> None:
        """Begin to load everything, in the background."""

    def find_program_folder(self) -> Path | None:
        """The folder with the ansible-playbook to use now; None while there is no server that is ready."""

    def close(self) -> None:
        """End the server, and with it all that it runs."""


@dataclass(frozen=True)
class BorrowedServer:
    """A server that another process keeps, and this one is a fork of."""

    folder: Path

    def start(self) -> None:
        """It runs."""

    def find_program_folder(self) -> Path | None:
        """The folder with its ansible-playbook."""
        return self.folder

    def close(self) -> None:
        """It is not this process's to end."""


def make_supervisor(
    connection: Mapping[str, str],
    max_playbooks: int = MAX_PLAYBOOKS,
    purpose: Purpose | None = None,
    lent_programs: Mapping[str, str] = MappingProxyType({}),
) -> Supervisor:
    """A fork server of this process's own, for runs with these PROXMOX_* variables."""
    return Supervisor(lambda folder: build_playbook_env(os.environ, connection, folder), max_playbooks, purpose, lent_programs)


class WarmExecutor(ColdExecutor):
    """Runs playbooks as ColdExecutor does, faster; while there is no server to fork from, it does the same.

    At most `most` playbooks run in forks of a server of its own at a time; those beyond it run cold.
    """

    def __init__(self, connection: Mapping[str, str], server: ServerSource | None = None, max_playbooks: int = MAX_PLAYBOOKS) -> None:
        super().__init__(connection)
        self.supervisor = server or make_supervisor(connection, max_playbooks)
        self._gate = Gate()

    def start(self) -> None:
        """Begin to load everything, in the background."""
        self.supervisor.start()

    def run(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> PlaybookOutcome:
        """Run one playbook in a fresh private data dir; its artifacts stay there."""
        with self._gate.enter():
            return super().run(run, progress, cancel)

    def close(self) -> None:
        """End the server, and with it all that it runs."""
        self.supervisor.close()

    def _build_environment(self, run: PlaybookRun) -> dict[str, str]:
        environment = super()._build_environment(run)
        programs = self.supervisor.find_program_folder()
        if programs is None:
            return environment
        return {**environment, "PATH": os.pathsep.join((str(programs), environment["PATH"]))}
