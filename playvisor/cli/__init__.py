# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: a thin face over the catalogue, the bridge and the ledger."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from mcp_bridge.executor.forkserver import lending
from mcp_bridge.system import memory
from playvisor.cli import command_line

if TYPE_CHECKING:
    import typer

    from mcp_bridge.errors import UsageError

__all__ = ["command", "main", "preload"]

_GARBAGE_THRESHOLD = 50_000


def main() -> NoReturn:
    """Entry point of the `playvisor` command."""
    # The ledger and what runs leave behind are for their owner only, also in a directory that was there before.
    os.umask(0o077)
    memory.forbid_inspection()
    status = command_line.borrow(sys.argv)
    if status is not None:
        sys.exit(status)
    # Importing makes many objects that stay; looking through them again and again costs a tenth of the start.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    if command_line.runs_playbooks(sys.argv):
        from mcp_bridge.executor.forkserver import head_start

        head_start.start()

    import typer

    from mcp_bridge.errors import PlayvisorError
    from playvisor.cli.console import report_error

    try:
        # Not typer's own way of telling errors: it repeats words as they were given, secrets among them.
        sys.exit(_needed()(standalone_mode=False, prog_name="playvisor"))
    except typer.TyperException as error:
        wrong = _misused(error)
        if wrong.message:
            report_error(wrong, as_json="--json" in sys.argv)
        sys.exit(wrong.exit_status)
    except typer.Abort:
        sys.exit(130)
    except PlayvisorError as error:
        report_error(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # Whoever read our output has seen enough. Keep Python from complaining when it flushes.
        sys.stdout = sys.stderr
        sys.exit(141)
    except Exception as error:
        if os.environ.get("PLAYVISOR_DEBUG"):
            raise
        bug = PlayvisorError(
            f"Playvisor itself failed: {type(error).__name__}: {error}",
            "This is a bug. With PLAYVISOR_DEBUG=1 it says where.",
        )
        report_error(bug, as_json="--json" in sys.argv)
        sys.exit(bug.exit_status)


@cache
def command(only: str | None = None) -> Any:
    """The tree of commands, or as much of it as a command line with this first word needs."""
    from typer.main import get_command

    from playvisor.cli.app import make_app

    return get_command(make_app(only))


def preload() -> Iterator[None]:
    """Load, step by step, what commands need, for those that fork this process."""
    from playvisor.cli.loading import load_commands

    return load_commands()


def _needed() -> Any:
    """The tree for this command line: in a fork, the one that is there already."""
    asked = command_line.words(sys.argv)
    return command(asked[0] if asked and not lending.lender_folder else None)


def _misused(error: typer.TyperException) -> UsageError:
    """What was wrong with the command line, and where its help is."""
    from mcp_bridge.errors import UsageError
    from mcp_bridge.settings import load_settings

    # A command without its arguments has printed its help already.
    told = type(error).__name__ == "NoArgsIsHelpError"
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "playvisor"
    try:
        redactor = load_settings(with_profile=False).redactor
    except UsageError as unusable:
        return unusable
    return UsageError(
        "" if told else redactor.redact_text(error.format_message()), f"`{command} --help` shows its usage."
    )
