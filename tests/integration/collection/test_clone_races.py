"""pve_clone when the cluster is no longer, or not yet, what its list of resources says."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.modules import pve_clone
from scenarios.running import run_module

from pve_simulator.clusters.model import add_volumes


@pytest.fixture
def template(simulator):
    return next(guest for guest in simulator.cluster.guests.values() if guest.template)


@pytest.fixture
def taken(monkeypatch):
    """The ids that a stranger has taken each just after the module had found it free; so many as `taken.times`."""

    class Overtaken(pve_clone.Clone):
        def observe(self, client, params):
            (observed,) = super().observe(client, params)
            if len(ids) < ids.times:
                node = f"/nodes/{observed.source.node}/qemu"
                client.request("POST", node, {"vmid": observed.newid, "name": "stranger", "memory": 64})
                ids.append(observed.newid)
            return [observed]

    class Ids(list):
        times = 0

    ids = Ids()
    monkeypatch.setattr(pve_clone, "Clone", Overtaken)
    return ids


def test_a_free_id_taken_meanwhile_is_replaced_by_another(simulator, connection_env, template, taken):
    taken.times = 2

    result = run_module("pve_clone", {"vmid": template.vmid, "new_name": "web-99"}, connection_env)

    (clone,) = result["guests"]
    assert not result.get("failed"), result
    assert clone["vmid"] not in taken
    assert simulator.cluster.guests[clone["vmid"]].name == "web-99"
    assert [simulator.cluster.guests[vmid].name for vmid in taken] == ["stranger", "stranger"]
    assert [step["params"]["newid"] for step in result["plan"]["steps"]] == [clone["vmid"]]


@pytest.mark.parametrize(("expected", "code"), [(True, "drifted"), (False, "ambiguous")])
def test_an_id_that_was_asked_for_or_approved_is_not_exchanged(
    simulator, connection_env, template, taken, expected, code
):
    options = {"vmid": template.vmid, "new_name": "web-99"}
    if expected:
        check = run_module("pve_clone", options, connection_env, check=True)
        options["expect_plan"] = check["plan"]["digest"]
    else:
        options["newid"] = 4711
    taken.times = 1

    result = run_module("pve_clone", options, connection_env)

    (clone,) = result["guests"]
    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, False, code)
    assert not clone["after"].get("exists")
    assert [guest.name for guest in simulator.cluster.guests.values() if guest.name in ("stranger", "web-99")] == [
        "stranger"
    ]


def test_a_clone_that_is_still_being_made_is_not_taken_for_a_complete_one(simulator, connection_env, template):
    simulator.world.settings.task_seconds = 60.0
    options = {"vmid": template.vmid, "new_name": "web-99"}
    first = run_module("pve_clone", {**options, "timeout": 1}, connection_env)
    assert (first["failure"]["code"], first["changed"]) == ("timeout", True)

    second = run_module("pve_clone", options, connection_env)

    assert second["failure"]["code"] == "guest_locked"
    assert not second["changed"]


@pytest.fixture
def stale(simulator, connection_env):
    """Let the list of resources stay as it is now."""

    def freeze():
        simulator.world.settings.resources_lag = 3600.0
        run_module("pve_cluster_info", {}, connection_env)

    return freeze


def test_a_template_that_the_list_does_not_know_as_one_gives_a_linked_clone(simulator, connection_env, stale):
    web = next(guest for guest in simulator.cluster.guests.values() if guest.type == "qemu" and not guest.template)
    web.running = False
    stale()
    web.config["template"] = "1"
    web.config["scsi0"] = web.config["scsi0"].replace("vm-", "base-")
    add_volumes(simulator.cluster, web)

    result = run_module("pve_clone", {"vmid": web.vmid, "new_name": "web-99"}, connection_env, check=True)

    assert [step["params"]["full"] for step in result["plan"]["steps"]] == [0]


@pytest.mark.parametrize(("kind", "key"), [("qemu", "name"), ("lxc", "hostname")])
def test_a_clone_that_the_list_saw_without_a_name_is_found_by_its_name(
    simulator, connection_env, template, stale, kind, key
):
    made = next(guest for guest in simulator.cluster.guests.values() if guest.type == kind and not guest.template)
    del made.config[key]
    stale()
    made.config[key] = "just-made"

    result = run_module("pve_clone", {"vmid": template.vmid, "new_name": "just-made"}, connection_env)

    assert not result["changed"]
    assert result["guests"][0]["vmid"] == made.vmid
