from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.inventory import Inventory
from ansible_collections.playvisor.proxmox.plugins.modules.pve_migrate import (
    Migration,
    ObservedMigration,
    choose_returning,
    choose_targets,
    find_led,
    keep_together,
    require_node,
)

GIB = 1024**3
VM = Guest(300, "web-01", "pve2", "qemu", "running")
CT = Guest(310, "db-01", "pve2", "lxc", "running")
OPTIONS = {"with_local_disks": False, "restart": False, "shutdown_timeout": 30, "storage": None}
DISK = {"volid": "local:300/vm-300-disk-0.qcow2", "cdrom": 0, "shared": 0, "is_cloudinit": 0}
ISO = {"volid": "local:iso/tiny.iso", "cdrom": 1, "shared": 0, "is_cloudinit": 0}
CLOUDINIT = {"volid": "local:300/vm-300-cloudinit.qcow2", "cdrom": 1, "shared": 0, "is_cloudinit": 1}
SHARED = {**DISK, "shared": 1}


def plan(guest=VM, running=1, disks=(), target="pve3", refused=None, resources=(), **options):
    conditions = {
        "running": running,
        "local_disks": list(disks),
        "local_resources": list(resources),
        "not_allowed_nodes" if guest.type == "qemu" else "not-allowed-nodes": {"pve3": refused or {}},
    }
    return Migration().plan(ObservedMigration(guest, target, conditions), {**OPTIONS, **options})


@pytest.mark.parametrize(
    ("case", "sent"),
    [
        ({}, {"target": "pve3", "online": 1}),
        ({"running": 0, "disks": [DISK]}, {"target": "pve3"}),
        ({"running": 0, "disks": [{**DISK, "referenced_in_pending": 1}]}, {"target": "pve3"}),
        ({"disks": [{**SHARED, "referenced_in_pending": 1}]}, {"target": "pve3", "online": 1}),
        ({"disks": [SHARED, CLOUDINIT]}, {"target": "pve3", "online": 1}),
        (
            {"disks": [DISK], "with_local_disks": True},
            {"target": "pve3", "online": 1, "with-local-disks": 1},
        ),
        (
            {"running": 0, "refused": {"unavailable_storages": ["only2"]}, "storage": "local"},
            {"target": "pve3", "targetstorage": "local"},
        ),
        ({"guest": CT, "running": 0}, {"target": "pve3"}),
        ({"guest": CT, "restart": True}, {"target": "pve3", "restart": 1, "timeout": 30}),
        ({"guest": CT, "running": 0, "storage": "zfs"}, {"target": "pve3", "target-storage": "zfs"}),
    ],
)
def test_a_guest_is_moved_by_one_request(case, sent):
    made = plan(**case)

    assert [(step.method, step.params) for step in made.steps] == [("POST", sent)]
    assert (made.before, made.after) == ({"node": "pve2"}, {"node": "pve3"})


def test_a_guest_that_is_there_already_stays():
    assert plan(target="pve2").steps == ()


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ({"disks": [DISK]}, "with_local_disks"),
        ({"disks": [{**DISK, "referenced_in_pending": 1}], "with_local_disks": True}, DISK["volid"]),
        ({"disks": [ISO]}, "local:iso/tiny.iso"),
        ({"running": 0, "disks": [ISO]}, "local:iso/tiny.iso"),
        ({"resources": ["hostpci0"]}, "hostpci0"),
        ({"refused": {"unavailable_storages": ["only2"]}}, "only2"),
        ({"refused": {"unavailable-resources": ["gpu"]}}, "gpu"),
        ({"refused": {"blocking-ha-resources": [{"sid": "vm:301", "cause": "resource-affinity"}]}}, "vm:301"),
        ({"guest": CT}, "restart"),
        (
            {
                "guest": CT,
                "running": 0,
                "refused": {"blocking-ha-resources": [{"sid": "ct:310", "cause": "node-affinity"}]},
            },
            "node-affinity",
        ),
    ],
)
def test_what_would_fail_is_found_before_anything_starts(case, named):
    with pytest.raises(errors.PveError) as caught:
        plan(**case)

    assert caught.value.code == errors.UNSUPPORTED
    assert named in f"{caught.value.message} {caught.value.hint}"


def running(vmid, node, gib):
    return Guest(vmid, f"vm-{vmid}", node, "qemu", "running", maxmem=gib * GIB)


NODES = {"pve1": "online", "pve2": "online", "pve3": "online", "pve4": "offline"}
MEMORY = {"pve1": 32 * GIB, "pve2": 16 * GIB, "pve3": 12 * GIB, "pve4": 64 * GIB}


def test_draining_fills_the_node_with_the_most_free_memory_first():
    big, small, stopped = running(101, "pve1", 8), running(102, "pve1", 6), Guest(103, "off", "pve1", "lxc", "stopped")
    cluster = Inventory((big, small, stopped, running(200, "pve2", 6)), NODES, memory=MEMORY)

    assert choose_targets(cluster, "pve1") == {big: "pve3", small: "pve2", stopped: "pve3"}


def test_a_guest_for_which_no_node_has_room_gets_none():
    huge, small = running(101, "pve1", 20), running(102, "pve1", 2)

    assert choose_targets(Inventory((huge, small), NODES, memory=MEMORY), "pve1") == {huge: None, small: "pve2"}


def test_templates_stay_where_they_are():
    template = Guest(900, "debian", "pve1", "qemu", "stopped", template=True)

    assert choose_targets(Inventory((template,), NODES, memory=MEMORY), "pve1") == {}


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (Guest(101, "web-01", "pve2", "qemu", "running"), None),
        (Guest(101, "web-01", "pve1", "qemu", "running"), None),
        (Guest(101, "web-01", "pve3", "qemu", "running"), "is on pve3 by now; it was moved to pve2"),
        (Guest(101, "mail", "pve2", "qemu", "running"), "is named mail by now; the one that was moved was web-01"),
        (None, "Guest 101 (web-01), which was moved to pve2, is not there any more"),
    ],
    ids=["where it was moved to", "back already", "elsewhere", "another guest", "gone"],
)
def test_what_was_moved_comes_back_unless_something_became_of_it(now, why):
    stranger = running(200, "pve2", 6)
    cluster = Inventory((stranger, *([now] if now else [])), NODES, memory=MEMORY)

    returning, left = choose_returning(cluster, [{"vmid": 101, "name": "web-01", "node": "pve2"}], "pve1")

    assert returning == ([] if why else [now])
    assert len(left) == (1 if why else 0)
    assert why is None or why in left[0]


@pytest.mark.parametrize(("node", "code"), [("nope", errors.NOT_FOUND), ("pve4", errors.NODE_OFFLINE)])
def test_a_node_that_can_not_be_used_is_refused(node, code):
    with pytest.raises(errors.PveError) as caught:
        require_node(Inventory((), NODES), node)

    assert caught.value.code == code


def migration(vmid, target, *companions, problem=None):
    conditions = {"dependent-ha-resources": [f"vm:{other}" for other in companions]}
    return ObservedMigration(Guest(vmid, f"vm-{vmid}", "pve1", "qemu", "running"), target, conditions, problem)


def test_guests_that_ha_keeps_together_get_one_target_and_follow_the_first_of_them():
    alone, first = migration(101, "pve2"), migration(102, "pve3", 104, 105)
    others = [migration(104, "pve2", 102, 105), migration(105, "pve4", 102, 104)]

    kept = keep_together([alone, first, *others])

    assert [one.target for one in kept] == ["pve2", "pve3", "pve3", "pve3"]
    assert list(find_led(kept)) == ["/nodes/pve1/qemu/104/migrate", "/nodes/pve1/qemu/105/migrate"]


def test_nobody_follows_a_guest_that_is_not_moved():
    stuck = migration(102, "", 104, problem=errors.PveError(errors.UNSUPPORTED, "it can't"))
    other = migration(104, "pve3", 102)

    assert keep_together([stuck, other])[1] == other
    assert find_led([stuck, other]) == {}
