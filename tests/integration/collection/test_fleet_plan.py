"""The one plan of a fleet: whole in check mode, applied as it was planned, and empty afterwards."""

from __future__ import annotations

import copy
from collections import Counter

import pytest
from scenarios.running import run_module
from simulated import CLUSTER, build

from pve_simulator import Simulator

_SPEED = 100.0
NEW = {
    "fleet": "web",
    "pools": {"prod": {"comment": "What earns the money"}, "prod/inner": {}},
    "storages": {"nas": {"type": "nfs", "server": "10.0.0.1", "export": "/x", "content": ["backup", "images"]}},
    "firewall": {
        "cluster": {"aliases": [{"name": "office", "cidr": "192.0.2.0/24"}]},
        "groups": {
            "web": {
                "rules": [
                    {"key": "https", "type": "in", "action": "ACCEPT", "proto": "tcp", "dport": "443"},
                    {"key": "ssh", "type": "in", "action": "ACCEPT", "source": "office"},
                ]
            }
        },
    },
    "backup_jobs": {"nightly": {"schedule": "02:30", "pool": "prod", "storage": "nas"}},
    "ha_rules": {"apart": {"affinity": "negative", "guests": {"names": ["app-1", "app-2"]}}},
    "access": {
        "roles": [{"role": "Ops", "privileges": ["VM.Audit"]}],
        "users": [{"user": "al.ice@pve"}],
        "acls": [{"path": "/pool/prod", "user": "al.ice@pve", "roles": ["Ops"]}],
    },
    "guests": {
        "app-1": {
            "state": "started",
            "clone": {"name": "golden", "full": True},
            "pool": "prod",
            "cores": 2,
            "tags": ["a"],
            "disks": [{"slot": "scsi0", "size": 8, "ssd": True}, {"slot": "scsi1", "storage": "nas", "size": 2}],
            "nics": [{"slot": "net0", "tag": 5}],
            "cloudinit": {"ipconfig": [{"interface": 0, "ip": "dhcp"}]},
            "firewall": {"options": {"enable": True}, "rules": [{"key": "web", "type": "group", "action": "web"}]},
            "ha": {"request_state": "started"},
            "depends_on": ["store"],
        },
        "app-2": {"state": "stopped", "clone": {"name": "golden"}, "pool": "prod/inner", "ha": {}},
        "store": {
            "type": "lxc",
            "state": "started",
            "ostemplate": CLUSTER.ostemplate,
            "memory": 512,
            "disks": [{"slot": "rootfs", "storage": "local-lvm", "size": 4}],
            "nics": [{"slot": "net0", "bridge": "vmbr0", "ip": "dhcp"}],
        },
        "golden": {
            "type": "qemu",
            "state": "template",
            "cores": 1,
            "memory": 512,
            "scsihw": "virtio-scsi-pci",
            "disks": [{"slot": "scsi0", "storage": "local-lvm", "size": 4}],
            "nics": [{"slot": "net0", "bridge": "vmbr0"}],
            "cloudinit": {"drive_storage": "local-lvm", "user": "admin"},
        },
    },
}
# What a fleet may ask of guest 101, which is a machine that runs, and what becomes of it: the requests, by their ends.
CHANGES = {
    "nothing": ({"state": "started", "memory": None}, []),
    "cores": ({"cores": 3}, ["config"]),
    "description": ({"description": "mine"}, ["config"]),
    "tags": ({"add_tags": ["new"]}, ["config"]),
    "disk grown": ({"disks": [{"slot": "scsi0", "size": 64}]}, ["resize"]),
    "disk added": ({"disks": [{"slot": "scsi5", "storage": "local-lvm", "size": 1}]}, ["config"]),
    "network": ({"nics": [{"slot": "net0", "tag": 9}]}, ["config"]),
    "cloud-init": ({"cloudinit": {"user": "admin", "drive_storage": "local-lvm"}}, ["config", "cloudinit"]),
    "firewall": ({"firewall": {"options": {"enable": True}}}, ["options"]),
    "HA": ({"ha": {"max_restart": 2}}, ["resources"]),
    "power": ({"state": "stopped"}, ["shutdown"]),
}


@pytest.fixture(scope="module")
def simulator():
    simulator = Simulator(build(CLUSTER), port=0, task_seconds=0.0, resources_lag=_SPEED)
    simulator.world.clock.set_speed(_SPEED)
    with simulator as running:
        yield running


def list_steps(result):
    return [(step["method"], step["path"]) for step in result["plan"]["steps"]]


@pytest.fixture
def list_requests(simulator):
    """The requests that the cluster has got since the test began."""
    start = len(simulator.requests)
    return lambda: [(method, path) for method, path, _status in simulator.requests[start:]]


@pytest.fixture
def list_writes(list_requests):
    return lambda: [request for request in list_requests() if request[0] != "GET"]


@pytest.fixture
def plan(connection_env):
    def plan(fleet, **options):
        return run_module("pve_fleet", {"fleet": {"fleet": "web", **fleet}, **options}, connection_env, check=True)

    return plan


@pytest.fixture
def apply(connection_env):
    def apply(fleet, **options):
        return run_module("pve_fleet", {"fleet": {"fleet": "web", **fleet}, **options}, connection_env)

    return apply


def test_guests_that_are_as_declared_cost_one_request_each(list_requests, plan, client):
    entries = [entry for entry in client.get("/cluster/resources") if entry["type"] in ("qemu", "lxc")]
    fleet = {
        entry["name"]: {"vmid": entry["vmid"], "memory": entry["maxmem"] // 1024**2}
        for entry in entries
        if not entry.get("template")
    }
    before = len(list_requests())

    assert plan({"guests": fleet})["changed"] is False

    sent = [path for _method, path in list_requests()[before:]]
    assert len([path for path in sent if path.endswith("/config")]) == len(fleet)
    # The list of everything, and those of the nodes.
    assert len(sent) <= len(fleet) + 1 + 2 * 2


def test_what_changes_costs_a_second_request_only_where_its_consequence_needs_it(list_requests, plan, client):
    entries = [entry for entry in client.get("/cluster/resources") if entry["type"] == "qemu"]
    guests = {entry["name"]: {"vmid": entry["vmid"], "cores": 7} for entry in entries if not entry.get("template")}
    more_memory = {name: {"vmid": entry["vmid"], "memory": 7168} for name, entry in guests.items()}
    before = len(list_requests())

    assert len(plan({"guests": guests})["plan"]["steps"]) == len(guests)
    assert not [path for _method, path in list_requests()[before:] if path.endswith("/pending")]

    assert len(plan({"guests": more_memory})["plan"]["steps"]) == len(guests)
    # A machine that runs may take it at once.
    running = {entry["name"] for entry in entries if entry["status"] == "running" and not entry.get("template")}
    assert len([path for _method, path in list_requests()[before:] if path.endswith("/pending")]) == len(running)


def test_ids_of_new_guests_are_asked_for_only_where_guests_may_be_hidden(list_requests, plan, client, connection_env):
    new = {"type": "qemu", "node": "pve1"}
    fleet = {"fleet": "web", "guests": {f"new-{number}": new for number in range(3)}}
    hidden = max(entry["vmid"] for entry in client.get("/cluster/resources", type="vm")) + 1
    client.request("POST", "/nodes/pve1/qemu", {"vmid": hidden, "name": "hidden"})

    def list_asked(connection):
        before = len(list_requests())
        planned = run_module("pve_fleet", {"fleet": fleet}, connection, check=True)
        asked = [path for _method, path in list_requests()[before:] if path == "/cluster/nextid"]
        codes = {(one["failure"] or {}).get("code") for one in planned["objects"]}
        return [step["vmid"] for step in planned["plan"]["steps"]], len(asked), codes

    ids, count, codes = list_asked(connection_env)
    assert hidden not in ids
    assert (len(ids), count, codes) == (3, 1, {None})

    client.request("POST", "/access/users", {"userid": "nan.cy@pve"})
    secret = client.request("POST", "/access/users/nan.cy@pve/token/own", {"privsep": 0})["value"]
    for path, role in (("/", "Administrator"), (f"/vms/{hidden}", "NoAccess")):
        client.request("PUT", "/access/acl", {"path": path, "roles": role, "users": "nan.cy@pve"})
    own = {"PROXMOX_USER": "nan.cy@pve", "PROXMOX_TOKEN_ID": "own", "PROXMOX_TOKEN_SECRET": secret}
    same_ids, count, codes = list_asked(connection_env)
    assert same_ids == ids
    assert (count > len(ids), codes) == (True, {None})
    # Whoever may not see one of the guests is not told that none has the names of the new ones.
    assert list_asked({**connection_env, **own}) == ([], 0, {"permission_denied"})


def test_a_fleet_of_which_nothing_is_there_is_one_plan(list_writes, plan, apply):
    planned = plan(NEW)

    assert planned.get("msg") is None
    assert list_writes() == []
    assert all(one["changed"] and not one["failure"] for one in planned["objects"])
    states = {
        change["path"]: (change["before"], change["after"], change["consequence"])
        for one in planned["objects"]
        for change in one["changes"]
        if change["path"].endswith(".state")
    }
    assert states["guests.golden.state"] == (False, True, "live")
    assert states["guests.app-1.state"] == (False, "running", "live")
    assert states["guests.app-2.state"] == (False, True, "live")
    applied = apply(NEW, expect_plan=planned["plan"]["digest"])
    assert applied.get("msg") is None
    sent, steps = Counter(list_writes()), Counter(list_steps(planned))
    assert not sent - steps
    # The HA manager may have started app-1 before it was its turn.
    assert [path.rpartition("/")[2] for _method, path in steps - sent] in ([], ["start"])
    again = plan(NEW)
    assert (again["changed"], list_steps(again)) == (False, [])


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_a_guest_is_planned_once(list_writes, plan, apply, name):
    wish, ends = CHANGES[name]
    fleet = {"guests": {"web-01": {"vmid": 101, **wish}}}

    planned = plan(fleet)

    assert [path.rpartition("/")[2] for _method, path in list_steps(planned)] == ends
    applied = apply(fleet, expect_plan=planned["plan"]["digest"])
    assert applied.get("msg") is None
    assert applied["changed"] == bool(ends)
    assert list_writes() == list_steps(planned)
    assert list_steps(plan(fleet)) == []


def test_another_cluster_is_refused(list_writes, plan, client):
    name = next(entry["name"] for entry in client.get("/cluster/status") if entry["type"] == "cluster")
    guests = {"web-01": {"vmid": 101, "cores": 7}}

    assert plan({"cluster": name, "guests": guests})["changed"]
    refused = plan({"cluster": "other", "guests": guests})

    assert refused["failure"]["code"] == "invalid_parameter"
    assert f"is for cluster other, and this one is {name}" in refused["msg"]
    assert list_writes() == []


def test_what_is_wrong_is_said_with_its_path_before_anything_is_asked(list_requests, plan):
    refused = plan({"guests": {"web-01": {"core": 2, "disks": [{"slot": "scsi0", "size": "big"}]}}})

    assert sorted(refused["failure"]["fields"]) == ["guests.web-01.core", "guests.web-01.disks.scsi0.size"]
    assert list_requests() == []


def test_one_bad_guest_fails_alone_with_what_needs_it(list_writes, plan, apply):
    fleet = {
        "guests": {
            "web-01": {"vmid": 101, "cores": 6},
            "bad": {"type": "qemu", "pool": "no-such-pool", "state": "started"},
            "web-02": {"state": "stopped", "depends_on": ["bad"]},
        }
    }

    planned = plan(fleet)

    objects = {one["name"]: one for one in planned["objects"]}
    assert "There is no pool no-such-pool" in objects["bad"]["failure"]["message"]
    assert objects["web-02"]["skipped"].startswith("guests.bad failed")
    assert objects["web-01"]["changes"][0]["path"] == "guests.web-01.cores"
    assert "guests.bad: There is no pool" in planned["msg"]
    assert [path for _method, path in list_steps(planned)] == ["/nodes/pve1/qemu/101/config"]
    applied = apply(fleet)
    assert list_writes() == list_steps(planned)
    assert applied["failed"]


@pytest.mark.parametrize(
    ("policy", "cores", "origin"), [("fail", None, None), ("keep", None, None), ("take", 2, "drift")]
)
def test_what_somebody_else_has_changed_is_a_conflict(plan, client, policy, cores, origin):
    last = {"guests": {"web-01": {"vmid": 101, "cores": 2, "description": "old"}}}
    client.request("PUT", "/nodes/pve1/qemu/101/config", {"cores": 5, "description": "old"})
    fleet = copy.deepcopy(last)
    fleet["guests"]["web-01"] |= {"description": "new", "on_conflict": {"cores": policy}}

    planned = plan(fleet, last_applied=last)

    (guest,) = planned["objects"]
    changes = {change["path"]: (change["after"], change["origin"]) for change in guest["changes"]}
    if policy == "fail":
        assert planned["conflicts"][0]["path"] == "guests.web-01.cores"
        assert (planned["conflicts"][0]["observed"], planned["conflicts"][0]["last"]) == (5, 2)
        assert guest["failure"]["code"] == "drifted"
        assert changes == {}
        return
    assert changes.pop("guests.web-01.description") == ("new", "wish")
    assert changes == ({"guests.web-01.cores": (cores, origin)} if cores else {})


def test_a_report_names_only_what_differs_and_never_fails(list_writes, apply):
    fleet = {"guests": {"web-01": {"vmid": 101, "cores": 7}, "web-02": {}, "bad": {"pool": "no-such-pool"}}}

    reported = apply(fleet, report=True)

    assert reported.get("failed") is None
    assert reported["changed"] is False
    assert {one["name"]: bool(one["failure"]) for one in reported["objects"]} == {"web-01": False, "bad": True}
    assert list_writes() == []


def test_only_what_is_asked_for_is_planned(plan):
    fleet = {"guests": {"web-01": {"vmid": 101, "cores": 3}, "web-02": {"cores": 7}}, "pools": {"other": {}}}

    planned = plan(fleet, only=["guests.web-0[2-9]", "pools.*"])

    assert [one["path"] for one in planned["objects"] if one["changed"]] == ["guests.web-02", "pools.other"]


def test_a_guest_that_may_be_on_a_node_that_is_down_is_not_made(simulator, plan, list_writes):
    fleet = {"guests": {"db-01": {"cores": 3}, "web-01": {"vmid": 101, "cores": 3}}}
    simulator.cluster.nodes["pve2"].online = False
    try:
        planned = plan(fleet)
    finally:
        simulator.cluster.nodes["pve2"].online = True

    objects = {one["name"]: one for one in planned["objects"]}
    assert objects["db-01"]["failure"]["code"] == "node_offline"
    assert objects["web-01"]["failure"] is None
    assert list_writes() == []


def test_a_secret_of_a_token_goes_into_a_file_or_nowhere(plan, apply, tmp_path):
    user, token = {"user": "ci@pve"}, {"token": "ci@pve!build"}
    file = tmp_path / "secret"

    planned = plan({"access": {"users": [user], "tokens": [token]}})
    assert "would get a secret that nobody sees" in planned["msg"]
    fleet = {"access": {"users": [user], "tokens": [{**token, "secret_file": str(file)}]}}
    applied = apply(fleet)

    assert applied.get("msg") is None
    assert len(file.read_text().strip()) == 36
    assert file.read_text().strip() not in str(applied)
    assert list_steps(plan(fleet)) == []


def test_secrets_of_a_document_are_not_shown(plan):
    secret = "s3cret-of-a-guest"
    planned = plan({"guests": {"web-01": {"vmid": 101, "cloudinit": {"password": secret}}}})

    assert planned["changed"]
    assert secret not in str(planned)
