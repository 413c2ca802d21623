"""Backup jobs through the API."""

from __future__ import annotations

import pytest


def test_a_job_keeps_what_it_was_given_and_knows_when_it_runs_next(api):
    status, reason = api.post(
        "/cluster/backup", id="nightly", vmid="101", starttime="03:00", dow="mon,tue", prune_backups="keep-last=3"
    )[:2]
    assert status == 200, reason

    (job,) = api.data("/cluster/backup")

    assert job["schedule"] == "mon,tue 03:00"
    assert job["prune-backups"] == {"keep-last": "3"}
    assert job["next-run"] > api.driver.clock.time()
    assert "next-run" not in api.data("/cluster/backup/nightly")


def test_choosing_all_guests_takes_the_chosen_ones_away(api):
    api.post("/cluster/backup", id="j1", vmid="101", schedule="daily")

    assert api.run(api.driver.call("PUT", "/cluster/backup/j1", all=1))[0] == 200

    job = api.data("/cluster/backup/j1")
    assert (job["all"], "vmid" in job) == (1, False)
    assert api.data("/cluster/backup-info/not-backed-up") == []


@pytest.mark.parametrize(
    ("method", "path", "params", "message"),
    [
        ("POST", "/cluster/backup", {"schedule": "daily"}, "400 Parameter verification failed."),
        ("PUT", "/cluster/backup/nosuch", {"enabled": 0}, "no such vzdump job"),
        ("DELETE", "/cluster/backup/nosuch", {}, "400 Parameter verification failed."),
    ],
)
def test_errors_of_jobs_come_as_text(api, method, path, params, message):
    assert api.run(api.driver.call(method, path, **params))[:2] == (500, message)


def test_the_volumes_of_a_job_are_a_tree(api):
    api.post("/cluster/backup", id="j1", vmid="101,999", schedule="daily")

    children = api.data("/cluster/backup/j1/included_volumes")["children"]

    assert [child["type"] for child in children] == ["qemu", "unknown"]
    assert children[0]["children"][0]["reason"] == "backup=yes"
