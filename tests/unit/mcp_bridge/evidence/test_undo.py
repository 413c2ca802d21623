"""What takes a run back is planned from what it said it did."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue import arguments
from mcp_bridge.evidence.undo import plan_undo
from mcp_bridge.evidence.undo.since import find_changes_since


def guest(before, after, vmid=101, *, changed=True):
    return {"vmid": vmid, "name": f"web-{vmid}", "node": "pve1", "before": before, "after": after, "changed": changed}


def power(before, after, vmid=101):
    return guest({"state": before}, {"state": after}, vmid)


def list_calls(undoing):
    return [(call.tool, call.arguments) for call in undoing.calls]


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

    assert list_calls(undoing) == [call]
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
        assert list_calls(undoing) == [("start_guest", ONE)]
    else:
        assert list_calls(undoing) == []
        assert undoing.irreversible[0].startswith("Guest 101 (web-101): ")
        assert why in undoing.irreversible[0]


def test_a_firewall_of_something_else_is_taken_back_by_its_place():
    changed = {"level": "node", "node": "pve1", "before": {"options": {}}, "after": {"options": {"enable": True}}}

    undoing = plan_undo("set_firewall", {}, {"firewalls": [{**changed, "changed": True}]})

    call = ("set_firewall", {"level": "node", "node": "pve1", "reset_options": ["enable"]})
    assert (list_calls(undoing), undoing.irreversible) == ([call], [])
    assert arguments.validate(catalogue.load()[call[0]], call[1]) == []


def test_guests_that_need_the_same_are_one_call_and_unchanged_ones_none():
    was = [power("running", "stopped", 101), power("paused", "stopped", 102), power("running", "stopped", 103)]

    unchanged = guest({"state": "stopped"}, {"state": "stopped"}, 104, changed=False)
    undoing = plan_undo("stop_guest", {}, {"guests": [*was, unchanged]})

    assert list_calls(undoing) == [("start_guest", {"guests": {"vmids": [101, 103], "names": ["web-101", "web-103"]}})]
    assert undoing.irreversible == ["Guest 102 (web-102): it was paused before, and what was in its memory is lost."]


@pytest.mark.parametrize(
    ("before", "after", "now", "changes"),
    [
        ({"cores": 2}, {"cores": 4}, {"cores": 4}, None),
        ({"cores": 2}, {"cores": 4}, {"cores": 2}, None),
        ({"cores": 2}, {"cores": 4}, {"cores": 8}, "cores is 8 by now, and was left as 4"),
        # What the call for it doesn't look at, and what the run has not changed.
        ({"cores": 2, "memory": 64}, {"cores": 4, "memory": 64}, {"cores": 4, "memory": 128}, None),
        (
            {"cores": 2, "disks": {"scsi0": {"size": 1}}},
            {"cores": 4, "disks": {"scsi0": {"size": 2}}},
            {"cores": 4},
            None,
        ),
        ({"state": "running"}, {"state": "stopped"}, {"state": "paused"}, "state is paused by now"),
        ({"node": "pve1"}, {"node": "pve2"}, {"node": "pve3"}, "node is pve3 by now, and was left as pve2"),
        ({"description": "a"}, {"description": "b"}, {"description": ""}, "description is nothing by now"),
        # Tags are added and removed one by one.
        ({"tags": ["a"]}, {"tags": ["a", "b"]}, {"tags": ["a", "b", "c"]}, None),
        (
            {"disks": {"scsi0": {"storage": "zfs"}, "scsi1": {"storage": "zfs"}}},
            {"disks": {"scsi0": {"storage": "nas"}, "scsi1": {"storage": "nas"}}},
            {"disks": {"scsi0": {"storage": "nas"}, "scsi1": {"storage": "ceph"}}},
            "disks.scsi1.storage is ceph by now, and was left as nas",
        ),
        ({"options": {}}, {"options": {"enable": True}}, {"options": {"enable": True}}, None),
        ({"options": {}}, {"options": {"enable": True}}, {"options": {"enable": False}}, "options.enable is False"),
        # Rules that others have added stay; what they made of the run's own would be lost.
        ({"rules": []}, {"rules": [SSH]}, {"rules": [{"key": None, "action": "DROP"}, SSH]}, None),
        (
            {"rules": []},
            {"rules": [SSH]},
            {"rules": [{**SSH, "source": "10.0.0.0/8"}]},
            "rules.ssh.source is 10.0.0.0/8",
        ),
        ({"rules": [SSH]}, {"rules": [{**SSH, "dport": "2222"}]}, {"rules": []}, "rules.ssh is nothing by now"),
    ],
    ids=map(str, range(15)),
)
def test_what_somebody_has_changed_since_is_found(before, after, now, changes):
    found = find_changes_since([guest(before, after)], [guest(now, before, 7), guest(now, before)])

    assert (found == {}) is (changes is None), found
    assert changes is None or changes in found["101"]


@pytest.mark.parametrize(("taken", "is_changed"), [(1000, False), (2000, True)])
def test_another_snapshot_of_the_same_name_is_not_the_one_that_was_taken(taken, is_changed):
    def row(before, after, times):
        return {**snapshots(before, after), "snaptimes": times}

    left = row(["old"], ["old", "mine"], {"old": 1, "mine": 1000})
    now = row(["mine", "theirs"], ["theirs"], {"mine": taken, "theirs": 3000})

    found = find_changes_since([left], [now])

    assert found == ({"101": "snapshot mine is another one of that name by now"} if is_changed else {})


def test_a_guest_that_the_run_has_renamed_and_a_firewall_are_known_again():
    renamed = guest({"name": "a", "cores": 1}, {"name": "b", "cores": 2})
    place = {"level": "node", "node": "pve1"}
    firewall = {**place, "before": {"options": {}}, "after": {"options": {"enable": True}}}

    found = find_changes_since(
        [renamed, firewall],
        [{**guest({"name": "b", "cores": 3}, {}), "name": "b"}, {**place, "before": {"options": {"enable": False}}}],
    )

    assert list(found) == ["101", "Firewall node pve1"]
