# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that were made and not applied at once: kept until they are decided on, used or out of date."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from mcp_bridge.database.tables import plans
from mcp_bridge.database.transactions import reading, transaction
from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.system.identity import format_timestamp

_OPEN = ("ready", "held", "approved")


class Plans:
    """The plans of one ledger. Several processes may use it at once; each plan is used once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, plan: KeptPlan) -> None:
        """Keep a plan that was just made."""
        values = {**plan.as_dict(), "arguments": _dump(plan.arguments), "shown": _dump(plan.shown)}
        with transaction(self._engine) as connection:
            connection.execute(insert(plans).values(**values))

    def list_held(self) -> list[KeptPlan]:
        """The plans that wait for a decision, oldest first."""
        with reading(self._engine) as connection:
            query = select(plans).where(plans.c.state == "held").order_by(plans.c.made_at)
            found = [_read(row) for row in connection.execute(query).mappings()]
        return [plan for plan in found if plan.state == "held"]

    def list_recent(self, limit: int = 20) -> list[KeptPlan]:
        """The newest plans, whatever became of them, newest first."""
        with reading(self._engine) as connection:
            query = select(plans).order_by(plans.c.made_at.desc()).limit(limit)
            return [_read(row) for row in connection.execute(query).mappings()]

    def find(self, prefix: str) -> KeptPlan:
        """The one plan whose id starts with `prefix`. Raises UsageError when there is none, or more than one."""
        with reading(self._engine) as connection:
            return _find_one(connection, prefix)

    def decide(self, prefix: str, approver: str, *, approve: bool, approval: str = "operator") -> KeptPlan:
        """Approve or deny a plan that is held. Raises UsageError for one that is not, or no longer."""
        with transaction(self._engine) as connection:
            plan = _find_one(connection, prefix)
            if plan.state != "held":
                raise UsageError(
                    f"Plan {plan.plan_id[:8]} is {plan.state}; only one that is held can be decided on.",
                    "`playvisor approvals list` shows those that wait.",
                )
            decided = {
                "state": "approved" if approve else "denied",
                "approval": approval,
                "approver": approver,
                "decided_at": format_timestamp(datetime.now(UTC)),
            }
            connection.execute(update(plans).where(plans.c.plan_id == plan.plan_id).values(**decided))
            return _find_one(connection, plan.plan_id)

    def take_approved(
        self, tool: str, digest: str, asker: str, run_id: str, plan_id: str | None = None
    ) -> KeptPlan | None:
        """Use up the approval of this very plan for this asker, if there is one.

        With `plan_id` it is the approval of that kept plan, whoever asked for it.
        """
        whose = plans.c.plan_id == plan_id if plan_id else plans.c.asker == asker
        with transaction(self._engine) as connection:
            query = select(plans).where(
                plans.c.digest == digest, plans.c.tool == tool, whose, plans.c.state == "approved"
            )
            for row in connection.execute(query.order_by(plans.c.made_at)).mappings():
                plan = _read(row)
                if plan.state == "approved" and _use(connection, plan, run_id):
                    return plan
        return None

    def use(self, plan_id: str, run_id: str) -> bool:
        """Mark a plan as applied by a run; false when somebody else has used it meanwhile."""
        with transaction(self._engine) as connection:
            return _use(connection, _find_one(connection, plan_id), run_id)


def _use(connection: Connection, plan: KeptPlan, run_id: str) -> bool:
    if plan.used_by == run_id:
        return True
    if plan.state not in _OPEN:
        return False
    used = update(plans).where(plans.c.plan_id == plan.plan_id, plans.c.state.in_(_OPEN))
    return bool(connection.execute(used.values(state="used", used_by=run_id)).rowcount)


def _find_one(connection: Connection, prefix: str) -> KeptPlan:
    query = select(plans).where(plans.c.plan_id >= prefix, plans.c.plan_id < f"{prefix}g").limit(5)
    found = [_read(row) for row in connection.execute(query).mappings()]
    if not found:
        raise UsageError(f"There is no plan {prefix!r}.", "`playvisor approvals list --all` shows the newest ones.")
    if len(found) > 1:
        raise UsageError(f"More than one plan starts with {prefix!r}.", "Give more of its id.")
    return found[0]


def _read(row: Any) -> KeptPlan:
    facts = dict(row)
    if facts["state"] in _OPEN and facts["expires_at"] <= format_timestamp(datetime.now(UTC)):
        facts["state"] = "expired"
    arguments = facts.pop("arguments")
    shown = json.loads(facts.pop("shown"))
    return KeptPlan(**facts, arguments=None if arguments is None else json.loads(arguments), shown=shown)


def _dump(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
