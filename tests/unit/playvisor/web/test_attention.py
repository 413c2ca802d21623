"""The queue of attention: what stands in it, and in which order."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from playvisor.web.attention import (
    Matter,
    find_in_backups,
    find_in_overview,
    find_in_runs,
    sort_matters,
    sum_up_backups,
)

NODE = {"node": "pve1", "status": "online"}
STORAGE = {"storage": "local", "node": "pve1", "status": "available", "used": 10, "total": 100}


def row(outcome, run_id="1", tool="stop_guest", code=None, **arguments):
    facts = {"summary": "It did not work.", "opened_at": "2026-01-01T00:00:00Z", "changed": False, "failure_code": code}
    return SimpleNamespace(run_id=run_id, tool=tool, arguments=arguments, outcome=outcome, **facts)


@pytest.mark.parametrize(
    ("overview", "kinds"),
    [
        ({"cluster": {"quorate": True}, "nodes": [NODE], "storage": [STORAGE]}, []),
        ({"cluster": {"quorate": False}}, [("no_quorum", "critical")]),
        ({"nodes": [{**NODE, "status": "offline"}]}, [("node_offline", "critical")]),
        ({"storage": [{**STORAGE, "used": 84}]}, []),
        ({"storage": [{**STORAGE, "used": 85}]}, [("storage_full", "warning")]),
        ({"storage": [{**STORAGE, "used": 95}]}, [("storage_full", "critical")]),
        ({"storage": [{**STORAGE, "status": "unknown", "used": 95}]}, [("storage_unavailable", "warning")]),
        ({"storage": [{**STORAGE, "total": None}]}, []),
        ({}, []),
    ],
)
def test_an_overview_shows_what_is_wrong_with_the_cluster(overview, kinds):
    assert [(matter.kind, matter.weight) for matter in find_in_overview(overview)] == kinds


def test_a_shared_storage_is_told_once_and_a_local_one_of_each_node():
    full = [{**STORAGE, "node": node, "used": 90, "shared": shared} for node in ("a", "b") for shared in (True, False)]

    assert [matter.facts["node"] for matter in find_in_overview({"storage": full})] == ["a", "a", "b"]


def test_guests_without_a_recent_backup_are_one_matter_that_names_the_worst():
    gaps = [
        {"vmid": 1, "name": "a", "age": 5},
        {"vmid": 2, "name": "b", "age": 9},
        {"vmid": 3, "name": "t", "template": 1},
    ]
    (matter,) = find_in_backups({"gaps": gaps})

    facts = {"guests": 2, "never": 0, "oldest_seconds": 9, "vmid": 2, "name": "b"}
    assert matter.as_dict() == {"kind": "backups_missing", "weight": "warning", **facts}
    assert not list(find_in_backups({"gaps": []}))


def test_backups_are_summed_up_by_the_guest_whose_latest_is_oldest():
    guests = [
        {"vmid": 1, "name": "a", "type": "lxc", "latest": {"age": 50}, "scheduled": True},
        {"vmid": 2, "name": "b", "type": "qemu", "latest": {"age": 90}},
        {"vmid": 3, "name": "c", "latest": None},
        {"vmid": 4, "name": "t", "template": True, "latest": {"age": 999}},
    ]

    found = sum_up_backups({"guests": guests, "gaps": [{"vmid": 3}, {"vmid": 4, "template": True}]})
    assert found == {
        "guests": 3,
        "gaps": 1,
        "scheduled": 1,
        "oldest": {"vmid": 2, "name": "b", "type": "qemu", "age": 90},
    }
    assert sum_up_backups({})["oldest"] is None


def test_a_failure_stands_there_until_the_same_call_succeeds():
    rows = [row("failed", "3", vmid=2), row("ok", "2", vmid=1), row("interrupted", "1", vmid=1), row("refused", "0")]
    rows.append(row("failed", "4", code="invalid_parameter", vmid=9))

    assert [matter.facts["run_id"] for matter in find_in_runs(rows)] == ["3"]


def test_the_most_urgent_comes_first():
    matters = [Matter("a", "note"), Matter("b", "warning"), Matter("c", "critical"), Matter("d", "warning")]

    assert [matter.kind for matter in sort_matters(matters)] == ["c", "b", "d", "a"]
