"""Tables for what snapshots, clones and migrations compute without a cluster's help."""

from __future__ import annotations

import pytest

from pve_simulator.guests.migration import parse_storage_map, stream_size
from pve_simulator.guests.qemu.disks import all_disks, disks_of
from pve_simulator.guests.qemu.references import find_references, replace_volumes
from pve_simulator.guests.qemu.resources import find_local_resources
from pve_simulator.guests.qemu.unused import add_unused, drop_used
from pve_simulator.requests.rendering import render_bytes, render_clock, render_duration
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest, Snapshot
from pve_simulator.state.storage import GIB, Volume

CONFIG = {
    "scsi10": "aa:1/vm-1-disk-10.raw,size=1G",
    "scsi2": "aa:1/vm-1-disk-2.raw,size=1G",
    "ide2": "none,media=cdrom",
    "ide0": "aa:1/vm-1-cloudinit.qcow2,media=cdrom",
    "virtio0": "aa:1/vm-1-disk-0.raw,discard=on,format=raw",
    "efidisk0": "aa:1/vm-1-disk-5.raw,efitype=4m,size=528K",
    "unused1": "aa:1/vm-1-disk-8.raw",
    "unused0": "aa:1/vm-1-disk-9.raw",
}


@pytest.mark.parametrize(
    ("size", "precision", "text"),
    [(0, 1, "0.0 B"), (291, 2, "291.00 B"), (3_148_800, 2, "3.00 MiB"), (GIB, 1, "1.0 GiB"), (2**60, 0, "1024 PiB")],
)
def test_sizes_are_worded_in_the_largest_unit(size, precision, text):
    assert render_bytes(size, precision) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.9, "0s"), (61, "1m 1s"), (3600, "1h"), (90061, "1d 1h 1m 1s")])
def test_durations_leave_zeros_out(seconds, text):
    assert render_duration(seconds) == text


def test_clock_times_have_hours_minutes_and_seconds():
    assert render_clock(3725.9) == "01:02:05"


def test_disks_come_in_the_order_of_buses_and_numbers():
    assert [disk.key for disk in all_disks(CONFIG, unused=True)] == [
        "ide0",
        "ide2",
        "scsi2",
        "scsi10",
        "virtio0",
        "efidisk0",
        "unused0",
        "unused1",
    ]
    assert [disk.key for disk in disks_of(CONFIG)] == ["scsi2", "scsi10", "virtio0", "efidisk0"]


def test_a_disk_on_another_volume_keeps_its_options_but_not_its_format():
    disk = next(disk for disk in all_disks(CONFIG) if disk.key == "virtio0")
    assert disk.with_volume("bb:vm-1-disk-0", 32 * GIB).text() == "bb:vm-1-disk-0,discard=on,size=32G"


def test_unused_volumes_take_the_first_free_key_once():
    config = {"unused0": "a:x", "unused2": "a:y"}
    assert add_unused(config, "a:z") == "unused1"
    assert add_unused(config, "a:z") is None


def test_volumes_that_a_drive_uses_are_not_unused():
    guest = Guest(1, "qemu", "n", {"unused0": "aa:1/vm-1-disk-0.raw", "scsi0": "aa:1/vm-1-disk-0.raw,size=1G"})
    drop_used(guest)
    assert "unused0" not in guest.config


def test_a_volume_is_everything_that_any_mention_of_it_says():
    volid = "aa:1/vm-1-disk-0.qcow2"
    old = Snapshot({"scsi0": f"{volid},size=1G", "vmstate": "aa:1/vm-1-state-old.raw"})
    guest = Guest(1, "qemu", "n", {"unused0": volid}, {"scsi1": f"{volid},replicate=0"}, snapshots={"old": old})
    found = find_references(guest)
    one = found[volid]
    assert (one.unused, one.attached, one.pending, one.snapshots, one.size) == (True, False, True, ["old"], GIB)
    assert found["aa:1/vm-1-state-old.raw"].vmstate


def test_moved_volumes_are_renamed_in_snapshots_too():
    volid, moved = "aa:1/vm-1-disk-0.qcow2", "bb:1/vm-1-disk-0.qcow2"
    old = Snapshot({"scsi0": f"{volid},size=1G"})
    guest = Guest(1, "qemu", "n", {"scsi0": f"{volid},size=2G", "unused0": volid}, snapshots={"old": old})
    replace_volumes(guest, {volid: moved})
    assert guest.config == {"scsi0": f"{moved},size=2G", "unused0": moved}
    assert old.config["scsi0"] == f"{moved},size=1G"


@pytest.mark.parametrize(
    ("config", "running", "names", "blocking"),
    [
        ({"usb0": "host=1234:5678", "usb1": "spice", "serial0": "socket"}, False, ["usb0"], ["usb0"]),
        ({"serial0": "/dev/ttyS0", "parallel0": "/dev/parport0"}, False, ["parallel0", "serial0"], None),
        ({"hostpci0": "0000:01:00.0"}, True, ["hostpci0"], ["hostpci0"]),
        ({"hostpci0": "mapping=gpu"}, True, ["hostpci0"], []),
        ({"hostpci0": "mapping=gpu"}, False, [], []),
        ({"usb0": "mapping=key"}, False, ["usb0"], []),
        ({"virtiofs0": "share"}, True, ["virtiofs", "virtiofs0"], ["virtiofs"]),
    ],
)
def test_devices_of_the_host_by_whether_they_are_mapped(config, running, names, blocking):
    found = find_local_resources(Cluster(), config, running=running)
    assert found.names == names
    assert found.blocking == (names if blocking is None else blocking)


@pytest.mark.parametrize(
    ("items", "source", "target"),
    [([], "a", "a"), (["1"], "a", "a"), (["b"], "a", "b"), (["a:c", "b"], "a", "c"), (["x:c", "b"], "a", "b")],
)
def test_storage_maps_name_pairs_and_a_default(items, source, target):
    assert parse_storage_map(items).target(source) == target


@pytest.mark.parametrize(
    ("form", "size", "sent"),
    [("raw", GIB, GIB), ("qcow2", GIB, 1_074_135_040), ("qcow2", 4 * GIB, 4 * GIB + 13 * 65536)],
)
def test_a_qcow2_file_is_sent_with_its_tables(form, size, sent):
    assert stream_size(Volume("a:x", "images", form, size)) == sent
