"""Revisions of fleets, the marks on objects, and that neither counts without its entry."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from mcp_bridge.errors import UnprovenError, UsageError
from mcp_bridge.ledger.fleets import APPLIED, RELEASED
from mcp_bridge.ledger.records import Closing, FleetChange, FleetObject, Opening, Who
from mcp_bridge.ledger.writer import LedgerWriter

LAB, OTHER = "lab 12ab", "lab 34cd"
DONE = Closing("ok", "allowed", True, "Changed guest web-01.")
WEB = FleetObject("guests.web-01", {"cores": 2}, uuid="aa-bb", vmid=101)
POOL = FleetObject("pools.prod", {"comment": "x"})
SHOP = FleetChange("shop", LAB, "run-1", "jo", "ok", {"fleet": "shop", "guests": {"web-01": {"cores": 2}}}, (WEB, POOL))


@pytest.fixture
def ledger(tmp_path):
    return LedgerWriter(tmp_path)


def close(ledger, change, run_id=None):
    """A run that ends with this for a fleet."""
    run_id = run_id or change.run_id
    ledger.open(Opening(run_id, "plan_fleet", {}, "apply", Who("client", asker="jo"), "0.1.0"))
    ledger.close(run_id, DONE, replace(change, run_id=run_id))


def test_what_was_applied_is_read_back(ledger):
    close(ledger, SHOP)
    fleets = ledger.read_fleets(LAB)

    (revision,) = fleets.list_revisions("shop")
    objects = fleets.list_objects("shop")

    assert (revision.revision, revision.who, revision.outcome, revision.run_id) == (1, "jo", "ok", "run-1")
    assert revision.document == SHOP.document
    assert [(one.path, one.entry, one.vmid, one.revision, one.is_certain) for one in objects] == [
        ("guests.web-01", {"cores": 2}, 101, 1, True),
        ("pools.prod", {"comment": "x"}, None, 1, True),
    ]
    assert [(one.fleet, one.objects) for one in fleets.list_fleets()] == [("shop", 2)]
    assert ledger.read_fleets(OTHER).list_fleets() == []
    assert [act["kind"] for act in ledger.list_acts(kind=APPLIED)] == [APPLIED]
    assert ledger.verify().faults == []


def test_a_fleet_that_stays_as_it_is_has_no_new_revision(ledger):
    close(ledger, SHOP)
    close(ledger, SHOP, "run-2")
    close(ledger, replace(SHOP, outcome="failed", objects=(replace(WEB, entry={}, is_certain=False),)), "run-3")
    close(ledger, SHOP, "run-4")

    fleets = ledger.read_fleets(LAB)
    assert [(one.revision, one.run_id, one.outcome) for one in fleets.list_revisions("shop")] == [
        (3, "run-4", "ok"),
        (2, "run-3", "failed"),
        (1, "run-1", "ok"),
    ]
    assert [(one.path, one.revision, one.is_certain) for one in fleets.list_objects("shop")] == [
        ("guests.web-01", 3, True),
        ("pools.prod", 1, True),
    ]
    assert ledger.verify().faults == []


def test_an_object_belongs_to_the_fleet_that_has_it(ledger):
    close(ledger, SHOP)
    close(ledger, replace(SHOP, fleet="blog", run_id="run-2"))
    fleets = ledger.read_fleets(LAB)

    claims = fleets.find_claims(
        "blog",
        [
            FleetObject("guests.web-01", {}),
            FleetObject("guests.renamed", {}, uuid="AA-BB"),
            FleetObject("guests.moved", {}, vmid=101),
            FleetObject("guests.mine", {}, vmid=102),
        ],
    )

    assert {path: (one.fleet, one.path) for path, one in claims.items()} == {"guests.web-01": ("shop", "guests.web-01")}
    assert [one.path for one in fleets.list_objects("blog")] == []
    assert fleets.find_claims("blog", [FleetObject("guests.renamed", {}, uuid="AA-BB")]) != {}
    assert fleets.find_claims("blog", [FleetObject("guests.moved", {}, vmid=101)]) != {}
    assert fleets.find_claims("shop", [FleetObject("guests.web-01", {})]) == {}
    assert ledger.verify().faults == []


def test_a_mark_is_taken_off(ledger):
    close(ledger, SHOP)
    release = FleetChange("shop", LAB, "run-2", "jo", "ok", released=("guests.web-01", "guests.never"))
    opening = Opening("run-2", "release_objects", {}, "apply", Who("client", asker="jo"), "0.1.0")
    ledger.change_fleet(release, opening, DONE)

    assert [one.path for one in ledger.read_fleets(LAB).list_objects("shop")] == ["pools.prod"]
    assert ledger.list_acts(kind=RELEASED)[0]["facts"]["released"] == ["guests.web-01"]
    assert ledger.read_fleets(LAB).find_claims("blog", [WEB]) == {}
    assert ledger.verify().faults == []


def test_a_fleet_called_like_the_subject_of_other_acts_is_none_of_them(ledger):
    close(ledger, replace(SHOP, fleet="freeze"))

    assert ledger.list_acts(subject="freeze") == []


def test_a_revision_that_there_is_not(ledger):
    close(ledger, SHOP)

    with pytest.raises(UsageError, match="Fleet shop has no revision 7"):
        ledger.read_fleets(LAB).find_revision("shop", 7)


TAMPERINGS = {
    "another document": ("UPDATE fleet_revisions SET document = '{}'", "list_revisions"),
    "another outcome": ("UPDATE fleet_revisions SET outcome = 'failed'", "list_revisions"),
    "a document and its hash": ("UPDATE fleet_revisions SET document = '{}', sha256 = 'x'", "list_revisions"),
    "a revision inserted": (
        "INSERT INTO fleet_revisions SELECT cluster, fleet, 2, document, sha256, run_id, at, who, outcome, changes "
        "FROM fleet_revisions",
        "list_revisions",
    ),
    "a revision removed": ("DELETE FROM fleet_revisions", None),
    "what was applied last": ("UPDATE fleet_objects SET entry = '{}' WHERE vmid = 101", "list_objects"),
    "another guest": ("UPDATE fleet_objects SET vmid = 102 WHERE vmid = 101", "list_objects"),
    "a mark removed": ("DELETE FROM fleet_objects WHERE vmid = 101", "list_objects"),
    "all marks removed": ("DELETE FROM fleet_objects", "list_objects"),
    "a mark given to another fleet": ("UPDATE fleet_objects SET fleet = 'blog'", "list_objects"),
    "the act removed": ("DELETE FROM acts WHERE kind = 'fleet_applied'", "list_objects"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_the_entries_do_not_say_does_not_count(ledger, name):
    statement, reading = TAMPERINGS[name]
    close(ledger, SHOP)
    with ledger.database.engine.begin() as connection:
        connection.execute(text(statement))

    assert ledger.verify().faults != []
    if reading:
        with pytest.raises(UnprovenError, match="does not count"):
            getattr(ledger.read_fleets(LAB), reading)("shop")
