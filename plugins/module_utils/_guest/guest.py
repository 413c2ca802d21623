# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guest: its identity, what lists show of it, and its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from .._api.client import segment

TYPES = ("qemu", "lxc")


@dataclass(frozen=True)
class Guest:
    """A QEMU or LXC guest as lists show it. Sizes are in bytes, I(uptime) in seconds.

    I(config) is its configuration, with pending changes, if it was read.
    """

    vmid: int
    name: str
    node: str
    type: str
    status: str
    tags: tuple[str, ...] = ()
    pool: str | None = None
    template: bool = False
    lock: str | None = None
    hastate: str | None = None
    cpus: int | None = None
    maxmem: int | None = None
    mem: int | None = None
    maxdisk: int | None = None
    uptime: int | None = None
    config: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        return f"{self.vmid} ({self.name})" if self.name else str(self.vmid)

    @property
    def path(self) -> str:
        return f"/nodes/{segment(self.node)}/{self.type}/{self.vmid}"

    def identity(self) -> dict[str, Any]:
        return {"vmid": self.vmid, "name": self.name, "node": self.node, "type": self.type}

    def as_dict(self) -> dict[str, Any]:
        """All fields but the configuration, tags as a list."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "config"}
        return {**values, "tags": list(self.tags)}


def guest_from_entry(entry: dict[str, Any], **known: Any) -> Guest:
    """A guest from an entry of C(/cluster/resources) or of C(/nodes/{node}/qemu|lxc), which lacks node and type."""
    entry = {**entry, **known}
    cpus = entry.get("maxcpu", entry.get("cpus"))
    return Guest(
        vmid=int(entry["vmid"]),
        name=str(entry.get("name") or ""),
        node=entry["node"],
        type=entry["type"],
        status=str(entry.get("status", "unknown")),
        tags=_tags(entry),
        pool=entry.get("pool"),
        template=bool(int(entry.get("template") or 0)),
        lock=entry.get("lock"),
        hastate=entry.get("hastate"),
        cpus=None if cpus is None else int(cpus),
        maxmem=entry.get("maxmem"),
        mem=entry.get("mem"),
        maxdisk=entry.get("maxdisk"),
        uptime=entry.get("uptime"),
    )


def forget_state(guest: Guest) -> Guest:
    """The guest of a node that can't be asked: what is configured stays, what it does is unknown."""
    return replace(guest, status="unknown", mem=None, uptime=None)


def guest_from_config(guest: Guest, config: Mapping[str, Any]) -> Guest:
    """The guest with its configuration (C(GET .../config)), and with the fields that this determines."""
    nameless, name = ("VM ", "name") if guest.type == "qemu" else ("CT", "hostname")
    return replace(
        guest,
        # Lists show a guest without a name like this.
        name=str(config.get(name) or f"{nameless}{guest.vmid}"),
        tags=_tags(config),
        template=bool(int(config.get("template") or 0)),
        lock=config.get("lock"),
        config=config,
    )


def _tags(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(tag for tag in str(entry.get("tags") or "").replace(",", ";").split(";") if tag.strip())
