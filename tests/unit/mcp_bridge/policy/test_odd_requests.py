"""Whatever a request holds, it is judged, and never as less than it does."""

from __future__ import annotations

import random

import pytest
from asking import AI, ask_about, decide, guest

from mcp_bridge.policy.effects import EFFECTS, TABLE

HUGE, LONG = "9" * 30, "x" * 300
TEXTS = [
    "",
    "0",
    "1",
    "abc",
    "101",
    "101,102",
    "vm:101",
    "\u00b2",
    HUGE,
    "http://[::1/",
    "://",
    "a@b",
    LONG,
    "\x00",
    "nan",
]
VALUES = [*TEXTS, "virtio=zz,bridge=", "=,=,", "%zz", "local:101/a.raw", None, True, False, 1.5, ["a", 1], {"a": 1}]
WHAT = [
    "mode",
    "force",
    "archive",
    "ostemplate",
    "restore",
    "unique",
    "start",
    "pool",
    "target",
    "online",
    "all",
    "name",
]
WHOM = ["vmid", "newid", "vms", "sid", "resources", "exclude", "target-vmid", "poolid", "path", "command", "skiplock"]
KEYS = [
    "net0",
    "scsi0",
    "memory",
    "cores",
    "cpulimit",
    "delete",
    "tags",
    "agent",
    "ipconfig0",
    "rootfs",
    "mp0",
    "onboot",
]
MORE = ["url", "server", "monhost", "enable", "policy_in", "action", "state", "protected", "remove", "prune-backups"]
NAMES = [*WHAT, *WHOM, *KEYS, *MORE]
PLACES = [
    "nodes",
    "pve1",
    "qemu",
    "lxc",
    "101",
    "\u00b2",
    "%2e%2e",
    "..",
    "a%2Fb",
    "cluster",
    "access",
    "storage",
    "tasks",
]
SEGMENTS = [*PLACES, "config", "status", "start", "ha", "resources", "vm:101", "acl", "UPID:a", "content", "firewall"]


def make_step(chance):
    if chance.random() < 0.6:
        row = chance.choice(TABLE)
        path = row.path.replace("{guest}", f"/nodes/pve1/{chance.choice(['qemu', 'lxc'])}/101")
        path = path.replace("{type}", "qemu").replace("{scope*}", "/cluster")
        path = "/".join(chance.choice(["x", "101", "%00"]) if "{" in part else part for part in path.split("/"))
        method = row.method
    else:
        path = "/" + "/".join(chance.choice(SEGMENTS) for _dummy in range(chance.randint(1, 7)))
        method = chance.choice(["POST", "PUT", "DELETE", "post"])
    return method, path, {chance.choice(NAMES): chance.choice(VALUES) for _dummy in range(chance.randint(0, 5))}


@pytest.mark.parametrize("seed", range(20))
def test_a_request_of_any_shape_is_judged(seed):
    chance = random.Random(seed)
    for number in range(100):
        step = make_step(chance)
        config = {name: chance.choice(VALUES) for name in chance.sample(NAMES, 6)}
        asked = ask_about([step], AI, guest(kind=chance.choice(["qemu", "lxc"]), config=config))

        assert asked.parts, step
        assert {"changes"} <= asked.effects <= set(EFFECTS), step
        if number % 20 == 0:
            assert decide(asked)[0] in ("allow", "hold", "refuse")
