from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.identity import (
    Found,
    Sought,
    build_index,
    identify,
    list_unfound,
    read_mark,
    read_uuid,
    require_distinct,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest

ONE, TWO, THREE = (f"0000000{number}-0000-4000-8000-00000000000a" for number in (1, 2, 3))


def vm(vmid, name, uuid=None, node="pve1"):
    config = {"name": name, **({"smbios1": f"base64=1,uuid={uuid.upper()}"} if uuid else {})}
    return Guest(vmid, name, node, "qemu", "running", config=config)


def ct(vmid, name):
    return Guest(vmid, name, "pve1", "lxc", "running", config={"hostname": name})


def old(vmid, name, generation, uuid=None):
    """A machine that has a vmgenid."""
    found = vm(vmid, name, uuid)
    return replace(found, config={**found.config, "vmgenid": generation.upper()})


OLD = Sought("old", last_vmid=101, last_uuid=f"vmgenid:{THREE}")
WEB = Sought("web", last_vmid=101, last_uuid=ONE)
BOX = Sought("box", last_vmid=200)

# By case: what is sought, the guests, the vmid that is found, what it is, and what is said of it.
FOUND = {
    "first, by name": (Sought("web"), [vm(101, "web", ONE)], 101, "same", ""),
    "first, none": (Sought("web"), [vm(102, "db", TWO)], None, "new", ""),
    "first, by vmid": (Sought("web", vmid=101), [vm(101, "web"), vm(102, "web")], 101, "same", "Other guests are"),
    "first, free vmid": (Sought("web", vmid=101), [], None, "new", ""),
    "first, by UUID": (Sought("web", uuid=ONE), [vm(105, "web", ONE)], 105, "same", ""),
    "as it was": (WEB, [vm(101, "web", ONE)], 101, "same", ""),
    "container": (BOX, [ct(200, "box")], 200, "same", ""),
    "migrated": (WEB, [vm(101, "web", ONE, "pve3")], 101, "same", ""),
    "wished elsewhere": (
        Sought("web", node="pve1"),
        [vm(101, "web", ONE, "pve3")],
        101,
        "same",
        "web is on pve3; node pve1 only says where it would be made",
    ),
    "renamed": (WEB, [vm(101, "old", ONE)], 101, "renamed", "Guest 101 was renamed to old; by its UUID it is web"),
    "another vmid": (WEB, [vm(205, "web", ONE)], 205, "renumbered", "web is guest 205 by its UUID, and no longer 101."),
    "another vmid, reused": (
        WEB,
        [vm(205, "web", ONE), vm(101, "db", TWO)],
        205,
        "renumbered",
        "101 is db by now, another guest",
    ),
    "namesake": (WEB, [vm(101, "web", ONE), vm(300, "web", TWO)], 101, "same", "Other guests are named web, too: 300"),
    "copy of the UUID": (WEB, [vm(101, "web", ONE), vm(300, "copy", ONE)], 101, "same", ""),
    "copy of a copy, and all have one UUID": (
        WEB,
        [vm(101, "web", ONE), vm(300, "copy", ONE), vm(301, "web", ONE)],
        101,
        "same",
        "Other guests are named web, too: 301",
    ),
    "vmid taken by a copy": (WEB, [vm(205, "web", ONE), vm(300, "copy", ONE)], 205, "renumbered", "no longer 101"),
    "restored at its place": (WEB, [old(101, "web", TWO, ONE)], 101, "same", ""),
    "container moved": (BOX, [replace(ct(200, "box"), node="pve3")], 200, "same", ""),
    "by vmgenid": (OLD, [old(101, "old", THREE)], 101, "same", ""),
    "by vmgenid, renamed": (OLD, [old(101, "new", THREE)], 101, "renamed", "Guest 101 was renamed to new"),
    "by vmgenid, elsewhere": (OLD, [old(205, "old", THREE)], 205, "renumbered", "no longer 101"),
    "by vmgenid, has a UUID now": (OLD, [old(101, "old", THREE, ONE)], 101, "same", ""),
    "vmgenid changed by a rollback": (OLD, [old(101, "old", TWO)], 101, "same", ""),
    "vmgenid switched off": (OLD, [old(101, "old", "0")], 101, "same", ""),
    "gone": (WEB, [], None, "gone", "web, guest 101, was removed since this fleet was applied; it is made anew."),
    "by vmgenid, vmid reused": (OLD, [old(101, "db", TWO)], None, "gone", "Its id is db's by now, another guest."),
    "gone, vmid reused": (WEB, [vm(101, "db", TWO)], None, "gone", "Its id is db's by now, another guest."),
    "container gone": (BOX, [], None, "gone", "box, guest 200, was removed"),
    "declared UUID counts more": (Sought("web", uuid=TWO, last_uuid=ONE), [vm(101, "web", TWO)], 101, "same", ""),
}


@pytest.mark.parametrize(("sought", "guests", "vmid", "what", "note"), FOUND.values(), ids=FOUND)
def test_a_guest_is_found_and_said_for_what_it_is(sought, guests, vmid, what, note):
    found = identify(sought, build_index(guests))

    assert (found.guest.vmid if found.guest else None, found.what) == (vmid, what)
    assert note in " ".join(found.notes)
    assert bool(found.notes) == bool(note)


REFUSED = {
    "two of one name": (Sought("web"), [vm(101, "web"), vm(102, "web")], "ambiguous", "2 guests named web: 101 .*102"),
    "another kind": (Sought("web", type="lxc"), [vm(101, "web")], "unsupported", "is a qemu guest"),
    "other vmid than declared": (Sought("web", vmid=101), [vm(102, "web")], "ambiguous", "web is 102, and this"),
    "declared vmid of another": (Sought("web", vmid=101), [vm(101, "db")], "ambiguous", "101 is named db"),
    "declared vmid of its UUID": (
        Sought("web", vmid=101, uuid=ONE),
        [vm(205, "web", ONE)],
        "ambiguous",
        r"web is guest 205 \(web\) by its UUID, and the fleet has it as 101",
    ),
    "made anew at its place": (WEB, [vm(101, "web", TWO)], "drifted", f"its UUID is {TWO}, not {ONE}"),
    "made anew elsewhere": (WEB, [vm(300, "web", TWO)], "drifted", r"Guest 300 \(web\) is not the web of this fleet"),
    "renamed, and its name taken": (
        WEB,
        [vm(101, "old", ONE), vm(300, "web", TWO)],
        "ambiguous",
        "which was renamed, and another guest has its name now: 300",
    ),
    "no such UUID": (Sought("web", uuid=ONE), [], "not_found", "No guest has the UUID"),
    "several of one UUID": (WEB, [vm(300, "a", ONE), vm(301, "b", ONE)], "ambiguous", "which have one UUID: 300.*301"),
    "by vmgenid, made anew": (OLD, [vm(101, "old", ONE)], "drifted", f"its UUID is {ONE}, not vmgenid:{THREE}"),
    "by vmgenid, made anew elsewhere": (OLD, [old(300, "old", TWO)], "drifted", "is not the old of this fleet"),
    "container renamed": (BOX, [ct(200, "other")], "ambiguous", "it was renamed, or the id is another guest's by now"),
    "container elsewhere": (BOX, [ct(201, "box")], "ambiguous", "box is 201, and this fleet had it as 200"),
    "container and another": (BOX, [ct(200, "other"), ct(201, "box")], "ambiguous", "box is another guest: 201"),
}  # fmt: skip


@pytest.mark.parametrize(("sought", "guests", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_a_guest_that_may_be_another_is_refused(sought, guests, code, message):
    with pytest.raises(PveError, match=message) as failure:
        identify(sought, build_index(guests))

    assert failure.value.code == code
    assert failure.value.hint


def test_a_uuid_is_searched_for_only_where_it_was_not_read():
    index = build_index([vm(101, "web", ONE)])

    assert list_unfound([WEB, BOX, Sought("db", uuid=THREE), Sought("new")], index) == [Sought("db", uuid=THREE)]


def test_two_names_of_one_guest_are_an_error():
    guest = vm(101, "web", ONE)

    require_distinct({"web": Found(guest), "db": Found(vm(102, "db")), "new": Found(None), "newer": Found(None)})
    with pytest.raises(PveError, match=r"web and www are one guest, 101 \(web\)"):
        require_distinct({"web": Found(guest), "www": Found(guest)})


@pytest.mark.parametrize(
    ("guest", "mark"),
    [
        (vm(101, "a", ONE), ONE),
        (old(101, "a", TWO, ONE), ONE),
        (old(101, "a", TWO), f"vmgenid:{TWO}"),
        (old(101, "a", "0"), None),
        (ct(101, "a"), None),
    ],
    ids=["a UUID", "both", "a vmgenid", "none", "a container"],
)
def test_what_a_guest_is_known_by_later(guest, mark):
    assert read_mark(guest.config) == mark


@pytest.mark.parametrize(
    ("smbios1", "uuid"), [(None, None), ("", None), ("manufacturer=QQ==,base64=1", None), (f"uuid={ONE.upper()}", ONE)]
)
def test_a_uuid_is_read_in_lower_case(smbios1, uuid):
    assert read_uuid({"smbios1": smbios1}) == uuid
