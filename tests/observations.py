"""Observations of clusters, line by line as `pve_observe` writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LAB = "lab 0123456789abcdef"
START = 1_800_000_000


def moment(seconds):
    return datetime.fromtimestamp(START + seconds, UTC)


def guest(vmid, name="web-01", node="pve1", *, config=None, type="qemu", status="running", **sections):
    overview = {"type": type, "name": name, "node": node, "status": status}
    details = {"config": config} if config is not None else {}
    return {"line": "object", "kind": "guest", "key": str(vmid), "doc": {"overview": overview, **details, **sections}}


def thing(kind, key, **config):
    return {"line": "object", "kind": kind, "key": key, "doc": {"config": config}}


def complete(kind="guest", scope=None):
    return {"line": "complete", "kind": kind, "scope": scope}


def missing(kind="guest", key=None, node=None):
    return {"line": "missing", "kind": kind, "key": key, "node": node, "why": "offline"}


def task(number, type, vmid, start, end=None, status="OK", user="jo@pve"):
    upid = f"UPID:pve1:{number:08X}:{number:08X}:{START + start:08X}:{type}:{vmid}:{user}:"
    line = {"line": "task", "upid": upid, "node": "pve1", "type": type, "id": str(vmid), "user": user}
    return {**line, "start": START + start, "end": end if end is None else START + end, "status": end and status}


def metrics(vmid, at, **points):
    return {"line": "metrics", "kind": "guest", "key": str(vmid), "points": {"at": START + at, **points}}


def header(at, cluster=LAB):
    name = cluster.partition(" ")[0]
    return {"line": "header", "cluster": {"name": name, "id": cluster, "nodes": ["pve1"]}, "version": "9.0", "at": at}


def write_observation(path: Path, at: int, lines: Iterable[Mapping[str, Any]], cluster: str = LAB) -> Path:
    """Write an observation at so many seconds after the start."""
    with path.open("w", encoding="utf-8") as file:
        for line in (header(START + at, cluster), *lines):
            file.write(f"{json.dumps(line)}\n")
    return path


def attribute_to_jo(change):
    """Everything was jo's."""
    return replace(change.attribution, source="task", upid="UPID:pve1:1:", user="jo@pve")


def attribute_to_nobody(change):
    return change.attribution


def describe(changes):
    """Changes as the shortest texts that tell them apart."""
    return [
        f"{each.kind} {each.key} {each.what} {' '.join(one.path for one in each.fields)}".strip() for each in changes
    ]
