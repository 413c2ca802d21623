"""Finds on a live cluster where scenarios may act, as far as nobody has said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from scenarios import Call, Place
from scenarios.running import carry_out, remove_guests

# Storages on which machines have snapshots as qcow2 files, and those on which every volume has them.
_FILES = frozenset({"dir", "nfs", "cifs", "glusterfs", "cephfs"})
_VOLUMES = frozenset({"lvmthin", "zfspool", "zfs", "rbd", "btrfs"})


class Unusable(Exception):
    """There is no place for scenarios here; says why."""


@dataclass(frozen=True)
class Wishes:
    """What the options say; None leaves the choice to detection. `vmids` are the first and the last one."""

    vmids: tuple[int, int]
    node: str | None = None
    storage: str | None = None
    bridge: str | None = None
    backups: str | None = None
    ostemplate: str | None = None
    internet: bool = False


@dataclass
class Found:
    """A place, and why it lacks what it lacks, by the names in `Scenario.needs`."""

    place: Place
    reasons: dict[str, str] = field(default_factory=dict)


def find_place(client: Client, wishes: Wishes) -> Found:
    """Where scenarios may act; raises Unusable where there is no such place or the range of ids is not free."""
    resources = client.get("/cluster/resources")
    require_free(resources, wishes.vmids)
    online = sorted(entry["node"] for entry in resources if entry["type"] == "node" and entry["status"] == "online")
    node = _chosen("node", wishes.node, online, "online node")
    storages = [one for one in client.get(f"/nodes/{node}/storage", enabled=1) if int(one.get("active") or 0)]
    disks = _storage(wishes.storage, storages)
    containers = "rootdir" in _content(disks)
    ostemplate = (wishes.ostemplate or _ostemplate(client, node, storages)) if containers else None
    backups = wishes.backups or _first(one["storage"] for one in storages if "backup" in _content(one))
    no_backups = f"no storage of node {node} takes backups"
    if backups and (there := _backups(client, node, backups, wishes.vmids)):
        # Scenarios delete what backups their guests have.
        no_backups = f"storage {backups} holds backups of ids in the range: {', '.join(there)}"
        backups = None
    other = _other_node(client, [name for name in online if name != node], disks["storage"])
    kind = disks["type"]
    offers = {
        "snapshots": kind in _FILES | _VOLUMES,
        "container_snapshots": containers and kind in _VOLUMES,
        "internet": wishes.internet,
    }
    place = Place(
        node=node,
        storage=disks["storage"],
        bridge=wishes.bridge or _bridge(client, node),
        other_node=other,
        backups=backups,
        ostemplate=ostemplate,
        disk_format="qcow2" if kind in _FILES else None,
        offers=frozenset(name for name, there in offers.items() if there),
        first_vmid=wishes.vmids[0],
        last_vmid=wishes.vmids[1],
    )
    named = f"storage {place.storage} ({kind})"
    reasons = {
        "other_node": f"no other online node has storage {place.storage}",
        "ostemplate": "no storage holds a container template" if containers else f"{named} takes no containers",
        "backups": no_backups,
        "snapshots": f"{named} has no snapshots",
        "container_snapshots": f"{named} has no snapshots of containers",
        "agent": "no machine with a guest agent can be made from nothing",
        "internet": "not allowed without --pve-internet",
        "simulator": "only the simulator can stage it",
    }
    return Found(place, reasons)


def require_free(resources: Iterable[dict[str, Any]], vmids: tuple[int, int]) -> None:
    """Raise Unusable when there is a guest in the range of ids."""
    first, last = vmids
    there = [f"{e['vmid']} ({e.get('name') or '?'})" for e in resources if first <= e.get("vmid", 0) <= last]
    if there:
        raise Unusable(
            f"The range of ids {first}-{last} is not free: {', '.join(sorted(there))}. Nothing was touched. Choose "
            "another one with --pve-vmids, or remove them if they are left over."
        )


def has_kvm(client: Client, place: Place) -> bool:
    """Whether a guest can be started with hardware virtualization; found out with one in the range."""
    if not int(client.get(f"/nodes/{place.node}/status")["cpuinfo"].get("hvm") or 0):
        return False
    guests = f"/nodes/{place.node}/qemu"
    vmid = place.vmid(0)
    try:
        made = Call("POST", guests, {"vmid": vmid, "name": "scenario-kvm", "memory": 64})
        carry_out(client, [made, Call("POST", f"{guests}/{vmid}/status/start")])
    except PveError as error:
        if "KVM virtualisation configured, but not available" not in error.message:
            raise
        return False
    finally:
        remove_guests(client, {vmid})
    return True


def _chosen(what: str, wished: str | None, there: list[str], kind: str) -> str:
    if wished is not None and wished not in there:
        raise Unusable(f"--pve-{what} is {wished}, but the cluster has no such {kind}: {', '.join(there) or 'none'}.")
    if not there:
        raise Unusable(f"The cluster has no {kind}.")
    return wished or there[0]


def _storage(wished: str | None, storages: list[dict[str, Any]]) -> dict[str, Any]:
    """A storage for disks, best one with snapshots for containers too, and on the node alone."""
    fit = [one for one in storages if "images" in _content(one)]
    fit.sort(
        key=lambda one: (
            one["type"] not in _VOLUMES,
            one["type"] not in _FILES,
            "rootdir" not in _content(one),
            bool(int(one.get("shared") or 0)),
            one["storage"],
        )
    )
    name = _chosen("storage", wished, [one["storage"] for one in fit], "active storage for images on its node")
    return next(one for one in fit if one["storage"] == name)


def _content(storage: dict[str, Any]) -> list[str]:
    return str(storage.get("content") or "").split(",")


def _ostemplate(client: Client, node: str, storages: list[dict[str, Any]]) -> str | None:
    """The smallest container template."""
    found = [
        (volume.get("size") or 0, volume["volid"])
        for one in storages
        if "vztmpl" in _content(one)
        for volume in client.get(f"/nodes/{node}/storage/{one['storage']}/content", content="vztmpl")
    ]
    return min(found)[1] if found else None


def _backups(client: Client, node: str, storage: str, vmids: tuple[int, int]) -> list[str]:
    """The backups of guests with an id in the range."""
    entries = client.get(f"/nodes/{node}/storage/{storage}/content", content="backup")
    return sorted(entry["volid"] for entry in entries if vmids[0] <= int(entry.get("vmid") or 0) <= vmids[1])


def _other_node(client: Client, nodes: list[str], storage: str) -> str | None:
    """Another node with a storage of the same name."""
    for node in nodes:
        there = client.get(f"/nodes/{node}/storage", enabled=1)
        if any(one["storage"] == storage and int(one.get("active") or 0) for one in there):
            return node
    return None


def _bridge(client: Client, node: str) -> str:
    try:
        bridges = sorted(entry["iface"] for entry in client.get(f"/nodes/{node}/network", type="any_bridge"))
    except PveError:
        # Reading networks needs a privilege that nothing else here does.
        return "vmbr0"
    if not bridges:
        raise Unusable(f"Node {node} has no bridge; name one with --pve-bridge.")
    return _first(name for name in bridges if name.startswith("vmbr")) or bridges[0]


def _first(names: Iterable[str]) -> str | None:
    return min(names, default=None)
