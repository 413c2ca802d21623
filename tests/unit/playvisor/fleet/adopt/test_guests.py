"""Guests become entries that say what they are, in the options of the modules; what an entry can't say is a note."""

from __future__ import annotations

import pytest
from guest_shapes import describe, number_shapes

from playvisor.fleet.adopt.guests import adopt_guest
from playvisor.fleet.adopt.observed import make_guest
from playvisor.fleet.adopt.values import find_options, read_value, to_number

SHAPES = number_shapes()
# What an entry has beside options of pve_guest.
OF_A_FLEET = {"uuid", "cloudinit", "firewall", "ha"}


def adopt(vmid):
    shape = SHAPES[vmid]
    return adopt_guest(make_guest(vmid, describe(shape, vmid), shape.ha))


@pytest.mark.parametrize("vmid", SHAPES, ids=lambda vmid: SHAPES[vmid].title)
def test_a_guest_of_each_shape_is_said_in_the_options_of_the_modules(vmid):
    shape, adopted = SHAPES[vmid], adopt(vmid)
    entry = dict(adopted.entry)
    assert entry["vmid"] == vmid
    assert entry.keys() <= find_options("pve_guest").keys() | OF_A_FLEET
    for option, value in shape.entry.items():
        found = entry[option]
        if option == "nics":
            found = [{name: item for name, item in nic.items() if name != "mac"} for nic in found]
        if option == "config":
            found = {name: found.get(name) for name in value}
        assert found == value, option
    for note in shape.notes:
        assert any(phrase.startswith(note) for phrase in adopted.notes), adopted.notes


def test_every_option_of_the_api_is_said_or_noted():
    """Nothing is lost on the way: what is not in the entry is a fact, the name, or in a note."""
    facts = {"meta", "vmgenid", "template", "lock", "parent", "name", "hostname", "cipassword"}
    for vmid, shape in SHAPES.items():
        adopted = adopt(vmid)
        said = f"{adopted.entry} {adopted.notes}"
        for key, value in describe(shape, vmid)["config"].items():
            if key not in facts and str(value).strip():
                words = {"ciuser": "user", "ciupgrade": "upgrade", "cicustom": "custom", "sshkeys": "ssh_keys"}
                name = "ipconfig" if key.startswith("ipconfig") else words.get(key, key)
                is_uuid = key == "smbios1" and "uuid" in adopted.entry
                is_drive = "cloudinit" in str(value) and "drive_storage" in said
                assert name in said or is_uuid or is_drive, (shape.title, key)


def test_volumes_are_not_named_where_that_would_replace_them():
    for vmid in SHAPES:
        for disk in adopt(vmid).entry.get("disks", ()):
            volume = disk.get("volume", "")
            assert f"vm-{vmid}-" not in volume, disk
            assert not ("volume" in disk and "storage" in disk)


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ({"type": "bool"}, "1", True),
        ({"type": "bool"}, 0, False),
        ({"type": "bool"}, "on", True),
        ({"type": "bool"}, "maybe", "maybe"),
        ({"type": "int"}, "current=2048", 2048),
        ({"type": "int"}, "2k", "2k"),
        ({"type": "float"}, "12.5", 12.5),
        ({"type": "list", "elements": "str"}, "a;b, c", ["a", "b", "c"]),
        ({"type": "list", "elements": "int"}, "101,102", [101, 102]),
        ({"type": "list", "elements": "str"}, ["a"], ["a"]),
        ({"type": "str"}, "007", "007"),
        ({"type": "raw"}, "1", 1),
        ({"type": "raw"}, "1,type=isa", "1,type=isa"),
    ],
)
def test_values_have_the_types_of_their_options(option, value, expected):
    assert read_value(option, value) == expected
    assert type(read_value(option, value)) is type(expected)


@pytest.mark.parametrize("text", ["08", "1e3", "+1", "0x10", "1.50", "-0", "", "1_000", "NaN"])
def test_only_plain_numbers_become_numbers(text):
    assert to_number(text) == text


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        ("qemu", {"scsi0": "local-lvm:vm-101-disk-0,discard=ignore"}, {"disks": [{"discard": False}]}),
        ("qemu", {"net0": "virtio=BC:24:11:00:00:01,rate=0.10"}, {"nics": [{"rate": 0.1}]}),
        ("qemu", {"tags": "b,a c"}, {"tags": ["b", "a", "c"]}),
        ("lxc", {"mp0": "nas:101/vm-101-disk-0.qcow2,mp=/a"}, {"disks": [{"storage": "nas", "mp": "/a"}]}),
    ],
)
def test_texts_of_the_api_become_what_the_options_have(kind, config, expected):
    document = {"overview": {"type": kind, "status": "stopped"}, "config": config}
    entry = adopt_guest(make_guest(101, document, {})).entry
    for option, value in expected.items():
        if option == "tags":
            assert entry[option] == value
        else:
            ((device,), (wanted,)) = (entry[option], value)
            assert {key: device.get(key) for key in wanted} == wanted
            assert "format" not in device
