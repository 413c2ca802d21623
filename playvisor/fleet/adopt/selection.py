# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guests to import: by names, ids, tags, pool, node and type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from mcp_bridge.errors import UsageError
from playvisor.fleet.adopt.observed import Guest

_CRITERIA: Mapping[str, Callable[[Guest], Iterable[str]]] = {
    "name": lambda guest: [guest.name],
    "vmid": lambda guest: [str(guest.vmid)],
    "tag": lambda guest: guest.tags,
    "pool": lambda guest: [guest.pool],
    "node": lambda guest: [guest.node],
    "type": lambda guest: [guest.type],
}


def parse_selection(words: Sequence[str]) -> dict[str, list[str]]:
    """Patterns by criterion, from `web-*`, `101` or `tag=prod`; raises UsageError for an unknown criterion."""
    selection: dict[str, list[str]] = {}
    for word in words:
        criterion, sign, pattern = word.partition("=")
        if not sign:
            criterion, pattern = ("vmid" if word.isdecimal() else "name"), word
        if criterion not in _CRITERIA:
            raise UsageError(
                f"There is no criterion {criterion}.", f"There are {', '.join(_CRITERIA)}, as in --select tag=prod."
            )
        selection.setdefault(criterion, []).append(pattern)
    return selection


def select_guests(guests: Iterable[Guest], selection: Mapping[str, Sequence[str]]) -> list[Guest]:
    """The guests that meet one pattern of each criterion; names and ids are one criterion.

    Raises UsageError for a name or an id that no guest has: it is a mistake, not an empty wish.
    """
    candidates = list(guests)
    for criterion in ("name", "vmid"):
        for pattern in selection.get(criterion, ()):
            if not any(_meets(guest, criterion, pattern) for guest in candidates):
                raise UsageError(
                    f"There is no guest {pattern}, or it is on a node that is down.",
                    "`playvisor guest list` shows those that there are.",
                )
    named = [(criterion, pattern) for criterion in ("name", "vmid") for pattern in selection.get(criterion, ())]
    others = {criterion: patterns for criterion, patterns in selection.items() if criterion not in ("name", "vmid")}
    return [
        guest
        for guest in candidates
        if (not named or any(_meets(guest, criterion, pattern) for criterion, pattern in named))
        and all(
            any(_meets(guest, criterion, pattern) for pattern in patterns) for criterion, patterns in others.items()
        )
    ]


def _meets(guest: Guest, criterion: str, pattern: str) -> bool:
    return any(fnmatchcase(value.lower(), pattern.lower()) for value in _CRITERIA[criterion](guest))
