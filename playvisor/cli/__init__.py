# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: a thin layer over the catalogue, the bridge and the ledger."""

from __future__ import annotations

import errno
import gc
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from mcp_bridge.executor.forkserver import lending
from mcp_bridge.system import exiting, memory
from playvisor.cli import command_line

if TYPE_CHECKING:
    import typer

    from mcp_bridge.errors import UsageError

__all__ = ["main", "make_commands", "preload"]

_GARBAGE_THRESHOLD = 50_000
# What a library says of wrong values, and what is said instead.
_OF_VALUES = (
    (r"Value error, ", ""),
    (r"Input should be a valid integer\b.*", "It must be a whole number."),
    (r"Input should be a valid number\b.*", "It must be a number."),
    (r"Input should be greater than or equal to (\S+)", r"It must be \1 or more."),
    (r"Input should be less than or equal to (\S+)", r"It must be \1 or less."),
)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> NoReturn:
    """Entry point of the `playvisor` command."""
    exiting.exit_process(exiting.run_for_status(_run_command_line))


def _declare_tools() -> None:
    from playvisor.fleet.tools import declare_tools

    declare_tools()


def _run_command_line() -> NoReturn:
    # The ledger and the artifacts of runs are for their owner only, even in a directory that existed before.
    os.umask(0o077)
    memory.forbid_inspection()
    status = command_line.borrow(sys.argv)
    if status is not None:
        sys.exit(status)
    if command_line.serves_stdio(sys.argv):
        from mcp_bridge.mcp import opening

        opening.open_streams(sys.argv[1:], _declare_tools)
    # Imports create many objects that stay; collecting garbage among them repeatedly costs a tenth of the start.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    if command_line.runs_playbooks(sys.argv):
        from mcp_bridge.executor.forkserver import head_start

        head_start.start()

    import typer

    from mcp_bridge.errors import PlayvisorError
    from playvisor.cli.console import print_lines, report_error

    try:
        # Typer's own error messages repeat the words of the command line, and so the secrets in them.
        status = _get_commands()(standalone_mode=False, prog_name="playvisor")
        if sys.stdout:
            sys.stdout.flush()
        sys.exit(status)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            # A command without its arguments: the message is its help.
            print_lines(error.format_message(), to_stderr=True)
            sys.exit(error.exit_code)
        usage_error = _make_usage_error(error)
        report_error(usage_error, document=command_line.find_document(sys.argv))
        sys.exit(usage_error.exit_status)
    except typer.Abort:
        sys.exit(130)
    except PlayvisorError as error:
        report_error(error, document=command_line.find_document(sys.argv))
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # The reader of our output has closed it. Keep Python from complaining when it flushes.
        sys.stdout = sys.stderr
        sys.exit(141)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            # There is no telling which: output is written later than it is printed.
            sys.stdout = sys.stderr
            full = PlayvisorError(
                f"The output, or a file of the state directory, can't be written: {error.strerror}.",
                "Make room where they go. What was done by then is done; `playvisor runs list` shows it.",
            )
            report_error(full, document=None)
            sys.exit(full.exit_status)
        if os.environ.get("PLAYVISOR_DEBUG"):
            raise
        bug = PlayvisorError(
            f"Playvisor itself failed: {type(error).__name__}: {error}",
            "This is a bug. Set PLAYVISOR_DEBUG=1 to see where.",
        )
        report_error(bug, document=command_line.find_document(sys.argv))
        sys.exit(bug.exit_status)


@cache
def make_commands(words: tuple[str, ...]) -> Any:
    """Build the tree of commands, or only the part of it that begins with these words."""
    from typer.main import get_command

    from playvisor.cli.app import make_app
    from playvisor.cli.help_pages import use_whole_words

    return use_whole_words(get_command(make_app(words)))


def preload() -> Iterator[None]:
    """Load what commands need, step by step, before commands are forked from this process."""
    from playvisor.cli.loading import load_commands

    return load_commands()


def _get_commands() -> Any:
    """The tree of commands for this command line; in a fork, the whole tree that was built before."""
    words = command_line.skip_common_options(sys.argv)
    return make_commands(() if lending.lender_folder else tuple(words[:2]))


def _make_usage_error(error: typer.TyperException) -> UsageError:
    """The error for a wrong command line, with the command that prints its help."""
    from mcp_bridge.errors import UsageError
    from mcp_bridge.settings import load_settings

    context = getattr(error, "ctx", None)
    command = context.command_path if context else "playvisor"
    try:
        # Settings take the secrets out of the environment, so they can be loaded once only.
        settings = load_settings(with_profile=False)
    except UsageError as unusable:
        return unusable
    message = error.format_message()
    for pattern, words in _OF_VALUES:
        message = re.sub(pattern, words, message)
    candidates = _guess_choice(message)
    if type(error).__name__ == "MissingParameter":
        from playvisor.cli.completion import describe_candidates

        candidates = describe_candidates(str(getattr(getattr(error, "param", None), "name", "")), settings)
    return UsageError(settings.redactor.redact_text(message), f"{candidates}`{command} --help` shows its usage.")


def _guess_choice(message: str) -> str:
    """What was meant by a value that is none of the choices, as the beginning of a hint."""
    from difflib import get_close_matches

    match = re.search(r"'([^']+)' is not one of (.+)\.$", message)
    near = get_close_matches(match[1].lower(), re.findall(r"'([^']+)'", match[2]), n=1) if match else []
    return f"Did you mean {near[0]}? " if near else ""
