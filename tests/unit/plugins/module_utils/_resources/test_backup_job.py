from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._backup.jobs import (
    FIELDS,
    describe_job,
    parse_job,
    render_options,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.backup_job import Jobs

NOTHING = {"state": "present", **dict.fromkeys(FIELDS)}
ENTRY = {
    "id": "nightly",
    "type": "vzdump",
    "next-run": 1795305600,
    "schedule": "02:30",
    "vmid": "102,101",
    "storage": "nas",
    "enabled": 1,
    "comment": "nightly",
    "prune-backups": {"keep-last": "3"},
    "notes-template": "{{guestname}}\\nnightly",
    "fleecing": {"enabled": 1, "storage": "fast"},
}
JOB = parse_job(ENTRY)


def plan(job, **options):
    return Jobs("nightly").plan(job, {**NOTHING, **options})


def requests(made):
    return [(step.method, step.path, step.params) for step in made.steps]


def test_a_job_is_read_as_it_is_written():
    assert JOB == {
        "schedule": "02:30",
        "vmids": [101, 102],
        "storage": "nas",
        "enabled": True,
        "comment": "nightly",
        "retention": {"last": 3},
        "notes": "{{guestname}}\nnightly",
        "fleecing": {"enabled": True, "storage": "fast"},
    }
    assert render_options(JOB)["prune-backups"] == "keep-last=3"
    assert render_options(JOB)["fleecing"] == "enabled=1,storage=fast"
    assert render_options(JOB)["notes-template"] == ENTRY["notes-template"]


def test_a_job_is_shown_with_the_time_when_it_runs_next():
    assert describe_job(ENTRY) == {"id": "nightly", **JOB, "next_run": 1795305600}
    assert describe_job({"id": "x", "all": 1}) == {"id": "x", "enabled": True, "all": True, "next_run": None}


@pytest.mark.parametrize(
    ("options", "after"),
    [
        ({"schedule": " mon-fri  2:30 "}, {"schedule": "mon..fri 2:30"}),
        ({"schedule": "Sun *-*-1..7 3:00"}, {"schedule": "Sun *-*-1..7 3:00"}),
        ({"comment": " of the\nnight \n"}, {"comment": "of the\nnight"}),
        ({"retention": {"all": None, "daily": 0}}, {"retention": {"all": True}}),
        ({"retention": {"all": False, "daily": 0, "last": 2}}, {"retention": {"last": 2}}),
    ],
)
def test_a_wish_is_what_proxmox_ve_returns(options, after):
    made = plan(JOB, **options)

    assert made.after == {"exists": True, **JOB, **after}
    assert plan({**JOB, **after}, **options).steps == ()


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"keep-all": "1"}, {"all": True}),
        ("keep-last=3,keep-daily=7", {"last": 3, "daily": 7}),
        ("keep-last=3,keep-daily=0", {"last": 3}),
        ("keep-daily=0", {"all": True}),
    ],
)
def test_retention_is_read_whole(value, read):
    assert parse_job({"prune-backups": value})["retention"] == read


def test_a_new_job_is_one_request():
    made = plan(
        None,
        schedule="02:30",
        all=True,
        exclude=[102, 101],
        storage="nas",
        comment="",
        retention={"all": None, "last": 3, "daily": None},
        performance={"max_workers": 4, "pbs_entries_max": None},
        mailto=["a@example.com", "b@example.com"],
        repeat_missed=False,
    )

    params = {
        "id": "nightly",
        "schedule": "02:30",
        "all": 1,
        "exclude": "101,102",
        "storage": "nas",
        "prune-backups": "keep-last=3",
        "performance": "max-workers=4",
        "mailto": "a@example.com,b@example.com",
        "repeat-missed": 0,
    }
    assert requests(made) == [("POST", "/cluster/backup", params)]
    assert made.after["enabled"] is True


@pytest.mark.parametrize(
    ("options", "params"),
    [
        ({}, None),
        ({"vmids": [102, 101], "comment": "nightly", "enabled": True, "repeat_missed": False}, None),
        ({"retention": {"last": 3, "daily": None}, "notes": "{{guestname}}\nnightly\n"}, None),
        ({"fleecing": {"enabled": True, "storage": "fast"}, "all": False, "mailto": []}, None),
        ({"schedule": "sat 02:00", "enabled": False}, {"schedule": "sat 02:00", "enabled": 0}),
        ({"retention": {"last": 3, "daily": 7}}, {"prune-backups": "keep-last=3,keep-daily=7"}),
        ({"retention": {"all": True}}, {"prune-backups": "keep-all=1"}),
        ({"comment": "", "retention": {"last": None}}, {"delete": "comment,prune-backups"}),
        ({"vmids": [103], "comment": ""}, {"vmid": "103", "delete": "comment"}),
        ({"all": True, "exclude": [101]}, {"all": 1, "exclude": "101"}),
        ({"pool": "prod"}, {"pool": "prod"}),
        ({"notes": "x"}, {"notes-template": "x", "storage": "nas"}),
        ({"protected": True, "storage": "new"}, {"protected": 1, "storage": "new"}),
        ({"mode": "snapshot"}, {"mode": "snapshot"}),
    ],
)
def test_a_job_is_changed_value_by_value(options, params):
    expected = [] if params is None else [("PUT", "/cluster/backup/nightly", params)]

    assert requests(plan(JOB, **options)) == expected


@pytest.mark.parametrize(
    ("job", "options", "after"),
    [
        (JOB, {"all": True, "exclude": [101]}, {"all": True, "exclude": [101]}),
        (JOB, {"pool": "prod"}, {"pool": "prod"}),
        ({"all": True, "exclude": [101]}, {"vmids": [103]}, {"vmids": [103]}),
        ({"all": True, "exclude": [101]}, {"pool": "prod"}, {"pool": "prod"}),
        ({"pool": "prod"}, {"all": True}, {"all": True}),
        ({"all": True, "exclude": [101]}, {"exclude": []}, {"all": True}),
    ],
)
def test_guests_are_chosen_in_one_way(job, options, after):
    became = plan(job, **options).after

    assert {way: became[way] for way in ("all", "vmids", "pool", "exclude") if way in became} == after


@pytest.mark.parametrize(
    ("job", "options"),
    [
        (None, {"schedule": "02:30", "vmids": [102, 101], "notes": "x", "storage": "nas"}),
        (JOB, {"comment": "", "retention": {}, "all": True, "exclude": [101]}),
        (JOB, {"state": "absent"}),
    ],
)
def test_the_state_after_needs_nothing_more(job, options):
    after = dict(plan(job, **options).after)

    assert plan(after if after.pop("exists") else None, **options).steps == ()


def test_a_job_is_deleted_by_its_id():
    assert requests(plan(JOB, state="absent")) == [("DELETE", "/cluster/backup/nightly", {})]


@pytest.mark.parametrize(
    ("job", "options"),
    [
        (None, {"all": True}),
        (None, {"schedule": "02:30"}),
        (None, {"schedule": "02:30", "vmids": []}),
        (None, {"schedule": "02:30", "all": True, "notes": "x"}),
        (JOB, {"exclude": [101]}),
        (JOB, {"schedule": ""}),
        ({"all": True, "schedule": "02:30"}, {"protected": True}),
    ],
)
def test_what_the_api_would_not_take_is_refused_with_a_hint(job, options):
    with pytest.raises(errors.PveError) as caught:
        plan(job, **options)

    assert (caught.value.code, bool(caught.value.hint)) == (errors.INVALID_PARAMETER, True)
