"""What the policy of whoever runs a module gets to know of the guests that its plan would touch."""

from __future__ import annotations

from scenarios.running import run_module

WANTED = {"PVE_PLAN_TARGETS": "1"}


def targets(connection_env, **options):
    return run_module("pve_guest_state", options, {**connection_env, **WANTED}, check=True)["plan"]["targets"]


def test_guests_that_would_change_come_with_what_a_policy_asks_about(simulator, connection_env):
    web = simulator.cluster.guests[101]
    web.config.update(protection=1, tags="prod;web")

    (found,) = targets(connection_env, guests={"vmids": [101, 105]}, state="stopped")

    assert found == {
        "vmid": 101,
        "name": "web-01",
        "node": "pve1",
        "type": "qemu",
        "pool": found["pool"],
        "tags": ["prod", "web"],
        "template": False,
        "protected": True,
    }


def test_nothing_is_asked_for_them_when_nobody_wants_to_know(simulator, connection_env):
    result = run_module("pve_guest_state", {"vmid": 101, "state": "stopped"}, connection_env, check=True)

    assert "targets" not in result["plan"]
    assert not any(path.endswith("/config") for _method, path, _status in simulator.requests)


def test_a_guest_that_can_not_be_read_is_not_called_unprotected(simulator, connection_env):
    simulator.inject(path="/101/config$", message="no")

    (found,) = targets(connection_env, vmid=101, state="stopped")

    assert "protected" not in found


def test_a_guest_that_is_yet_to_be_made_has_nothing_to_protect(connection_env):
    options = {"vmid": 9000, "newid": 777, "new_name": "new-01"}
    planned = run_module("pve_clone", options, {**connection_env, **WANTED}, check=True)["plan"]

    assert [(one["vmid"], one["protected"]) for one in planned["targets"]] == [(777, False)]
