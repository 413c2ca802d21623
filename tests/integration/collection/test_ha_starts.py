"""pve_guest_state on guests under HA: the manager starts them some time later, where it wants to, or gives up."""

from __future__ import annotations

import pytest
from scenarios.running import run_module
from simulated import CLUSTER, build

from pve_simulator import Simulator
from pve_simulator.guests import ha_manager, power
from pve_simulator.state.ha import Ha, HaResource, service_id
from pve_simulator.world.faults import FaultRule


@pytest.fixture
def simulator():
    simulator = Simulator(build(CLUSTER), port=0, task_seconds=4.0)
    simulator.world.clock.set_speed(100.0)
    with simulator as running:
        yield running


@pytest.fixture(params=["qemu", "lxc"])
def guest(simulator, request):
    """A guest under HA that was stopped."""
    guests = simulator.cluster.guests.values()
    guest = next(guest for guest in guests if (guest.type, guest.template) == (request.param, False))
    guest.running = False
    resource = HaResource({"state": "stopped", "max_restart": "1"}, "stopped")
    simulator.cluster.part(Ha).resources[service_id(guest)] = resource
    return guest


def test_why_it_was_not_started_is_told_once_the_manager_has_given_up(simulator, guest, connection_env):
    simulator.world.faults.rules.append(FaultRule(task="qmstart|vzstart", action="fail", message="no space left"))

    result = run_module("pve_guest_state", {"vmid": guest.vmid, "state": "started"}, connection_env)

    failure = result["failure"]
    assert failure["code"] == "task_failed"
    assert "no space left" in failure["message"]
    assert "in state error of the HA manager" in failure["message"]
    assert result["guests"][0]["after"] == {"state": "stopped"}
    assert len(result["upids"]) == 2


def test_a_start_that_succeeds_at_the_second_attempt_is_one(simulator, guest, connection_env):
    rule = FaultRule(task="qmstart|vzstart", action="fail", message="no space left", count=1)
    simulator.world.faults.rules.append(rule)

    result = run_module("pve_guest_state", {"vmid": guest.vmid, "state": "started"}, connection_env)

    assert "failure" not in result
    assert guest.running


def test_a_guest_that_the_manager_starts_on_another_node_was_started(simulator, guest, connection_env, monkeypatch):
    target = next(name for name in simulator.cluster.nodes if name != guest.node)

    async def start_elsewhere(world, _sid, resource, _request):
        guest.node = target
        power.power_on(world, guest)
        resource.state = "started"

    monkeypatch.setattr(ha_manager, "_start", start_elsewhere)
    result = run_module("pve_guest_state", {"vmid": guest.vmid, "state": "started"}, connection_env)

    assert "failure" not in result
    assert (guest.running, result["guests"][0]["node"]) == (True, target)
