# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a fleet: each problem with its place, all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mcp_bridge.errors import UsageError

if TYPE_CHECKING:
    from playvisor.fleet.nodes import Node

# A fleet of thousands may have thousands.
_MOST_TOLD = 100
_MOST_NAMED = 10
_MOST_COMPARED = 1_000
_MOST_HINTS = 100
_LONGEST_TEXT = 500


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (line and column count from 1; 0 where there are none), what, and what to do."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str

    @property
    def place(self) -> str:
        """The place as editors and compilers write it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def describe(self, *, with_hint: bool = True) -> str:
        """One line: place, path, what is wrong, what to do."""
        line = ": ".join(filter(None, [self.place, self.path, self.message]))
        return f"{line} {self.hint}" if with_hint and self.hint else line


class FleetError(UsageError):
    """A fleet that can't be used, with everything that is wrong with it in the order of its files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        count = len(self.problems)
        first = self.problems[0]
        if count == 1:
            super().__init__(first.describe(with_hint=False), first.hint or None)
        else:
            told = "; ".join(problem.describe(with_hint=False).rstrip(".") for problem in self.problems[:_MOST_NAMED])
            more = f"; and {count - _MOST_NAMED} more" if count > _MOST_NAMED else ""
            super().__init__(f"The fleet has {count} problems: {told}{more}.")
            left = count - _MOST_TOLD
            lines = [problem.describe() for problem in self.problems[:_MOST_TOLD]]
            self.lines = (*lines, *([f"There are {left} more problems."] if left > 0 else []))
        self.details = {"problems": [asdict(problem) for problem in self.problems]}


class Problems:
    """The problems found so far; the same thing at the same place is one problem, however many guests have it."""

    def __init__(self) -> None:
        # Whether a file or values could not be read, so that what seems to be missing may stand there.
        self.is_incomplete = False
        self._found: dict[tuple[str, int, int, str], Problem] = {}

    def add(self, node: Node, path: str, message: str, hint: str = "", *, at_key: bool = False, kind: str = "") -> None:
        """Note what is wrong with a node, or with the key that it stands under."""
        line, column = node.key if at_key and node.key else (node.line, node.column)
        # What a template gives is different for each guest, and one mistake.
        self.add_at(node.source.name, line, column, path, message, hint, kind="template" if node.template else kind)

    def add_at(
        self, file: str, line: int, column: int, path: str, message: str, hint: str = "", *, kind: str = ""
    ) -> None:
        """Note what is wrong at a place; of one kind, if it has one, only the first."""
        # Documents that were handed over have no lines: there it's the path that tells places apart.
        key = (file, line, column, kind or message) if line else (file, 0, 0, f"{path} {message}")
        self._found.setdefault(key, Problem(file, line, column, _clip(path), _clip(message), _clip(hint)))

    def suggest(self, word: str, known: Iterable[str], *, lists_all: bool = True) -> str:
        """As `suggest`; nothing once there are many problems, since looking for it takes a while."""
        return suggest(word, known, lists_all=lists_all) if len(self) < _MOST_HINTS else ""

    def __len__(self) -> int:
        return len(self._found)

    def list_sorted(self) -> list[Problem]:
        """All problems in the order of files and lines."""
        return sorted(self._found.values(), key=lambda problem: (problem.file, problem.line, problem.column))

    def require_none(self) -> None:
        """Raise FleetError with all problems, if there are some."""
        if self._found:
            raise FleetError(self.list_sorted())


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def suggest(word: str, known: Iterable[str], *, lists_all: bool = True) -> str:
    """Which of the known words is meant, as a hint; all of them where they are few; nothing where it is unclear."""
    words = list(known)
    if len(words) > _MOST_COMPARED:
        words = [each for each in words if each[:1] == word[:1]][:_MOST_COMPARED]
    close = difflib.get_close_matches(word, words, n=2, cutoff=0.6)
    if close:
        return f"Do you mean {' or '.join(close)}?"
    return (
        f"There {'is' if len(words) == 1 else 'are'}: {', '.join(words)}." if lists_all and 0 < len(words) <= 12 else ""
    )
