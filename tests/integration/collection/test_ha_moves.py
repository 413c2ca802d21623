"""pve_migrate on guests under HA: what is asked of the HA manager is not done yet."""

from __future__ import annotations

import pytest
from scenarios.running import run_module
from simulated import CLUSTER, build

from pve_simulator import Simulator
from pve_simulator.state.ha import Ha, HaResource, service_id
from pve_simulator.world.faults import FaultRule

# So quick that the rounds of the HA manager, 10 s each, and a migration take no time.
_SPEED = 100.0


@pytest.fixture
def simulator():
    simulator = Simulator(build(CLUSTER), port=0, task_seconds=4.0)
    simulator.world.clock.set_speed(_SPEED)
    with simulator as running:
        yield running


def find_guest(simulator, kind):
    """A guest that runs, and the other node."""
    guests = simulator.cluster.guests.values()
    guest = next(guest for guest in guests if (guest.type, guest.template) == (kind, False))
    guest.running = True
    return guest, next(name for name in simulator.cluster.nodes if name != guest.node)


def move(client, env, guest, target, **options):
    client.request("POST", "/cluster/ha/resources", {"sid": service_id(guest), "state": "started"})
    return run_module("pve_migrate", {"vmid": guest.vmid, "target": target, **options}, env)


@pytest.mark.parametrize(
    ("kind", "options", "task"),
    [("qemu", {"with_local_disks": True}, "qmigrate"), ("lxc", {"restart": True}, "vzmigrate")],
)
def test_a_guest_under_ha_has_arrived_and_runs_when_it_is_said_to(
    simulator, client, connection_env, kind, options, task
):
    guest, target = find_guest(simulator, kind)

    result = move(client, connection_env, guest, target, **options)

    assert "failure" not in result
    assert (guest.node, guest.lock, guest.running, guest.paused) == (target, None, True, False)
    assert [upid.split(":")[5] for upid in result["upids"]] == ["hamigrate", task]


def test_that_the_migration_failed_is_told_and_nothing_is_said_to_be_changed(simulator, client, connection_env):
    guest, target = find_guest(simulator, "qemu")
    simulator.world.faults.rules.append(FaultRule(task="qmigrate", vmid=guest.vmid, action="fail", message="no way"))

    source = guest.node

    result = move(client, connection_env, guest, target, with_local_disks=True)

    assert result["failure"]["code"] == "task_failed"
    assert "qmigrate" in result["failure"]["message"]
    assert (result["changed"], guest.node) == (False, source)


def test_who_sees_no_tasks_of_others_waits_for_the_guest_itself(simulator, client, connection_env):
    guest, target = find_guest(simulator, "qemu")
    roles = {"privs": "VM.Audit,VM.Migrate,Datastore.Audit"}
    client.request("POST", "/access/roles", {"roleid": "Mover", **roles})
    client.request("POST", "/access/users", {"userid": "mover@pve"})
    client.request("PUT", "/access/acl", {"path": "/", "users": "mover@pve", "roles": "Mover"})
    token = client.request("POST", "/access/users/mover@pve/token/move", {"privsep": 0})["value"]
    env = {"PROXMOX_USER": "mover@pve", "PROXMOX_TOKEN_ID": "move", "PROXMOX_TOKEN_SECRET": token}

    result = move(client, {**connection_env, **env}, guest, target, with_local_disks=True)

    assert "failure" not in result
    assert (guest.node, guest.lock, guest.running, guest.paused) == (target, None, True, False)
    assert [upid.split(":")[5] for upid in result["upids"]] == ["hamigrate"]


def test_a_guest_that_the_ha_manager_has_given_up_is_not_asked_for(simulator, connection_env):
    guest, target = find_guest(simulator, "qemu")
    simulator.cluster.part(Ha).resources[service_id(guest)] = HaResource(state="error")

    result = run_module("pve_migrate", {"vmid": guest.vmid, "target": target}, connection_env, check=True)

    assert result["failure"]["code"] == "unsupported"
    assert "state error" in result["failure"]["message"]


@pytest.fixture
def pair(simulator, client):
    """Two machines that run on one node, which rules of HA keep together."""
    guests = [one for one in simulator.cluster.guests.values() if (one.type, one.template) == ("qemu", False)][:2]
    for guest in guests:
        guest.node, guest.running = "pve1", True
        guest.config = {key: value for key, value in guest.config.items() if key != "scsi0"}
        client.request("POST", "/cluster/ha/resources", {"sid": service_id(guest), "state": "started"})
    together = {"rule": "both", "type": "resource-affinity", "affinity": "positive"}
    client.request("POST", "/cluster/ha/rules", {**together, "resources": ",".join(map(service_id, guests))})
    return guests


def test_a_guest_is_not_moved_if_that_moves_one_along_that_nobody_has_named(simulator, pair, connection_env):
    first, other = pair
    result = run_module("pve_migrate", {"vmid": first.vmid, "target": "pve2"}, connection_env, check=True)
    other.node = "pve2"
    to_the_other = run_module("pve_migrate", {"vmid": first.vmid, "target": "pve2"}, connection_env, check=True)

    assert result["failure"]["code"] == "unsupported"
    assert f"together with {other.vmid} ({other.name})" in result["failure"]["message"]
    assert to_the_other["changed"]


@pytest.mark.parametrize("throttle", [1, 4])
def test_guests_that_are_kept_together_are_moved_by_one_request(simulator, pair, connection_env, throttle):
    options = {"guests": {"vmids": [one.vmid for one in pair]}, "target": "pve2", "throttle": throttle}

    result = run_module("pve_migrate", options, connection_env)

    asked = [path for method, path, _status in simulator.requests if method == "POST" and path.endswith("/migrate")]
    assert "failure" not in result
    assert [(one.node, one.running) for one in pair] == [("pve2", True)] * 2
    assert ([row["changed"] for row in result["guests"]], len(asked)) == ([True, True], 1)
