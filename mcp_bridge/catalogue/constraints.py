# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which options go together: what the modules and the catalogue demand, checked and told in our words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Need:
    """With `option` (with this `value` of it, if there is one), all of `names` have to be given, or with `any` one."""

    option: str
    names: tuple[str, ...]
    value: Any = None
    any: bool = False

    @property
    def condition(self) -> str:
        """The option as callers write it, with the value that it is about."""
        return self.option if self.value is None else f"{self.option}={_write_value(self.value)}"


@dataclass(frozen=True)
class Constraints:
    """What the options of a tool demand of each other: one of each group, pairs that exclude each other, needs."""

    one_of: tuple[tuple[str, ...], ...] = ()
    exclusive: tuple[tuple[str, str], ...] = ()
    needs: tuple[Need, ...] = ()

    def find_missing(self, given: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Each group of options of which one is missing, and for what."""
        for group in self.one_of:
            if not any(name in given for name in group):
                yield group, ""
        for need in self.needs:
            if need.option not in given or (need.value is not None and given[need.option] != need.value):
                continue
            groups = [need.names] if need.any else [(name,) for name in need.names]
            for group in groups:
                if not any(name in given for name in group):
                    yield group, need.condition

    def find_conflicts(self, given: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Each pair of options that can't be given together, and are."""
        return [(first, second) for first, second in self.exclusive if first in given and second in given]

    def describe(self) -> str:
        """Say what they demand, for the description of a tool; nothing when they demand nothing."""
        told: set[tuple[str, str]] = set()
        sentences = []
        for group in self.one_of:
            *others, last = group
            pairs = {(other, last) for other in others}
            if others and pairs <= set(self.exclusive):
                told |= pairs
                sentences.append(f"give {_join_or(others)}, or else {last}")
            elif others:
                sentences.append(f"give {_join_or(group)}")
        excluded: dict[str, list[str]] = {}
        for first, second in self.exclusive:
            if (first, second) not in told:
                excluded.setdefault(second, []).append(first)
        sentences += [f"not {name} with {_join_or(others)}" for name, others in excluded.items()]
        sentences += [f"{need.condition} needs {_join_need(need)}" for need in self.needs]
        text = "; ".join(sentences)
        return f"{text[0].upper()}{text[1:]}." if text else ""


def make_constraints(
    declared: Mapping[str, Any],
    options: Sequence[str],
    fixed: Mapping[str, Any],
    required: Iterable[str],
    needs_one_of: Sequence[str],
    exclusive: Iterable[tuple[str, str]],
) -> Constraints:
    """Make those of a tool: what its module's argument spec `declared`, as far as it has the options, and its own.

    What the tool sets itself, or requires anyway, demands nothing of a caller.
    """
    settled = {*fixed, *required}
    groups = [tuple(name for name in group if name in options) for group in declared.get("required_one_of", ())]
    open_groups = [
        kept
        for kept, group in zip(groups, declared.get("required_one_of", ()), strict=True)
        if kept and not settled & set(group)
    ]
    one_of = dict.fromkeys([*([tuple(needs_one_of)] if needs_one_of else []), *open_groups])
    pairs = [
        (first, second)
        for group in declared.get("mutually_exclusive", ())
        for number, first in enumerate(group)
        for second in group[number + 1 :]
        if first in options and second in options
    ]
    return Constraints(
        one_of=tuple(one_of),
        exclusive=tuple(dict.fromkeys([*exclusive, *pairs])),
        needs=tuple(_list_needs(declared, options, settled)),
    )


def _list_needs(declared: Mapping[str, Any], options: Sequence[str], settled: set[str]) -> Iterator[Need]:
    for option, names in declared.get("required_by", {}).items():
        missing = tuple(name for name in _listify(names) if name in options and name not in settled)
        if option in options and missing:
            yield Need(option, missing)
    for option, value, names, *any_of in declared.get("required_if", ()):
        is_any = bool(any_of and any_of[0])
        missing = tuple(name for name in names if name in options)
        if option in options and missing and not (settled & set(names)):
            yield Need(option, missing, value, is_any)


def _listify(names: Any) -> Sequence[str]:
    return [names] if isinstance(names, str) else names


def _join_or(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _join_need(need: Need) -> str:
    return _join_or(need.names) if need.any else " and ".join(need.names)


def _write_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
