# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one queue of attention: what on a cluster, and of what was asked, somebody should look at. Pure.

Each matter has a `kind`, which the page has words for, a `weight`, and the facts that the words need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mcp_bridge.ledger.records import KeptPlan, RunRow

Weight = Literal["critical", "decision", "warning", "note"]
WEIGHTS: tuple[Weight, ...] = ("critical", "decision", "warning", "note")
"""Most urgent first."""

# Shares of a storage that are used.
_NEARLY_FULL = 0.85
_FULL = 0.95
_FAILED = frozenset({"failed", "interrupted"})


@dataclass(frozen=True)
class Matter:
    """One thing to look at: what it is, how urgent, and what it is about."""

    kind: str
    weight: Weight
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"kind": self.kind, "weight": self.weight, **self.facts}


def sort_matters(matters: Iterable[Matter]) -> list[Matter]:
    """Sort matters, the most urgent first, and otherwise as they came."""
    return sorted(matters, key=lambda matter: WEIGHTS.index(matter.weight))


def find_in_overview(overview: Mapping[str, Any]) -> Iterator[Matter]:
    """What a result of `cluster_overview` shows: quorum, nodes, storages."""
    cluster = overview.get("cluster") or {}
    if cluster.get("quorate") is False:
        yield Matter(
            "no_quorum", "critical", {"online": cluster.get("nodes_online"), "total": cluster.get("nodes_total")}
        )
    for node in overview.get("nodes") or ():
        if node.get("status") != "online":
            yield Matter("node_offline", "critical", {"node": node.get("node")})
    yield from _find_in_storages(overview.get("storage") or ())


def _find_in_storages(storages: Sequence[Mapping[str, Any]]) -> Iterator[Matter]:
    told = set()
    for storage in storages:
        place = {"storage": storage.get("storage"), "node": storage.get("node")}
        if storage.get("shared"):
            # Every node has it.
            if storage.get("storage") in told:
                continue
            told.add(storage.get("storage"))
        used, total = storage.get("used") or 0, storage.get("total") or 0
        if storage.get("status") not in ("available", None):
            yield Matter("storage_unavailable", "warning", {**place, "status": storage.get("status")})
        elif total and used / total >= _NEARLY_FULL:
            weight: Weight = "critical" if used / total >= _FULL else "warning"
            yield Matter("storage_full", weight, {**place, "used": used, "total": total})


def find_in_backups(checked: Mapping[str, Any]) -> Iterator[Matter]:
    """What a result of `check_backups` shows: guests without a recent backup, in one matter."""
    gaps = [gap for gap in checked.get("gaps") or () if not gap.get("template")]
    if gaps:
        ages = [gap["age"] for gap in gaps if gap.get("age") is not None]
        never = len(gaps) - len(ages)
        first = gaps[0] if never else max(gaps, key=lambda gap: gap.get("age") or 0)
        facts = {"guests": len(gaps), "never": never, "oldest_seconds": max(ages, default=None)}
        yield Matter("backups_missing", "warning", {**facts, "vmid": first.get("vmid"), "name": first.get("name")})


def sum_up_backups(checked: Mapping[str, Any]) -> dict[str, Any]:
    """What a result of `check_backups` comes to: how many guests, how many without, and the backup that is oldest."""
    guests = [guest for guest in checked.get("guests") or () if not guest.get("template")]
    gaps = [gap for gap in checked.get("gaps") or () if not gap.get("template")]
    kept = [guest for guest in guests if guest.get("latest")]
    oldest = max(kept, key=lambda guest: guest["latest"].get("age") or 0, default=None)
    return {
        "guests": len(guests),
        "gaps": len(gaps),
        "scheduled": sum(bool(guest.get("scheduled")) for guest in guests),
        "oldest": oldest
        and {**{name: oldest.get(name) for name in ("vmid", "name", "type")}, "age": oldest["latest"].get("age")},
    }


def find_in_plans(plans: Iterable[KeptPlan], titles: Mapping[str, str]) -> Iterator[Matter]:
    """The plans that wait for a decision; `titles` are their headings by plan id."""
    for plan in plans:
        facts = {"plan_id": plan.plan_id, "title": titles.get(plan.plan_id, plan.tool), "asker": plan.asker}
        label = plan.label if plan.asker_kind == "client" else None
        yield Matter("plan_waiting", "decision", {**facts, "label": label, "expires_at": plan.expires_at})


def find_in_runs(rows: Iterable[RunRow]) -> Iterator[Matter]:
    """Of the newest runs of tools that change something, those that failed and were not repeated with success.

    A call whose arguments were wrong is none of them: who called was told, and nothing was tried.
    """
    repeated = set()
    for row in rows:
        call = (row.tool, repr(sorted(row.arguments.items())))
        if row.outcome == "ok":
            repeated.add(call)
        elif row.outcome in _FAILED and row.failure_code != "invalid_parameter" and call not in repeated:
            facts = {"run_id": row.run_id, "tool": row.tool, "summary": row.summary, "at": row.opened_at}
            yield Matter("run_failed", "warning", {**facts, "outcome": row.outcome, "changed": bool(row.changed)})


def find_in_drift(fleet: str, drifted: Sequence[Mapping[str, Any]]) -> Iterator[Matter]:
    """The drift of a fleet, in one matter."""
    if drifted:
        yield Matter("drift", "warning", {"fleet": fleet, "objects": len(drifted), "path": drifted[0].get("path")})
