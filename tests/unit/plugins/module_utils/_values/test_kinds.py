from __future__ import annotations

import string

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.drives import NICS, find_drive
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.guests import OPTIONS
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.kinds import (
    Address,
    Choice,
    Encoded,
    Flag,
    Integer,
    Items,
    Line,
    Lines,
    Mac,
    Memory,
    MountPath,
    Number,
    Switch,
    Text,
    Variables,
    Weight,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.properties import Properties
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.storages import OPTIONS as STORAGE_OPTIONS
from hypothesis import given, settings
from hypothesis import strategies as st

LETTERS = string.ascii_lowercase
V4, V6 = Address(version=4), Address(version=6, has_prefix=True, words=("auto", "dhcp"))
FEATURES = Items(separator=",", item=Choice(choices=("0", "cpu", "disk")), has_order=False, words={"1": "cpu,disk"})
DRIVE = Properties(
    table={
        "ro": Flag("0"),
        "size": Integer(),
        "flags": Items(separator=";", item=Text(pattern="[a-z]")),
        "mode": Choice(choices=("on", "ignore")),
    },
    first="mode",
    aliases={"readonly": "ro"},
    list_key="flags",
    needs={"size": "ro"},
)


@pytest.mark.parametrize(
    ("kind", "written", "text"),
    [
        *((Flag(), value, "1") for value in (True, 1, "1", "on", "Yes", "TRUE", " on ")),
        *((Flag(), value, "0") for value in (False, 0, "0", "off", "No", "False")),
        (Integer(), "007", "7"),
        (Integer(), 2.0, "2"),
        (Integer(minimum=1, none=0), 0, ""),
        (Number(), "1.50", "1.5"),
        (Number(), 10.0, "10"),
        (Number(), "1e3", "1000"),
        (Number(), 12345.678, "12345.678"),
        (Memory(), "current=512", "512"),
        *((Weight(minimum=0), *pair) for pair in ((0, "1"), (100, "100"), ("20000", "10000"))),
        (Choice(choices=("off", "full")), False, "off"),
        (Choice(choices=("de", "no")), False, "no"),
        (Choice(choices=("ignore", "on"), off="ignore"), True, "on"),
        (Choice(choices=("ignore", "on"), off="ignore"), False, "ignore"),
        (Choice(choices=("AC97",)), "ac97", "AC97"),
        (Choice(choices=("any", "2")), 2, "2"),
        (Choice(choices=("3", "3.0")), 3.0, "3.0"),
        (Switch(), True, "yes"),
        (Switch(), "0", "no"),
        (Switch(), "/mnt/x", "/mnt/x"),
        (Encoded(), "WD 12+3", "WD%2012%2B3"),
        (Encoded(), "WD%2012", "WD%2012"),
        *((Lines(), text, "two\nlines") for text in ("two\nlines\n\n", "two\nlines \t\n", "two\nlines\r\n")),
        (Line(), " bob\n", "bob"),
        *((Variables(), value, "A=1\0B=x y") for value in ({"A": 1, "B": "x y"}, ["A=1", "B=x y"], "A=1\0B=x y ")),
        (Address(may_have_scope=True), "FE80::1%eth0", "fe80::1%eth0"),
        (Properties(table={"nesting": Flag(), "fuse": Flag()}), ["nesting=1", "fuse=no"], "nesting=1,fuse=0"),
        (Mac(), "bc-24-11-00-00-0f", "BC:24:11:00:00:0F"),
        (MountPath(), "//srv/./data/", "/srv/data"),
        (V4, "10.0.0.1", "10.0.0.1"),
        (V6, "2001:0DB8:0:0::5/64", "2001:db8::5/64"),
        (V6, "AUTO", "auto"),
        (Address(may_be_name=True), "dns.example", "dns.example"),
        (Address(has_prefix=True), "10.0.0.1/255.255.255.0", "10.0.0.1/24"),
        (Items(), ["a", "b c"], "a b c"),
        (Items(), "a, b;c\0d", "a b c d"),
        (Items(separator=";"), [1, "2-4"], "1;2-4"),
        (FEATURES, ["disk", "cpu", "disk"], "cpu,disk"),
        (FEATURES, True, "cpu,disk"),
        (FEATURES, 0, "0"),
        (DRIVE, "on,ro=yes", "on,ro=1"),
        (DRIVE, True, "on"),
        (DRIVE, {"mode": True, "readonly": False, "flags": ["a", "b"]}, "on,ro=0,flags=a;b"),
        *((DRIVE, value, "flags=a;b") for value in (["a", "b"], "a;b", "a,b")),
        (DRIVE, {"mode": None, "flags": ""}, ""),
        (Properties(table={"order": Integer()}, first="order", names_all=True), "2", "order=2"),
        (Text(), 5, "5"),
    ],
)
def test_what_users_write_becomes_what_proxmox_ve_returns(kind, written, text):
    assert kind.check_text(written) == text
    assert kind.check_text(text) == text if text else True


@pytest.mark.parametrize(
    ("kind", "written", "why"),
    [
        (Flag(), "maybe", "true or false"),
        (Flag(), 2, "true or false"),
        (Flag(), {"a": 1}, "not a mapping"),
        (Integer(), 2.5, "whole number"),
        (Integer(), True, "number"),
        (Integer(minimum=1), 0, "at least 1"),
        (Number(maximum=1), 1.5, "at most 1"),
        (Number(), "nan", "number"),
        (Choice(choices=("a", "b")), "c", "one of a, b"),
        (Choice(choices=("a", "b")), False, "one of a, b"),
        (Text(pattern="[0-9]+"), "x", "match"),
        (Text(longest=2), "xyz", "3 characters"),
        (Text(), ["a"], "not a list"),
        (Line(), "a\nb", "one line"),
        (Variables(), {"A": ["b"]}, "not a list"),
        (Properties(table={"ro": Flag()}), [{"ro": 1}], "not a mapping"),
        (Address(), "fe80::1%eth0", "an IP address"),
        (V6, "fe80::1%eth0/64", "IPv6"),
        (Mac(), "01:00:5e:00:00:01", "MAC"),
        (Mac(), "bc:24:11", "MAC"),
        (MountPath(), "/a/../b", "without .."),
        (MountPath(), "/", "below /"),
        (V4, "2001:db8::1", "IPv4"),
        (V4, "10.0.0.1/24", "IPv4"),
        (V6, "2001:db8::1", "/64"),
        (FEATURES, "cpu,fan", "one of"),
        (DRIVE, {"speed": 1}, "no property speed; there are flags, mode, ro, size"),
        (DRIVE, "on,off", "twice, once as on and once as off"),
        (DRIVE, "size=2", "size needs ro"),
        (DRIVE, {"ro": "maybe"}, "ro is 'maybe'"),
        (Properties(is_open=True), {"a": "1,b=2"}, "comma"),
    ],
)
def test_what_proxmox_ve_would_refuse_says_why(kind, written, why):
    with pytest.raises(ValueError, match=why):
        kind.check_text(written)


def test_what_the_server_returned_is_never_refused():
    assert Integer(minimum=1).read("-5") == "-5"
    assert Flag().read("maybe") == "maybe"
    assert FEATURES.read("fan;cpu") == ["cpu", "fan"]
    assert DRIVE.read("on,ro=maybe,new=1") == {"mode": "on", "ro": "maybe", "new": "1"}


def test_what_amounts_to_nothing_is_left_out_but_for_the_first():
    kind = Properties(table={"type": Choice("std", ("std",)), "ro": Flag("0")}, first="type")

    assert kind.reduce(kind.check("std,ro=0")) == {"type": "std"}


# Property tests: of every kind in the tables, what was written is read back as the same value.
TABLES = {
    **{f"{kind} {name}": value for kind, options in OPTIONS.items() for name, value in options.items()},
    **{f"{kind} net": value for kind, value in NICS.items()},
    **{slot: find_drive(slot) for slot in ("ide0", "sata0", "scsi0", "virtio0", "efidisk0", "rootfs", "mp0")},
    **{f"storage {name}": value for name, value in STORAGE_OPTIONS.items()},
}


def draw_value(kind):
    """What a user might write for a kind of value."""
    if isinstance(kind, Properties):
        names = {name: draw_value(one) for name, one in kind.table.items()}
        return st.fixed_dictionaries({}, optional=names)
    if isinstance(kind, Flag):
        return st.sampled_from([True, False, "on", "off", "yes", "no", 1, 0, "1", "0"])
    if isinstance(kind, Number):
        least = 1 if kind.minimum is None else int(kind.minimum)
        most = 10**6 if kind.maximum is None else int(kind.maximum)
        whole = st.integers(least, most)
        return whole | whole.map(str) | whole.map(float)
    if isinstance(kind, Choice):
        return st.sampled_from(kind.choices) | st.sampled_from(kind.choices).map(str.upper)
    if isinstance(kind, Address):
        address = st.ip_addresses(v=kind.version or None).map(str)
        return address.map(lambda text: f"{text}/{24}") if kind.has_prefix else address
    if isinstance(kind, Items):
        return st.lists(draw_value(kind.item), max_size=3)
    if isinstance(kind, Mac):
        return st.sampled_from(["bc:24:11:00:00:01", "BC-24-11-AA-BB-CC"])
    if isinstance(kind, MountPath):
        return st.lists(st.text(LETTERS, min_size=1), min_size=1, max_size=3).map(lambda parts: "//".join(parts) + "/")
    if isinstance(kind, Text) and kind.pattern:
        return st.from_regex(kind.pattern, fullmatch=True)
    return st.text(LETTERS + " é+%", min_size=1, max_size=8)


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data())
@settings(max_examples=4, deadline=None, derandomize=True)
def test_a_value_that_is_written_is_read_back_as_itself(name, data):
    kind = TABLES[name]
    try:
        value = kind.check(data.draw(draw_value(kind)))
    except ValueError:
        return

    text = kind.render(value)
    returned = text if isinstance(text, str) else str(text)

    assert kind.read(returned) == value
    assert kind.check(value) == value
    if returned:
        assert kind.render(kind.check(returned)) == text
