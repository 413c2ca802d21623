"""Property strings: read, written, and the schemas of configuration keys."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pve_simulator.schema import (
    ParameterError,
    config_schema,
    format_of,
    format_size,
    parse_property_string,
    parse_size,
    print_property_string,
    typed_properties,
)

QEMU, LXC = config_schema("qemu"), config_schema("lxc")

PARSED = [
    (
        QEMU["net0"],
        "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=yes",
        {"model": "virtio", "macaddr": "BC:24:11:00:00:01", "bridge": "vmbr0", "firewall": "1"},
    ),
    (QEMU["net0"], "e1000,bridge=vmbr0,link_down=off", {"model": "e1000", "bridge": "vmbr0", "link_down": "0"}),
    (QEMU["scsi0"], "local:100/vm-100-disk-0.qcow2,size=8G", {"file": "local:100/vm-100-disk-0.qcow2", "size": "8G"}),
    (QEMU["scsi0"], "volume=local:8, ,discard=on", {"file": "local:8", "discard": "on"}),
    (QEMU["memory"], "2048", {"current": "2048"}),
    (QEMU["agent"], "1,fstrim_cloned_disks=1", {"enabled": "1", "fstrim_cloned_disks": "1"}),
    (QEMU["agent"], "enabled=1,guest-fsfreeze=0", {"enabled": "1", "freeze-fs": "0"}),
    (QEMU["ipconfig0"], "ip=dhcp,ip6=auto", {"ip": "dhcp", "ip6": "auto"}),
    (LXC["rootfs"], "local:1,acl=true", {"volume": "local:1", "acl": "1"}),
    (LXC["net0"], "name=eth0,bridge=vmbr0,ip=10.0.0.2/24", {"name": "eth0", "bridge": "vmbr0", "ip": "10.0.0.2/24"}),
    (LXC["features"], "nesting=1,mount=nfs", {"nesting": "1", "mount": "nfs"}),
    ("prune-backups", "keep-last=3", {"keep-last": "3"}),
]


@pytest.mark.parametrize(("form", "text", "properties"), PARSED)
def test_properties_come_by_their_real_names(form: Any, text: str, properties: dict[str, str]) -> None:
    assert parse_property_string(text, form) == properties


REFUSED = [
    ("net0", "virtio,e1000", "duplicate key in comma-separated list property: model\n"),
    ("net0", "virtio,model=e1000", "duplicate key in comma-separated list property: model\n"),
    ("net0", "model=virtio,e1000", "duplicate key in comma-separated list property: model\n"),
    ("net0", "virtio=BC:24:11:00:00:01,e1000=BC:24:11:00:00:02", "key alias 'model' is already defined\n"),
    ("net0", "virtio,bridge=a,bridge=b", "duplicate key in comma-separated list property: bridge\n"),
    ("net0", "virtio,bridge=", "missing key in comma-separated list property\n"),
    ("net0", "virtio,=x", "missing key in comma-separated list property\n"),
    ("net0", "virtio,bridge=a\nb", "properties must not contain newlines\n"),
    (
        "net0",
        "virtio,queues=65,nosuch=1",
        "format error\n"
        "net0.nosuch: property is not defined in schema and the schema does not allow additional properties\n"
        "net0.queues: value must have a maximum value of 64\n",
    ),
    # A value without its key is not read as a boolean word.
    ("agent", "yes", "format error\nagent.enabled: type check ('boolean') failed - got 'yes'\n"),
]


@pytest.mark.parametrize(("key", "text", "error"), REFUSED)
def test_a_bad_value_is_refused_as_the_server_does(key: str, text: str, error: str) -> None:
    with pytest.raises(ParameterError) as refused:
        parse_property_string(text, QEMU[key], key)

    assert refused.value.errors == {key: f"invalid format - {error}"}


PRINTED = [
    (
        "net0",
        {"firewall": 1, "bridge": "vmbr0", "macaddr": "BC:24:11:00:00:01", "model": "virtio"},
        "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1",
    ),
    ("net0", {"bridge": "vmbr0", "model": "virtio"}, "virtio,bridge=vmbr0"),
    ("scsi0", {"size": 8 * 1024**3, "file": "local:8", "discard": "on"}, "local:8,discard=on,size=8G"),
    ("scsi0", {"size": "8G", "file": "local:8"}, "local:8,size=8G"),
    ("agent", {"enabled": True}, "1"),
    ("ipconfig0", {"gw": "10.0.0.1", "ip": "10.0.0.2/24"}, "gw=10.0.0.1,ip=10.0.0.2/24"),
    ("boot", {"order": "scsi0;net0"}, "order=scsi0;net0"),
    ("boot", {}, ""),
]


@pytest.mark.parametrize(("key", "properties", "text"), PRINTED)
def test_properties_are_written_in_the_order_of_the_server(key: str, properties: dict[str, Any], text: str) -> None:
    assert print_property_string(properties, QEMU[key]) == text


def test_required_properties_come_before_the_others() -> None:
    values = {"bridge": "vmbr0", "name": "eth0", "hwaddr": "BC:24:11:00:00:01"}

    assert print_property_string(values, LXC["net0"]) == "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01"


def test_properties_can_be_left_out() -> None:
    assert print_property_string({"file": "local:8", "size": "8G"}, QEMU["scsi0"], skip=("size",)) == "local:8"


@pytest.mark.parametrize("properties", [{"nosuch": 1}, {"model": "virtio", "bridge": "a,b"}])
def test_what_would_not_read_back_is_not_written(properties: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"invalid key|illegal value"):
        print_property_string(properties, QEMU["net0"])


_NAMES = st.text(string.ascii_lowercase + string.digits, min_size=2, max_size=8).map(lambda name: f"a{name}")
_DISKS = st.fixed_dictionaries(
    {"file": _NAMES.map(lambda name: f"{name}:vm-1-disk-0")},
    optional={
        "size": st.integers(min_value=1, max_value=2**50).map(format_size),
        "ssd": st.sampled_from(["0", "1"]),
        "cache": st.sampled_from(["none", "writeback"]),
        "iops_rd": st.integers(min_value=0, max_value=10**6).map(str),
        "mbps": st.sampled_from(["0.5", "10"]),
    },
)


@given(_DISKS)
def test_a_disk_reads_back_as_it_was_written(disk: dict[str, str]) -> None:
    text = print_property_string(disk, QEMU["scsi0"])

    assert parse_property_string(text, QEMU["scsi0"]) == disk


_NICS = st.fixed_dictionaries(
    {"model": st.sampled_from(["virtio", "e1000", "vmxnet3"])},
    optional={
        "macaddr": st.lists(st.integers(0, 255), min_size=5, max_size=5).map(
            lambda octets: ":".join(["BC", *(f"{octet:02X}" for octet in octets)])
        ),
        "bridge": _NAMES,
        "tag": st.integers(1, 4094).map(str),
        "firewall": st.sampled_from(["0", "1"]),
    },
)


@given(_NICS)
def test_a_network_device_reads_back_as_it_was_written(device: dict[str, str]) -> None:
    text = print_property_string(device, QEMU["net0"])

    assert parse_property_string(text, QEMU["net0"]) == device


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    try:
        named = set(parse_property_string(text, QEMU["net0"], "net0"))
    except ParameterError as error:
        named = set(error.errors)

    assert named & {"model", "net0"}


def test_values_can_be_had_with_their_types() -> None:
    values = parse_property_string("local:8,ssd=1,iops=100,mbps=0.5", QEMU["scsi0"])

    assert typed_properties(values, QEMU["scsi0"]) == {"file": "local:8", "ssd": True, "iops": 100, "mbps": 0.5}


@pytest.mark.parametrize(
    ("text", "size"),
    [("8G", 8 * 1024**3), ("1.5M", 1536 * 1024), ("512", 512), ("4K", 4096), ("2T", 2 * 1024**4)],
)
def test_a_size_is_read_in_its_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "8X", "-1", "1.", "8 G", "1.2.3"])
def test_what_is_no_size_is_none(text: str) -> None:
    assert parse_size(text) is None


@given(st.integers(min_value=0, max_value=2**60))
def test_a_size_reads_back_as_it_was_written(size: int) -> None:
    assert parse_size(format_size(size)) == size


def test_configuration_keys_have_their_schemas() -> None:
    assert QEMU["cores"].type == "integer"
    assert {"net0", "net31", "scsi30", "memory", "unused255"} <= QEMU.keys()
    assert not {"net32", "digest", "delete", "vmid"} & QEMU.keys()
    assert {"rootfs", "mp255", "net0"} <= LXC.keys()
    assert set(format_of(QEMU["memory"])) == {"current"}


def test_a_plain_key_is_no_property_string() -> None:
    with pytest.raises(KeyError):
        format_of(QEMU["cores"])
