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
def test_a_guest_that_the_list_saw_without_a_name_is_found_by_its_name(
    simulator, connection_env, template, stale, kind, key
):
    made = next(guest for guest in simulator.cluster.guests.values() if guest.type == kind and not guest.template)
    del made.config[key]
    stale()
    made.config[key] = "just-made"

    result = run_module("pve_clone", {"vmid": template.vmid, "new_name": "just-made"}, connection_env)

    assert result["failure"]["code"] == "ambiguous"
    assert str(made.vmid) in result["msg"]


class Shelf:
    """Guests to clone, and clones of them, by the module."""

    def __init__(self, simulator, connection_env):
        self.simulator, self.guests = simulator, simulator.cluster.guests
        self._connection = connection_env

    def find(self, **wanted):
        return next(
            guest
            for guest in self.guests.values()
            if all(getattr(guest, name) == value for name, value in wanted.items())
        )

    def clone(self, source, **options):
        return run_module("pve_clone", {"vmid": source.vmid, **options}, self._connection)

    def writes(self):
        return [path for method, path, _status in self.simulator.requests if method != "GET"]


@pytest.fixture
def shelf(simulator, connection_env):
    return Shelf(simulator, connection_env)


@pytest.mark.parametrize(
    ("kind", "is_template", "options", "is_claimed"),
    [
        ("qemu", True, {}, False),
        ("qemu", True, {"full": True}, False),
        ("qemu", False, {}, True),
        ("lxc", False, {}, True),
    ],
)
def test_a_clone_is_known_again_by_its_name_alone(shelf, kind, is_template, options, is_claimed):
    source = shelf.find(type=kind, template=is_template)
    source.running = False
    first = shelf.clone(source, new_name="copy", **options)
    made = shelf.guests[first["guests"][0]["vmid"]]
    # What other tasks of a playbook do to it makes it no other guest.
    made.config |= {"cores": "4", "description": "mine", "tags": "web"}

    second = shelf.clone(source, new_name="copy", **options)
    made.config["name" if kind == "qemu" else "hostname"] = "renamed"
    by_id = shelf.clone(source, newid=made.vmid, **options)

    assert first["guests"][0]["before"] == {"exists": False, "source": f"{source.vmid} ({source.name})"}
    assert [(run.get("failed"), run["changed"], run["guests"][0]["vmid"]) for run in (second, by_id)] == [
        (None, False, made.vmid)
    ] * 2
    claimed = f"{source.vmid} ({source.name})" if is_claimed else None
    assert second["guests"][0]["before"] == {"exists": True, "source": claimed}


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
@pytest.mark.parametrize("by", ["new_name", "newid"])
def test_a_stranger_is_not_taken_for_a_clone(shelf, template, kind, by):
    stranger = shelf.find(type=kind, template=False)
    options = {"new_name": stranger.name} if by == "new_name" else {"newid": stranger.vmid}

    refused = [shelf.clone(template, **options), shelf.clone(template, **options, adopt=kind == "lxc")]

    assert [result["failure"]["code"] for result in refused] == ["ambiguous"] * 2
    assert all(str(stranger.vmid) in result["msg"] for result in refused)
    assert shelf.writes() == []


@pytest.mark.parametrize("options", [{"adopt": True}, {"newid": True}])
def test_a_stranger_that_is_clearly_meant_is_taken_but_nothing_is_said_of_its_source(shelf, template, options):
    stranger = shelf.find(type="qemu", template=False)
    named = {"newid": stranger.vmid} if "newid" in options else options

    result = shelf.clone(template, new_name=stranger.name, **named)

    assert not result.get("failed"), result
    assert not result["changed"]
    assert result["guests"][0]["before"] == {"exists": True, "source": None}


def test_a_guest_that_has_got_the_id_and_name_of_a_former_clone_is_a_stranger(shelf, client):
    source, other = [guest for guest in shelf.guests.values() if guest.type == "qemu" and not guest.template][:2]
    source.running = other.running = False
    made = shelf.clone(source, new_name="copy")["guests"][0]
    shelf.simulator.advance(2)
    client.request("DELETE", f"/nodes/{made['node']}/qemu/{made['vmid']}")
    shelf.simulator.advance(2)
    shelf.clone(other, new_name="copy", newid=made["vmid"])

    result = shelf.clone(source, new_name="copy")

    assert result["failure"]["code"] == "ambiguous"
