from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.merge import (
    Rules,
    leave_out,
    list_fields,
    merge,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.paths import parse_path, render_path
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.plan import Observed
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources import cloudinit, guest

WEB = Guest(101, "web-01", "pve1", "qemu", "stopped")
PATH = ("guests", "web-01")
CONFIG = {
    "name": "web-01",
    "cores": 2,
    "memory": "2048",
    "tags": "prod;web",
    "vga": "std",
    "scsi0": "local:101/vm-101-disk-0.qcow2,size=20G,cache=none",
    "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5",
    "ciuser": "admin",
    "ipconfig0": "ip=10.0.0.5/24",
}


def complete(module, entry):
    """The entry as a module gets it: with everything that is not given."""
    result = ArgumentSpecValidator(module.argument_spec()).validate({"vmid": 101, **entry})
    assert not result.error_messages
    return result.validated_parameters


def plan_guest(config):
    def make_plan(entry):
        params = complete(guest, entry)
        return guest.Guests(params).plan(Observed(WEB, True, {**CONFIG, **config}, disks=params["disks"]), params)

    return make_plan


def describe_guest(config):
    def describe(entry):
        params = complete(guest, entry)
        return guest.Guests(params).describe(Observed(WEB, True, {**CONFIG, **config}, disks=params["disks"]), params)

    return describe


def plan_cloudinit(config):
    def make_plan(entry):
        observed = cloudinit.ConfiguredGuest(WEB, {**CONFIG, **config})
        return cloudinit.CloudInit().plan(observed, complete(cloudinit, entry))

    return make_plan


def describe(merged):
    """Paths with origins of the changes, and paths with policies of the conflicts."""
    changes = {render_path(one.path[2:]): one.origin for one in merged.changes}
    return changes, {render_path(one.path[2:]): one.policy for one in merged.conflicts}


DISK = {"slot": "scsi0", "storage": "local", "size": 20}
NIC = {"slot": "net0", "bridge": "vmbr0", "tag": 5}


CONFLICTS = {
    # Nothing was applied yet: each difference is a wish.
    "first": ({"cores": 4}, None, {}, {"cores": "wish"}, {}),
    "first and met": ({"cores": 2}, None, {}, {}, {}),
    "new value": ({"cores": 4}, {"cores": 2}, {}, {"cores": "wish"}, {}),
    "new option": ({"cores": 4, "memory": 4096}, {"cores": 2}, {}, {"cores": "wish", "memory": "wish"}, {}),
    # Somebody else has changed it.
    "drift": ({"cores": 2}, {"cores": 2}, {"cores": 8}, {"cores": "drift"}, {"cores": "fail"}),
    "both changed it": ({"cores": 4}, {"cores": 2}, {"cores": 8}, {"cores": "drift"}, {"cores": "fail"}),
    "both made it the same": ({"cores": 4}, {"cores": 2}, {"cores": 4}, {}, {}),
    # What is not declared any more is not managed.
    "undeclared": ({"cores": 2}, {"cores": 2, "memory": 1024}, {}, {}, {}),
    # Each property of a device is a field.
    "size": ({"disks": [{**DISK, "size": 30}]}, {"disks": [DISK]}, {}, {"disks.scsi0.size": "wish"}, {}),
    "size and cache": (
        {"disks": [{**DISK, "size": 30, "cache": "writeback"}]},
        {"disks": [{**DISK, "cache": "writeback"}]},
        {},
        {"disks.scsi0.size": "wish", "disks.scsi0.cache": "drift"},
        {"disks.scsi0.cache": "fail"},
    ),
    "other property": (
        {"disks": [{"slot": "scsi0", "options": {"aio": "native"}}]},
        None,
        {},
        {"disks.scsi0.options.aio": "wish"},
        {},
    ),
    "tag and bridge": (
        {"nics": [{**NIC, "tag": 6}]},
        {"nics": [NIC]},
        {"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr1,tag=5"},
        {"nics.net0.tag": "wish", "nics.net0.bridge": "drift"},
        {"nics.net0.bridge": "fail"},
    ),
    "address": ({"nics": [{**NIC, "mac": "BC:24:11:00:00:02"}]}, None, {}, {"nics.net0.mac": "wish"}, {}),
    "device that was taken away": (
        {"nics": [NIC, {"slot": "net1", "bridge": "vmbr0"}]},
        {"nics": [NIC, {"slot": "net1", "bridge": "vmbr0"}]},
        {},
        {"nics.net1": "drift"},
        {"nics.net1": "fail"},
    ),
    "config": ({"config": {"vga": "qxl"}}, {"config": {"vga": "std"}}, {}, {"config.vga": "wish"}, {}),
    "drift of config": (
        {"config": {"vga": "std"}},
        {"config": {"vga": "std"}},
        {"vga": "qxl"},
        {"config.vga": "drift"},
        {"config.vga": "fail"},
    ),
    "tags": ({"tags": ["web"]}, {"tags": ["web", "prod"]}, {}, {"tags": "wish"}, {}),
    "added tag": ({"add_tags": ["blue"]}, None, {}, {"add_tags": "wish"}, {}),
    "template": ({"state": "template"}, None, {}, {"state": "wish"}, {}),
}


@pytest.mark.parametrize(("desired", "last", "found", "changes", "conflicts"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_somebody_else_has_changed_is_a_conflict(desired, last, found, changes, conflicts):
    merged = merge(plan_guest(found), PATH, desired, last, Rules())

    assert describe(merged) == (changes, conflicts)


@pytest.mark.parametrize(
    ("desired", "last", "found", "changes"),
    [
        ({"user": "root"}, {"user": "admin"}, {}, {"user": "wish"}),
        ({"user": "admin"}, {"user": "admin"}, {"ciuser": "eve"}, {"user": "drift"}),
        (
            {"ipconfig": [{"interface": 0, "ip": "10.0.0.6/24"}]},
            {"ipconfig": [{"interface": 0, "ip": "10.0.0.5/24"}]},
            {},
            {"ipconfig.0": "wish"},
        ),
        ({"nameservers": ["10.0.0.1"]}, None, {}, {"nameservers": "wish"}),
    ],
)
def test_cloud_init_fields(desired, last, found, changes):
    assert describe(merge(plan_cloudinit(found), PATH, desired, last, Rules()))[0] == changes


RULES = {
    # It stays as they made it.
    "keep": ({"guests.*.cores": "keep"}, {"cores": 2}, {"cores": 2}, {"cores": 8}, {}, {}),
    "keep of both": ({"guests.*.cores": "keep"}, {"cores": 4}, {"cores": 2}, {"cores": 8}, {}, {"cores": "keep"}),
    "keep of a wish": ({"guests.*.cores": "keep"}, {"cores": 4}, {"cores": 2}, {}, {"cores": 4}, {}),
    "keep at first": ({"guests.*.cores": "keep"}, {"cores": 4}, None, {"cores": 8}, {"cores": 4}, {}),
    # The fleet takes it back.
    "take": ({"guests.*": "take"}, {"cores": 2}, {"cores": 2}, {"cores": 8}, {"cores": 2}, {"cores": "take"}),
    "pattern that says more": (
        {"guests.*": "take", "guests.web-01.cores": "keep"},
        {"cores": 4, "memory": 2048},
        {"cores": 2, "memory": 2048},
        {"cores": 8, "memory": "512"},
        {"memory": 2048},
        {"cores": "keep", "memory": "take"},
    ),
    # Somebody has made a disk larger, which can't be planned back.
    "larger disk": (
        {"guests.*.disks": "keep"},
        {"disks": [{**DISK, "size": 10}]},
        {"disks": [{**DISK, "size": 10}]},
        {},
        {},
        {},
    ),
}


@pytest.mark.parametrize(("rules", "desired", "last", "found", "sent", "conflicts"), RULES.values(), ids=RULES)
def test_a_rule_says_what_becomes_of_a_conflict(rules, desired, last, found, sent, conflicts):
    merged = merge(plan_guest(found), PATH, desired, last, Rules(rules))

    params = [{k: v for k, v in step.params.items() if k != "digest"} for step in merged.plan.steps]
    assert {key: value for one in params for key, value in one.items()} == sent
    assert describe(merged)[1] == conflicts


def test_what_is_ignored_is_no_wish():
    entry = {"cores": 4, "description": "new", "disks": [{**DISK, "size": 10, "cache": "writeback"}]}
    rules = Rules(ignore=("guests.web-*.description", "guests.*.disks.*.size"))

    merged = merge(plan_guest({}), PATH, entry, None, rules)

    assert describe(merged)[0] == {"cores": "wish", "disks.scsi0.cache": "wish"}
    assert merged.entry["disks"] == [{"slot": "scsi0", "storage": "local", "cache": "writeback"}]


def test_rules_of_an_entry_count_more_than_those_of_the_fleet():
    entry = {"on_conflict": {"cores": "take"}, "ignore": ["description"]}

    rules = Rules({"guests.web-01.cores": "keep", "guests.*.tags": "keep"}).for_object(PATH, entry)

    assert rules.find_policy((*PATH, "cores")) == "take"
    assert rules.find_policy((*PATH, "tags")) == "keep"
    assert rules.find_policy((*PATH, "memory")) == "fail"
    assert rules.is_ignored((*PATH, "description"))
    assert not rules.is_ignored(("guests", "db-01", "description"))


def test_a_conflict_tells_the_three_values():
    (conflict,) = merge(plan_guest({"cores": 8}), PATH, {"cores": 4}, {"cores": 2}, Rules()).conflicts

    assert conflict.describe() == {
        "path": "guests.web-01.cores",
        "desired": 4,
        "observed": 8,
        "last": 2,
        "policy": "fail",
    }


SHRUNK = {"disks": [{**DISK, "size": 10}]}


def test_a_wish_that_is_impossible_is_an_error_and_an_old_one_is_not():
    for last in (None, {"cores": 2}):
        refused = merge(plan_guest({}), PATH, SHRUNK, last, Rules(), describe_guest({}))
        assert (refused.plan, describe(refused)) == (None, ({"disks.scsi0.size": "wish"}, {}))
        assert "disks can't shrink" in str(refused.failure)
    fitting = {"disks": [{**DISK, "size": 30}]}
    assert describe(merge(plan_guest({}), PATH, fitting, SHRUNK, Rules())) == ({"disks.scsi0.size": "wish"}, {})


@pytest.mark.parametrize(
    ("desired", "last", "path"),
    [
        (SHRUNK, SHRUNK, "disks.scsi0.size"),
        (SHRUNK, {"disks": [{**DISK, "size": 5}]}, "disks.scsi0.size"),
        ({"disks": [{**DISK, "storage": "ceph"}]}, {"disks": [{**DISK, "storage": "ceph"}]}, "disks.scsi0.storage"),
    ],
    ids=["larger disk", "larger disk and wish", "moved disk"],
)
def test_what_somebody_else_made_and_nobody_can_take_back_is_a_conflict(desired, last, path):
    merged = merge(plan_guest({}), PATH, desired, last, Rules(), describe_guest({}))

    assert merged.plan is None
    assert merged.failure is not None
    assert describe(merged) == ({}, {path: "fail"})
    # The fleet can't take it back, and keeps it where it may.
    taken = merge(plan_guest({}), PATH, desired, last, Rules({"guests.*": "take"}), describe_guest({}))
    assert (taken.plan, str(taken.failure)) == (None, str(merged.failure))
    kept = merge(plan_guest({}), PATH, {**desired, "cores": 4}, last, Rules({"guests.*": "keep"}), describe_guest({}))
    assert describe(kept)[0] == {"cores": "wish"}
    assert kept.failure is None


ENTRY = {
    "cores": 2,
    "tags": [],
    "disks": [{"slot": "scsi0", "size": 20, "options": {"aio": "native"}}, {"slot": "ide2", "cdrom": "none"}],
    "nics": [{"slot": "net0", "bridge": "vmbr0"}],
    "config": {"vga": "std"},
    "ipconfig": [{"interface": 0, "ip": "dhcp"}],
}


def test_fields_are_options_and_properties_of_devices():
    assert {render_path(path): value for path, value in list_fields(ENTRY)} == {
        "cores": 2,
        "tags": [],
        "disks.scsi0.size": 20,
        "disks.scsi0.options.aio": "native",
        "disks.ide2.cdrom": "none",
        "nics.net0.bridge": "vmbr0",
        "config.vga": "std",
        "ipconfig.0": {"interface": 0, "ip": "dhcp"},
    }


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        ([], {}),
        (["cores"], {"cores": None}),
        (["tags"], {"tags": None}),
        (["disks.ide2.cdrom"], {"disks": ENTRY["disks"][:1]}),
        (["disks.ide2"], {"disks": ENTRY["disks"][:1]}),
        (["disks.scsi0.options.aio"], {"disks": [{"slot": "scsi0", "size": 20}, ENTRY["disks"][1]]}),
        (["disks.scsi0.size", "disks.scsi0.options.aio", "disks.ide2"], {"disks": None}),
        (["nics.net0.bridge"], {"nics": None}),
        (["config.vga"], {"config": None}),
        (["ipconfig.0"], {"ipconfig": None}),
    ],
)
def test_a_field_is_taken_out_of_a_wish(paths, left):
    wanted = {key: value for key, value in {**ENTRY, **left}.items() if value is not None}

    assert leave_out(ENTRY, map(parse_path, paths)) == wanted
