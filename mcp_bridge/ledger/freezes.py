# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether all changes are frozen, as the newest act about that says. What is not clear counts as frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, literal, select

from mcp_bridge.database.tables import acts, freezes, head
from mcp_bridge.ledger.acts import find_flaw, read_facts
from mcp_bridge.ledger.chain import Fault, entry_hash
from mcp_bridge.ledger.entries import append_act
from mcp_bridge.ledger.records import Act

FROZEN, THAWED = KINDS = ("frozen", "thawed")
SUBJECT = "freeze"
_SOMEBODY = "somebody"

# One row, always: the row that says what is so, and the newest act. Neither alone can thaw.
_LAST = select(func.max(acts.c.seq)).where(acts.c.subject == SUBJECT).scalar_subquery()
_STATE = (
    select(freezes.c.act, freezes.c.is_frozen, acts)
    .select_from(head)
    .outerjoin(freezes, literal(True))
    .outerjoin(acts, acts.c.seq == _LAST)
)


@dataclass(frozen=True)
class Freeze:
    """A freeze: by whom, since when (UTC, ISO 8601), and why."""

    by: str
    since: str
    why: str = ""

    def __str__(self) -> str:
        since = f" at {self.since[:19]}Z" if self.since else ""
        return f"{self.by} has frozen it{since}{f': {self.why}' if self.why else ''}"


class FreezeState:
    """Reads the freeze of one ledger. It remembers which act it has proven, so that asking again is one select."""

    def __init__(self) -> None:
        self._proven: tuple[int, str] | None = None

    def read(self, connection: Connection) -> Freeze | None:
        """The freeze that is on, if any."""
        rows = connection.execute(_STATE).mappings().all()
        if len(rows) != 1:
            return make_unclear("the ledger does not say whether")
        state = rows[0]
        if state["act"] is None and state["seq"] is None:
            return None
        is_frozen = state["kind"] == FROZEN
        if state["act"] != state["seq"] or bool(state["is_frozen"]) != is_frozen:
            return make_unclear("the ledger and its entries do not say the same")
        if is_frozen:
            return Freeze(state["who"], state["at"], str(read_facts(state).get("why", "")))
        act = (state["seq"], state["hash"])
        if act != self._proven:
            flaw = find_flaw(connection, state)
            if flaw:
                return make_unclear(f"the thaw does not count: {flaw}")
        elif entry_hash("act", state["seq"], state["prev"], state) != state["hash"]:
            return make_unclear("the thaw was changed after it was written")
        self._proven = act
        return None


def make_unclear(why: str) -> Freeze:
    """A freeze that counts because nobody can tell that there is none."""
    return Freeze(_SOMEBODY, "", why)


def write_state(connection: Connection, act: Act) -> None:
    """Freeze or thaw, by an act, in the caller's transaction."""
    seq = append_act(connection, act)
    connection.execute(delete(freezes))
    connection.execute(insert(freezes).values(id=1, act=seq, is_frozen=act.kind == FROZEN))


def find_faults(connection: Connection) -> Iterator[Fault]:
    """What makes the state unclear. The chain itself is not looked at."""
    rows = connection.execute(_STATE).mappings().all()
    for state in rows:
        is_frozen = state["kind"] == FROZEN
        if state["act"] != state["seq"] or (state["act"] is not None and bool(state["is_frozen"]) != is_frozen):
            yield Fault(SUBJECT, state["seq"] or 0, "whether it is frozen is not what the newest entry about it says")
    if len(rows) > 1:
        yield Fault(SUBJECT, 0, "whether it is frozen is said more than once")
