# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out before anything is imported whether another process may run a command line, and if it runs playbooks."""

from __future__ import annotations

import atexit
import os

from mcp_bridge.executor.forkserver import lending

PROGRAM = "playvisor"
LENT_PROGRAMS = {PROGRAM: "playvisor.cli"}
"""The program that fork servers run for others, with the module that has its `main` and `preload`."""
NEVER_LENT = frozenset({"demo", "doctor", "mcp", "serve", "sim"})
"""Commands that run for long, or that examine their own process."""
WITHOUT_PLAYBOOKS = frozenset(
    {
        *("approvals", "freeze", "passkeys", "policy", "profile", "query", "runs", "thaw", "tokens", "tools"),
        *("fleet explain", "fleet lint", "fleet render", "fleet schema"),
        *("history diff", "history show", "history who"),
    }
)
COMPLETION_VARIABLE = "_PLAYVISOR_COMPLETE"
"""Set when this is no command, but a shell that asks typer for completions."""


def borrow(arguments: list[str]) -> int | None:
    """Have another process run the command; returns its exit status, or None when there is none and nothing was run."""
    if not may_be_lent(arguments):
        return None
    status = lending.borrow([PROGRAM, *arguments[1:]])
    if status is None and os.environ.get("PLAYVISOR_SERVE") == "auto":
        # Once this command has ended: it would only be in its way.
        atexit.register(lending.start_lender)
    return status


def skip_common_options(arguments: list[str]) -> list[str]:
    """The words of a command line from the command on, without the options that every command has."""
    rest = arguments[1:]
    while rest and rest[0].startswith("--profile"):
        rest = rest[1:] if "=" in rest[0] else rest[2:]
    return rest


def may_be_lent(arguments: list[str]) -> bool:
    """Whether the command, or at least its playbooks, may run in a fork of another process."""
    if lending.lender_folder is not None or os.environ.get("PLAYVISOR_EXECUTOR") not in (None, "", "warm"):
        return False
    words = skip_common_options(arguments)
    if not words:
        # A shell waits for these completions while somebody types.
        return COMPLETION_VARIABLE in os.environ
    return not words[0].startswith("-") and words[0] not in NEVER_LENT


def serves_stdio(arguments: list[str]) -> bool:
    """Whether the command will be an MCP server on its stdin and stdout."""
    words = skip_common_options(arguments)
    return words[:1] == ["mcp"] and not any(
        word in {"-h", "--help", "install"} or word.removeprefix("--transport=") == "http" for word in words[1:]
    )


def runs_playbooks(arguments: list[str]) -> bool:
    """Whether the command will run a playbook; not when it only prints help."""
    words = skip_common_options(arguments)
    prints_help = {"-h", "--help"} & set(words) or (len(words) < 2)
    return may_be_lent(arguments) and not prints_help and not {words[0], " ".join(words[:2])} & WITHOUT_PLAYBOOKS


def find_document(arguments: list[str]) -> str | None:
    """The format, json or yaml, in which a command line asks for one document; read without parsing the rest."""
    words = arguments[1 : arguments.index("--")] if "--" in arguments else arguments[1:]
    for word, after in zip(words, [*words[1:], ""], strict=True):
        value = after if word in ("-o", "--output") else word.removeprefix("--output=").removeprefix("-o")
        if word == "--json" or (word.startswith(("-o", "--output")) and value in ("json", "yaml")):
            return "json" if word == "--json" else value
    return None
