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
from mcp_bridge.executor.environment import playbook_env
from mcp_bridge.executor.forkserver.supervisor import MOST, Purpose, Supervisor
from mcp_bridge.executor.gate import Gate


class Keeper(Protocol):
    """Whoever has a fork server."""

    def start(self) -> None:
        """Begin to load everything, in the background."""

    def programs(self) -> Path | None:
        """The folder with the ansible-playbook to use now; None while there is no server that is ready."""

    def close(self) -> None:
        """End the server, and with it all that it runs."""


@dataclass(frozen=True)
class Lender:
    """A server that another process keeps, and this one is a fork of."""

    folder: Path

    def start(self) -> None:
        """It runs."""

    def programs(self) -> Path | None:
        """The folder with its ansible-playbook."""
        return self.folder

    def close(self) -> None:
        """It is not this process's to end."""


def supervisor(
    connection: Mapping[str, str],
    most: int = MOST,
    purpose: Purpose | None = None,
    lends: Mapping[str, str] = MappingProxyType({}),
) -> Supervisor:
    """A fork server of this process's own, for runs with these PROXMOX_* variables."""
    return Supervisor(lambda folder: playbook_env(os.environ, connection, folder), most, purpose, lends)


class WarmExecutor(ColdExecutor):
    """Runs playbooks as ColdExecutor does, faster; while there is no server to fork from, it does the same.

    At most `most` playbooks run in forks of a server of its own at a time; those beyond it run cold.
    """

    def __init__(self, connection: Mapping[str, str], keeper: Keeper | None = None, most: int = MOST) -> None:
        super().__init__(connection)
        self.supervisor = keeper or supervisor(connection, most)
        self._gate = Gate()

    def start(self) -> None:
        """Begin to load everything, in the background."""
        self.supervisor.start()

    def run(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> PlaybookOutcome:
        """Run one playbook in a fresh private data dir; its artifacts stay there."""
        with self._gate.passed():
            return super().run(run, progress, cancel)

    def close(self) -> None:
        """End the server, and with it all that it runs."""
        self.supervisor.close()

    def _environment(self, run: PlaybookRun) -> dict[str, str]:
        environment = super()._environment(run)
        programs = self.supervisor.programs()
        if programs is None:
            return environment
        return {**environment, "PATH": os.pathsep.join((str(programs), environment["PATH"]))}
