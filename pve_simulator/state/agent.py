# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guest agent of one machine answers, beyond what its operating system would: a script, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pve_simulator.state.parts import state_part


@dataclass
class ScriptedRun:
    """What a program does when the agent runs it: `argv` is a glob over the words joined by spaces."""

    argv: str
    exitcode: int = 0
    out: str = ""
    err: str = ""
    seconds: float = 0.0
    signal: int | None = None


@dataclass
class Process:
    """A program that the agent has run; `ends` is on the cluster's clock."""

    ends: float
    exitcode: int = 0
    out: str = ""
    err: str = ""
    signal: int | None = None


@state_part("agent_script")
@dataclass
class AgentScript:
    """Per guest: the system inside, and replies that differ from it.

    `replies` are results and `errors` error descriptions by command name without `guest-`, such as
    `get-osinfo`; `files` are contents by path; `addresses` (with prefix length) are by interface name.
    """

    system: str | None = None
    replies: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    runs: list[ScriptedRun] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)
    # What happened since the guest was seeded.
    frozen: bool = False
    processes: dict[int, Process] = field(default_factory=dict)
    started: int = 0
