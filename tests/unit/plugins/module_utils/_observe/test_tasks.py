"""Which tasks an observation reads, and which guests they name."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._capture.reading import Reader
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.tasks import (
    TaskList,
    build_line,
    has_run_since,
    reaches_back,
    read_tasks,
)

NODE = {"node": "pve1", "status": "online", "uptime": 86400}


def entry(
    start: int, end: int | None = None, *, vmid: str = "101", node: str = "pve1", **fields: Any
) -> dict[str, Any]:
    """A task in /cluster/tasks."""
    found = {
        "upid": f"UPID:{node}:0000026C:00001F2A:{start:08X}:qmstart:{vmid}:root@pam!mcp:",
        "node": node,
        "type": "qmstart",
        "id": vmid,
        "user": "root@pam",
        "tokenid": "mcp",
        "starttime": start,
        **({"endtime": end, "status": "OK", "saved": "1"} if end else {}),
    }
    return {**found, **fields}


def share(number: int, oldest: int) -> list[dict[str, Any]]:
    return [entry(oldest + age, oldest + age + 1) for age in range(number)]


@pytest.mark.parametrize(
    ("entries", "node", "reaches"),
    [
        pytest.param(share(25, 99), NODE, True, id="full, and the oldest began before"),
        pytest.param(share(25, 100), NODE, False, id="full, and the oldest began then"),
        pytest.param(share(24, 200), NODE, True, id="not full, so these are all"),
        pytest.param([entry(50), *share(24, 200)], NODE, False, id="the oldest still runs, and pushes others out"),
        pytest.param([], NODE, True, id="none, on a node that is up for long"),
        pytest.param([], {**NODE, "uptime": 20}, False, id="none yet after a start"),
        pytest.param([], {"node": "pve1"}, False, id="none, and nothing known of the node"),
        pytest.param([entry(10, 11, node="pve2")], {**NODE, "uptime": 20}, False, id="another node's"),
    ],
)
def test_a_nodes_share_reaches_back_or_not(entries, node, reaches):
    assert reaches_back(entries, "pve1", node, 100) is reaches


@pytest.mark.parametrize(
    ("fields", "user", "token", "end", "status"),
    [
        pytest.param({}, "root@pam", "mcp", None, None, id="running, as /cluster/tasks has it"),
        pytest.param(
            {"status": "RUNNING", "user": "a@pve!t"}, "a@pve", "t", None, None, id="running, as a node's list"
        ),
        pytest.param({"status": "running"}, "root@pam", "mcp", None, None, id="running, by its status"),
        pytest.param(
            {"status": "stopped", "exitstatus": "OK"}, "root@pam", "mcp", None, "OK", id="ended, by its status"
        ),
        pytest.param({"status": "got timeout", "endtime": 9}, "root@pam", "mcp", 9, "got timeout", id="failed"),
    ],
)
def test_every_form_of_a_task_makes_the_same_line(fields, user, token, end, status):
    line = build_line(
        {**entry(7), "tokenid": "mcp", **fields} if "user" not in fields else {**entry(7), **fields, "tokenid": ""}
    )

    assert (line["user"], line["tokenid"], line["start"], line["end"], line["status"]) == (user, token, 7, end, status)


@pytest.mark.parametrize(
    ("task", "has_run"),
    [
        (entry(100, 101), True),
        (entry(99, 100), True),
        (entry(90, 99), False),
        (entry(1), True),
        (entry(90, status="OK"), False),
    ],
)
def test_tasks_count_that_had_not_ended(task, has_run):
    assert has_run_since(build_line(task), 100) is has_run


def test_guests_are_named_by_what_may_have_changed_them():
    tasks = [
        entry(1, 2),
        entry(1, vmid="102"),
        entry(1, 2, vmid="103", type="vncproxy"),
        entry(1, 2, vmid="", type="vzdump"),
        entry(1, 2, vmid="ha-manager", type="hastart"),
        entry(1, 2, vmid="104", type="hamigrate", status="migration failed"),
        entry(1, 2, vmid="115-scsi0>116-scsi3", type="qmmove"),
        entry(1, 2, vmid="117@local", type="imgdel"),
    ]

    assert TaskList([build_line(task) for task in tasks]).list_guests() == {"101", "104", "115", "116"}


class Nodes:
    """Answers for the task lists of nodes, and keeps what was asked."""

    def __init__(
        self, lists: dict[str, list[dict[str, Any]] | PveError], statuses: dict[str, Any] | None = None
    ) -> None:
        self.lists, self.statuses, self.asked = lists, statuses or {}, []

    def get(self, path: str, **params: Any) -> Any:
        self.asked.append((path, params.get("start")))
        node, _tasks, *upid = path.removeprefix("/nodes/").split("/")
        found = self.statuses[upid[0]] if upid else self.lists[node]
        if isinstance(found, PveError):
            raise found
        return found if upid else found[params["start"] : params["start"] + params["limit"]]


def test_lists_of_nodes_are_read_only_where_the_share_does_not_reach_back():
    nodes = {name: {**NODE, "node": name} for name in ("pve1", "pve2", "pve3", "pve4")}
    broken = PveError("node_offline", "no answer", http_status=595)
    client = Nodes({"pve2": [entry(100 + age, 101 + age, node="pve2") for age in range(1001)], "pve3": broken})
    shares = [*share(25, 80), *(entry(200 + age, 300, node=name) for name in ("pve2", "pve3") for age in range(25))]

    found = read_tasks(Reader(client, 1), shares, nodes, 100, [])

    assert client.asked == [("/nodes/pve2/tasks", 0), ("/nodes/pve3/tasks", 0), ("/nodes/pve2/tasks", 1000)]
    assert found.problems == {"pve3": broken}
    assert len([task for task in found.tasks if task["node"] == "pve2"]) == 1001
    assert {task["node"] for task in found.tasks} == {"pve1", "pve2", "pve3"}
    assert len({task["upid"] for task in found.tasks}) == len(found.tasks)


def test_a_task_that_ran_is_told_again_when_it_has_ended():
    listed, unlisted, elsewhere, silent, forgotten = (
        entry(5, 50),
        entry(6, vmid="102"),
        entry(7, vmid="103", node="pve9"),
        entry(8, vmid="104"),
        entry(9, vmid="105"),
    )
    statuses = {
        unlisted["upid"]: {**unlisted, "status": "stopped", "exitstatus": "OK"},
        silent["upid"]: PveError("permission_denied", "no", http_status=403),
        forgotten["upid"]: PveError("invalid_parameter", "no such task", http_status=400),
    }
    client = Nodes({}, statuses)
    running = [task["upid"] for task in (listed, unlisted, elsewhere, silent, forgotten)]

    found = read_tasks(Reader(client, 1), [listed], {"pve1": NODE}, 100, running)

    assert [(task["id"], task["status"]) for task in found.tasks] == [("101", "OK"), ("102", "OK")]
    assert found.list_guests() == {"101", "102"}
    assert found.list_running() == [elsewhere["upid"], silent["upid"]]
    assert [path.split("/")[4] for path, _start in client.asked] == [
        task["upid"] for task in (unlisted, silent, forgotten)
    ]
