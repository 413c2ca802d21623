# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has happened: finished tasks, the cluster log, and what time it is; filled when a state is saved."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.state.parts import state_part


@dataclass
class PastTask:
    """A task as a dump has it; without an end it was running, and did not survive."""

    upid: str
    lines: list[str] = field(default_factory=list)
    endtime: float | None = None
    exitstatus: str | None = None
    warnings: int = 0


@dataclass
class LogLine:
    """One line of the cluster log."""

    time: int
    node: str
    user: str
    tag: str
    message: str
    uid: int


@state_part("history")
@dataclass
class History:
    """The tasks in the order in which they began, the log oldest first, `clock` in seconds since the epoch."""

    clock: float = 0.0
    tasks: list[PastTask] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
