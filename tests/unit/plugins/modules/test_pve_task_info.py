from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.modules.pve_task_info import describe_task, has_failed, select_tasks

UPID = "UPID:pve1:000003FE:00089254:6B00E968:qmstart:101:root@pam!mcp:"
ENTRY = {"upid": UPID, "node": "pve1", "type": "qmstart", "id": "101", "user": "root@pam", "starttime": 10}
ALL = {"running": False, "errors": False, "vmid": None, "limit": 50, "since": None, "until": None, "user": None}


@pytest.mark.parametrize(
    ("entry", "status", "exitstatus"),
    [
        ({"status": "running"}, "running", None),
        ({"status": "stopped", "exitstatus": "OK"}, "stopped", "OK"),
        ({"status": "OK", "endtime": 12}, "stopped", "OK"),
        ({"status": "VM is locked (backup)", "endtime": 12}, "stopped", "VM is locked (backup)"),
        ({"status": "RUNNING", "saved": "0"}, "running", None),
        ({}, "running", None),
    ],
)
def test_a_task_has_one_shape_wherever_it_is_listed(entry, status, exitstatus):
    task = describe_task({**ENTRY, **entry})

    assert (task["status"], task["exitstatus"]) == (status, exitstatus)
    assert task["user"] == "root@pam!mcp"


@pytest.mark.parametrize(
    ("status", "is_failed"), [("OK", False), ("WARNINGS: 2", False), ("job errors", True), (None, False)]
)
def test_warnings_are_no_failure(status, is_failed):
    assert has_failed(describe_task({**ENTRY, **({"status": status} if status else {})})) is is_failed


def test_the_latest_tasks_that_are_asked_for_come_first():
    tasks = [
        describe_task({**ENTRY, "starttime": start, "id": vmid, **({"status": status} if status else {})})
        for start, vmid, status in [(1, "101", "OK"), (3, "102", "boom"), (2, "101", None)]
    ]

    assert [task["starttime"] for task in select_tasks(tasks, ALL)] == [3, 2, 1]
    assert [task["starttime"] for task in select_tasks(tasks, {**ALL, "errors": True})] == [3]
    assert [task["starttime"] for task in select_tasks(tasks, {**ALL, "running": True})] == [2]
    assert [task["starttime"] for task in select_tasks(tasks, {**ALL, "vmid": 101, "limit": 1})] == [2]
    assert [task["starttime"] for task in select_tasks(tasks, {**ALL, "since": 2, "until": 2})] == [2]
    assert len(select_tasks(tasks, {**ALL, "user": "root@pam"})) == len(select_tasks(tasks, ALL))
    assert not select_tasks(tasks, {**ALL, "user": "root@pa"})
