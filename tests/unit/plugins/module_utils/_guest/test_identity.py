from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.identity import identify
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.inventory import Inventory

WEB = Guest(101, "web-01", "pve1", "qemu", "running")
TWINS = (Guest(102, "twin", "pve1", "qemu", "stopped"), Guest(103, "twin", "pve2", "lxc", "stopped"))
ALL = Inventory((WEB, *TWINS), {"pve1": "online", "pve2": "online"})
HIDDEN = Inventory((WEB, Guest(104, "", "pve2", "qemu", "unknown")), {"pve1": "online", "pve2": "offline"})


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"vmid": 101}, WEB),
        ({"name": "web-01"}, WEB),
        ({"vmid": 101, "name": "web-01", "node": "pve1", "kind": "qemu"}, WEB),
        ({"vmid": 101, "name": "old", "new_name": "web-01"}, WEB),
        ({"name": "old", "new_name": "web-01"}, WEB),
        ({"name": "web-01", "new_name": "web-02"}, WEB),
        ({"vmid": 200}, None),
        ({"vmid": 200, "name": "new"}, None),
        ({"name": "new"}, None),
        ({"vmid": 200, "name": "web-01", "wanted": False}, None),
        ({"name": "WEB-01"}, None),
        ({"name": "twin", "node": "pve2"}, TWINS[1]),
        ({"name": "twin", "node": "pve1", "new_name": "other"}, TWINS[0]),
    ],
)
def test_the_guest_is_the_one_that_was_named_or_none(options, found):
    assert identify(ALL, **{"vmid": None, "name": None, **options}) == found


@pytest.mark.parametrize(
    ("inventory", "options", "code"),
    [
        (ALL, {"vmid": 101, "name": "web-02"}, errors.NOT_FOUND),
        (ALL, {"vmid": 101, "name": "web-02", "wanted": False}, errors.NOT_FOUND),
        (ALL, {"vmid": 200, "name": "web-01"}, errors.AMBIGUOUS),
        (ALL, {"vmid": 101, "new_name": "twin"}, errors.AMBIGUOUS),
        (ALL, {"name": "twin"}, errors.AMBIGUOUS),
        (ALL, {"name": "web-01", "node": "pve2"}, errors.NOT_FOUND),
        (ALL, {"name": "twin", "node": "pve2", "kind": "qemu"}, errors.UNSUPPORTED),
        (ALL, {"name": "twin", "node": "pve2", "new_name": "web-01"}, errors.AMBIGUOUS),
        (ALL, {"name": "none", "new_name": "other"}, errors.NOT_FOUND),
        (ALL, {"vmid": 101, "node": "pve2"}, errors.NOT_FOUND),
        (ALL, {"vmid": 101, "kind": "lxc"}, errors.UNSUPPORTED),
        (HIDDEN, {"name": "new"}, errors.NODE_OFFLINE),
        (HIDDEN, {"name": "new", "wanted": False}, errors.NODE_OFFLINE),
    ],
)
def test_who_is_meant_is_never_guessed(inventory, options, code):
    with pytest.raises(errors.PveError) as caught:
        identify(inventory, **{"vmid": None, "name": None, **options})

    assert caught.value.code == code
    assert caught.value.hint


def test_a_new_guest_with_an_id_does_not_wait_for_nodes_that_are_down():
    assert identify(HIDDEN, 200, "new") is None
