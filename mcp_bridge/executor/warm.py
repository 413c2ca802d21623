# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks as `executor/cold.py` does, but its ansible-playbook is a fork of a process with everything loaded."""

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
from mcp_bridge.executor.run_limit import RunLimit


class ServerSource(Protocol):
    """Provides a fork server."""

    def start(self) -> None:
        """Start the server in the background."""

    def find_program_folder(self) -> Path | None:
        """The folder with the ansible-playbook to use now; None while no server is ready."""

    def close(self) -> None:
        """End the server and everything that it runs."""


@dataclass(frozen=True)
class BorrowedServer:
    """The server that this process is a fork of; another process keeps it running."""

    folder: Path

    def start(self) -> None:
        """Do nothing: it runs already."""

    def find_program_folder(self) -> Path | None:
        """The folder with its ansible-playbook."""
        return self.folder

    def close(self) -> None:
        """Do nothing: it belongs to another process."""


def make_supervisor(
    connection: Mapping[str, str],
    max_playbooks: int = MAX_PLAYBOOKS,
    purpose: Purpose | None = None,
    lent_programs: Mapping[str, str] = MappingProxyType({}),
) -> Supervisor:
    """A fork server of this process, for runs with these PROXMOX_* variables; parameters as for Supervisor."""
    return Supervisor(
        lambda folder: build_playbook_env(os.environ, connection, folder), max_playbooks, purpose, lent_programs
    )


class WarmExecutor(ColdExecutor):
    """Runs playbooks as ColdExecutor does, but in forks of a server while that is ready.

    At most `max_playbooks` run in forks of a server of its own at a time; further ones run as in ColdExecutor.
    """

    def __init__(
        self, connection: Mapping[str, str], server: ServerSource | None = None, max_playbooks: int = MAX_PLAYBOOKS
    ) -> None:
        super().__init__(connection)
        self.supervisor = server or make_supervisor(connection, max_playbooks)
        self._gate = RunLimit()

    def start(self) -> None:
        """Start the server in the background."""
        self.supervisor.start()

    def run(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> PlaybookOutcome:
        """Run one playbook in a new private data dir, where its artifacts stay."""
        with self._gate.enter():
            return super().run(run, progress, cancel)

    def close(self) -> None:
        """End the server and everything that it runs."""
        self.supervisor.close()

    def _build_environment(self, run: PlaybookRun) -> dict[str, str]:
        environment = super()._build_environment(run)
        folder = self.supervisor.find_program_folder()
        if folder is None:
            return environment
        return {**environment, "PATH": os.pathsep.join((str(folder), environment["PATH"]))}
