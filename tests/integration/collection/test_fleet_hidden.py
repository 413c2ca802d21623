"""What credentials can't see: a fleet says so, and never plans it as new or as gone."""

from __future__ import annotations

import pytest
from scenarios.running import run_module
from simulated import make_client

from pve_simulator import Simulator, build_cluster

GUEST = ("VM.Audit", "VM.Allocate", "VM.Config.CPU", "VM.Config.Disk", "VM.Config.Memory", "VM.Config.Options")
DISKS = [{"slot": "scsi0", "storage": "local-lvm", "size": 4}]
NEW = {"type": "qemu", "node": "pve1", "memory": 512, "disks": DISKS}
STORAGE = ("Datastore.Audit", "Datastore.AllocateSpace")


@pytest.fixture(scope="module")
def simulator():
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0) as simulator:
        client = make_client(simulator)
        client.request("POST", "/pools", {"poolid": "secret"})
        client.request("POST", "/access/users", {"userid": "old@pve"})
        yield simulator


@pytest.fixture
def plan(simulator):
    """`plan(rights, fleet)`: the objects by path of a plan by somebody with these privileges on these paths."""
    client = make_client(simulator)

    def plan(rights, fleet, **options):
        user = f"few{len(client.get('/access/users'))}@pve"
        client.request("POST", "/access/users", {"userid": user})
        for number, (path, privileges) in enumerate(rights.items()):
            role = f"{user.partition('@')[0]}-{number}"
            client.request("POST", "/access/roles", {"roleid": role, "privs": ",".join(privileges)})
            client.request("PUT", "/access/acl", {"path": path, "users": user, "roles": role})
        token = client.request("POST", f"/access/users/{user}/token/few", {"privsep": 0})
        own = {"PROXMOX_USER": user, "PROXMOX_TOKEN_ID": "few", "PROXMOX_TOKEN_SECRET": token["value"]}
        found = run_module(
            "pve_fleet", {"fleet": {"fleet": "x", **fleet}, **options}, {**simulator.environment, **own}, check=True
        )
        return {one["path"]: one for one in found["objects"]}

    return plan


@pytest.mark.parametrize(
    ("entry", "last", "words"),
    [
        (("db-01", NEW), None, "Whether there is a guest db-01 is not known"),
        (("mine", {**NEW, "vmid": 102}), None, "Guest 102, which this fleet has as mine, is there"),
        (("db-01", NEW), {"vmid": 102}, "Whether there is a guest db-01 is not known"),
        (("db-01", NEW), {"vmid": 998}, "Whether there is a guest db-01 is not known"),
        (("fresh", {**NEW, "vmid": 777}), None, None),
    ],
    ids=["by name", "by vmid", "applied before", "gone for all that is known", "free"],
)
def test_a_guest_that_may_be_hidden_is_not_made(plan, entry, last, words):
    name, wish = entry
    options = {"last_applied": {"fleet": "x", "guests": {name: last}}} if last else {}
    rights = {"/vms/101": GUEST, "/vms/777": GUEST, "/storage/local-lvm": STORAGE}

    objects = plan(rights, {"guests": {name: wish, "web-01": {"cores": 3}}}, **options)

    one = objects[f"guests.{name}"]
    if words is None:
        assert (one["failure"], one["before"]) == (None, {"create": {"exists": False}})
    else:
        assert one["failure"]["code"] == "permission_denied"
        assert words in one["failure"]["message"]
        assert not one["changes"]
    assert objects["guests.web-01"]["failure"] is None


def test_a_guest_is_made_by_whoever_would_see_it(plan):
    objects = plan({"/vms": GUEST, "/storage": STORAGE}, {"guests": {"fresh": NEW}})

    assert objects["guests.fresh"]["before"] == {"create": {"exists": False}}


@pytest.mark.parametrize(
    ("fleet", "path", "noun"),
    [
        ({"pools": {"secret": {"comment": "mine"}}}, "pools.secret", "pool secret"),
        ({"storages": {"local": {"type": "dir", "path": "/x", "content": ["iso"]}}}, "storages.local", "storage local"),
        ({"access": {"users": [{"user": "old@pve"}]}}, 'access.users."old@pve"', "user old@pve"),
    ],
)
def test_what_may_be_hidden_is_not_called_new(plan, fleet, path, noun):
    objects = plan({"/vms": GUEST}, fleet)

    (one,) = [one for one in objects.values() if one["path"].replace('"', "") == path.replace('"', "")]
    assert one["failure"]["code"] == "permission_denied"
    assert f"Whether there is a {noun} is not known" in one["failure"]["message"]
    assert not one["changes"]
