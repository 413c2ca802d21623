"""What is in an archive."""

from __future__ import annotations

import pytest

from pve_simulator.backup.archive import (
    archive_name,
    backup_volumes,
    compressor_for,
    config_text,
    disk_map,
    parse_config,
    short_size,
    unpack_command,
)
from pve_simulator.state.guest import Guest, Snapshot

MACHINE = {
    "name": "db",
    "description": "100% sure\nsecond line",
    "lock": "backup",
    "parent": "before",
    "scsi0": "local:101/vm-101-disk-0.qcow2,size=1G",
    "scsi1": "lvm:vm-101-disk-1,backup=0,size=2G",
    "efidisk0": "local:101/vm-101-disk-2.qcow2,size=528K",
    "ide2": "local:iso/x.iso,media=cdrom",
    "unused0": "local:101/vm-101-disk-9.qcow2",
}


def test_an_archived_configuration_has_no_locks_snapshots_and_unused_volumes():
    guest = Guest(101, "qemu", "pve1", dict(MACHINE), pending={"cores": "4"}, snapshots={"before": Snapshot()})

    text = config_text(guest, backup_volumes(guest))

    assert text.startswith("#100%25 sure\n#second line\n")
    assert disk_map(text) == [("scsi0", "local", "qcow2")]
    assert parse_config(text) == {
        key: value for key, value in MACHINE.items() if key not in ("lock", "parent", "unused0")
    }


def test_which_disks_of_a_machine_are_taken_and_why():
    found = [
        (volume.key, volume.included, volume.reason) for volume in backup_volumes(Guest(101, "qemu", "n", MACHINE))
    ]

    assert found == [
        ("scsi0", True, "backup=yes"),
        ("scsi1", False, "backup=no"),
        ("efidisk0", False, "efidisk but no OMVF BIOS"),
    ]


def test_which_mount_points_of_a_container_are_taken_and_why():
    config = {
        "rootfs": "local:200/vm-200-disk-0.raw,size=1G",
        "mp0": "local:200/vm-200-disk-1.raw,mp=/a,backup=1,size=1G",
        "mp1": "local:200/vm-200-disk-2.raw,mp=/b,size=1G",
        "mp2": "/srv,mp=/c",
    }

    found = [(volume.key, volume.included, volume.reason) for volume in backup_volumes(Guest(200, "lxc", "n", config))]

    assert found == [
        ("rootfs", True, "rootfs"),
        ("mp0", True, "enabled"),
        ("mp1", False, "disabled"),
        ("mp2", False, "not a volume"),
    ]


@pytest.mark.parametrize(
    ("kind", "compress", "name"),
    [
        ("qemu", "0", "vzdump-qemu-101-2026_11_21-00_24_29.vma"),
        ("qemu", "zstd", "vzdump-qemu-101-2026_11_21-00_24_29.vma.zst"),
        ("qemu", "1", "vzdump-qemu-101-2026_11_21-00_24_29.vma.lzo"),
        ("lxc", "gzip", "vzdump-lxc-101-2026_11_21-00_24_29.tar.gz"),
    ],
)
def test_an_archive_is_called_after_guest_and_moment(kind, compress, name):
    assert archive_name(Guest(101, kind, "pve1"), compress, 1795220669.7) == name


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0KB"), (35919, "35KB"), (1024**2, "1MB"), (3 * 1024**3 // 2, "1.50GB")]
)
def test_sizes_are_written_short(size, text):
    assert short_size(size) == text


@pytest.mark.parametrize(
    ("form", "program", "unpack"),
    [
        ("vma", None, None),
        ("vma.zst", "zstd --threads=1", "zstd -q -d -c a.vma.zst"),
        ("vma.gz", "gzip", "zcat a.vma.gz"),
    ],
)
def test_each_format_has_its_program(form, program, unpack):
    assert (compressor_for(form), unpack_command(f"a.{form}")) == (program, unpack)
