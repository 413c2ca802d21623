"""Tasks as the API shows them."""

from __future__ import annotations

from pve_simulator.errors import failure
from pve_simulator.world.upid import Upid


def test_a_upid_reads_back_as_what_it_was_made_of():
    upid = Upid("pve1", 1000, 561465, 1795221862, "qmstart", "101", "root@pam!mcp")

    assert str(upid) == "UPID:pve1:000003E8:00089139:6B00E966:qmstart:101:root@pam!mcp:"
    assert Upid.parse(str(upid)) == upid
    assert Upid.parse("nonsense") is None


def test_a_task_runs_and_then_has_stopped_with_its_exit_status(api):
    upid = api.post("/nodes/pve1/qemu/101/status/shutdown")[2]["data"]
    running = api.data(f"/nodes/pve1/tasks/{upid}/status")

    api.run(api.driver.finish(upid))
    stopped = api.data(f"/nodes/pve1/tasks/{upid}/status")

    assert running["status"] == "running"
    assert "exitstatus" not in running
    assert (stopped["status"], stopped["exitstatus"]) == ("stopped", "OK")
    assert (stopped["user"], stopped["tokenid"], stopped["type"], stopped["id"]) == (
        "root@pam",
        "driver",
        "qmshutdown",
        "101",
    )


def test_warnings_are_counted_in_the_exit_status(api):
    async def worker(task):
        task.warn("something is odd")

    async def start():
        return str(api.driver.world.tasks.spawn("pve1", "vzdump", 101, "root@pam", worker).upid)

    upid = api.run(start())

    assert api.run(api.driver.finish(upid)) == "WARNINGS: 1"
    lines = [line["t"] for line in api.data(f"/nodes/pve1/tasks/{upid}/log")]
    assert lines == ["WARN: something is odd", "TASK WARNINGS: 1"]


def test_the_log_is_paged_and_says_its_total(api):
    async def worker(task):
        for number in range(5):
            task.say(f"line {number}")
        raise failure("it broke")

    async def start():
        return str(api.driver.world.tasks.spawn("pve1", "vzdump", 101, "root@pam", worker).upid)

    upid = api.run(start())
    api.run(api.driver.finish(upid))

    page = api.get(f"/nodes/pve1/tasks/{upid}/log", start=4, limit=5)[2]
    assert page == {"data": [{"n": 5, "t": "line 4"}, {"n": 6, "t": "TASK ERROR: it broke"}], "total": 6}


def test_an_unknown_task_is_told_apart_from_what_is_no_upid(api):
    unknown = "UPID:pve1:00000001:00000001:00000001:qmstart:110:root@pam:"

    assert api.get(f"/nodes/pve1/tasks/{unknown}/status")[2]["errors"] == {"upid": "no such task"}
    log = api.get(f"/nodes/pve1/tasks/{unknown}/log")[2]
    assert log["data"] == [{"n": 1, "t": "unable to open file - No such file or directory"}]


def test_a_running_task_is_listed_with_its_full_token_and_no_status(api):
    upid = api.post("/nodes/pve1/qemu/101/status/shutdown")[2]["data"]

    active = api.data("/nodes/pve1/tasks", source="active")
    everywhere = {task["upid"]: task for task in api.data("/cluster/tasks")}

    assert [(task["user"], task["status"], task["saved"]) for task in active] == [("root@pam!driver", "RUNNING", "0")]
    assert "status" not in everywhere[upid]
    assert "endtime" not in everywhere[upid]


def test_a_node_that_dies_takes_its_tasks_along(api):
    upid = api.post("/nodes/pve1/qemu/101/status/shutdown")[2]["data"]

    api.driver.world.tasks.kill_node("pve1")
    api.run(api.driver.clock.run_until_idle())

    assert api.driver.world.tasks.get(upid).exitstatus == "unexpected status"
    assert api.driver.world.cluster.guests[101].running
