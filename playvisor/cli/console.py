# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the command line writes: data to stdout, messages to stderr, colour only on terminals.

Everything goes through the cleaner here, whatever it is made of: names and texts of guests and clients must not command
the terminal, or reorder what it shows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.text.plain import clean, dump_json, is_clean, one_line
from mcp_bridge.text.redaction import redact_shapes

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Wide enough that no table is cut when it goes into a file or a pipe.
_PIPE_WIDTH = 400
# How much further in a line goes on that is too long.
_HANGING = 4


@cache
def get_stdout() -> Console:
    """The console for data."""
    return _make_console(sys.stdout)


@cache
def get_stderr() -> Console:
    """The console for messages."""
    return _make_console(sys.stderr)


def _make_console(file: IO[str]) -> Console:
    from rich.console import Console
    from rich.segment import Segment

    class CleanConsole(Console):
        """Cleans every text that is printed; the control codes of rich itself are no text."""

        def render(self, *arguments: Any, **options: Any) -> Iterable[Segment]:
            for segment in super().render(*arguments, **options):
                cleaned = segment.text if segment.control else clean(segment.text)
                yield segment if cleaned == segment.text else Segment(cleaned, segment.style)

    width = None if file.isatty() else _PIPE_WIDTH
    return CleanConsole(file=file, highlight=False, markup=False, emoji=False, width=width)


def print_json(data: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(f"{dump_json(data, indent=2)}\n")


def print_yaml(data: Any) -> None:
    """One YAML document on stdout, of exactly this data."""
    from mcp_bridge.text.yaml import dump_yaml

    # What the cleaner would escape must not be in it as it is.
    for readable in (True, False):
        text = dump_yaml(data, allow_unicode=readable, width=_PIPE_WIDTH)
        if is_clean(text):
            break
    sys.stdout.write(text)


def report_error(error: PlayvisorError, *, document: str | None) -> None:
    """Print an error and its hint; as a JSON or YAML document on stdout, or for people on stderr."""
    # Libraries put addresses with passwords into their messages.
    message, hint = redact_shapes(error.message), redact_shapes(error.hint) if error.hint else None
    if document:
        failure = {"code": error.code, "message": message, "hint": hint, **error.details}
        data = {"status": "failed", "summary": message, "failure": failure}
        print_yaml(data) if document == "yaml" else print_json(data)
        return
    for line in error.lines:
        print_failure(redact_shapes(line), None)
    if not error.lines:
        print_failure(message, hint)


def print_failure(message: str, hint: str | None) -> None:
    """Print a failure and what to do next on stderr."""
    from rich.text import Text

    get_stderr().print(Text.assemble(("Error: ", "bold red"), one_line(message)))
    if hint:
        get_stderr().print(Text.assemble(("Hint: ", "bold"), one_line(hint)))


def print_lines(text: str, *, to_stderr: bool = False, style: str = "") -> None:
    """Print text line by line; what is too long for one goes on below it, further in."""
    from rich.text import Text

    out = get_stderr() if to_stderr else get_stdout()
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip()) + _HANGING
        first, *rest = Text(line, style).wrap(out, out.width) or [Text()]
        out.print(first, soft_wrap=True)
        if rest:
            remaining = Text(line[len(first.plain) :].lstrip(), style)
            for part in remaining.wrap(out, max(1, out.width - indent)):
                out.print(Text(" " * indent + part.plain, style), soft_wrap=True)


def may_ask() -> bool:
    """Whether there is somebody at the terminal who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def read_yes(question: str) -> bool:
    """Ask the person at the terminal; whether the answer is yes, in full."""
    try:
        answer = get_stderr().input(f"{question} Type yes: ")
    except EOFError:
        answer = ""
    return answer.strip().lower() == "yes"


def print_title(title: str) -> None:
    """Print the heading of a table or of a block of facts on stdout, after an empty line."""
    get_stdout().print()
    get_stdout().print(one_line(title), style="bold underline", soft_wrap=True)


def print_line(line: Text) -> None:
    """Print a line on stdout that was laid out before, without breaking it."""
    get_stdout().print(line, soft_wrap=True)


def print_note(text: str) -> None:
    """Print a remark on stderr."""
    get_stderr().print(one_line(text), style="dim")


def print_as_is(text: str) -> None:
    """Print text for other programs on stdout, with its lines as they are."""
    get_stdout().print(text, end="", soft_wrap=True)


def get_width() -> int | None:
    """The room of a line on stdout; None where nobody has said how much there is, as in a file or a pipe."""
    if sys.stdout.isatty():
        return get_stdout().width
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else None
