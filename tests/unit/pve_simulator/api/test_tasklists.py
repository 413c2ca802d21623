"""Which tasks a list shows, to whom."""

from __future__ import annotations

import pytest

from pve_simulator.api.tasklists import is_owner
from pve_simulator.requests.auth import Subject
from pve_simulator.state.cluster import Cluster
from pve_simulator.world.upid import Upid

TASKS = "/nodes/pve1/tasks"


@pytest.mark.parametrize(
    ("started_by", "user", "token", "expected"),
    [
        ("ann@pve", "ann@pve", None, True),
        ("ann@pve!tok", "ann@pve", None, True),
        ("ann@pve!tok", "ann@pve", "tok", True),
        ("ann@pve", "ann@pve", "tok", False),
        ("ann@pve!other", "ann@pve", "tok", False),
    ],
)
def test_a_user_owns_what_its_tokens_start_and_a_token_only_its_own(started_by, user, token, expected):
    assert is_owner(Subject(Cluster(), user, token), Upid("pve1", 1, 1, 1, "qmstart", "101", started_by)) is expected


@pytest.fixture
def history(api):
    """A failed start, a stop that worked, and one more of another guest."""
    api.task("/nodes/pve1/qemu/101/status/start")
    api.task("/nodes/pve1/qemu/101/status/stop")
    api.task("/nodes/pve1/qemu/103/status/stop")
    return api


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["qmstop:103", "qmstop:101", "qmstart:101"]),
        ({"vmid": 101}, ["qmstop:101", "qmstart:101"]),
        ({"typefilter": "qmstart"}, ["qmstart:101"]),
        ({"errors": 1}, ["qmstart:101"]),
        ({"statusfilter": "ok"}, ["qmstop:103", "qmstop:101"]),
        ({"statusfilter": "warning,error"}, ["qmstart:101"]),
        ({"userfilter": "ROOT"}, ["qmstop:103", "qmstop:101", "qmstart:101"]),
        ({"userfilter": "driver"}, []),
        ({"start": 1, "limit": 1}, ["qmstop:101"]),
        ({"limit": 0}, []),
        ({"until": 1000}, []),
        ({"source": "active"}, []),
    ],
)
def test_filters_choose_tasks(history, filters, expected):
    shown = history.data(TASKS, **filters)

    assert [f"{task['type']}:{task['id']}" for task in shown] == expected


def test_the_total_counts_what_the_filters_leave_and_is_not_there_for_none(history):
    assert history.get(TASKS, vmid=101, limit=1)[2]["total"] == 2
    assert "total" not in history.get(TASKS, until=1000)[2]


def test_a_log_is_downloaded_whole_or_not_at_all(history):
    upid = history.data(TASKS, typefilter="qmstart")[0]["upid"]

    assert history.get(f"{TASKS}/{upid}/log", download=1)[2] == "TASK ERROR: VM 101 already running\n"
    assert history.get(f"{TASKS}/{upid}/log", download=1, limit=5)[:2] == (
        500,
        "'download' cannot be used together with 'start' or 'limit' parameters",
    )
    assert len(history.data(f"{TASKS}/{upid}/log", limit=0)) == 1


def test_a_node_tells_the_cluster_of_running_tasks_and_of_those_that_began_last(api):
    tasks = api.driver.world.tasks
    for number in range(30):
        # The first has ended last.
        start = 1000 + number
        upid = Upid("pve1", 100 + number, 1, start, "qmstart", str(number), "root@pam")
        tasks.restore(upid, [], 0, float(9000 - start), "OK")

    shown = api.data("/cluster/tasks")

    assert [task["id"] for task in shown] == [str(number) for number in range(29, 4, -1)]
