"""What an API request does is told in words where its parameters would mislead."""

from __future__ import annotations

import pytest

from mcp_bridge.evidence.request_words import describe_request

Q = "/nodes/pve1/qemu/101"


@pytest.mark.parametrize(
    ("method", "path", "params", "words"),
    [
        ("POST", f"{Q}/status/shutdown", {"timeout": 180}, ["asks it to shut down cleanly, and waits 180 s"]),
        ("POST", f"{Q}/status/shutdown", {}, ["asks it to shut down cleanly"]),
        ("POST", f"{Q}/status/shutdown", {"forceStop": 0}, ["asks it to shut down cleanly"]),
        (
            "POST",
            f"{Q}/status/shutdown",
            {"forceStop": 1},
            ["pulls the plug if it is not off in time: no clean shutdown"],
        ),
        (
            "POST",
            f"{Q}/status/shutdown",
            {"forceStop": 1, "timeout": 60},
            ["pulls the plug if it is not off after 60 s: no clean shutdown"],
        ),
        ("POST", f"{Q}/status/shutdown", {"forceStop": 1, "timeout": 0}, ["pulls the plug: no clean shutdown"]),
        ("POST", f"{Q}/status/shutdown", {"forceStop": "1", "timeout": "0"}, ["pulls the plug: no clean shutdown"]),
        ("POST", f"{Q}/status/stop", {}, ["pulls the plug: no clean shutdown"]),
        (
            "POST",
            f"{Q}/status/stop",
            {"skiplock": 1, "overrule-shutdown": 1},
            [
                "pulls the plug: no clean shutdown",
                "passes by a lock of the guest",
                "breaks off a shutdown that is under way",
            ],
        ),
        ("POST", f"{Q}/status/reset", {}, ["resets it hard: no clean shutdown"]),
        ("POST", f"{Q}/status/suspend", {"todisk": 1}, ["saves its memory to disk, and turns it off"]),
        ("POST", f"{Q}/status/suspend", {}, ["pauses it: it stands still"]),
        (
            "POST",
            f"{Q}/snapshot",
            {"snapname": "a", "vmstate": 1},
            ["also saves its memory: it stands still meanwhile"],
        ),
        ("POST", f"{Q}/snapshot/a/rollback", {}, ["loses everything that changed since that snapshot"]),
        (
            "DELETE",
            f"{Q}/snapshot/a",
            {"force": 1},
            ["loses that snapshot", "force: goes on where Proxmox VE would refuse"],
        ),
        ("POST", "/nodes/pve1/vzdump", {"mode": "stop"}, ["shuts each guest down for its backup, and starts it again"]),
        ("POST", "/nodes/pve1/vzdump", {"mode": "suspend"}, ["pauses each guest for its backup"]),
        ("POST", "/nodes/pve1/vzdump", {"mode": "snapshot", "remove": 0}, []),
        ("PUT", "/cluster/backup/nightly", {"all": 1}, ["covers every guest"]),
        ("POST", "/nodes/pve1/lxc/104/migrate", {"restart": 1}, ["shuts it down, moves it, and starts it again"]),
        (
            "POST",
            "/nodes/pve1/qemu",
            {"archive": "a", "force": 1, "start": 1},
            ["overwrites the guest that has this id (force)", "starts it afterwards"],
        ),
        (
            "DELETE",
            Q,
            {"purge": 1},
            ["destroys the guest with its disks", "also takes it out of backup jobs, replication and HA"],
        ),
        ("POST", "/cluster/ha/resources", {"sid": "vm:101", "state": "stopped"}, ["HA stops it, and keeps it stopped"]),
        ("PUT", "/cluster/ha/resources/vm:101", {"state": "disabled"}, ["HA stops it, and no longer cares for it"]),
        ("PUT", "/cluster/firewall/options", {"enable": 0}, ["switches this firewall off"]),
        ("PUT", f"{Q}/firewall/options", {"policy_in": "ACCEPT"}, ["lets in whatever no rule speaks of"]),
        ("POST", f"{Q}/firewall/rules", {"type": "in", "action": "ACCEPT"}, ["lets everybody in"]),
        ("POST", f"{Q}/firewall/rules", {"type": "in", "action": "ACCEPT", "source": "10.0.0.0/8"}, []),
        ("POST", f"{Q}/firewall/rules", {"type": "in", "action": "ACCEPT", "enable": 0}, ["the rule is not in force"]),
        ("PUT", f"{Q}/config", {"delete": "net1,description"}, ["removes net1,description"]),
        ("PUT", f"{Q}/config", {"cores": 2}, []),
    ],
)
def test_a_request_is_told(method, path, params, words):
    assert describe_request(method, path, params) == words
