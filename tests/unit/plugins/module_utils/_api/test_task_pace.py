"""When a task is looked at, after others of its type have ended."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import TIMEOUT, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.task_lists import TaskLists
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import wait_for_task

UPID = "UPID:pve1:000003E8:003E2C10:6B0ADC99:qmstart:101:root@pam:"


@pytest.fixture
def cluster():
    """`cluster(quickest, status)`: what a client knows, what is said of the task; `looks` are the times of looks."""

    def make(quickest, status="stopped"):
        looks = []

        def get(_path, **_params):
            looks.append(time.monotonic())
            return {"status": status, "exitstatus": "OK"}

        # Nobody else waits, so no list is asked for.
        return SimpleNamespace(quickest_seconds=dict(quickest), task_lists=TaskLists(get), get=get, looks=looks)

    return make


def test_the_first_of_many_is_looked_at_at_once_and_tells_how_long_it_took(cluster):
    client, began = cluster({}), time.monotonic()

    assert wait_for_task(client, UPID, began + 60).exitstatus == "OK"
    assert len(client.looks) == 1
    assert 0 < client.quickest_seconds["qmstart"] <= time.monotonic() - began


def test_the_next_one_is_not_looked_at_before_it_may_have_ended(cluster):
    client, began = cluster({"qmstart": 0.2, "vzdump": 900}), time.monotonic()

    wait_for_task(client, UPID, began + 60)

    assert client.looks[0] - began >= 0.18


def test_nobody_waits_past_the_deadline_for_that(cluster):
    client = cluster({"qmstart": 900}, status="running")

    with pytest.raises(PveError) as caught:
        wait_for_task(client, UPID, time.monotonic())

    assert caught.value.code == TIMEOUT
    assert client.quickest_seconds == {"qmstart": 900}
