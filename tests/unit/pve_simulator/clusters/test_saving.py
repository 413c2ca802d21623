"""The whole state of a running world, out to a file and in again."""

from __future__ import annotations

import asyncio

import pytest

from pve_simulator.clusters.saving import dump_world, world_to_data
from pve_simulator.clusters.seed import load_seed
from pve_simulator.server.driver import Driver


def lived(api):
    """Leave traces of every kind: tasks, a failed one, a log, changed settings, an HA rule."""
    api.task("/nodes/pve1/qemu/101/status/stop")
    api.task("/nodes/pve1/qemu/105/status/start")
    api.post("/cluster/metrics/server/graph", type="graphite", server="10.0.0.9", port=2003)
    api.post("/nodes/pve1/network", iface="vmbr7", type="bridge", cidr="10.7.0.1/24")
    api.post("/cluster/ha/resources", sid="vm:101", comment="kept")
    api.post("/cluster/ha/rules", rule="near", type="node-affinity", resources="vm:101", nodes="pve2:1")
    api.run(api.driver.call("PUT", "/cluster/options", keyboard="de"))
    api.run(api.driver.clock.advance(120))


@pytest.mark.parametrize("name", ["state.json", "state.yaml"])
def test_a_dump_of_a_world_loads_as_the_same_world(api, tmp_path, name):
    lived(api)
    saved = world_to_data(api.driver.world)

    dump_world(api.driver.world, tmp_path / name)
    again = Driver(load_seed(tmp_path / name))

    loaded = world_to_data(again.world)
    assert loaded["history"]["tasks"]
    assert loaded == saved


def test_finished_tasks_are_read_after_a_load(api, tmp_path):
    upid = api.post("/nodes/pve1/qemu/105/status/start")[2]["data"]
    api.run(api.driver.finish(upid))
    dump_world(api.driver.world, tmp_path / "state.json")

    again = Driver(load_seed(tmp_path / "state.json"))
    with asyncio.Runner() as runner:
        status = runner.run(again.call("GET", f"/nodes/pve1/tasks/{upid}/status"))[2]["data"]
        log = runner.run(again.call("GET", f"/nodes/pve1/tasks/{upid}/log"))[2]["data"]

    assert status["exitstatus"] == "VM is locked (backup)"
    assert log[-1]["t"] == "TASK ERROR: VM is locked (backup)"


def test_a_task_that_runs_while_it_is_saved_does_not_survive(api, tmp_path):
    upid = api.post("/nodes/pve1/qemu/101/status/stop")[2]["data"]
    dump_world(api.driver.world, tmp_path / "state.json")

    again = Driver(load_seed(tmp_path / "state.json"))

    assert again.world.tasks.get(upid).exitstatus == "unexpected status"
    assert again.world.cluster.guests[101].running


def test_a_loaded_world_goes_on_at_its_own_time(api, tmp_path):
    api.run(api.driver.clock.advance(5000))
    dump_world(api.driver.world, tmp_path / "state.json")

    again = Driver(load_seed(tmp_path / "state.json"))

    assert again.clock.time() == pytest.approx(api.driver.clock.time())


def test_what_was_taken_from_a_guest_stays_away(api, tmp_path):
    cluster = api.driver.world.cluster
    del cluster.guests[101].config["memory"]

    dump_world(api.driver.world, tmp_path / "state.json")

    assert "memory" not in load_seed(tmp_path / "state.json").guests[101].config
