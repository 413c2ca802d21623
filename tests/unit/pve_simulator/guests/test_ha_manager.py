"""The HA manager: asked now, done later; nodes lost and left."""

from __future__ import annotations

import pytest

from pve_simulator.guests import ha_manager


def service(api, sid):
    listed = api.data("/cluster/ha/status/current")
    return next((entry for entry in listed if entry["id"] == f"service:{sid}"), None)


def wait(api, seconds):
    api.run(api.driver.clock.advance(seconds))


def guest(api, vmid):
    return api.driver.world.cluster.guests[vmid]


def test_a_new_resource_is_started_some_rounds_later(api):
    guest(api, 101).running = False

    assert api.post("/cluster/ha/resources", sid="vm:101", comment="c")[0] == 200

    seen = [service(api, "vm:101")["state"]]
    while len(seen) < 5:
        wait(api, 5)
        seen.append(service(api, "vm:101")["state"])
    assert seen == ["queued", "starting", "starting", "started", "started"]
    assert guest(api, 101).running


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"sid": "vm:101"}, "create resource failed: resource ID 'vm:101' already defined"),
        ({"sid": "101"}, "create resource failed: resource ID 'vm:101' already defined"),
        ({"sid": "vm:999"}, "resource 'vm:999' does not exist in cluster"),
        ({"sid": "ct:102"}, "resource 'ct:102' - guest with ID 102 is not a container"),
        ({"sid": "vm:200"}, "resource 'vm:200' - guest with ID 200 is not a VM"),
    ],
)
def test_a_resource_that_cannot_be_is_refused(api, params, reason):
    api.post("/cluster/ha/resources", sid="vm:101")

    assert api.post("/cluster/ha/resources", **params)[:2] == (500, reason)


def test_stopping_a_managed_guest_takes_some_rounds(api):
    api.post("/cluster/ha/resources", sid="ct:200")
    wait(api, 30)

    assert api.task("/nodes/pve2/lxc/200/status/stop") == "OK"

    assert guest(api, 200).running
    wait(api, 15)
    assert not guest(api, 200).running
    wait(api, 15)
    assert service(api, "ct:200")["state"] == "stopped"


def test_the_last_wish_counts_for_the_ha_manager(api):
    api.post("/cluster/ha/resources", sid="ct:200")
    wait(api, 30)

    api.run(api.driver.call("PUT", "/cluster/ha/resources/ct:200", state="stopped"))
    wait(api, 6)
    api.run(api.driver.call("PUT", "/cluster/ha/resources/ct:200", state="started"))
    wait(api, 120)

    assert guest(api, 200).running
    assert service(api, "ct:200")["state"] == "started"


def test_an_ignored_guest_is_nobodys_but_its_own(api):
    api.post("/cluster/ha/resources", sid="ct:200", state="ignored")

    assert api.task("/nodes/pve2/lxc/200/status/stop") == "OK"

    assert not guest(api, 200).running


def test_a_guest_leaves_the_managers_care_and_the_rules(api):
    api.post("/cluster/ha/resources", sid="vm:101")
    api.post("/cluster/ha/rules", rule="near", type="node-affinity", resources="vm:101", nodes="pve1:2,pve2")

    api.run(api.driver.call("DELETE", "/cluster/ha/resources/vm:101"))

    assert [entry["sid"] for entry in api.data("/cluster/ha/resources")] == ["vm:107"]
    assert api.data("/cluster/ha/rules") == []
    assert api.run(api.driver.call("DELETE", "/cluster/ha/resources/vm:101"))[:2] == (
        500,
        "cannot delete service 'vm:101', not HA managed!",
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"type": "resource-affinity", "affinity": "negative", "resources": "vm:101"},
            "400 Rule 'second' is invalid.\nresources: rule is ineffective as there are less than two resources",
        ),
        (
            {"type": "resource-affinity", "affinity": "negative", "resources": "vm:101,vm:102,vm:103,vm:107"},
            "400 Rule 'second' is invalid.\nresources: rule defines more resources than available nodes",
        ),
        (
            {"type": "node-affinity", "resources": "vm:101", "nodes": "pve2"},
            "400 Rule 'second' is invalid.\nresources: resource 'vm:101' is already used in another node affinity rule",
        ),
        ({"type": "node-affinity", "resources": "vm:999", "nodes": "pve2"}, "cannot use unmanaged resource(s) vm:999."),
        ({"type": "node-affinity", "resources": "vm:102", "nodes": "nope"}, "cannot use non-existant node(s) nope."),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(api, params, message):
    for vmid in (101, 102, 103):
        api.post("/cluster/ha/resources", sid=f"vm:{vmid}")
    api.post("/cluster/ha/rules", rule="first", type="node-affinity", resources="vm:101", nodes="pve1")

    answer = api.post("/cluster/ha/rules", rule="second", **params)

    assert (answer[0], answer[2]["message"]) == (500, f"create ha rule failed: {message}\n")


def test_rules_are_changed_and_listed_in_order(api):
    for vmid in (101, 102):
        api.post("/cluster/ha/resources", sid=f"vm:{vmid}")
    api.post("/cluster/ha/rules", rule="one", type="node-affinity", resources="vm:101", nodes="pve2:3,pve1:3", strict=1)
    api.post("/cluster/ha/rules", rule="two", type="resource-affinity", resources="vm:102 vm:101", affinity="positive")

    api.run(api.driver.call("PUT", "/cluster/ha/rules/one", type="node-affinity", delete="strict", comment="c"))

    listed = api.data("/cluster/ha/rules")
    assert [(rule["rule"], rule["order"]) for rule in listed] == [("one", 1), ("two", 2)]
    assert (listed[0]["nodes"], listed[1]["resources"]) == ("pve1:3,pve2:3", "vm:101,vm:102")
    assert "strict" not in listed[0]
    assert [rule["rule"] for rule in api.data("/cluster/ha/rules", resource="vm:102")] == ["two"]


def test_the_guests_of_a_lost_node_start_elsewhere(api):
    api.post("/cluster/ha/resources", sid="ct:200")
    wait(api, 30)

    api.driver.world.cluster.nodes["pve3"].online = True
    api.take_down("pve2")

    assert service(api, "ct:200")["state"] == "fence"
    wait(api, 120)
    assert guest(api, 200).node in ("pve1", "pve3")
    assert guest(api, 200).running
    assert service(api, "ct:200")["state"] == "started"


def test_without_quorum_nobody_takes_over(api):
    api.post("/cluster/ha/resources", sid="ct:200")
    wait(api, 30)

    # pve3 is off already: one of three nodes is left.
    api.take_down("pve2")
    wait(api, 300)

    assert guest(api, 200).node == "pve2"
    assert service(api, "ct:200")["state"] == "recovery"


def test_maintenance_moves_managed_guests_away(api):
    api.post("/cluster/ha/resources", sid="ct:200")
    wait(api, 30)
    world = api.driver.world

    async def maintain():
        ha_manager.set_maintenance(world, world.cluster.nodes["pve2"], enabled=True)
        await world.clock.advance(200)

    api.run(maintain())

    assert guest(api, 200).node == "pve1"
    states = {entry["id"]: entry["status"] for entry in api.data("/cluster/ha/status/current")}
    assert states["lrm:pve2"].startswith("pve2 (maintenance mode")
    assert guest(api, 201).node == "pve2"
