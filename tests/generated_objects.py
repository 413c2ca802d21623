"""What clusters have beside guests, with odd and extreme values; the same for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from generated_guests import ODD

# Configuration files keep no blanks around a comment.
COMMENTS = [text for text in ODD if len(text) < 200 and text == text.strip()]
Request = tuple[str, str, dict[str, Any]]


def list_requests(seed: int, count: int) -> Iterator[Request]:
    """Requests that make so many objects of each kind in a cluster of two nodes whose guests are 101 and 102."""
    rng = random.Random(seed)
    for number in range(count):
        comment = rng.choice(COMMENTS)
        yield "POST", "/pools", {"poolid": f"p{number}", "comment": comment}
        yield from _list_access(rng, number, comment)
        yield "POST", "/cluster/backup", _make_job(rng, number, comment)
        yield from _list_firewall(rng, number, comment)
    yield from _list_ha(rng)
    yield "PUT", "/cluster/firewall/options", {"ebtables": 0, "log_ratelimit": "enable=0,burst=9,rate=5/hour"}
    yield "PUT", "/nodes/pve1/firewall/options", {"nftables": 1, "nf_conntrack_max": 40000, "tcpflags": 1}
    yield "PUT", "/nodes/pve1/qemu/101/firewall/options", {"dhcp": 0, "policy_in": "ACCEPT", "log_level_in": "debug"}
    for options in _STORAGES:
        yield "POST", "/storage", options


def _list_access(rng: random.Random, number: int, comment: str) -> Iterator[Request]:
    user, when = f"u{number}@pve", rng.choice([0, 1900000000])
    yield "POST", "/access/groups", {"groupid": f"g{number}", "comment": comment}
    names = {"comment": comment, "firstname": comment, "lastname": comment, "email": "a@example.com"}
    yield "POST", "/access/users", {"userid": user, "expire": when, "enable": rng.choice([0, 1]), **names}
    token = {"comment": comment, "privsep": rng.choice([0, 1]), "expire": when}
    yield "POST", f"/access/users/{user}/token/t{number}", token
    roles, path = rng.choice(["PVEAuditor", "PVEVMUser,PVEAdmin"]), rng.choice(["/", "/vms/101", "/storage/local"])
    yield "PUT", "/access/acl", {"path": path, "users": user, "roles": roles, "propagate": rng.choice([0, 1])}


def _make_job(rng: random.Random, number: int, comment: str) -> dict[str, Any]:
    return {
        "id": f"b{number}",
        "storage": "shared",
        "comment": comment,
        "schedule": rng.choice(["*:0/30", "mon..fri 02:30", "sun 01:00", "02:30", "2030-12-01 10:00", "*-*-1 03:00"]),
        "notes-template": rng.choice(["{{guestname}}", "a\\\\nb", "a\\nb", "C:\\\\x"]),
        "prune-backups": rng.choice(["keep-all=1", "keep-last=3", "keep-daily=7,keep-yearly=1"]),
        "mode": rng.choice(["snapshot", "stop", "suspend"]),
        "compress": rng.choice(["zstd", "0", "gzip", "lzo"]),
        "fleecing": rng.choice(["0", "enabled=1,storage=local-lvm"]),
        "exclude-path": ["/a b", "/c"],
        "performance": "max-workers=4,pbs-entries-max=1000",
        **{name: rng.choice([0, 1]) for name in ("enabled", "repeat-missed", "protected")},
        **rng.choice([{"vmid": "101,102"}, {"all": 1, "exclude": "101"}, {"pool": "p0"}]),
    }


def _list_firewall(rng: random.Random, number: int, comment: str) -> Iterator[Request]:
    cidr = rng.choice(["192.0.2.0/24", "2001:db8::/32", "192.0.2.7"])
    yield "POST", "/cluster/firewall/aliases", {"name": f"a{number}", "cidr": cidr, "comment": comment}
    yield "POST", "/cluster/firewall/ipset", {"name": f"s{number}", "comment": comment}
    entry = {"cidr": rng.choice([cidr, "dc/a0"]), "comment": comment, "nomatch": rng.choice([0, 1])}
    yield "POST", f"/cluster/firewall/ipset/s{number}", entry
    yield "POST", "/cluster/firewall/groups", {"group": f"gr{number}", "comment": comment}
    for place in ("/cluster/firewall/rules", f"/cluster/firewall/groups/gr{number}", "/nodes/pve1/firewall/rules"):
        yield "POST", place, _make_rule(rng, number, comment)
    yield "POST", "/nodes/pve1/qemu/101/firewall/rules", _make_rule(rng, number, comment)


def _make_rule(rng: random.Random, number: int, comment: str) -> dict[str, Any]:
    return {
        "type": rng.choice(["in", "out"]),
        "action": rng.choice(["ACCEPT", "DROP", "REJECT"]),
        "comment": rng.choice([comment, f"{comment} [k{number}]", f"[k{number}]", f"a [k{number}] b"]),
        "proto": rng.choice(["tcp", "udp"]),
        "dport": rng.choice(["80", "80,443", "8000:8080", "ssh"]),
        "log": rng.choice(["nolog", "info", "err"]),
        "enable": rng.choice([0, 1]),
        **rng.choice([{}, {"source": "192.0.2.1-192.0.2.9", "sport": "1024:65535"}, {"source": "+s0"}]),
    }


def _list_ha(rng: random.Random) -> Iterator[Request]:
    for sid in ("vm:101", "vm:102"):
        limits = {name: rng.choice([0, 1, 10]) for name in ("max_restart", "max_relocate")}
        # With another state the manager would stop them meanwhile.
        state = rng.choice(["started", "ignored"])
        yield "POST", "/cluster/ha/resources", {"sid": sid, "comment": rng.choice(COMMENTS), "state": state, **limits}
    rule = {"rule": "near", "type": "node-affinity", "nodes": "pve1:1000,pve2", "resources": "vm:101,vm:102"}
    yield "POST", "/cluster/ha/rules", {**rule, "comment": rng.choice(COMMENTS)}


_STORAGES: list[dict[str, Any]] = [
    {
        "storage": "dir",
        "type": "dir",
        "path": "/xy",
        "content": "iso",
        "nodes": "pve1",
        "shared": 1,
        "prune-backups": "keep-last=2",
        "max-protected-backups": 5,
        "bwlimit": "default=100,restore=200",
    },
    {"storage": "nfs", "type": "nfs", "server": "192.0.2.9", "export": "/e", "options": "vers=4.2,soft", "disable": 1},
    {"storage": "cifs", "type": "cifs", "server": "nas", "share": "x$", "username": "u", "password": "p#w"},
    {"storage": "rbd", "type": "rbd", "pool": "rbd", "monhost": "192.0.2.1;192.0.2.2", "krbd": 1, "content": "images"},
    {"storage": "zfs", "type": "zfspool", "pool": "rpool/data", "sparse": 1, "blocksize": "16k", "content": "images"},
    {"storage": "iscsi", "type": "iscsi", "portal": "192.0.2.1", "target": "iqn.2003-01.x:y", "content": "none"},
]
