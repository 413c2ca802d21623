from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import NODE_OFFLINE, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import Upid
from ansible_collections.playvisor.proxmox.plugins.modules.pve_task import Task, Tasks

UPID = Upid.parse("UPID:pve1:000003FE:00089254:6B00E968:qmigrate:101:root@pam!mcp:")


@pytest.mark.parametrize(
    ("task", "requests"),
    [(Task(UPID, running=True), [("DELETE", UPID.path, {})]), (Task(UPID, exitstatus="OK"), [])],
)
def test_a_task_that_runs_is_stopped_and_another_left_alone(task, requests):
    plan = Tasks().plan(task, {})

    assert [(step.method, step.path, step.params) for step in plan.steps] == requests
    assert plan.target == {"upid": UPID.text, "node": "pve1", "type": "qmigrate", "id": "101"}
    assert plan.after == {"state": "stopped"}


def test_a_task_of_which_nothing_is_known_is_a_failure_of_its_own():
    task = Task(UPID, unknown=PveError(NODE_OFFLINE, "Node pve1 does not answer."))

    with pytest.raises(PveError, match="does not answer"):
        Tasks().plan(task, {})
