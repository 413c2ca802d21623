from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.clones import list_wished_clones
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.inventory import Inventory
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.clone import Clone, ObservedClone, find_clone

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
TEMPLATE = Guest(900, "debian", "pve1", "qemu", "stopped", template=True)
WEB = Guest(101, "web-01", "pve1", "qemu", "running")
CT = Guest(201, "db-01", "pve2", "lxc", "stopped")
TWINS = (Guest(301, "twin", "pve1", "qemu", "running"), Guest(302, "twin", "pve2", "lxc", "stopped"))
CLUSTER = Inventory((WEB, CT, *TWINS, TEMPLATE), {})
OPTIONS = {
    **dict.fromkeys(
        ("newid", "new_name", "new_names", "full", "snapname", "target", "targets", "storage", "format", "pool")
    ),
    **dict.fromkeys(("description", "bwlimit", "tags", "cloudinit")),
    "start": False,
}


def plan(source, clone=None, linkable=True, config=None, **options):
    params = {**OPTIONS, **options}
    (wish,) = list_wished_clones(params)
    observed = ObservedClone(source, clone, 130, frozenset({"old"}), linkable, wish=wish, config=config or {})
    return Clone(params).plan(observed, params)


@pytest.mark.parametrize(
    ("source", "options", "request_params"),
    [
        (TEMPLATE, {"new_name": "web-02"}, {"newid": 130, "full": 0, "name": "web-02"}),
        (TEMPLATE, {"full": True, "storage": "zfs"}, {"newid": 130, "full": 1, "storage": "zfs"}),
        (WEB, {"new_name": "copy", "snapname": "old"}, {"newid": 130, "full": 1, "name": "copy", "snapname": "old"}),
        (WEB, {"full": False, "snapname": "old"}, {"newid": 130, "full": 0, "snapname": "old"}),
        (CT, {"new_name": "copy", "pool": "p"}, {"newid": 130, "full": 1, "hostname": "copy", "pool": "p"}),
    ],
)
def test_a_clone_is_one_request(source, options, request_params):
    (step,) = plan(source, **options).steps

    assert (step.method, step.path) == ("POST", f"{source.path}/clone")
    assert step.params == request_params


def test_a_clone_that_exists_is_returned_and_not_made_again():
    made = plan(TEMPLATE, clone=WEB, new_name="web-01")

    assert made.steps == ()
    assert made.target["vmid"] == WEB.vmid


@pytest.mark.parametrize(("is_proven", "source"), [(True, "900 (debian)"), (False, None)])
def test_what_an_existing_clone_was_made_of_is_said_only_where_that_is_known(is_proven, source):
    observed = ObservedClone(TEMPLATE, WEB, WEB.vmid, is_proven=is_proven)

    made = Clone(OPTIONS).plan(observed, OPTIONS)

    assert (made.before, made.after) == ({"exists": True, "source": source}, {"exists": True, "source": source})


def test_the_plan_is_for_the_clone_on_the_node_it_goes_to():
    target = plan(TEMPLATE, new_name="web-02", target="pve2").target

    assert target == {"vmid": 130, "name": "web-02", "node": "pve2", "type": "qemu"}


@pytest.mark.parametrize(
    ("newid", "new_name", "found"),
    [
        (None, "web-01", WEB),
        (None, "new", None),
        (101, None, WEB),
        (101, "web-01", WEB),
        (130, "new", None),
        (130, None, None),
    ],
)
def test_an_existing_clone_is_found_by_id_or_name(newid, new_name, found):
    assert find_clone(CLUSTER, TEMPLATE, newid, new_name) is found


@pytest.mark.parametrize(
    ("newid", "new_name", "named"),
    [
        (101, "other", "101 (web-01)"),
        (900, None, "900 (debian)"),
        (201, None, "201 (db-01)"),
        (201, "db-01", "lxc on pve2"),
        (None, "db-01", "201 (lxc on pve2)"),
        (130, "web-01", "101"),
        (None, "twin", "302"),
        (None, "debian", "900"),
    ],
)
def test_an_id_or_a_name_that_another_guest_has_is_ambiguous(newid, new_name, named):
    with pytest.raises(errors.PveError) as caught:
        find_clone(CLUSTER, TEMPLATE, newid, new_name)

    assert caught.value.code == errors.AMBIGUOUS
    assert named in caught.value.message


@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        (WEB, {"full": False}, errors.UNSUPPORTED),
        (WEB, {"snapname": "gone"}, errors.NOT_FOUND),
        (TEMPLATE, {"linkable": False}, errors.UNSUPPORTED),
        (WEB, {"full": False, "snapname": "old", "linkable": False}, errors.UNSUPPORTED),
        (WEB, {"clone": Guest(130, "new", "pve1", "qemu", "stopped", lock="clone")}, errors.GUEST_LOCKED),
        (CT, {"format": "raw"}, errors.UNSUPPORTED),
        (TEMPLATE, {"storage": "zfs"}, errors.INVALID_PARAMETER),
        (TEMPLATE, {"format": "raw", "full": False}, errors.INVALID_PARAMETER),
    ],
)
def test_what_can_not_be_cloned_says_why(source, options, code):
    with pytest.raises(errors.PveError) as caught:
        plan(source, **options)

    assert caught.value.code == code
    assert caught.value.hint


CONFIG = {
    "tags": "template;debian",
    "ciuser": "debian",
    "nameserver": "192.0.2.53",
    "ide2": "local:900/vm-900-cloudinit.qcow2,media=cdrom",
}
ADDRESSES = {"ip": ["192.0.2.11/24"], "gw": "192.0.2.1", "interface": 0}


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"tags": ["web", "Prod"]}, {"tags": "prod;web"}),
        ({"tags": []}, {"delete": "tags"}),
        ({"tags": ["debian", "template"]}, None),
        ({"cloudinit": {"ipconfig": [ADDRESSES]}}, {"ipconfig0": "ip=192.0.2.11/24,gw=192.0.2.1"}),
        ({"cloudinit": {"user": "debian"}}, None),
        ({"cloudinit": {"user": "admin", "nameservers": []}}, {"ciuser": "admin", "delete": "nameserver"}),
        ({"cloudinit": {"ssh_keys": [f"ssh-ed25519 {KEY} b"]}}, {"sshkeys": f"ssh-ed25519%20{KEY}%20b%0A"}),
        ({}, None),
    ],
)
def test_a_clone_is_set_up_in_what_differs_from_the_original(options, sent):
    steps = plan(TEMPLATE, config=CONFIG, new_name="web-02", target="pve2", **options).steps[1:]

    assert [(step.method, step.path, step.params) for step in steps] == (
        [("PUT", "/nodes/pve2/qemu/130/config", sent)] if sent else []
    )


def test_a_clone_is_started_when_it_is_set_up():
    made = plan(TEMPLATE, config=CONFIG, new_name="web-02", tags=["web"], start=True)

    assert [step.path.rpartition("130")[2] for step in made.steps][1:] == ["/config", "/status/start"]
    assert made.after == {"exists": True, "source": "900 (debian)", "tags": ["web"], "status": "running"}


def test_an_existing_clone_is_left_as_it_is_whatever_it_is_to_be():
    made = plan(TEMPLATE, clone=WEB, config=CONFIG, new_name="web-01", tags=["web"], start=True)

    assert made.steps == ()
    assert made.after == {"exists": True, "source": None, "tags": ["debian", "template"], "status": "stopped"}


@pytest.mark.parametrize(
    ("options", "status", "done"),
    [
        ({"tags": ["web"]}, "stopped", ["/config"]),
        ({"tags": ["web"], "start": True}, "stopped", ["/config", "/status/start"]),
        ({"tags": ["web"], "cloudinit": {"user": "admin"}}, "stopped", ["/config"]),
        ({"tags": ["web"]}, "running", []),
        ({"tags": ["debian", "template"], "start": True}, "stopped", []),
        ({"start": True}, "stopped", []),
    ],
)
def test_an_existing_clone_that_nobody_has_set_up_is_set_up(options, status, done):
    source = replace(TEMPLATE, config=CONFIG)
    params = {**OPTIONS, "new_name": "web-01", **options}
    (wish,) = list_wished_clones(params)
    clone = {**CONFIG, "ide2": "local:101/vm-101-cloudinit.qcow2,media=cdrom", "digest": "d1"}

    made = Clone(params).plan(ObservedClone(source, WEB, 101, wish=wish, config=clone, status=status), params)

    assert [step.path.partition("101")[2] for step in made.steps] == done
    assert all(step.params["digest"] == "d1" for step in made.steps if step.method == "PUT")


def test_containers_have_no_cloud_init():
    with pytest.raises(errors.PveError) as caught:
        plan(CT, config=CONFIG, new_name="web-02", cloudinit={"user": "admin"})

    assert caught.value.code == errors.UNSUPPORTED


@pytest.mark.parametrize(
    ("config", "storage", "sent"),
    [
        ({"scsi0": "zfs:base-900-disk-0,size=8G"}, None, {"ide2": "zfs:cloudinit"}),
        ({"virtio0": "zfs:a"}, "ceph", {"ide2": "ceph:cloudinit"}),
        ({"ide2": "local:iso/a.iso,media=cdrom", "scsi0": "zfs:a"}, None, {"ide0": "zfs:cloudinit"}),
        ({"scsi1": "zfs:vm-900-cloudinit,media=cdrom", "scsi0": "zfs:a"}, None, {}),
    ],
)
def test_a_clone_gets_the_cloud_init_drive_that_the_original_lacks(config, storage, sent):
    made = plan(TEMPLATE, config=config, new_name="a", full=True, storage=storage, cloudinit={"user": "admin"})

    assert made.steps[1].params == {"ciuser": "admin", **sent}


def wish(**options):
    return list_wished_clones({**OPTIONS, **options})


def test_several_clones_take_the_nodes_and_addresses_in_turn():
    addresses = {"ip": ["192.0.2.1/24", "192.0.2.2/24", "192.0.2.3/24"], "ip6": ["auto"], "interface": 1}

    made = wish(new_names=["a", "b", "c"], targets=["pve1", "pve2"], cloudinit={"ipconfig": [addresses]})

    assert [(one.name, one.node) for one in made] == [("a", "pve1"), ("b", "pve2"), ("c", "pve1")]
    assert [one.cloudinit["ipconfig1"]["ip"] for one in made] == addresses["ip"]
    assert {one.cloudinit["ipconfig1"]["ip6"] for one in made} == {"auto"}


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        (["192.0.2.1/24"], "1 addresses for 2 clones"),
        (["192.0.2.1/24", "192.0.2.2/24", "192.0.2.3/24"], "3 addresses for 2 clones"),
        (["192.0.2.1/24", "192.0.2.1/24"], "twice"),
    ],
)
def test_each_clone_has_an_address_of_its_own(addresses, told):
    with pytest.raises(errors.PveError) as caught:
        wish(new_names=["a", "b"], cloudinit={"ipconfig": [{"ip": addresses, "interface": 0}]})

    assert caught.value.code == errors.INVALID_PARAMETER
    assert told in caught.value.message


def test_each_clone_has_a_name_of_its_own():
    with pytest.raises(errors.PveError) as caught:
        wish(new_names=["a", "b", "a"])

    assert caught.value.code == errors.INVALID_PARAMETER
