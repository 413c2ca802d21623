"""Volumes are named, moved and freed as the storage plugins do it."""

from __future__ import annotations

import pytest

from pve_simulator.errors import ApiError
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.node import Node
from pve_simulator.state.storage import GIB, Storage
from pve_simulator.storage.names import parse_name
from pve_simulator.storage.volumes import Volumes

TYPES = {
    "local": {"type": "dir", "path": "/var/lib/vz"},
    "thin": {"type": "lvmthin", "vgname": "pve", "thinpool": "data"},
    "thick": {"type": "lvm", "vgname": "vg0"},
    "tank": {"type": "zfspool", "pool": "tank/vms"},
    "ceph": {"type": "rbd", "pool": "vms"},
    "share": {"type": "nfs", "path": "/mnt/pve/share"},
    "off": {"type": "dir", "path": "/off", "disable": "1"},
    "other": {"type": "dir", "path": "/other", "nodes": "pve2"},
}


@pytest.fixture
def log():
    return []


@pytest.fixture
def volumes(log):
    storages = {name: Storage(name, config, total=100 * GIB, base_used=0) for name, config in TYPES.items()}
    cluster = Cluster(nodes={name: Node(name) for name in ("pve1", "pve2")}, storages=storages)
    return Volumes(cluster, "pve1", now=1000, say=log.append)


@pytest.mark.parametrize(
    ("storage", "form", "volid", "path"),
    [
        ("local", "qcow2", "local:101/vm-101-disk-0.qcow2", "/var/lib/vz/images/101/vm-101-disk-0.qcow2"),
        ("share", None, "share:101/vm-101-disk-0.raw", "/mnt/pve/share/images/101/vm-101-disk-0.raw"),
        ("thin", None, "thin:vm-101-disk-0", "/dev/pve/vm-101-disk-0"),
        ("tank", "raw", "tank:vm-101-disk-0", "/dev/zvol/tank/vms/vm-101-disk-0"),
        ("tank", "subvol", "tank:subvol-101-disk-0", "/tank/vms/subvol-101-disk-0"),
        ("ceph", None, "ceph:vm-101-disk-0", "/dev/rbd-pve/vms/vm-101-disk-0"),
    ],
)
def test_kinds_of_storage_name_volumes_their_own_way(volumes, storage, form, volid, path):
    volume = volumes.allocate(storage, 101, GIB, form)

    assert volume.volid == volid
    assert volumes.path(volid) == path


def test_a_guest_gets_its_lowest_free_disk_number_whatever_the_format(volumes):
    volumes.allocate("local", 101, GIB, "qcow2")
    volumes.allocate("local", 101, GIB, "raw")
    volumes.allocate("local", 102, GIB, "raw")
    volumes.free("local:101/vm-101-disk-0.qcow2")

    assert volumes.allocate("local", 101, GIB, "raw").volid == "local:101/vm-101-disk-0.raw"
    assert volumes.allocate("local", 101, GIB, "raw").volid == "local:101/vm-101-disk-2.raw"


@pytest.mark.parametrize(
    ("storage", "base", "clone"),
    [
        ("local", "local:130/base-130-disk-0.qcow2", "local:130/base-130-disk-0.qcow2/136/vm-136-disk-0.qcow2"),
        ("thin", "thin:base-130-disk-0", "thin:vm-136-disk-0"),
        ("tank", "tank:base-130-disk-0", "tank:base-130-disk-0/vm-136-disk-0"),
        ("ceph", "ceph:base-130-disk-0", "ceph:base-130-disk-0/vm-136-disk-0"),
    ],
)
def test_a_linked_clone_names_its_base_if_the_storage_does(volumes, storage, base, clone):
    volume = volumes.allocate(storage, 130, GIB, "qcow2" if storage == "local" else None)

    assert volumes.make_base(volume.volid).volid == base
    assert volumes.clone_linked(base, 136).volid == clone


def test_a_base_with_clones_cannot_be_freed(volumes):
    base = volumes.make_base(volumes.allocate("local", 130, GIB, "qcow2").volid)
    clone = volumes.clone_linked(base.volid, 136)

    with pytest.raises(ApiError, match="is still in use by linked cloned"):
        volumes.free(base.volid)
    volumes.free(clone.volid)
    volumes.free(base.volid)
    assert volumes.find(base.volid) is None


def test_a_renamed_linked_volume_keeps_its_base(volumes):
    base = volumes.make_base(volumes.allocate("local", 130, GIB, "qcow2").volid)
    clone = volumes.clone_linked(base.volid, 136)

    assert volumes.rename(clone.volid, 140).volid == "local:130/base-130-disk-0.qcow2/140/vm-140-disk-0.qcow2"


@pytest.mark.parametrize(
    ("volid", "message"),
    [
        ("nosuch:8", "storage 'nosuch' does not exist"),
        ("local:abc", "unable to parse directory volume name 'abc'"),
        ("thin:abc", "unable to parse lvm volume name 'abc'"),
        ("tank:abc", "unable to parse zfs volume name 'abc'"),
        ("ceph:abc", "unable to parse rbd volume name 'abc'"),
        ("local:101/abc", "unable to parse volume filename 'abc'"),
        ("local:iso/nosuch.iso", "volume 'local:iso/nosuch.iso' does not exist"),
        ("/dev/sda", "unable to parse volume ID '/dev/sda'"),
    ],
)
def test_a_volume_that_is_not_there_is_refused_with_the_plugins_text(volumes, volid, message):
    with pytest.raises(ApiError) as caught:
        volumes.require(volid)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("storage", "form", "message"),
    [
        ("nosuch", None, "storage 'nosuch' does not exist"),
        ("off", None, "storage 'off' is disabled"),
        ("other", None, "storage 'other' is not available on node 'pve1'"),
        ("thin", "qcow2", "unsupported format 'qcow2'"),
        ("thick", None, f"not enough free space ({100 * GIB} < {200 * GIB})"),
    ],
)
def test_an_unusable_storage_says_why(volumes, storage, form, message):
    with pytest.raises(ApiError) as caught:
        volumes.allocate(storage, 101, 200 * GIB, form)
    assert caught.value.message == message


def test_space_is_taken_at_once_only_on_thick_storages(volumes):
    storages = volumes.cluster.storages
    for storage in ("thick", "thin"):
        volumes.allocate(storage, 101, 10 * GIB)

    assert storages["thick"].used_on("pve1") == 10 * GIB
    assert storages["thin"].used_on("pve1") == 0
    volumes.resize("thick:vm-101-disk-0", 20 * GIB)
    assert storages["thick"].used_on("pve1") == 20 * GIB
    volumes.free("thick:vm-101-disk-0")
    assert storages["thick"].used_on("pve1") == 0


def test_the_log_reads_as_the_tools_write_it(volumes, log):
    volumes.allocate("local", 101, GIB, "raw")
    volumes.resize("local:101/vm-101-disk-0.raw", 2 * GIB)
    volumes.allocate("thin", 101, GIB)
    volumes.resize("thin:vm-101-disk-0", 2 * GIB)
    volumes.free("thin:vm-101-disk-0")

    assert log == [
        "Formatting '/var/lib/vz/images/101/vm-101-disk-0.raw', fmt=raw size=1073741824 preallocation=off",
        "Image resized.",
        '  Logical volume "vm-101-disk-0" created.',
        "  Size of logical volume pve/vm-101-disk-0 changed from 1.00 GiB (256 extents) to 2.00 GiB (512 extents).",
        "  Logical volume pve/vm-101-disk-0 successfully resized.",
        '  Logical volume "vm-101-disk-0" successfully removed.',
    ]


@pytest.mark.parametrize(
    ("name", "content", "vmid"),
    [
        ("iso/a.iso", "iso", 0),
        ("vztmpl/debian.tar.zst", "vztmpl", 0),
        ("backup/vzdump-qemu-101-2026_11_21-00_23_53.vma.zst", "backup", 101),
        ("snippets/user.yaml", "snippets", 0),
        ("import/disk.qcow2", "import", 0),
        ("101/vm-101-cloudinit.qcow2", "images", 101),
    ],
)
def test_a_directory_holds_every_kind_of_content(volumes, name, content, vmid):
    parsed = parse_name(volumes.cluster.storages["local"], name)

    assert (parsed.content, parsed.vmid) == (content, vmid)
