from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils import _errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._disk_plan import disk_changes
from ansible_collections.playvisor.proxmox.plugins.module_utils._disks import check_wishes, new_value, read_disk
from ansible_collections.playvisor.proxmox.plugins.module_utils._guests import Guest

VM = Guest(101, "web-01", "pve1", "qemu", "stopped")
CT = Guest(210, "db-01", "pve1", "lxc", "stopped")
CONFIG = {
    "scsi0": "local:101/vm-101-disk-0.qcow2,discard=on,size=4G",
    "scsi1": "local-lvm:vm-101-disk-1,size=1224M",
    "ide2": "local:iso/debian.iso,media=cdrom,size=783M",
    "ide3": "local-lvm:vm-101-cloudinit,media=cdrom",
    "unused0": "local:101/vm-101-disk-9.raw",
}
CONTAINER = {
    "rootfs": "local:210/vm-210-disk-0.raw,size=1G",
    "mp0": "local:210/vm-210-disk-1.raw,mp=/data,backup=1,size=1G",
    "mp1": "/mnt/host,mp=/host",
    "unused1": "local:210/vm-210-disk-7.raw",
}


def wish(slot, **given):
    return {"slot": slot, "state": "present", "move": False, "delete_source": False, **given}


def planned(guest, config, *wishes, running=False):
    changes = disk_changes(guest, config, wishes, running=running)
    steps = [(step.method, step.path.rpartition("/")[2], step.params) for step in changes.steps]
    return changes.values, changes.removed, steps


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("qemu", wish("scsi0", storage="local", size=8, format="qcow2"), "local:8,format=qcow2"),
        ("qemu", wish("scsi0", storage="fast", size=8, ssd=True, discard=True), "fast:8,discard=on,ssd=1"),
        ("qemu", wish("scsi0", storage="fast", size=8, backup=False, cache="none"), "fast:8,cache=none,backup=0"),
        (
            "qemu",
            wish("scsi0", storage="fast", import_from="local:import/a.qcow2", size=8),
            "fast:0,import-from=local:import/a.qcow2",
        ),
        ("qemu", wish("ide2", cdrom="none"), "none,media=cdrom"),
        ("qemu", wish("ide2", cdrom="local:iso/a.iso"), "local:iso/a.iso,media=cdrom"),
        ("qemu", wish("efidisk0", storage="fast", options={"efitype": "4m"}), "fast:1,efitype=4m"),
        ("qemu", wish("scsi3", volume="fast:vm-101-disk-3"), "fast:vm-101-disk-3"),
        ("lxc", wish("rootfs", storage="fast", size=8), "fast:8"),
        ("lxc", wish("mp0", storage="fast", size=8, mp="/data", backup=True), "fast:8,backup=1,mp=/data"),
    ],
)
def test_a_new_disk_is_asked_for_like_this(kind, given, value):
    assert new_value(kind, given) == value


@pytest.mark.parametrize(
    ("text", "size"),
    [("a:b,size=4G", 4 * 1024**3), ("a:b,size=528K", 528 * 1024), ("a:b,size=1T", 1024**4), ("a:b", None)],
)
def test_sizes_are_read(text, size):
    assert read_disk({"scsi0": text}, "scsi0").bytes == size


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ([wish("scsi0", storage="local", size=4, format="qcow2", discard=True)], ({}, [], [])),
        ([wish("scsi0", import_from="local:import/a.qcow2", storage="local")], ({}, [], [])),
        ([wish("ide2", cdrom="local:iso/debian.iso")], ({}, [], [])),
        ([wish("scsi7", state="absent"), wish("scsi8", state="detached")], ({}, [], [])),
        (
            [wish("scsi0", ssd=True)],
            ({"scsi0": "local:101/vm-101-disk-0.qcow2,discard=on,size=4G,ssd=1"}, [], []),
        ),
        (
            [wish("scsi0", options={"discard": "", "aio": "native"})],
            ({"scsi0": "local:101/vm-101-disk-0.qcow2,size=4G,aio=native"}, [], []),
        ),
        ([wish("ide2", cdrom="none")], ({"ide2": "none,media=cdrom"}, [], [])),
        ([wish("scsi0", size=8)], ({}, [], [("PUT", "resize", {"disk": "scsi0", "size": "8G"})])),
        ([wish("scsi1", size=2)], ({}, [], [("PUT", "resize", {"disk": "scsi1", "size": "2G"})])),
        (
            [wish("scsi0", storage="fast", format="raw", move=True, size=5)],
            (
                {},
                [],
                [
                    ("POST", "move_disk", {"disk": "scsi0", "storage": "fast", "format": "raw"}),
                    ("PUT", "resize", {"disk": "scsi0", "size": "5G"}),
                ],
            ),
        ),
        (
            [wish("scsi0", storage="fast", move=True, delete_source=True)],
            ({}, [], [("POST", "move_disk", {"disk": "scsi0", "storage": "fast", "delete": 1})]),
        ),
        ([wish("scsi0", state="detached")], ({}, ["scsi0"], [])),
        (
            [wish("scsi0", state="absent"), wish("scsi1", state="absent"), wish("ide2", state="absent")],
            ({}, ["ide2"], [("PUT", "config", {"delete": "scsi0,scsi1", "force": 1})]),
        ),
        ([wish("unused0", state="absent")], ({}, ["unused0"], [])),
        (
            [wish("scsi3", storage="fast", import_from="local:import/a.qcow2", size=8)],
            (
                {"scsi3": "fast:0,import-from=local:import/a.qcow2"},
                [],
                [("PUT", "resize", {"disk": "scsi3", "size": "8G"})],
            ),
        ),
    ],
)
def test_the_disks_of_a_machine_are_reached_by_these_changes(wishes, expected):
    assert planned(VM, CONFIG, *wishes) == expected


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ([wish("rootfs", storage="local", size=1), wish("mp0", mp="/data", backup=True)], ({}, [], [])),
        ([wish("rootfs", size=2)], ({}, [], [("PUT", "resize", {"disk": "rootfs", "size": "2G"})])),
        (
            [wish("mp0", mp="/other")],
            ({"mp0": "local:210/vm-210-disk-1.raw,mp=/other,backup=1,size=1G"}, [], []),
        ),
        ([wish("mp0", state="absent")], ({}, ["mp0"], [("PUT", "config", {"delete": "unused0"})])),
        ([wish("mp1", state="absent")], ({}, ["mp1"], [])),
        (
            [wish("rootfs", storage="fast", move=True)],
            ({}, [], [("POST", "move_volume", {"volume": "rootfs", "storage": "fast"})]),
        ),
    ],
)
def test_the_volumes_of_a_container_are_reached_by_these_changes(wishes, expected):
    assert planned(CT, CONTAINER, *wishes) == expected


def test_a_volume_that_is_deleted_is_not_mistaken_for_one_that_is_detached():
    container = {**CONTAINER, "mp2": "local:210/vm-210-disk-2.raw,mp=/b,size=1G"}

    _values, removed, steps = planned(CT, container, wish("mp2", state="absent"), wish("mp0", state="detached"))

    # mp0 becomes unused0, unused1 is there already.
    assert (sorted(removed), steps) == (["mp0", "mp2"], [("PUT", "config", {"delete": "unused2"})])


@pytest.mark.parametrize(
    ("guest", "config", "given", "running", "code"),
    [
        (VM, CONFIG, wish("scsi0", size=3), False, _errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi1", size=1), False, _errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi0", storage="fast"), False, _errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi0", format="raw"), False, _errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi0", cdrom="none"), False, _errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("ide3", cdrom="none"), False, _errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("ide2", storage="fast", size=8), False, _errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi9", storage="fast"), False, _errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi9", size=8), False, _errors.INVALID_PARAMETER),
        (CT, CONTAINER, wish("mp5", storage="fast", size=8), False, _errors.INVALID_PARAMETER),
        (CT, CONTAINER, wish("rootfs", volume="local:210/vm-210-disk-7.raw"), False, _errors.INVALID_PARAMETER),
        (CT, CONTAINER, wish("mp0", state="absent"), True, _errors.UNSUPPORTED),
        (CT, CONTAINER, wish("rootfs", storage="fast", move=True), True, _errors.UNSUPPORTED),
    ],
)
def test_what_can_not_be_done_says_why(guest, config, given, running, code):
    with pytest.raises(_errors.PveError) as caught:
        planned(guest, config, given, running=running)

    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(
    ("kind", "wishes"),
    [
        ("qemu", [wish("rootfs", storage="a", size=1)]),
        ("lxc", [wish("scsi0", storage="a", size=1)]),
        ("qemu", [wish("scsi0", size=1), wish("scsi0", size=2)]),
        ("qemu", [wish("scsi0", state="absent", size=1)]),
        ("lxc", [wish("rootfs", state="detached")]),
        ("qemu", [wish("unused0", state="detached")]),
        ("qemu", [wish("ide2", cdrom="none", volume="a:b")]),
        ("qemu", [wish("ide2", cdrom="none", size=1)]),
        ("qemu", [wish("scsi0", volume="a:b", storage="c")]),
        ("qemu", [wish("efidisk0", storage="a", size=1)]),
        ("qemu", [wish("scsi0", storage="a", size=0)]),
        ("lxc", [wish("mp0", storage="a", size=1, mp="/a", format="raw")]),
    ],
)
def test_what_makes_no_sense_is_refused_whatever_the_guest_is_like(kind, wishes):
    with pytest.raises(_errors.PveError) as caught:
        check_wishes(kind, wishes)

    assert caught.value.code == _errors.INVALID_PARAMETER
