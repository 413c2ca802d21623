from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.placement import check_node, choose_node

GIB = 1024**3


def node(name, gibibytes=64, **more):
    return {"type": "node", "node": name, "status": "online", "maxmem": gibibytes * GIB, "mem": 0, **more}


def storage(name, where, status="available"):
    return {"type": "storage", "storage": name, "node": where, "status": status}


def guest(where, gibibytes, status="running"):
    return {"type": "qemu", "node": where, "maxmem": gibibytes * GIB, "status": status}


@pytest.mark.parametrize(
    ("entries", "storages", "chosen"),
    [
        ([node("b"), node("a")], set(), "a"),
        ([node("a"), node("b"), guest("a", 8)], set(), "b"),
        ([node("a"), node("b"), guest("a", 8, "stopped"), guest("b", 1)], set(), "a"),
        ([node("a", 32), node("b", 64), guest("b", 24)], set(), "b"),
        ([node("a"), node("b"), guest("a", 8), storage("fast", "a")], {"fast"}, "a"),
        ([node("a"), node("b"), storage("fast", "a", "unknown"), storage("fast", "b")], {"fast"}, "b"),
        ([node("a", status="offline"), node("b"), guest("b", 60)], set(), "b"),
    ],
)
def test_a_new_guest_goes_where_running_guests_leave_the_most_memory(entries, storages, chosen):
    assert choose_node(entries, storages) == chosen


def test_where_no_node_has_the_storages_none_is_guessed():
    with pytest.raises(errors.PveError) as caught:
        choose_node([node("a"), storage("fast", "a"), node("b"), storage("iso", "b")], {"fast", "iso"})

    assert caught.value.code == errors.UNSUPPORTED
    assert "fast, iso" in caught.value.message


@pytest.mark.parametrize(("name", "code"), [("c", errors.NOT_FOUND), ("b", errors.NODE_OFFLINE)])
def test_a_node_that_is_named_must_be_there(name, code):
    with pytest.raises(errors.PveError) as caught:
        check_node([node("a"), node("b", status="offline")], name)

    assert caught.value.code == code
