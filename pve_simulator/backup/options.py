# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a vzdump call or a backup job asks for: which guests, checks, and the command line. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pve_simulator.backup.retention import parse_keep
from pve_simulator.errors import failure, invalid
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest

_CONFLICTS_WITH_VMID = ("all", "exclude", "pool")
# Not part of the command line that the log shows.
_NOT_SHOWN = frozenset({"id", "vmid", "starttime", "dow", "stdout", "enabled", "schedule", "comment", "repeat-missed"})
_PLAIN = re.compile(r"[\w!%+,\-./:@^]+")
_ESCAPE = re.compile(r"\\(.)")
_VARIABLE = re.compile(r"\{\{([^\s{}]+)\}\}")
_KNOWN_VARIABLES = frozenset({"cluster", "guestname", "node", "vmid"})


@dataclass(frozen=True, slots=True)
class Options:
    """One run of vzdump on one node; `keep` is None where the storage's retention decides."""

    storage: str
    mode: str = "snapshot"
    compress: str = "0"
    remove: bool = True
    keep: Mapping[str, int] | None = None
    notes_template: str = ""
    protected: bool = False
    ionice: int = 7
    bwlimit: int = 0
    everything: bool = False
    command: str = "vzdump"


@dataclass(frozen=True, slots=True)
class Selection:
    """Guests by node; those that are not there under the node ''."""

    by_node: Mapping[str, list[int]] = field(default_factory=dict)

    def local(self, node: str) -> list[int]:
        """What this node backs up, missing guests included: they fail visibly."""
        return self.by_node.get(node, []) + self.by_node.get("", [])


def read_options(params: Mapping[str, Any]) -> Options:
    """Options from verified parameters, with vzdump's defaults."""
    keep = params.get("prune-backups")
    return Options(
        storage=str(params.get("storage") or "local"),
        mode=str(params.get("mode", "snapshot")),
        compress=str(params.get("compress", "0")),
        remove=bool(params.get("remove", True)),
        keep=parse_keep(keep) if keep is not None else None,
        notes_template=str(params.get("notes-template") or ""),
        protected=bool(params.get("protected")),
        ionice=int(params.get("ionice", 7)),
        bwlimit=int(params.get("bwlimit", 0)),
        everything=bool(params.get("all")),
        command=render_command_line(params),
    )


def check_options(params: dict[str, Any], *, complete: bool) -> None:
    """Raise for options that exclude each other, and when `complete` for a job that selects nothing.

    Excluding guests selects all the others.
    """
    for option in _CONFLICTS_WITH_VMID:
        if params.get(option) and params.get("vmid"):
            raise invalid({option: "option conflicts with option 'vmid'"})
    problem = _find_template_problem(str(params.get("notes-template") or ""))
    if problem:
        raise invalid({"notes-template": f"{problem}\n"})
    if params.get("exclude") is not None and not params.get("pool"):
        params["all"] = True
    selects = any(params.get(option) for option in ("all", "stop", "pool", "vmid"))
    if complete and not selects:
        raise invalid({"vmid": "property is missing"})


def select_guests(cluster: Cluster, params: Mapping[str, Any]) -> Selection:
    """The guests that the options mean; raises for a pool that is not there."""
    vmids: list[int] = []
    if params.get("pool"):
        pool = cluster.pools.get(str(params["pool"]))
        if pool is None:
            raise failure(f"pool '{params['pool']}' does not exist")
        vmids = [*pool.vms]
    elif params.get("vmid"):
        vmids = parse_vmids(params["vmid"])
    elif params.get("all"):
        excluded = set(parse_vmids(params.get("exclude")))
        vmids = [vmid for vmid in cluster.guests if vmid not in excluded]
    by_node: dict[str, list[int]] = {}
    for vmid in sorted(set(vmids)):
        guest = cluster.guests.get(vmid)
        where = guest.node if guest else ""
        if guest is None or params.get("node") in (None, where):
            by_node.setdefault(where, []).append(vmid)
    return Selection(by_node)


def parse_vmids(value: Any) -> list[int]:
    """The numbers of a list of guests."""
    items = value if isinstance(value, list) else re.split(r"[,; \0]+", str(value or ""))
    return [int(item) for item in items if str(item).isdecimal()]


def render_command_line(params: Mapping[str, Any]) -> str:
    """The options as the vzdump command would have them."""
    words = ["vzdump", *(str(vmid) for vmid in parse_vmids(params.get("vmid")))]
    for name, value in params.items():
        if name in _NOT_SHOWN or value is None:
            continue
        for item in value if isinstance(value, list) else [value]:
            words += [f"--{name}", _quote(str(int(item)) if isinstance(item, bool) else str(item))]
    return " ".join(words)


def render_notes(template: str, guest: Guest, cluster: Cluster) -> str:
    r"""The notes that a template gives: {{cluster}}, {{guestname}}, {{node}}, {{vmid}}, \n and \\."""
    values = {
        "cluster": cluster.name or "standalone node",
        "guestname": guest.config.get("name" if guest.type == "qemu" else "hostname", f"VM {guest.vmid}"),
        "node": guest.node,
        "vmid": str(guest.vmid),
    }

    text = _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], template)
    return _VARIABLE.sub(lambda match: values[match[1]], text)


def _find_template_problem(template: str) -> str:
    """What is wrong with a template for notes; empty when nothing is."""
    if "\n" in template:
        return "contains a line feed"
    unknown = [
        f"escape sequence '\\{match[1]}' at char {match.start()}"
        for match in _ESCAPE.finditer(template)
        if match[1] not in "n\\"
    ]
    unknown += [
        f"variable '{match[1]}' at char {match.end() - len(match[1])}"
        for match in _VARIABLE.finditer(template)
        if match[1] not in _KNOWN_VARIABLES
    ]
    return f"found unknown: {', '.join(unknown)}" if unknown else ""


def _quote(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"
