# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A full observation of a cluster, read from the file that the tool observe_cluster writes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp_bridge.history.observation import Missing, parse_observation
from playvisor.fleet.adopt.values import is_on, parse_properties

# The option of the configuration that holds a guest's name.
NAMES = {"qemu": "name", "lxc": "hostname"}


@dataclass(frozen=True)
class Guest:
    """A guest as it was observed; `config` has the API's texts, pending changes included."""

    vmid: int
    type: str
    name: str
    node: str
    status: str
    config: Mapping[str, Any]
    pool: str = ""
    tags: tuple[str, ...] = ()
    lock: str = ""
    is_template: bool = False
    pending: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()
    firewall: Mapping[str, Any] = field(default_factory=dict)
    ha: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        """The UUID of a machine's SMBIOS, by which it is known."""
        smbios = parse_properties(str(self.config.get("smbios1") or ""), "")
        return smbios.get("uuid", "").lower()

    @property
    def label(self) -> str:
        return f"{self.vmid} ({self.name})" if self.name else str(self.vmid)


@dataclass(frozen=True)
class Observed:
    """The documents of a cluster by kind and key, and what could not be read."""

    cluster: str
    documents: Mapping[str, Mapping[str, Mapping[str, Any]]]
    missing: tuple[Missing, ...] = ()

    def list_kind(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        """The documents of one kind by their keys, in the order of the keys."""
        documents = self.documents.get(kind, {})
        return {key: documents[key] for key in sorted(documents)}

    def list_guests(self, *, with_config: bool = True) -> list[Guest]:
        """The guests by vmid: those whose configuration was read, or all that there are."""
        resources = self.list_kind("ha_resource")
        by_vmid = {key.rpartition(":")[2]: document["config"] for key, document in resources.items()}
        guests = self.documents.get("guest", {})
        return [
            make_guest(int(vmid), guests[vmid], by_vmid.get(vmid, {}))
            for vmid in sorted(guests, key=int)
            if not with_config or guests[vmid].get("config")
        ]

    def list_templates(self) -> dict[int, str]:
        """The names of templates by their ids, of those that no other guest is called like."""
        guests = self.list_guests(with_config=False)
        count = Counter(guest.name for guest in guests)
        return {guest.vmid: guest.name for guest in guests if guest.is_template and count[guest.name] == 1}

    def describe_missing(self, vmids: Collection[int] | None = None) -> list[str]:
        """What could not be read, as sentences; of guests only these, or all of them."""
        guests = {str(guest.vmid): guest for guest in self.list_guests(with_config=False)}
        sentences = []
        for one in sorted(self.missing, key=lambda one: (one.kind, one.key or "")):
            is_guest = one.kind == "guest" and one.key is not None
            if is_guest and vmids is not None and int(one.key or 0) not in vmids:
                continue
            what = f"each {one.kind}" if one.key is None else f"{one.kind.replace('_', ' ')} {one.key}"
            if is_guest and one.key in guests:
                what = f"guest {guests[one.key].label}"
            sentences.append(f"{what} could not be read: {one.why}")
        return list(dict.fromkeys(sentences))


def read_observation(file: Path) -> Observed:
    """The observation in a file; raises UsageError for one that is no whole observation."""
    observation = parse_observation(file)
    documents: dict[str, dict[str, dict[str, Any]]] = {}
    for one in observation.objects:
        documents.setdefault(one.kind, {}).setdefault(one.key, {}).update(one.document)
    # A cluster's identity is its name and a fingerprint.
    name = observation.cluster.rpartition(" ")[0]
    return Observed(name, documents, tuple(dict.fromkeys(observation.missing)))


def make_guest(vmid: int, document: Mapping[str, Any], ha: Mapping[str, Any]) -> Guest:
    """A guest from its document in an observation."""
    overview, config = document.get("overview") or {}, document.get("config") or {}
    kind = str(overview.get("type") or ("lxc" if "rootfs" in config else "qemu"))
    tags = config.get("tags") if config else overview.get("tags")
    return Guest(
        vmid=vmid,
        type=kind,
        # The overview has a placeholder for a guest without a name, such as `VM 101`.
        name=str(config.get(NAMES[kind]) or "") if config else str(overview.get("name") or ""),
        node=str(overview.get("node") or ""),
        status=str(overview.get("status") or ""),
        config=config,
        pool=str(overview.get("pool") or ""),
        tags=tuple(filter(None, re.split(r"[,;\s]+", str(tags or "")))),
        lock=str(config.get("lock") or overview.get("lock") or ""),
        is_template=is_on(config.get("template") if config else overview.get("template")),
        pending=tuple(sorted(document.get("pending") or ())),
        snapshots=tuple(str(entry["name"]) for entry in document.get("snapshots") or ()),
        firewall=document.get("firewall") or {},
        ha=ha,
    )
