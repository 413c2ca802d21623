"""What takes a run back is planned from what it said it did."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue import arguments
from mcp_bridge.evidence.undo import plan_undo


def guest(before, after, vmid=101, *, changed=True):
    return {"vmid": vmid, "name": f"web-{vmid}", "node": "pve1", "before": before, "after": after, "changed": changed}


def power(before, after, vmid=101):
    return guest({"state": before}, {"state": after}, vmid)


def snapshots(before, after):
    return guest({"snapshots": [{"name": n} for n in before]}, {"snapshots": [{"name": n} for n in after]})


ONE = {"vmid": 101, "name": "web-101"}
SSH = {"key": "ssh", "enable": True, "type": "in", "action": "ACCEPT", "proto": "tcp", "dport": "22"}


@pytest.mark.parametrize(
    ("tool", "given", "was", "call"),
    [
        ("stop_guest", {}, power("running", "stopped"), ("start_guest", ONE)),
        ("start_guest", {}, power("stopped", "running"), ("stop_guest", ONE)),
        ("reboot_guest", {}, power("stopped", "running"), ("stop_guest", ONE)),
        ("suspend_guest", {}, power("running", "paused"), ("start_guest", ONE)),
        ("resume_guest", {}, power("paused", "running"), ("suspend_guest", ONE)),
        ("start_guest", {}, power("hibernated", "running"), ("hibernate_guest", ONE)),
        ("snapshot_guest", {"snapname": "a1"}, snapshots([], ["a1"]), ("delete_snapshot", {**ONE, "snapname": "a1"})),
        (
            "migrate_guest",
            {"target": "pve2", "restart": True},
            guest({"node": "pve1"}, {"node": "pve2"}),
            ("migrate_guest", {**ONE, "restart": True, "target": "pve1"}),
        ),
        (
            "drain_node",
            {"drain": "p1"},
            guest({"node": "p1"}, {"node": "p2"}),
            ("migrate_guest", {**ONE, "target": "p1"}),
        ),
        (
            "move_guest_disk",
            {"disks": [{"slot": "scsi0", "storage": "nas"}]},
            guest({"disks": {"scsi0": {"storage": "zfs"}}}, {"disks": {"scsi0": {"storage": "nas"}}}),
            ("move_guest_disk", {**ONE, "disks": [{"slot": "scsi0", "storage": "zfs"}]}),
        ),
        (
            "return_node",
            {"return_to": "p1", "moved": [{"vmid": 101, "name": "web-101", "node": "p2"}]},
            guest({"node": "p2"}, {"node": "p1"}),
            ("migrate_guest", {**ONE, "target": "p2"}),
        ),
        (
            "set_guest_tags",
            {"tags": ["a", "c"]},
            guest({"tags": ["a", "b"]}, {"tags": ["a", "c"]}),
            ("set_guest_tags", {**ONE, "add_tags": ["b"], "remove_tags": ["c"]}),
        ),
        (
            "resize_guest",
            {},
            guest({"exists": True, "cores": 2, "memory": 2048}, {"exists": True, "cores": 4, "memory": 2048}),
            ("resize_guest", {**ONE, "cores": 2}),
        ),
        (
            "configure_guest",
            {},
            guest({"name": "web-101", "onboot": False}, {"name": "new", "onboot": True}),
            ("configure_guest", {"vmid": 101, "name": "new", "new_name": "web-101", "onboot": False}),
        ),
        (
            "configure_guest",
            {},
            guest(
                {"description": "", "startup": {"order": "3", "up": "20"}},
                {"description": "hacked", "startup": {"order": "1"}},
            ),
            ("configure_guest", {**ONE, "description": "", "startup": "order=3,up=20"}),
        ),
        (
            "set_cloudinit",
            {},
            guest(
                {
                    "ciuser": "a",
                    "ipconfig0": {"ip": "dhcp"},
                    "nameserver": "1.1.1.1 9.9.9.9",
                    "searchdomain": "a b",
                    "sshkeys": ["ssh-rsa A"],
                },
                {
                    "ciuser": "b",
                    "ipconfig0": {"ip": "auto"},
                    "nameserver": "8.8.8.8",
                    "searchdomain": "c",
                    "sshkeys": ["ssh-rsa B"],
                },
            ),
            (
                "set_cloudinit",
                {
                    **ONE,
                    "user": "a",
                    "ipconfig": [{"interface": 0, "ip": "dhcp"}],
                    "nameservers": ["1.1.1.1", "9.9.9.9"],
                    "searchdomain": ["a", "b"],
                    "ssh_keys": ["ssh-rsa A"],
                },
            ),
        ),
        (
            "add_firewall_rule",
            {},
            guest({"rules": [{**SSH, "comment": ""}]}, {"rules": [{**SSH, "key": "new"}, {**SSH, "action": "DROP"}]}),
            ("set_firewall", {**ONE, "level": "guest", "rules": [SSH, {"key": "new", "state": "absent"}]}),
        ),
        (
            "set_firewall",
            {},
            guest({"options": {"policy_in": "DROP"}}, {"options": {"policy_in": "ACCEPT", "enable": True}}),
            (
                "set_firewall",
                {**ONE, "level": "guest", "options": {"policy_in": "DROP"}, "reset_options": ["enable"]},
            ),
        ),
    ],
)
def test_a_run_with_an_inverse_is_taken_back(tool, given, was, call):
    undoing = plan_undo(tool, given, {"guests": [was]})

    assert undoing.calls == [call]
    assert undoing.irreversible == []
    assert arguments.validate(catalogue.load()[call[0]], call[1]) == []


@pytest.mark.parametrize(
    ("tool", "given", "was", "why"),
    [
        ("reboot_guest", {}, power("running", "running"), "is running again"),
        ("stop_guest", {}, power("paused", "stopped"), "it was paused before"),
        ("hibernate_guest", {}, power("paused", "hibernated"), "it was paused before"),
        ("reset_guest", {}, power("running", "running"), "when it was reset"),
        ("create_guest", {}, guest({"exists": False}, {"exists": True}), "delete it in Proxmox VE"),
        ("stop_guest", {}, guest({"state": "running"}, {}), None),
        ("snapshot_guest", {"snapname": "a1"}, snapshots(["a1"], ["a1"]), "was there before"),
        ("migrate_guest", {"target": "pve2"}, guest({"node": "pve1"}, {}), "not known where"),
        ("rollback_guest", {"snapname": "a1"}, guest({}, {}), "is lost"),
        ("delete_snapshot", {"snapname": "a1"}, snapshots(["a1"], []), "is lost"),
        ("clone_guest", {}, guest({}, {}), "delete it in Proxmox VE"),
        ("backup_guest", {}, guest({}, {}), "no tool does"),
        ("set_pool", {}, guest({}, {}), "no tool that takes this back"),
        ("set_cloudinit", {}, guest({"ciuser": None}, {"ciuser": "b"}), "ciuser was not set before"),
        ("resize_guest", {}, guest({"scsi0": {"size": 1}}, {"scsi0": {"size": 2}}), "does not shrink"),
        ("configure_guest", {}, guest({"ostype": ""}, {"ostype": "l26"}), "was not set before"),
        ("configure_guest", {}, guest({"agent": {}}, {"agent": {"enabled": "1"}}), "to set it by hand"),
        ("set_firewall", {}, guest({"aliases": []}, {"aliases": [{"name": "x"}]}), "aliases: `runs diff` shows"),
    ],
)
def test_a_run_without_an_inverse_says_why(tool, given, was, why):
    undoing = plan_undo(tool, given, {"guests": [was]})

    if why is None:
        # How it ended is not known, but what it was is.
        assert undoing.calls == [("start_guest", ONE)]
    else:
        assert undoing.calls == []
        assert undoing.irreversible[0].startswith("Guest 101 (web-101): ")
        assert why in undoing.irreversible[0]


def test_a_firewall_of_something_else_is_taken_back_by_its_place():
    changed = {"level": "node", "node": "pve1", "before": {"options": {}}, "after": {"options": {"enable": True}}}

    undoing = plan_undo("set_firewall", {}, {"firewalls": [{**changed, "changed": True}]})

    call = ("set_firewall", {"level": "node", "node": "pve1", "reset_options": ["enable"]})
    assert (undoing.calls, undoing.irreversible) == ([call], [])
    assert arguments.validate(catalogue.load()[call[0]], call[1]) == []


def test_guests_that_need_the_same_are_one_call_and_unchanged_ones_none():
    was = [power("running", "stopped", 101), power("paused", "stopped", 102), power("running", "stopped", 103)]

    unchanged = guest({"state": "stopped"}, {"state": "stopped"}, 104, changed=False)
    undoing = plan_undo("stop_guest", {}, {"guests": [*was, unchanged]})

    assert undoing.calls == [("start_guest", {"guests": {"vmids": [101, 103], "names": ["web-101", "web-103"]}})]
    assert undoing.irreversible == ["Guest 102 (web-102): it was paused before, and what was in its memory is lost."]
