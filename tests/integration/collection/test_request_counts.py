"""How few requests a large cluster is looked at with."""

from __future__ import annotations

import pytest
from scenarios.running import run_module

pytestmark = pytest.mark.parametrize("simulator", [500], indirect=True)
EVERYTHING = {"guests": {"names": ["*"]}}


def test_500_guests_are_observed_by_one_list_and_those_of_the_nodes(simulator, connection_env):
    result = run_module("pve_guest_state", {**EVERYTHING, "state": "started"}, connection_env, check=True)

    assert len(result["guests"]) == 499
    assert simulator.requests[0] == ("GET", "/cluster/resources", 200)
    lists = {f"/nodes/{guest.node}/{guest.type}" for guest in simulator.cluster.guests.values()}
    # QEMU is asked once more, for guests that are paused.
    machines = [path for path in lists if path.endswith("/qemu")]
    planned_for = [step["path"].replace("/status/start", "/config") for step in result["plan"]["steps"]]
    assert 50 < len(planned_for) < 150
    asked = [path for method, path, status in simulator.requests[1:]]
    assert sorted(asked) == sorted([*lists, *machines, *planned_for])


def test_only_the_guests_that_change_are_asked_of_one_by_one(simulator, connection_env):
    result = run_module("pve_guest_state", {**EVERYTHING, "state": "started", "throttle": 20}, connection_env)

    started = {str(guest["vmid"]) for guest in result["guests"] if guest["changed"]}
    assert 50 < len(started) < 150
    assert not result.get("failed")
    asked = [
        path.split("/")[4] for method, path, status in simulator.requests if path.count("/") > 3 and "tasks" not in path
    ]
    assert set(asked) == started
    # One to confirm who it is when it is planned for, and right before it is started; one to see that it runs.
    assert len(asked) == 4 * len(started)


def test_500_guests_are_listed_by_one_request(simulator, connection_env):
    result = run_module("pve_guest_info", EVERYTHING, connection_env)

    assert len(result["guests"]) == 500
    assert simulator.requests == [("GET", "/cluster/resources", 200)]


def test_one_of_500_guests_is_found_by_few_requests(simulator, connection_env):
    web = next(guest for guest in simulator.cluster.guests.values() if guest.type == "qemu" and not guest.template)
    lists = {f"/nodes/{guest.node}/{guest.type}" for guest in simulator.cluster.guests.values()}
    change = {"memory": 3333}

    def count(module, **options):
        before = len(simulator.requests)
        run_module(module, options, connection_env, check=True)
        return len(simulator.requests) - before

    # The cluster's list, and the guest itself: its state for who reads, its configuration for who changes.
    assert count("pve_guest_info", name=web.name) == count("pve_guest_info", vmid=web.vmid) == 2
    assert count("pve_guest", name=web.name, **change) == count("pve_guest", vmid=web.vmid, **change) == 4
    # Whether a guest got a name a moment ago is known by the nodes' lists alone.
    assert count("pve_guest_info", name="nobody") == count("pve_guest", name="nobody", state="absent") == 1 + len(lists)
