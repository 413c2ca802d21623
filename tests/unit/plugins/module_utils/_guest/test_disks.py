from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.disk_plan import plan_disk_changes
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.disks import (
    Disk,
    check_wishes,
    read_disk,
    render_new_disk,
    resolve_growth,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest

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


def planned(guest, config, *wishes, running=False, **known):
    changes = plan_disk_changes(guest, config, wishes, running=running, **known)
    assert changes.first_steps == []
    return changes.values, changes.removed_slots, requests(changes.steps)


def requests(steps):
    return [(step.method, step.path.rpartition("/")[2], step.params) for step in steps]


def ordered(guest, config, *wishes, running=True, **known):
    """Everything that is sent for drives in its order: what grows first, the values of the configuration, the rest."""
    changes = plan_disk_changes(guest, config, wishes, running=running, **known)
    values = [changes.values] if changes.values else []
    removed = [("delete", *changes.removed_slots)] if changes.removed_slots else []
    return [*requests(changes.first_steps), *values, *removed, *requests(changes.steps)]


def grow(slot, size):
    return ("PUT", "resize", {"disk": slot, "size": f"{size}G"})


def move(slot="scsi0", **more):
    return ("POST", "move_disk", {"disk": slot, "storage": "fast", **more})


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
    assert render_new_disk(kind, given) == value


@pytest.mark.parametrize(
    ("text", "size"),
    [("a:b,size=4G", 4 * 1024**3), ("a:b,size=528K", 528 * 1024), ("a:b,size=1T", 1024**4), ("a:b", None)],
)
def test_sizes_are_read(text, size):
    assert read_disk({"scsi0": text}, "scsi0").size_bytes == size


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ([wish("scsi0", storage="local", size=4, format="qcow2", discard=True)], ({}, [], [])),
        ([wish("scsi0", import_from="local:import/a.qcow2", storage="local")], ({}, [], [])),
        ([wish("ide2", cdrom="local:iso/debian.iso")], ({}, [], [])),
        ([wish("scsi7", state="absent"), wish("scsi8", state="detached")], ({}, [], [])),
        # What is not set is as it is without it.
        ([wish("scsi1", backup=True, ssd=False, iothread=False, discard=False)], ({}, [], [])),
        ([wish("scsi1", options={"ro": "no", "replicate": "on", "discard": "ignore", "cache": ""})], ({}, [], [])),
        (
            [wish("scsi1", options={"detect_zeroes": "on", "ro": "no"})],
            ({"scsi1": "local-lvm:vm-101-disk-1,size=1224M,detect_zeroes=1,ro=0"}, [], []),
        ),
        (
            [wish("scsi1", cache="WriteBack", iothread=False, options={"serial": "WD 12", "mbps_rd": 10.0})],
            ({"scsi1": "local-lvm:vm-101-disk-1,size=1224M,cache=writeback,serial=WD%2012,mbps_rd=10"}, [], []),
        ),
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
        ([wish("mp0", mp="//data/", options={"ro": "off", "quota": False})], ({}, [], [])),
        (
            [wish("rootfs", ssd=False, options={"mountoptions": "noatime,nodev"})],
            ({"rootfs": "local:210/vm-210-disk-0.raw,size=1G,mountoptions=noatime;nodev"}, [], []),
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
        (VM, CONFIG, wish("scsi0", size=3), False, errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi1", size=1), False, errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi0", storage="fast"), False, errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi0", format="raw"), False, errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi0", cdrom="none"), False, errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("ide3", cdrom="none"), False, errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("ide2", storage="fast", size=8), False, errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi9", storage="fast"), False, errors.INVALID_PARAMETER),
        (VM, CONFIG, wish("scsi9", size=8), False, errors.INVALID_PARAMETER),
        (CT, CONTAINER, wish("mp5", storage="fast", size=8), False, errors.INVALID_PARAMETER),
        (CT, CONTAINER, wish("rootfs", volume="local:210/vm-210-disk-7.raw"), False, errors.INVALID_PARAMETER),
        (CT, CONTAINER, wish("mp0", state="absent"), True, errors.UNSUPPORTED),
        (CT, CONTAINER, wish("rootfs", storage="fast", move=True), True, errors.UNSUPPORTED),
        (
            VM,
            {"tpmstate0": "local:100/vm-100-disk-9.raw,size=4M"},
            wish("tpmstate0", storage="fast", move=True),
            True,
            errors.UNSUPPORTED,
        ),
    ],
)
def test_what_can_not_be_done_says_why(guest, config, given, running, code):
    with pytest.raises(errors.PveError) as caught:
        planned(guest, config, given, running=running)

    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(
    "wishes",
    [
        [wish("scsi7", volume=CONFIG["scsi0"].partition(",")[0])],
        [wish("scsi0", state="detached"), wish("scsi7", volume=CONFIG["scsi0"].partition(",")[0])],
        [wish("scsi7", volume="fast:vm-101-disk-9"), wish("scsi8", volume="fast:vm-101-disk-9")],
    ],
)
def test_a_volume_is_not_put_into_two_slots(wishes):
    with pytest.raises(errors.PveError, match="can't hold") as caught:
        planned(VM, CONFIG, *wishes)

    assert caught.value.code == errors.INVALID_PARAMETER


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
        ("qemu", [wish("ide2", cdrom="debian.iso")]),
        ("qemu", [wish("scsi0", storage="a", import_from="debian")]),
        ("qemu", [wish("efidisk0", storage="a", size=1)]),
        *(("qemu", [wish(slot, cdrom="none")]) for slot in ("tpmstate0", "virtio1")),
        ("qemu", [wish("scsi1", volume="disk-7")]),
        ("qemu", [wish("scsi0", storage="a", size=0)]),
        ("lxc", [wish("mp0", storage="a", size=1, mp="/a", format="raw")]),
        *(("qemu", [wish(slot, storage="a", size=1)]) for slot in ("scsi31", "ide4", "sata6", "virtio16", "unused256")),
        ("lxc", [wish("mp256", storage="a", size=1, mp="/a")]),
        # Their volumes get other names.
        ("qemu", [wish("ide2", volume="a:cloudinit")]),
        ("qemu", [wish("ide2", cdrom="a:cloudinit")]),
        ("qemu", [wish("scsi1", volume="a:8")]),
        ("lxc", [wish("mp1", volume="a:0.5", mp="/a")]),
        # What has an option of its own.
        ("qemu", [wish("scsi0", options={"size": "8G"})]),
        ("qemu", [wish("scsi0", options={"media": "cdrom"})]),
        ("qemu", [wish("scsi0", options={"file": "a:b"})]),
        ("qemu", [wish("scsi0", ssd=True, options={"ssd": 0})]),
        # What such a drive can't have.
        ("qemu", [wish("virtio0", ssd=True)]),
        ("qemu", [wish("ide0", iothread=True)]),
        ("qemu", [wish("scsi0", cache="writebak")]),
        ("qemu", [wish("scsi0", options={"ro": "maybe"})]),
        ("qemu", [wish("scsi0", options={"product": "a,b"})]),
        ("qemu", [wish("efidisk0", options={"efitype": "8m"})]),
        ("lxc", [wish("rootfs", discard=True)]),
        ("lxc", [wish("mp0", mp="/a/../b")]),
        ("lxc", [wish("mp0", options={"mountoptions": "noatime,rw"})]),
    ],
)
def test_what_makes_no_sense_is_refused_whatever_the_guest_is_like(kind, wishes):
    with pytest.raises(errors.PveError) as caught:
        check_wishes(kind, wishes)

    assert caught.value.code == errors.INVALID_PARAMETER


@pytest.mark.parametrize("source", ["none", "cdrom", "/dev/sr0", "local:iso/debian-13.iso"])
def test_a_drive_shows_what_is_no_volume_only_where_proxmox_ve_knows_it(source):
    check_wishes("qemu", [wish("ide2", cdrom=source)])


A, B = "local:vm-101-disk-0", "local:vm-101-disk-1"
MOVED = {"storage": "fast", "move": True}
# Slot, what it holds now and after the next start, the wish, and what is sent to the running guest.
WAITING = [
    ("scsi0", f"{A},size=4G", f"{A},size=4G", {"size": 8}, [grow("scsi0", 8)]),
    (
        "scsi0",
        f"{A},size=4G",
        f"{A},size=4G",
        {"size": 8, "ssd": True, "backup": False},
        [grow("scsi0", 8), {"scsi0": f"{A},size=8G,ssd=1,backup=0"}],
    ),
    ("ide1", f"{A},size=4G", f"{A},ssd=1,size=4G", {"size": 8}, [grow("ide1", 8), {"ide1": f"{A},ssd=1,size=8G"}]),
    (
        "virtio1",
        f"{A},size=4G",
        f"{A},ro=1,size=4G",
        {"size": 8, "iothread": True},
        [grow("virtio1", 8), {"virtio1": f"{A},ro=1,size=8G,iothread=1"}],
    ),
    # The change that waits is taken back by the wish: without a word it would come back with the old size.
    (
        "scsi0",
        f"{A},size=4G",
        f"{A},ssd=1,size=4G",
        {"size": 8, "options": {"ssd": ""}},
        [grow("scsi0", 8), {"scsi0": f"{A},size=8G"}],
    ),
    (
        "scsi0",
        f"{A},size=4G",
        f"{A},ssd=1,size=4G",
        {**MOVED, "options": {"ssd": ""}},
        [{"scsi0": f"{A},size=4G"}, move()],
    ),
    (
        "scsi0",
        f"{A},size=4G",
        f"{A},iothread=1,size=4G",
        {**MOVED, "iothread": False, "ssd": False},
        [{"scsi0": f"{A},size=4G"}, move()],
    ),
    ("scsi0", f"{A},size=4G", f"{A},size=4G", {**MOVED, "backup": False}, [{"scsi0": f"{A},size=4G,backup=0"}, move()]),
    ("scsi0", f"{A},size=4G", f"{A},size=4G", {**MOVED, "size": 8}, [move(), grow("scsi0", 8)]),
    # The configuration says less than the disk has.
    ("scsi0", f"{A},size=8G", f"{A},ssd=1,size=4G", {"size": 8}, [{"scsi0": f"{A},ssd=1,size=8G"}]),
    (
        "scsi0",
        f"{A},size=8G",
        f"{A},ssd=1,size=4G",
        {"ro": None, "cache": "none"},
        [{"scsi0": f"{A},ssd=1,size=8G,cache=none"}],
    ),
    ("scsi0", f"{A},size=8G", f"{A},ssd=1,size=4G", {"ssd": True}, []),
    # Another volume waits.
    ("sata0", f"{A},size=4G", f"{B},size=2G", {"ssd": True}, [{"sata0": f"{B},size=2G,ssd=1"}]),
    ("sata0", f"{A},size=4G", f"{B},size=2G", {"volume": A}, [{"sata0": f"{A},size=4G"}]),
    ("sata0", f"{A},size=4G", f"{B},size=2G", {"volume": A, "size": 8}, [grow("sata0", 8), {"sata0": f"{A},size=8G"}]),
    ("sata0", f"{A},size=4G", f"{B},size=2G", {"volume": B, "size": 2}, []),
    ("sata0", f"{A},size=4G", None, {"volume": A, "ssd": True}, [{"sata0": f"{A},size=4G,ssd=1"}]),
    ("ide2", "none,media=cdrom", None, {"cdrom": "none"}, [{"ide2": "none,media=cdrom"}]),
    # Detached and deleted.
    ("sata0", f"{A},size=4G", f"{A},ssd=1,size=4G", {"state": "detached"}, [("delete", "sata0")]),
    (
        "sata0",
        f"{A},size=4G",
        f"{A},ssd=1,size=4G",
        {"state": "absent"},
        [("PUT", "config", {"delete": "sata0", "force": 1})],
    ),
    ("sata0", None, f"{A},size=4G", {"state": "detached"}, [("delete", "sata0")]),
    ("sata0", f"{A},size=4G", None, {"state": "detached"}, []),
]


@pytest.mark.parametrize(
    ("slot", "now", "then", "given", "sent"),
    WAITING,
    ids=[f"{slot}: {', '.join(given)}" for slot, _now, _then, given, _sent in WAITING],
)
def test_a_drive_with_a_waiting_change_is_changed_by_these_requests(slot, now, then, given, sent):
    config, current = ({slot: text} if text else {} for text in (then, now))

    assert ordered(VM, config, wish(slot, **given), current=current) == sent


@pytest.mark.parametrize(
    ("slot", "now", "then", "given"),
    [
        ("scsi0", f"{A},size=4G", f"{A},ssd=1,size=4G", MOVED),
        ("scsi0", f"{A},size=4G", f"{A},size=4G", {**MOVED, "ssd": True}),
        ("scsi0", f"{A},size=4G", f"{A},ssd=1,size=4G", {**MOVED, "size": 8}),
        ("scsi0", f"{A},size=4G", f"{B},size=4G", MOVED),
        ("sata0", f"{A},size=4G", f"{B},size=2G", {"size": 8}),
        ("sata0", f"{A},size=4G", f"{A},size=4G", {"volume": B, "size": 8}),
        ("sata0", f"{A},size=4G", f"{B},size=2G", {"state": "detached"}),
        ("sata0", f"{A},size=4G", f"{B},size=2G", {"state": "absent"}),
        ("sata0", None, f"{A},size=4G", {"size": 8}),
        ("sata0", None, f"{A},size=4G", MOVED),
        ("sata0", None, f"{A},size=4G", {"state": "absent"}),
        ("sata0", f"{A},size=4G", None, {"size": 8}),
        ("sata0", f"{A},size=4G", None, {"ssd": True}),
        ("sata0", f"{A},size=4G", None, {"storage": "local", "size": 4}),
        ("sata0", f"{A},size=4G", None, {"volume": B}),
        ("sata0", f"{A},size=4G", None, {"cdrom": "none"}),
        ("sata0", None, None, {"storage": "fast", "import_from": B, "size": 8}),
        ("sata0", None, None, {"volume": B, "size": 8}),
    ],
)
def test_another_drive_is_not_reached(slot, now, then, given):
    config, current = ({slot: text} if text else {} for text in (then, now))

    with pytest.raises(errors.PveError) as caught:
        ordered(VM, config, wish(slot, **given), current=current)

    assert caught.value.code == errors.UNSUPPORTED
    assert slot in caught.value.message
    assert "restart" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("now", "then", "given", "sent"),
    [
        (f"{A},size=4G", f"{A},mountoptions=noatime,size=4G", {}, []),
        (
            f"{A},size=4G",
            f"{A},mountoptions=noatime,size=4G",
            {"size": 8},
            [{"rootfs": f"{A},mountoptions=noatime,size=4G"}, grow("rootfs", 8)],
        ),
        (
            f"{A},size=4G",
            f"{A},mountoptions=noatime,size=4G",
            MOVED,
            [
                {"rootfs": f"{A},mountoptions=noatime,size=4G"},
                ("POST", "move_volume", {"volume": "rootfs", "storage": "fast"}),
            ],
        ),
    ],
    ids=["nothing is wished", "grown", "moved"],
)
def test_a_stopped_container_takes_what_waits_first(now, then, given, sent):
    changes = ordered(CT, {"rootfs": then}, wish("rootfs", **given), current={"rootfs": now}, running=False)

    assert changes == sent


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize(("guest", "slot"), [(VM, "scsi0"), (CT, "rootfs"), (CT, "mp0")])
@pytest.mark.parametrize(
    ("given", "truly", "sent"),
    [
        ({"size": 8}, 8, {"size": "8G"}),
        ({"size": 8, "options": {"ro": True}}, 8, {"size": "8G", "ro": "1"}),
        ({"options": {"ro": True}}, 8, {"size": "4G", "ro": "1"}),
        ({}, 8, None),
        ({"size": 4}, 8, None),
    ],
)
def test_the_true_size_counts_where_a_disk_is_to_grow(guest, slot, running, given, truly, sent):
    value = f"{A},size=4G"
    # Only volumes that may have to grow are looked at.
    sizes = {A: truly * 1024**3} if given.get("size") == 8 else {}

    changes = ordered(guest, {slot: value}, wish(slot, **given), sizes=sizes, running=running)

    assert changes == ([{slot: ",".join([A, *(f"{name}={value}" for name, value in sent.items())])}] if sent else [])


@pytest.mark.parametrize("running", [False, True])
def test_a_size_that_can_not_be_read_is_said_again_after_growing(running):
    given = wish("scsi0", size=8)

    assert ordered(VM, {"scsi0": f"{A},size=4G"}, given, sizes={A: None}, running=running) == [
        grow("scsi0", 8),
        {"scsi0": f"{A},size=8G"},
    ]
    assert ordered(VM, {"scsi0": f"{A},size=8G"}, given, sizes={}, running=running) == []


def test_a_disk_that_truly_is_larger_is_not_made_smaller():
    with pytest.raises(errors.PveError, match="has 16 GiB, and 8 GiB are asked for"):
        ordered(VM, {"scsi0": f"{A},size=4G"}, wish("scsi0", size=8), sizes={A: 16 * 1024**3})


def test_each_drive_is_judged_by_itself():
    now = {"scsi0": f"{A},size=4G", "scsi1": f"{B},size=4G"}
    then = {**now, "scsi0": f"{A},ssd=1,size=4G"}

    sent = ordered(VM, then, wish("scsi0", size=8), wish("scsi1", size=8, **MOVED), current=now)

    assert sent == [grow("scsi0", 8), {"scsi0": f"{A},ssd=1,size=8G"}, move("scsi1"), grow("scsi1", 8)]


@pytest.mark.parametrize(("size", "text"), [(1, "1G"), (1023, "1023G"), (1024, "1T"), (2048, "2T"), (1536, "1536G")])
def test_sizes_are_written_as_proxmox_ve_does(size, text):
    assert read_disk({"scsi0": A}, "scsi0").with_size(size * 1024**3).render() == f"{A},size={text}"


def test_a_disk_that_is_not_there_is_not_moved():
    with pytest.raises(errors.PveError) as caught:
        planned(VM, {}, wish("scsi7", storage="nas", move=True))

    assert caught.value.code == errors.NOT_FOUND


GIB = 1024**3


@pytest.mark.parametrize(
    ("grow_by", "size", "grown"),
    [
        ("20G", 10 * GIB, 30),
        ("20", 10 * GIB, 30),
        ("+20g", 10 * GIB, 30),
        ("1T", 10 * GIB, 1034),
        ("512M", 10 * GIB, 11),
        ("1.5GiB", 10 * GIB, 12),
        ("5G", 2252 * 1024**2, 8),
    ],
)
def test_a_disk_that_grows_by_so_much_gets_this_size(grow_by, size, grown):
    wished = resolve_growth(Disk("scsi0", "zfs:vm-101-disk-0", {}), size, {"slot": "scsi0", "grow_by": grow_by})

    assert (wished["size"], wished["grow_by"]) == (grown, None)


@pytest.mark.parametrize(
    ("volume", "size", "given"),
    [
        ("zfs:vm-101-disk-0", GIB, {"grow_by": "-1G"}),
        ("zfs:vm-101-disk-0", GIB, {"grow_by": "0"}),
        ("zfs:vm-101-disk-0", GIB, {"grow_by": "much"}),
        ("zfs:vm-101-disk-0", GIB, {"grow_by": "1G", "size": 3}),
        ("zfs:vm-101-disk-0", None, {"grow_by": "1G"}),
        ("none", None, {"grow_by": "1G"}),
        (None, None, {"grow_by": "1G"}),
    ],
)
def test_what_can_not_grow_by_so_much_is_refused(volume, size, given):
    disk = Disk("scsi0", volume, {"media": "cdrom"} if volume == "none" else {}) if volume else None

    with pytest.raises(errors.PveError) as caught:
        resolve_growth(disk, size, {"slot": "scsi0", **given})

    assert caught.value.code == errors.INVALID_PARAMETER
