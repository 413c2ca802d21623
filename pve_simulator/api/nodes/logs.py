# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node's system log: the lines of its tasks and of the cluster log."""

from __future__ import annotations

import time
from typing import Any

from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Reply, route

_DEFAULT_LIMIT = 50
_PROCESSES = {"pvedaemon": 1200, "pvestatd": 1150}


def _list_lines(call: Call) -> list[tuple[float, str]]:
    node = call.cluster.nodes[call.node]
    boot = [
        (node.boot_time, "systemd-journald[480]: Journal started"),
        (node.boot_time, "systemd[1]: Started pve-cluster.service - The Proxmox VE cluster filesystem."),
        (node.boot_time, "pvestatd[1150]: starting server"),
        (node.boot_time, "pvedaemon[1200]: starting 3 worker(s)"),
    ]
    own = [
        (entry.time, f"{entry.tag}[{_PROCESSES.get(entry.tag, 900)}]: <{entry.user}> {entry.message}")
        for entry in call.world.log
        if entry.node == call.node
    ]
    return sorted([*boot, *own], key=lambda line: line[0])


@route("GET", "/nodes/{node}/syslog")
def syslog(call: Call) -> Reply:
    """Lines from `start` on, at most `limit`, with how many there are."""
    lines = [_stamp(moment, call.node, text) for moment, text in _list_lines(call)]
    service = call.text("service")
    if service is not None:
        lines = [line for line in lines if f" {service}[" in line]
    start, limit = call.integer("start"), call.integer("limit", _DEFAULT_LIMIT)
    page = lines[start : start + limit if limit else None]
    return Reply([{"n": start + n, "t": line} for n, line in enumerate(page, start=1)], {"total": len(lines)})


@route("GET", "/nodes/{node}/journal")
def journal(call: Call) -> list[str]:
    """The last lines, or those between two times, framed by two cursors."""
    since, until = call.integer("since"), call.integer("until", 1 << 40)
    lines = [_stamp(moment, call.node, text) for moment, text in _list_lines(call) if since <= moment <= until]
    last = call.integer("lastentries", len(lines))
    shown = lines[-last:] if last else []
    return [f"s=0;i={len(lines) - len(shown):x}", *shown, f"s=0;i={len(lines):x}"]


def _stamp(moment: float, node: str, text: str) -> str:
    return f"{time.strftime('%b %d %H:%M:%S', time.gmtime(moment))} {node} {text}"


@route("GET", "/cluster/log")
def cluster_log(call: Call) -> list[dict[str, Any]]:
    """The cluster log, newest first; others than auditors see their own lines."""
    sees_all = call.subject.may("/", "Sys.Syslog")
    entries = [entry for entry in reversed(call.world.log) if sees_all or entry.user == call.subject.userid]
    return [
        {
            "uid": str(entry.uid),
            "id": f"{entry.uid}:{entry.node}",
            "node": entry.node,
            "pid": _PROCESSES.get(entry.tag, 900),
            "pri": 6,
            "tag": entry.tag,
            "time": entry.time,
            "user": entry.user,
            "msg": entry.message,
        }
        for entry in entries[: call.integer("max", _DEFAULT_LIMIT)]
    ]
