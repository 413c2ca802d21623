# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command line asks for, told before anything is imported: whether it may be lent, and runs playbooks."""

from __future__ import annotations

import os

from mcp_bridge.executor.forkserver import lending

PROGRAM = "playvisor"
LENT = {PROGRAM: "playvisor.cli"}
"""The program that fork servers lend, with the module that has its `main` and `preload`."""
ALONE = frozenset({"demo", "doctor", "mcp", "serve", "sim"})
"""Commands that go on for long, or look at what their own process has."""
WITHOUT_PLAYBOOKS = frozenset({"approvals", "freeze", "policy", "profile", "runs", "thaw", "tokens", "tools"})
COMPLETING = "_PLAYVISOR_COMPLETE"
"""Says to typer that this is no command, but a shell that asks how to go on."""


def borrow(arguments: list[str]) -> int | None:
    """The exit status of the command, run by whoever lends; None when nobody does, and nothing was run."""
    return lending.borrow([PROGRAM, *arguments[1:]]) if may_be_lent(arguments) else None


def words(arguments: list[str]) -> list[str]:
    """What a command line asks for, from its first word on, without the options that all commands have."""
    rest = arguments[1:]
    while rest and rest[0].startswith("--profile"):
        rest = rest[1:] if "=" in rest[0] else rest[2:]
    return rest


def may_be_lent(arguments: list[str]) -> bool:
    """Whether a command may run in a fork of another process, be it only its playbooks."""
    if lending.lender_folder is not None or os.environ.get("PLAYVISOR_EXECUTOR") not in (None, "", "warm"):
        return False
    asked = words(arguments)
    if not asked:
        # A shell that completes what somebody types waits for it.
        return COMPLETING in os.environ
    return not asked[0].startswith("-") and asked[0] not in ALONE


def runs_playbooks(arguments: list[str]) -> bool:
    """Whether a command will run a playbook, unless it is told only to help."""
    asked = words(arguments)
    helps = {"-h", "--help"} & set(asked) or (len(asked) < 2)
    return may_be_lent(arguments) and not helps and asked[0] not in WITHOUT_PLAYBOOKS
