"""Pools, nested ones too, and who may change them."""

from __future__ import annotations


def members(caller, pool, **params):
    data = caller.root("GET", "/pools", poolid=pool, **params)[2]["data"]
    return [member["id"] for member in data[0]["members"]]


def test_a_guest_moves_between_pools_only_when_asked_to(caller):
    caller.root("POST", "/pools", poolid="back")

    reply = caller.root("PUT", "/pools", poolid="back", vms="101")
    assert reply[1] == ("update pools failed: VM 101 belongs already to pool 'front' and 'allow-move' is not set")
    assert caller.root("PUT", "/pools", poolid="back", vms="101,102", **{"allow-move": 1})[0] == 200
    assert (members(caller, "front"), members(caller, "back")) == ([], ["qemu/101", "qemu/102"])


def test_a_change_that_fails_changes_nothing(caller):
    assert caller.root("PUT", "/pools/front", vms="102,101", comment="new")[1] == (
        "update pools failed: VM 101 is already a pool member"
    )

    assert members(caller, "front") == ["qemu/101"]
    assert caller.root("GET", "/pools")[2]["data"] == [{"poolid": "front"}]


def test_a_pool_below_another_needs_it_and_keeps_it(caller):
    assert caller.root("POST", "/pools", poolid="nope/below")[1] == (
        "create pool failed: parent 'nope' of pool 'nope/below' does not exist"
    )
    caller.root("POST", "/pools", poolid="front/below")

    assert caller.root("DELETE", "/pools/front")[1] == (
        "delete pool failed: pool 'front' is not empty (contains pool 'front/below')"
    )
    assert caller.root("DELETE", "/pools", poolid="front/below")[0] == 200
    assert caller.root("DELETE", "/pools/front")[1] == (
        "delete pool failed: pool 'front' is not empty (contains VM 101)"
    )


def test_members_that_are_gone_do_not_keep_a_pool(caller):
    caller.root("POST", "/pools", poolid="back")
    caller.root("PUT", "/pools/back", vms="999")

    assert members(caller, "back") == []
    assert caller.root("DELETE", "/pools/back")[0] == 200


def test_taking_a_guest_in_needs_rights_on_the_guest_too(caller, ann):
    caller.root("PUT", "/access/acl", path="/pool/front", users="ann@pve", roles="PVEPoolAdmin")

    assert ann("PUT", "/pools/front", vms="102")[:2] == (
        500,
        "update pools failed: 403 Permission check failed (/vms/102, Permissions.Modify|VM.Allocate)",
    )
    assert ann("PUT", "/pools/front", comment="mine")[0] == 200
    assert ann("GET", "/pools")[2]["data"] == [{"poolid": "front", "comment": "mine"}]
    assert ann("POST", "/pools", poolid="other")[1] == "Permission check failed (/pool/other, Pool.Allocate)"
