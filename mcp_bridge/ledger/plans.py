# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that were made and not applied at once: kept until they are decided on, used or out of date.

What becomes of a plan is an act of the chain, and its row says the same. A row that says something else does not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import acts, fit_row, plans
from mcp_bridge.database.transactions import reading
from mcp_bridge.errors import UsageError
from mcp_bridge.ledger import signed_approvals
from mcp_bridge.ledger.acts import find_flaw, list_acts, make_unproven, read_facts, require_proven
from mcp_bridge.ledger.assertions import Action
from mcp_bridge.ledger.chain import Fault
from mcp_bridge.ledger.entries import append_act, append_run, appending
from mcp_bridge.ledger.records import Act, Binding, Claim, Closing, KeptPlan, Opening
from mcp_bridge.system.identity import format_timestamp

KEPT, APPROVED, DENIED, USED = KINDS = ("plan_kept", "plan_approved", "plan_denied", "plan_used")
"""The acts about a plan; their subject is its id."""
DECISIONS: Mapping[str, Action] = {APPROVED: "approve", DENIED: "deny"}
"""Those that are decisions, as passkeys sign them."""
_OPEN = ("ready", "held", "approved")
_DECIDED = ("state", "approval", "approver", "decided_at", "seen")
_LONG = ("arguments", "shown")
_SHORT = tuple(column.name for column in plans.columns if column.name not in _LONG)


Sign = Callable[[Connection, Action, str, Mapping[str, Any]], Mapping[str, Any]]
"""Signs a decision on a plan, in the transaction that writes it: what is done, the plan's id, the facts of the act."""


class Plans:
    """The plans of one ledger, to be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_held(self) -> list[KeptPlan]:
        """The plans that wait for a decision, oldest first."""
        with reading(self._database.engine) as connection:
            query = select(plans).where(plans.c.state == "held").order_by(plans.c.made_at)
            found = [_read(row) for row in connection.execute(query).mappings()]
        return [plan for plan in found if plan.state == "held"]

    def list_recent(self, limit: int = 20) -> list[KeptPlan]:
        """The newest plans, whatever became of them, newest first."""
        with reading(self._database.engine) as connection:
            query = select(plans).order_by(plans.c.made_at.desc()).limit(limit)
            return [_read(row) for row in connection.execute(query).mappings()]

    def list_open(self) -> list[KeptPlan]:
        """The plans that may still be applied, or decided on, newest first."""
        query = select(plans).where(plans.c.state.in_(_OPEN), plans.c.expires_at > format_timestamp(datetime.now(UTC)))
        with reading(self._database.engine) as connection:
            return [_read(row) for row in connection.execute(query.order_by(plans.c.made_at.desc())).mappings()]

    def find(self, prefix: str) -> KeptPlan:
        """The one plan whose id starts with `prefix`.

        Raises UsageError when there is none, or more than one, and LedgerError for one that does not count.
        """
        with reading(self._database.engine) as connection:
            return _find_one(connection, prefix)

    def find_approval(self, binding: Binding, plan_id: str | None = None) -> Claim:
        """Find the approval of this very plan, if everything that it is bound to is still so; it is not used up.

        With `plan_id` it is the approval of that kept plan, whoever asked for it. The claim's `difference` is the field
        of Binding that is no longer so, `expires_at`, `entries` when the row is not what the entries say, or
        `signature` when a passkey did not sign it, or was revoked since.
        """
        with reading(self._database.engine) as connection:
            return _find_approval(connection, binding, plan_id)


class PlanWriter(Plans):
    """Keeps plans, decides on them and uses them. Several processes may do so at once; each plan is used once."""

    def keep(self, plan: KeptPlan) -> None:
        """Keep a plan that was just made, which is `ready` or `held`."""
        if plan.state not in ("ready", "held"):
            raise ValueError(f"a plan that is {plan.state} was not just made")
        values = {**plan.as_dict(), "arguments": _dump(plan.arguments), "shown": _dump(plan.shown)}
        values = fit_row(values, plans)
        with appending(self._database) as connection:
            connection.execute(insert(plans).values(**values))
            append_act(connection, Act(KEPT, _describe_row(values), plan.plan_id, plan.asker))

    def decide(
        self,
        plan_id: str,
        *,
        approve: bool,
        approver: str,
        approval: str = "operator",
        seen: str | None = None,
        record: tuple[Opening, Closing] | None = None,
        check: Callable[[KeptPlan], None] = lambda _plan: None,
        sign: Sign | None = None,
    ) -> KeptPlan:
        """Approve or deny a plan that is held; the run that does it is recorded in the same transaction.

        Somebody else may approve one that is approved already, where policy wants two. `seen` is the SHA-256 of the
        text that the approver saw. `check` is given the plan that is decided on, while nobody else can write, and
        raises UsageError when it is not the one that is meant. `sign` is given the facts of the act, and returns the
        signature that the act has as well, or raises UsageError. Raises UsageError for a plan that is not held, or no
        longer, and LedgerError for one that does not count; then nothing was written.
        """
        with appending(self._database) as connection:
            plan = _find_one(connection, plan_id)
            _require_open(plan, approver, approve=approve)
            check(plan)
            decided = {
                "state": "approved" if approve else "denied",
                "approval": approval,
                "approver": ", ".join((*(plan.approvers if approve else ()), approver)),
                "decided_at": format_timestamp(datetime.now(UTC)),
                "seen": seen,
            }
            decided = fit_row(decided, plans)
            connection.execute(update(plans).where(plans.c.plan_id == plan.plan_id).values(**decided))
            # What is approved stands in the act itself, so that it can be read without any other.
            facts = {**decided, **asdict(plan.binding), "expires_at": plan.expires_at}
            kind = APPROVED if approve else DENIED
            if sign:
                facts[signed_approvals.SIGNATURE] = dict(sign(connection, DECISIONS[kind], plan.plan_id, facts))
            append_act(connection, Act(kind, facts, plan.plan_id, approver))
            if record:
                append_run(connection, *record)
            return _find_one(connection, plan.plan_id)

    def use(self, plan_id: str, run_id: str, binding: Binding) -> bool:
        """Mark a plan as applied by a run; false when somebody else has used it meanwhile, or it is for another one."""
        with appending(self._database) as connection:
            return use_plan(connection, plan_id, run_id, binding)


def use_plan(connection: Connection, plan_id: str, run_id: str, binding: Binding) -> bool:
    """Mark a plan as applied by a run, in the caller's transaction; false when it can't be used, or not for this.

    Whether an approval counts is not looked at here: who needs none may use the plan as well.
    """
    plan = _find_one(connection, plan_id)
    is_this = (plan.tool, plan.digest, plan.cluster) == (binding.tool, binding.digest, binding.cluster)
    return is_this and _use(connection, plan, run_id)


def find_faults(connection: Connection) -> Iterator[Fault]:
    """The rows that are not what the acts say, and the acts without a row. The chain itself is not looked at."""
    for row in connection.execute(select(plans)).mappings():
        found = list_acts(connection, row["plan_id"])
        if _describe_row(row) != _fold(found):
            seq = found[-1]["seq"] if found else 0
            what = "the plan is not what the entries about it say" if found else "a plan without any entry"
            yield Fault(str(row["plan_id"]), seq, what)
    lone = select(acts.c.subject, acts.c.seq).where(acts.c.kind == KEPT, acts.c.subject.not_in(select(plans.c.plan_id)))
    for subject, seq in connection.execute(lone):
        yield Fault(subject, seq, "the plan that was kept is missing")


def _find_approval(connection: Connection, binding: Binding, plan_id: str | None) -> Claim:
    query = select(plans).where(plans.c.tool == binding.tool, plans.c.state == "approved")
    query = query.where(plans.c.plan_id == plan_id if plan_id else plans.c.digest == binding.digest)
    difference = ""
    for row in connection.execute(query.order_by(plans.c.made_at)).mappings().all():
        plan = _read(row)
        found = _compare(connection, row, plan, binding, whoever_asks=plan_id is not None)
        if not found:
            return Claim(plan)
        difference = difference or found
    return Claim(difference=difference)


def _require_open(plan: KeptPlan, approver: str, *, approve: bool) -> None:
    """Raise UsageError unless this approver may still decide on a plan."""
    if plan.state == "held" or (plan.state == "approved" and approve and approver not in plan.approvers):
        return
    raise UsageError(
        f"Plan {plan.plan_id[:8]} is {plan.state}{f' by {plan.approver}' if plan.approver else ''}; only one that is "
        "held can be decided on.",
        "`playvisor approvals list` shows those that wait.",
    )


def _compare(
    connection: Connection, row: Mapping[Any, Any], plan: KeptPlan, binding: Binding, *, whoever_asks: bool
) -> str:
    """The first thing that keeps an approval from being good for this; empty when it is good."""
    if plan.state != "approved":
        return "expires_at"
    found = list_acts(connection, plan.plan_id)
    if _describe_row(row) != _fold(found) or any(find_flaw(connection, act) for act in found):
        return "entries"
    if signed_approvals.find_open_flaw(connection, found, DECISIONS):
        return "signature"
    has, wants = asdict(plan.binding), asdict(binding)
    left_out = ("asker", "asker_kind") if whoever_asks else ()
    # What was judged includes the cluster and the policy, which say more.
    names = sorted(wants, key=lambda name: name == "judged")
    return next((name for name in names if has[name] != wants[name] and name not in left_out), "")


def _use(connection: Connection, plan: KeptPlan, run_id: str) -> bool:
    if plan.used_by == run_id:
        return True
    if plan.state not in _OPEN:
        return False
    used = update(plans).where(plans.c.plan_id == plan.plan_id, plans.c.state.in_(_OPEN))
    is_mine = bool(connection.execute(used.values(state="used", used_by=run_id)).rowcount)
    if is_mine:
        append_act(connection, Act(USED, {"state": "used", "used_by": run_id}, plan.plan_id, plan.asker))
    return is_mine


def _describe_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """What an act says of a plan's row: all of it, the long texts by their SHA-256."""
    facts = {name: row[name] for name in _SHORT if row[name] is not None}
    hashes = {f"{name}_sha256": _hash(str(row[name])) for name in _LONG if row[name] is not None}
    return facts | hashes


def _fold(found: list[Mapping[Any, Any]]) -> dict[str, Any]:
    """What the row has to say after these acts."""
    facts: dict[str, Any] = {}
    for number, act in enumerate(found):
        said = read_facts(act)
        if act["kind"] == KEPT and not number:
            facts = said
        elif act["kind"] in (APPROVED, DENIED):
            facts |= {name: said[name] for name in _DECIDED if said.get(name) is not None}
        elif act["kind"] == USED:
            facts |= said
    return facts


def _find_one(connection: Connection, prefix: str) -> KeptPlan:
    query = select(plans).where(plans.c.plan_id >= prefix, plans.c.plan_id < f"{prefix}g").limit(5)
    found = list(connection.execute(query).mappings())
    if not found:
        raise UsageError(f"There is no plan {prefix!r}.", "`playvisor approvals list --all` shows the newest ones.")
    if len(found) > 1:
        raise UsageError(f"More than one plan starts with {prefix!r}.", "Give more of its id.")
    row = found[0]
    about = list_acts(connection, row["plan_id"])
    what = f"Plan {row['plan_id'][:8]}"
    if _describe_row(row) != _fold(about):
        raise make_unproven(what, "its row is not what the entries about it say")
    require_proven(connection, about, what)
    return _read(row)


def _read(row: Any) -> KeptPlan:
    facts = dict(row)
    if facts["state"] in _OPEN and facts["expires_at"] <= format_timestamp(datetime.now(UTC)):
        facts["state"] = "expired"
    arguments = facts.pop("arguments")
    shown = json.loads(facts.pop("shown"))
    return KeptPlan(**facts, arguments=None if arguments is None else json.loads(arguments), shown=shown)


def _dump(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
