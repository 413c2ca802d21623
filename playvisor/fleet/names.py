# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of guests, and ranges of them such as `web-{01..12}`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playvisor.fleet.shape import GUEST_NAME

MOST_GUESTS = 50_000

_RANGE = re.compile(r"\{([0-9]+)\.\.([0-9]+)\}")


@dataclass(frozen=True)
class Instance:
    """One guest of an entry; `index` is its number in the range."""

    name: str
    index: int | None = None


class NameProblem(ValueError):
    """A name or range that can't be used."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def expand_range(text: str) -> list[Instance]:
    """The guests that a name stands for. Raises NameProblem."""
    ranges = list(_RANGE.finditer(text))
    if not ranges:
        if "{" in text or "}" in text:
            raise NameProblem(f"{text} is no range.", "Write web-{01..12}.")
        _check_name(text)
        return [Instance(text)]
    if len(ranges) > 1:
        raise NameProblem(f"{text} has more than one range.", "Write an entry for each value of one of them.")
    found = ranges[0]
    first, last = found[1], found[2]
    if int(last) < int(first):
        raise NameProblem(f"{text} counts backwards.", f"Write {{{last}..{first}}}.")
    if int(last) - int(first) >= MOST_GUESTS:
        raise NameProblem(f"{text} is more than {MOST_GUESTS} guests.", "Split the fleet.")
    is_padded = first.startswith("0") and len(first) > 1
    if is_padded and len(first) != len(last):
        raise NameProblem(
            f"{text} has numbers of different length.", f"Write {{{first.zfill(len(last))}..{last.zfill(len(first))}}}."
        )
    width = len(first) if is_padded else 1
    before, after = text[: found.start()], text[found.end() :]
    # If the last one can be a name, all can.
    _check_name(f"{before}{last}{after}")
    return [Instance(f"{before}{number:0{width}d}{after}", number) for number in range(int(first), int(last) + 1)]


def _check_name(name: str) -> None:
    if not GUEST_NAME.fullmatch(name):
        raise NameProblem(
            f"`{name}` can't be the name of a guest.", "It has letters, digits, hyphens and dots, as a host name has."
        )
