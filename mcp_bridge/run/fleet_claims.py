# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two fleets that claim one object: told by what is declared, and by the guests that a plan has found for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_bridge.catalogue.fleets import NAME, find_declared_path, split_document
from mcp_bridge.ledger.records import FleetObject
from mcp_bridge.result import Failure

if TYPE_CHECKING:
    from mcp_bridge.ledger.fleets import Fleets

ONE_FLEET = (
    "An object belongs to one fleet, which gives up what it no longer declares by `playvisor fleet prune --release`."
)
ONLY_ITS_OWN = "Only what a fleet has applied can be deleted by its prune."
DELETES_NOTHING = (
    "A fleet deletes nothing: take it out of the fleet, and people can delete it by `playvisor fleet prune`."
)
_MOST_NAMED = 3


def find_claims(fleets: Fleets, name: str, document: Mapping[str, Any]) -> dict[str, str]:
    """Which of the declared objects belong to other fleets, and to which: path to a sentence's end.

    Whose a vmid is, only a plan knows.
    """
    declared = [replace(one, vmid=None) for one in _list_declared(split_document(document))]
    return _describe(name, fleets.find_claims(name, declared))


def find_claims_of_plan(fleets: Fleets, document: Any, planned: Mapping[str, Any] | None) -> Failure | None:
    """Why a plan of a fleet is refused: others have what it has found, whatever it is called; None if none of it."""
    name = document.get("fleet") if isinstance(document, Mapping) else None
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return None
    declared = split_document(document)
    found = _list_found(declared, (planned or {}).get("objects") or ())
    # That a vmid is declared says nothing where the guest that has it was found.
    seen = {one.path for one in found}
    claims = fleets.find_claims(name, [*found, *(one for one in _list_declared(declared) if one.path not in seen)])
    return describe_problems(name, {ONE_FLEET: _describe(name, claims)}) if claims else None


def describe_problems(name: str, by_hint: Mapping[str, Mapping[str, str]]) -> Failure:
    """Why a fleet is not planned: by what to do about them, the paths of problems, and the problems."""
    problems = {path: problem for found in by_hint.values() for path, problem in found.items()}
    named = [f"{path}: {problem}" for path, problem in list(problems.items())[:_MOST_NAMED]]
    more = f", and {len(problems) - _MOST_NAMED} more" if len(problems) > _MOST_NAMED else ""
    return Failure(
        code="invalid_parameter",
        message=f"Fleet {name} can't be planned: {'; '.join(named)}{more}. Nothing was sent.",
        hint=" ".join(hint for hint, found in by_hint.items() if found),
        fields=problems,
    )


def _list_declared(declared: Mapping[str, Any]) -> list[FleetObject]:
    entries = {path: entry if isinstance(entry, Mapping) else {} for path, entry in declared.items()}
    return [
        FleetObject(path, {}, uuid=str(entry["uuid"]) if entry.get("uuid") else None, vmid=entry.get("vmid"))
        for path, entry in entries.items()
    ]


def _list_found(declared: Mapping[str, Any], rows: Iterable[Any]) -> list[FleetObject]:
    """The guests that are there, as the module has found them."""
    found = []
    for row in rows:
        owner = find_declared_path(str(row["path"]), declared) if isinstance(row, Mapping) and "path" in row else None
        if (
            owner
            and row.get("vmid") is not None
            and all(state.get("exists") is not False for state in _list_states(row))
        ):
            found.append(FleetObject(owner, {}, uuid=row.get("uuid"), vmid=row["vmid"]))
    return found


def _list_states(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    aspects = row.get("before")
    yield from (one for one in (aspects.values() if isinstance(aspects, Mapping) else ()) if isinstance(one, Mapping))


def _describe(name: str, claims: Mapping[str, FleetObject]) -> dict[str, str]:
    return {
        path: f"it belongs to fleet {other.fleet}{f' as {other.path}' if other.path != path else ''}, so fleet {name} "
        "can't have it"
        for path, other in claims.items()
    }
