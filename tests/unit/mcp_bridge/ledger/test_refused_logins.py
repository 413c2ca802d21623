"""Refused log-ins are acts, and however many there are, the ledger does not fill with them."""

from __future__ import annotations

from mcp_bridge.ledger.refused_logins import RefusedLogins
from mcp_bridge.ledger.writer import LedgerWriter


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def counts(acts):
    return [(act.facts["source"], act.facts["count"]) for act in acts]


def test_one_act_a_minute_for_each_source_says_how_many_there_were():
    acts, clock = [], Clock()
    refused = RefusedLogins(acts.append, clock)

    for dummy in range(1000):
        refused.note("192.0.2.1", "no such token")
    refused.note("192.0.2.2", "no token")
    clock.now = 61.0
    refused.note("192.0.2.1", "no such token")

    assert counts(acts) == [("192.0.2.1", 1), ("192.0.2.2", 1), ("192.0.2.1", 1000)]


def test_many_sources_count_as_one():
    acts = []
    refused = RefusedLogins(acts.append, Clock())

    for number in range(1000):
        refused.note(f"192.0.2.{number}", "no token")
    refused.flush()

    assert len(acts) == 12
    assert counts(acts)[-2:] == [("others", 1), ("others", 989)]
    assert sum(count for _source, count in counts(acts)) == 1000


def test_they_are_entries_of_the_chain(tmp_path):
    ledger = LedgerWriter(tmp_path)

    RefusedLogins(ledger.append).note("192.0.2.1", "no token")

    assert [act["kind"] for act in ledger.list_acts()] == ["login_refused", "ledger_begun"]
    assert ledger.verify().faults == []
