# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of guests, and ranges of them such as `web-{01..12}`. Pure."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from playvisor.fleet.shape import GUEST_NAME

MOST_GUESTS = 50_000
# A longer number is none of a guest.
_MOST_DIGITS = 9
_LONGEST_SHOWN = 100

# `{01..12}`, or `{a,b}`.
_RANGE = re.compile(r"\{(?:([0-9]+)\.\.([0-9]+)|([^{}.]*,[^{}]*))\}")


@dataclass(frozen=True)
class Instance:
    """One guest of an entry; `index` is its number in the range, and `parts` is what each range stands for."""

    name: str
    index: int | None = None
    parts: tuple[int | str, ...] = ()


class NameProblem(ValueError):
    """A name or range that can't be used."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def count_instances(text: str) -> int:
    """How many guests a name stands for. Raises NameProblem."""
    return math.prod(len(_read_range(text, found)) for found in _find_ranges(text))


def expand_range(text: str) -> list[Instance]:
    """The guests that a name stands for; of several ranges, the last one counts fastest. Raises NameProblem."""
    ranges = _find_ranges(text)
    if not ranges:
        _check_name(text)
        return [Instance(text)]
    if count_instances(text) > MOST_GUESTS:
        raise NameProblem(f"{_shorten(text)} is more than {MOST_GUESTS} guests.", "Split the fleet.")
    choices = [_read_range(text, found) for found in ranges]
    between = _RANGE.sub("\0", text).split("\0")
    # Among several ranges, or names, a guest's number is its place among all.
    is_numbered = len(ranges) == 1 and ranges[0][1] is not None
    instances = []
    for count, chosen in enumerate(itertools.product(*choices), 1):
        name = "".join(itertools.chain.from_iterable(zip(between, [word for word, _part in chosen], strict=False)))
        name += between[-1]
        parts = tuple(part for _word, part in chosen)
        instances.append(Instance(name, int(parts[0]) if is_numbered else count, parts))
    for name in (instances[-1].name,) if is_numbered else [instance.name for instance in instances]:
        # If the last one of numbers can be a name, all can.
        _check_name(name)
    return instances


def _find_ranges(text: str) -> list[re.Match[str]]:
    ranges = list(_RANGE.finditer(text))
    rest = _RANGE.sub("", text)
    if "{" in rest or "}" in rest:
        raise NameProblem(f"{_shorten(text)} is no range.", "Write web-{01..12}, or web-{a,b}.")
    return ranges


def _read_range(text: str, found: re.Match[str]) -> Sequence[tuple[str, int | str]]:
    """What a range stands for: each word with what it is."""
    first, last, words = found.groups()
    if words is not None:
        return [(word.strip(), word.strip()) for word in words.split(",")]
    if len(first) > _MOST_DIGITS or len(last) > _MOST_DIGITS or int(last) - int(first) >= MOST_GUESTS:
        raise NameProblem(f"{_shorten(text)} is more than {MOST_GUESTS} guests.", "Split the fleet.")
    if int(last) < int(first):
        raise NameProblem(f"{_shorten(text)} counts backwards.", f"Write {{{last}..{first}}}.")
    is_padded = first.startswith("0") and len(first) > 1
    if is_padded and len(first) != len(last):
        width = max(len(first), len(last))
        raise NameProblem(
            f"{_shorten(text)} has numbers of different length.",
            f"Write {{{first.zfill(width)}..{last.zfill(width)}}}.",
        )
    width = len(first) if is_padded else 1
    return [(f"{number:0{width}d}", number) for number in range(int(first), int(last) + 1)]


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _check_name(name: str) -> None:
    if not GUEST_NAME.fullmatch(name):
        raise NameProblem(
            f"`{_shorten(name)}` can't be the name of a guest.",
            "It has letters, digits, hyphens and dots, as a host name has.",
        )
