# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that were admitted to the cluster, each an act of the chain: what it may touch, and by whose leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, select

from mcp_bridge.database.tables import acts
from mcp_bridge.ledger.acts import read_facts
from mcp_bridge.ledger.entries import append_act
from mcp_bridge.ledger.records import Act, Binding
from mcp_bridge.system.identity import format_timestamp

ADMITTED = "run_admitted"
"""The act that admits a run; its subject is the run's id."""

_RECENT = select(acts).where(acts.c.kind == ADMITTED, acts.c.who == bindparam("asker"), acts.c.at >= bindparam("since"))


@dataclass(frozen=True)
class Admission:
    """What a run is admitted for: what it is bound to, the guests it touches, and the plan whose approval it uses."""

    run_id: str
    binding: Binding
    guests: Sequence[int]
    effects: Sequence[str]
    plan_id: str | None = None


def list_recent_guests(connection: Connection, asker: str, kind: str, cluster: str, seconds: int) -> set[int]:
    """The guests that an asker's runs were admitted to touch within so many seconds."""
    since = format_timestamp(datetime.now(UTC) - timedelta(seconds=seconds))
    found: set[int] = set()
    for act in connection.execute(_RECENT, {"asker": asker, "since": since}).mappings():
        facts = read_facts(act)
        if (facts.get("asker_kind"), facts.get("cluster")) == (kind, cluster):
            found |= {vmid for vmid in facts.get("guests") or () if isinstance(vmid, int)}
    return found


def append_admission(connection: Connection, admission: Admission) -> None:
    """Append that a run is admitted, in the caller's transaction."""
    binding = asdict(admission.binding)
    facts = {
        **{name: binding[name] for name in ("asker_kind", "cluster", "digest", "judged", "policy", "tool")},
        "guests": list(admission.guests),
        "effects": list(admission.effects),
        **({"plan_id": admission.plan_id} if admission.plan_id else {}),
    }
    append_act(connection, Act(ADMITTED, facts, admission.run_id, admission.binding.asker))
