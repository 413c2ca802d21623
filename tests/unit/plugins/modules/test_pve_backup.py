from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._backup.backups import KEEP, select_backups
from ansible_collections.playvisor.proxmox.plugins.module_utils._backup.restore import (
    ObservedRestore,
    OverwrittenGuest,
    Restore,
    find_overwritten,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._backup.volume import Backup, BackupVolume
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.inventory import Inventory
from ansible_collections.playvisor.proxmox.plugins.modules.pve_backup import (
    Backups,
    GuestBackups,
    check_options,
    choose_resource,
)

VM = Guest(101, "web-01", "pve1", "qemu", "running")
HOUR = 3600
NOW = 1000 * HOUR
OLD = {"volid": "nas:backup/old", "vmid": 101, "ctime": NOW - 30 * HOUR}
YOUNG = {"volid": "nas:backup/young", "vmid": "101", "ctime": NOW - 3 * HOUR}
OTHERS = {"volid": "nas:backup/other", "vmid": 102, "ctime": NOW}
RETENTION = dict.fromkeys(KEEP)
OPTIONS = {
    "state": "present",
    "storage": "nas",
    "max_age": None,
    "mode": "snapshot",
    "compress": "zstd",
    "notes": None,
    "protected": None,
    "bwlimit": None,
    "retention": None,
    "keep_older": False,
    "volid": None,
    "vmid": None,
    "name": None,
    "node": None,
    "target": None,
    "target_storage": None,
    "new_name": None,
    "unique": False,
    "pool": None,
    "start": False,
}


def plan(*backups, expired=(), **options):
    observed = GuestBackups(VM, select_backups(backups, VM), expired, NOW)
    return Backups("nas").plan(observed, {**OPTIONS, **options})


@pytest.mark.parametrize(
    ("backups", "max_age", "made"),
    [
        ([], None, True),
        ([YOUNG], None, True),
        ([], "24h", True),
        ([OLD], "24h", True),
        ([OLD, YOUNG], "24h", False),
        ([OTHERS], "24h", True),
        ([YOUNG], "2h", True),
        ([YOUNG], "3h", False),
    ],
)
def test_a_backup_is_made_unless_there_is_a_recent_one(backups, max_age, made):
    assert bool(plan(*backups, max_age=max_age).steps) is made


def test_a_backup_is_one_request_for_one_guest():
    (step,) = plan(notes="{{guestname}}\n\\o/\n", protected=True, retention={**RETENTION, "daily": 7, "last": 1}).steps

    assert (step.method, step.path) == ("POST", "/nodes/pve1/vzdump")
    assert step.params == {
        "vmid": "101",
        "storage": "nas",
        "mode": "snapshot",
        "compress": "zstd",
        "notes-template": "{{guestname}}\\n\\\\o/",
        "protected": 1,
        "prune-backups": "keep-last=1,keep-daily=7",
    }


def test_a_backup_that_is_to_leave_older_ones_alone_says_so():
    assert "remove" not in plan().steps[0].params
    assert plan(keep_older=True).steps[0].params["remove"] == 0


def test_a_new_backup_is_reached_whatever_its_name():
    made = plan(OLD)
    backups = Backups("nas")

    assert backups.is_reached(made, {"backups": ["nas:backup/just-now"]})
    assert not backups.is_reached(made, {"backups": [OLD["volid"]]})


def test_pruning_deletes_what_the_server_says_is_not_kept():
    made = plan(OLD, YOUNG, state="pruned", retention={**RETENTION, "last": 1}, expired=(OLD["volid"],))

    assert [(step.method, step.path, step.params) for step in made.steps] == [
        (
            "DELETE",
            "/nodes/pve1/storage/nas/prunebackups",
            {"prune-backups": "keep-last=1", "vmid": 101, "type": "qemu"},
        )
    ]
    assert made.after == {"backups": [YOUNG["volid"]]}
    assert plan(YOUNG, state="pruned", retention={**RETENTION, "last": 1}).steps == ()


VOLID = "nas:backup/vzdump-qemu-101-2026_11_21-00_23_53.vma.zst"


def volume_plan(entry, **options):
    return BackupVolume().plan(Backup(VOLID, "pve1", entry), {**OPTIONS, "volid": VOLID, **options})


@pytest.mark.parametrize(
    ("entry", "options", "requests"),
    [
        ({"protected": 0}, {"state": "absent"}, [("DELETE", {})]),
        (None, {"state": "absent"}, []),
        ({}, {"notes": "kept\n"}, [("PUT", {"notes": "kept"})]),
        ({"notes": "kept"}, {"notes": "kept"}, []),
        ({"notes": "kept"}, {"notes": ""}, [("PUT", {"notes": ""})]),
        ({"notes": "kept"}, {"protected": True}, [("PUT", {"protected": 1})]),
        ({"notes": "kept", "protected": 1}, {"protected": True}, []),
        ({"protected": 1}, {"protected": False, "notes": "x"}, [("PUT", {"notes": "x", "protected": 0})]),
    ],
)
def test_a_backup_is_changed_or_deleted_by_these_requests(entry, options, requests):
    made = volume_plan(entry, **options)

    path = "/nodes/pve1/storage/nas/content/" + VOLID.replace("/", "%2F")
    assert [(step.method, step.path, step.params) for step in made.steps] == [
        (method, path, params) for method, params in requests
    ]


@pytest.mark.parametrize("options", [{"notes": "kept", "protected": True}, {"state": "absent"}])
def test_a_backup_that_was_changed_or_deleted_needs_nothing_more(options):
    after = dict(volume_plan({"notes": "old"}, **options).after)

    assert volume_plan(after if after.pop("exists") else None, **options).steps == ()


@pytest.mark.parametrize(
    ("entry", "options", "code"),
    [
        ({"protected": 1}, {"state": "absent"}, errors.PROTECTED),
        (None, {"notes": "kept"}, errors.NOT_FOUND),
    ],
)
def test_a_protected_backup_is_not_deleted_and_a_missing_one_not_changed(entry, options, code):
    with pytest.raises(errors.PveError) as caught:
        volume_plan(entry, **options)

    assert caught.value.code == code


STOPPED = OverwrittenGuest(VM, "stopped", False, "abc")


def restore_plan(kind="qemu", over=None, vmid=101, new_name=None, config=None, **options):
    observed = ObservedRestore(VOLID, kind, vmid, "pve1", over, new_name, config or {})
    params = {**OPTIONS, "state": "restored", "volid": VOLID, "vmid": vmid, **options}
    return Restore().plan(observed, params)


@pytest.mark.parametrize(
    ("kind", "over", "options", "params"),
    [
        ("qemu", None, {}, {"archive": VOLID}),
        ("qemu", STOPPED, {"name": "web-01"}, {"archive": VOLID, "force": 1}),
        (
            "qemu",
            None,
            {"new_name": "copy", "unique": True, "target_storage": "fast", "pool": "dev", "bwlimit": 9},
            {"archive": VOLID, "unique": 1, "name": "copy", "storage": "fast", "pool": "dev", "bwlimit": 9},
        ),
        ("lxc", None, {"new_name": "copy"}, {"ostemplate": VOLID, "restore": 1, "hostname": "copy"}),
    ],
)
def test_a_restore_is_one_request_of_the_type_that_the_backup_holds(kind, over, options, params):
    (step,) = restore_plan(kind, over, **options).steps

    assert (step.method, step.path, step.params) == ("POST", f"/nodes/pve1/{kind}", {"vmid": 101, **params})


def test_a_restored_guest_is_started_by_a_request_of_its_own():
    made = restore_plan(start=True)

    assert [step.path for step in made.steps] == ["/nodes/pve1/qemu", "/nodes/pve1/qemu/101/status/start"]
    assert made.after == {"exists": True, "status": "running", "backup": VOLID}


def test_a_plan_to_overwrite_is_bound_to_name_and_configuration():
    made = restore_plan(over=STOPPED, name="web-01", new_name="web-02")

    assert (made.target["name"], made.config_digest) == ("web-01", "abc")
    assert restore_plan(new_name="web-02").target["name"] == "web-02"


@pytest.mark.parametrize(
    ("kind", "over", "code"),
    [
        ("qemu", OverwrittenGuest(VM, "running", False, "abc"), errors.UNSUPPORTED),
        ("qemu", OverwrittenGuest(VM, "stopped", True, "abc"), errors.PROTECTED),
        ("lxc", STOPPED, errors.UNSUPPORTED),
        (None, None, errors.UNSUPPORTED),
    ],
)
def test_a_running_protected_or_other_guest_is_not_overwritten(kind, over, code):
    with pytest.raises(errors.PveError) as caught:
        restore_plan(kind, over, name="web-01")

    assert (caught.value.code, bool(caught.value.hint)) == (code, True)


INVENTORY = Inventory((VM, Guest(102, "db-01", "pve2", "lxc", "stopped")), {"pve1": "online", "pve2": "offline"})


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"vmid": 300}, None),
        ({"vmid": 300, "name": "web-01"}, None),
        ({"vmid": 101, "name": "web-01"}, VM),
        ({"name": "web-01", "target": "pve1"}, VM),
        ({"vmid": 101}, errors.AMBIGUOUS),
        ({"vmid": 101, "name": "db-01"}, errors.NOT_FOUND),
        ({"name": "nosuch"}, errors.NOT_FOUND),
        ({"vmid": 101, "name": "web-01", "target": "pve2"}, errors.UNSUPPORTED),
        ({"vmid": 102, "name": "db-01"}, errors.NODE_OFFLINE),
    ],
)
def test_only_a_guest_that_is_named_is_overwritten(options, found):
    try:
        result = find_overwritten(INVENTORY, {**OPTIONS, **options})
    except errors.PveError as error:
        result = error.code

    assert result == found


class Answers:
    """Stands for the cluster: what it says of a guest's configuration."""

    def __init__(self, **config):
        self.config = config

    def get(self, path, **params):
        if not self.config:
            raise errors.PveError(errors.NOT_FOUND, "it does not exist")
        return self.config if path.endswith("/config") else {"status": "stopped"}


@pytest.mark.parametrize(
    ("cluster", "restored", "reached"),
    [
        (Answers(digest="new"), VOLID, True),
        (Answers(digest="new", lock="create"), None, True),
        (Answers(digest="abc"), None, True),
        (Answers(), None, False),
    ],
)
def test_a_guest_that_a_failed_restore_left_is_not_called_restored(cluster, restored, reached):
    made = restore_plan(over=STOPPED, name="web-01")

    state = Restore().read_state(cluster, ObservedRestore(VOLID, "qemu", 101, "pve1", STOPPED), made)

    assert (state["backup"], Restore().is_reached(made, state)) == (restored, reached)


MACHINE = {
    "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1",
    "net1": "e1000=BC:24:11:00:00:02,bridge=vmbr1,link_down=1",
    "tags": "prod",
}
CONTAINER = {"net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:03,ip=dhcp,type=veth"}


@pytest.mark.parametrize(
    ("kind", "config", "options", "sent"),
    [
        (
            "qemu",
            MACHINE,
            {"disconnect": True},
            {
                "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,link_down=1",
                "net1": "e1000=BC:24:11:00:00:02,bridge=vmbr1,link_down=1",
            },
        ),
        (
            "qemu",
            MACHINE,
            {"disconnect": True, "unique": True},
            {"net0": "virtio,bridge=vmbr0,firewall=1,link_down=1", "net1": "e1000,bridge=vmbr1,link_down=1"},
        ),
        (
            "lxc",
            CONTAINER,
            {"disconnect": True, "unique": True},
            {"net0": "name=eth0,bridge=vmbr0,ip=dhcp,type=veth,link_down=1"},
        ),
        ("qemu", {}, {"disconnect": True}, None),
        ("qemu", {}, {"tags": []}, {"delete": "tags"}),
        ("qemu", {}, {"tags": ["Copy", "a"]}, {"tags": "a;copy"}),
        ("qemu", {}, {}, None),
    ],
)
def test_a_restored_guest_is_set_up_before_it_may_start(kind, config, options, sent):
    steps = restore_plan(kind, config=config, start=True, **options).steps

    assert [step.params for step in steps if step.path.endswith("/config")] == ([sent] if sent else [])
    assert steps[-1].path.endswith("/status/start")


@pytest.mark.parametrize(
    "options",
    [
        {"max_age": "yesterday"},
        {"retention": RETENTION},
        {"retention": {**RETENTION, "last": 1}, "keep_older": True},
        {"volid": "nonsense", "notes": "x"},
        {"volid": VOLID, "notes": "x", "storage": "local"},
        {"volid": VOLID, "notes": "x", "vmid": 101},
        {"volid": VOLID},
        {"volid": "local:iso/a.iso", "state": "absent"},
        {"volid": VOLID, "state": "pruned", "retention": {**RETENTION, "last": 1}},
    ],
)
def test_bad_options_are_refused_before_anything_is_read(options):
    with pytest.raises(errors.PveError) as caught:
        check_options({**OPTIONS, **options})

    assert caught.value.code == errors.INVALID_PARAMETER


@pytest.mark.parametrize(
    ("options", "resource"),
    [
        ({"vmid": 101}, Backups),
        ({"volid": VOLID, "notes": "x"}, BackupVolume),
        ({"volid": VOLID, "state": "absent"}, BackupVolume),
        ({"volid": VOLID, "state": "restored", "vmid": 101}, Restore),
    ],
)
def test_options_that_belong_together_are_taken(options, resource):
    params = {**OPTIONS, **options}
    check_options(params)

    assert choose_resource(params).__class__ is resource
