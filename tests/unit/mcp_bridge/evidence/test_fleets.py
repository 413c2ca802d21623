"""What a run counts for, object by object, however it ended."""

from __future__ import annotations

import pytest

from mcp_bridge.evidence.fleets import PRUNE, FleetRun, describe_change
from mcp_bridge.evidence.requests import SentRequest

DOCUMENT = {
    "fleet": "shop",
    "guests": {
        "web-01": {"cores": 2, "cloudinit": {"user": "jo", "password": "hunter22"}},
        "web.example.com": {"cores": 2},
        "db-01": {"memory": 4096, "vmid": 103},
    },
    "pools": {"prod": {"comment": "x"}},
    "storages": {"nas": {"type": "cifs", "password": "hunter22"}},
    "access": {"users": [{"user": "jo@pve", "password": "hunter22"}]},
}
WEB = {"path": "guests.web-01", "vmid": 101, "uuid": "AA", "changed": True}
DOTS = {"path": 'guests."web.example.com"', "vmid": 102, "changed": True}
DB = {"path": "guests.db-01", "vmid": 103, "changed": False}
POOL = {"path": "pools.prod", "changed": True}
STEPS = [
    {"method": "PUT", "path": "/nodes/pve1/qemu/101/config", "vmid": 101},
    {"method": "POST", "path": "/nodes/pve1/qemu/101/status/start", "vmid": 101},
    {"method": "PUT", "path": "/nodes/pve1/qemu/102/config", "vmid": 102},
    {"method": "POST", "path": "/pools"},
]
PLANNED = {"objects": [WEB, DOTS, DB, POOL], "plan": {"digest": "d", "steps": STEPS}}
CONFIG = SentRequest("config of 101", "PUT", STEPS[0]["path"], 200)
START = SentRequest("start of 101", "POST", STEPS[1]["path"], 200, upid="UPID:1")
DONE = SentRequest("start", "POST", STEPS[1]["path"], 200, upid="UPID:1", state="stopped", exitstatus="OK")
BROKEN = SentRequest("start", "POST", STEPS[1]["path"], 200, upid="UPID:1", state="stopped", exitstatus="no")
REFUSED = SentRequest("config of 101", "PUT", STEPS[0]["path"], 403)
MADE = SentRequest("POST /pools", "POST", "/pools", 200)


def run(applied=None, requests=(), tool="plan_fleet", document=None, outcome="ok"):
    return FleetRun(tool, "run-1", "lab", "jo", outcome, document or DOCUMENT, PLANNED, applied, requests)


def sort(change):
    done = [one.path for one in change.objects if one.is_certain]
    return done, [one.path for one in change.objects if not one.is_certain]


def test_an_apply_that_ended_well_counts_for_all_of_it():
    change = describe_change(run({"objects": PLANNED["objects"]}))

    assert sort(change) == (["guests.web-01", 'guests."web.example.com"', "guests.db-01", "pools.prod"], [])
    assert (change.fleet, change.cluster, change.who, change.outcome, change.changes) == ("shop", "lab", "jo", "ok", 3)
    assert [(one.vmid, one.uuid) for one in change.objects] == [(101, "aa"), (102, None), (103, None), (None, None)]


def test_secrets_are_in_nothing_that_is_kept():
    change = describe_change(run({"objects": PLANNED["objects"]}))

    assert "hunter22" not in repr(change)
    assert change.document["guests"]["web-01"] == {"cores": 2, "cloudinit": {"user": "jo"}}
    assert change.document["storages"]["nas"] == {"type": "cifs"}
    assert change.document["access"] == {"users": [{"user": "jo@pve"}]}


FAILED = {"code": "task_failed", "message": "It failed."}


@pytest.mark.parametrize(
    ("row", "is_certain"),
    [
        ({**WEB, "failure": FAILED, "upids": ["UPID:1"]}, False),
        ({**WEB, "failure": FAILED}, False),
        ({**WEB, "failure": FAILED, "changed": False}, None),
        ({**WEB, "skipped": "db-01 failed"}, None),
        (WEB, True),
    ],
    ids=["failed with a task", "failed having changed", "failed at once", "skipped", "done"],
)
def test_of_an_apply_that_failed_each_object_counts_for_itself(row, is_certain):
    change = describe_change(run({"objects": [row, DB]}, outcome="failed"))

    known = {one.path: one for one in change.objects}
    assert known["guests.db-01"].is_certain
    assert (known["guests.web-01"].is_certain if "guests.web-01" in known else None) is is_certain
    # Nothing counts as applied last of what nobody knows about; the guest carries the mark all the same.
    if is_certain is False:
        assert (known["guests.web-01"].entry, known["guests.web-01"].vmid) == ({}, 101)


@pytest.mark.parametrize(
    ("requests", "done", "unknown"),
    [
        ((), ["guests.db-01"], []),
        ((CONFIG, START), ["guests.db-01"], ["guests.web-01"]),
        ((CONFIG,), ["guests.db-01"], ["guests.web-01"]),
        ((CONFIG, DONE), ["guests.web-01", "guests.db-01"], []),
        ((CONFIG, BROKEN), ["guests.db-01"], ["guests.web-01"]),
        ((REFUSED, DONE), ["guests.db-01"], ["guests.web-01"]),
        ((MADE,), ["guests.db-01"], ["pools.prod"]),
    ],
    ids=["nothing sent", "a task nobody saw end", "half", "all of it", "a task that failed", "refused", "no guest"],
)
def test_of_a_run_that_broke_off_only_what_is_proven_counts(requests, done, unknown):
    assert sort(describe_change(run(None, requests, outcome="interrupted"))) == (done, unknown)


@pytest.mark.parametrize(("sent", "done"), [(1, []), (2, ["guests.web-01", "guests.db-01"])])
def test_guests_that_are_made_by_requests_alike_count_when_all_were_sent(sent, done):
    steps = [{"method": "POST", "path": "/nodes/pve1/qemu", "vmid": vmid} for vmid in (101, 103)]
    planned = {"objects": [WEB, {**DB, "changed": True}], "plan": {"steps": steps}}
    made = SentRequest("POST", "POST", "/nodes/pve1/qemu", 200, upid="UPID:1", state="stopped", exitstatus="OK")
    broken = FleetRun("plan_fleet", "run-1", "lab", "jo", "interrupted", DOCUMENT, planned, None, [made] * sent)

    assert sort(describe_change(broken))[0] == done


def test_what_a_prune_has_deleted_is_released():
    document = {"fleet": "shop", "guests": {"web-01": {"state": "absent"}, "db-01": {"state": "absent"}}}
    applied = {"objects": [WEB, {**DB, "changed": True, "failure": FAILED}]}

    change = describe_change(run(applied, tool=PRUNE, document=document))

    assert (change.released, change.document, change.objects) == (("guests.web-01",), None, ())


def test_parts_of_an_object_count_together():
    rows = [{"path": "access.users.jo@pve", "changed": True}, {"path": "access.roles.x", "failure": FAILED}]

    assert sort(describe_change(run({"objects": rows}))) == ([], ["access"])


def test_what_is_no_fleet_counts_for_none():
    assert describe_change(run({"objects": []}, document={"fleet": "../x"})) is None
