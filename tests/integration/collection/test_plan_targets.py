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


def test_targets_are_in_the_plan_only_when_asked_for_and_cost_no_request(simulator, connection_env):
    options = {"vmid": 101, "state": "stopped"}

    result = run_module("pve_guest_state", options, connection_env, check=True)

    assert "targets" not in result["plan"]
    asked = len(simulator.requests)
    targets(connection_env, **options)
    assert len(simulator.requests) == 2 * asked


def test_a_guest_that_can_not_be_read_is_not_planned_for(simulator, connection_env):
    simulator.inject(path="/101/config$", message="no")

    result = run_module("pve_guest_state", {"vmid": 101, "state": "stopped"}, {**connection_env, **WANTED}, check=True)

    assert result["failed"]
    assert not result.get("plan", {}).get("steps")


def test_a_guest_that_is_yet_to_be_made_has_nothing_to_protect(connection_env):
    options = {"vmid": 9000, "newid": 777, "new_name": "new-01"}
    planned = run_module("pve_clone", options, {**connection_env, **WANTED}, check=True)["plan"]

    assert [(one["vmid"], one["protected"]) for one in planned["targets"]] == [(777, False)]
