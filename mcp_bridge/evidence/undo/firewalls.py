# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undoes changes of a firewall: restores the rules and options that it had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Place = Mapping[str, Any]

_PLACES = ("level", "node", "group")


def restore_firewall(_arguments: Mapping[str, Any], place: Place) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Restore the rules in their order, without added ones, and the options; say what else has to be set by hand."""
    before, after = place.get("before") or {}, place.get("after") or {}
    arguments: dict[str, Any] = {}
    if before.get("rules") != after.get("rules"):
        arguments["rules"] = _restore_rules(before.get("rules") or [], after.get("rules") or [])
    arguments |= _restore_options(before.get("options") or {}, after.get("options") or {})
    if arguments:
        place_options = {name: place[name] for name in _PLACES if place.get(name)}
        target = {"level": "guest"} if "vmid" in place else place_options
        yield "set_firewall", {**target, **arguments}
    for kind in after:
        if kind not in ("rules", "options") and before.get(kind) != after[kind]:
            yield f"{kind}: `runs diff` shows how it was, to set it by hand."


def _restore_rules(before: list[Place], after: list[Place]) -> list[dict[str, Any]]:
    old_rules = [
        {name: value for name, value in rule.items() if value not in (None, "")} for rule in before if rule.get("key")
    ]
    old_keys = {rule["key"] for rule in old_rules}
    added = [rule["key"] for rule in after if rule.get("key") and rule["key"] not in old_keys]
    return [*old_rules, *({"key": key, "state": "absent"} for key in added)]


def _restore_options(before: Place, after: Place) -> dict[str, Any]:
    changed = [name for name in after if before.get(name) != after[name]]
    restored = {name: before[name] for name in changed if before.get(name) is not None}
    unset = [name for name in changed if name not in restored]
    return {**({"options": restored} if restored else {}), **({"reset_options": unset} if unset else {})}
