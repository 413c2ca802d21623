from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.inventory import Inventory
from ansible_collections.playvisor.proxmox.plugins.modules.pve_clone import Clone, ObservedClone, find_clone

TEMPLATE = Guest(900, "debian", "pve1", "qemu", "stopped", template=True)
WEB = Guest(101, "web-01", "pve1", "qemu", "running")
CT = Guest(201, "db-01", "pve2", "lxc", "stopped")
TWINS = (Guest(301, "twin", "pve1", "qemu", "running"), Guest(302, "twin", "pve2", "lxc", "stopped"))
CLUSTER = Inventory((WEB, CT, *TWINS, TEMPLATE), {})
OPTIONS = dict.fromkeys(
    ("new_name", "full", "snapname", "target", "storage", "format", "pool", "description", "bwlimit")
)


def plan(source, clone=None, linkable=True, **options):
    params = {**OPTIONS, **options}
    return Clone(params).plan(ObservedClone(source, clone, 130, frozenset({"old"}), linkable), params)


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
