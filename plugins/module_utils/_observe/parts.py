# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster has beside its guests, one part a kind: the requests for it, and the lines made of the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.errors import PveError
from .._capture.reading import Request, list_firewall_follow_ups
from .cluster import Cluster
from .guests import build_firewall, build_rules
from .lines import Lines

if TYPE_CHECKING:
    Entry = Mapping[str, Any]
    Answers = Mapping[Request, Any]


_FIREWALL = ("options", "rules", "aliases", "ipset")
_STORAGE = ("Datastore.Audit", "Datastore.AllocateSpace")


class Part:
    """One part."""

    def list_requests(self, cluster: Cluster) -> list[Request]:
        """The requests that need no other answers."""
        raise NotImplementedError

    def list_follow_ups(self, answers: Answers) -> list[Request]:
        """The requests that follow from those answers."""
        return []

    def build(self, cluster: Cluster, answers: Answers, lines: Lines) -> None:
        """Add the lines."""
        raise NotImplementedError


@dataclass(frozen=True)
class ListPart(Part):
    """A kind that one list shows whole, to those who have one of I(privileges) on all of I(acl_path)."""

    kind: str
    path: str
    key: Callable[[Entry], str]
    acl_path: str | None = None
    privileges: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    # Fields that change by themselves.
    dropped: frozenset[str] = frozenset()
    # Fields that hold names in no order.
    sets: frozenset[str] = frozenset()

    def list_requests(self, cluster: Cluster) -> list[Request]:
        return [Request(self.path, dict(self.params))]

    def build(self, cluster: Cluster, answers: Answers, lines: Lines) -> None:
        entries = answers[self.list_requests(cluster)[0]]
        if isinstance(entries, PveError):
            lines.add_missing(self.kind, entries)
            return
        for entry in entries:
            lines.add_object(self.kind, self.key(entry), self.build_doc(entry, answers, lines))
        self.add_extent(cluster, lines)

    def build_doc(self, entry: Entry, answers: Answers, lines: Lines) -> dict[str, Any]:
        """The sections of one object."""
        settings = {name: value for name, value in entry.items() if name not in self.dropped}
        for name in self.sets & settings.keys():
            settings[name] = sorted(filter(None, str(settings[name]).split(",")))
        return {"config": settings}

    def add_extent(self, cluster: Cluster, lines: Lines) -> None:
        """Say whether these are all."""
        if self.acl_path is None or cluster.sight.sees_all(self.acl_path, self.privileges):
            lines.add_complete(self.kind)
        else:
            lines.add_missing(self.kind, describe_blindness(self.acl_path, self.privileges))


class PoolPart(ListPart):
    """Pools, with their members."""

    def list_follow_ups(self, answers: Answers) -> list[Request]:
        pools = answers[Request(self.path)]
        return [] if isinstance(pools, PveError) else [self._request_members(entry) for entry in pools]

    def build_doc(self, entry: Entry, answers: Answers, lines: Lines) -> dict[str, Any]:
        doc = super().build_doc(entry, answers, lines)
        found = answers[self._request_members(entry)]
        if isinstance(found, PveError):
            lines.add_missing(self.kind, found, key=self.key(entry))
            return doc
        members = found[0]["members"] if found else []
        names = {f"storage/{member['storage']}" if "storage" in member else member["id"] for member in members}
        return {**doc, "members": sorted(names)}

    def _request_members(self, entry: Entry) -> Request:
        return Request(self.path, {"poolid": entry["poolid"]})


class VnetPart(ListPart):
    """VNets, with their subnets."""

    def list_follow_ups(self, answers: Answers) -> list[Request]:
        vnets = answers[Request(self.path)]
        return [] if isinstance(vnets, PveError) else [self._request_subnets(entry) for entry in vnets]

    def build_doc(self, entry: Entry, answers: Answers, lines: Lines) -> dict[str, Any]:
        doc = super().build_doc(entry, answers, lines)
        subnets = answers[self._request_subnets(entry)]
        if isinstance(subnets, PveError):
            lines.add_missing(self.kind, subnets, key=self.key(entry))
            return doc
        return {**doc, "subnets": sorted(subnets, key=lambda subnet: str(subnet["subnet"]))}

    def _request_subnets(self, entry: Entry) -> Request:
        return Request(f"{self.path}/{segment(entry['vnet'])}/subnets")


class TokenPart(ListPart):
    """API tokens, which the list of users has."""

    def build(self, cluster: Cluster, answers: Answers, lines: Lines) -> None:
        users = answers[self.list_requests(cluster)[0]]
        if isinstance(users, PveError):
            lines.add_missing(self.kind, users)
            return
        for user in users:
            for token in user.get("tokens") or ():
                lines.add_object(self.kind, f"{user['userid']}!{token['tokenid']}", {"config": token})
        self.add_extent(cluster, lines)


class OptionsPart(Part):
    """The options of the datacenter."""

    def list_requests(self, cluster: Cluster) -> list[Request]:
        return [Request("/cluster/options")]

    def build(self, cluster: Cluster, answers: Answers, lines: Lines) -> None:
        options = answers[Request("/cluster/options")]
        if isinstance(options, PveError):
            lines.add_missing("options", options, key="datacenter")
        elif not cluster.sight.has("/", ("Sys.Audit",)):
            # Others see a few of them.
            lines.add_missing("options", describe_blindness("/", ("Sys.Audit",)), key="datacenter")
        else:
            # Proxmox VE makes the list of allowed tags of those that are in use.
            config = {name: value for name, value in options.items() if name != "allowed-tags"}
            lines.add_object("options", "datacenter", {"config": config})


class NodePart(Part):
    """Nodes: their settings, their software and hardware. The overview has them, too."""

    def list_requests(self, cluster: Cluster) -> list[Request]:
        return [Request(f"/nodes/{segment(node)}/{part}") for node in cluster.online for part in ("config", "status")]

    def build(self, cluster: Cluster, answers: Answers, lines: Lines) -> None:
        for node in cluster.online:
            config, status = (answers[Request(f"/nodes/{segment(node)}/{part}")] for part in ("config", "status"))
            doc = {}
            if isinstance(config, PveError):
                lines.add_missing("node", config, key=node, node=node)
            else:
                doc["config"] = config
            if isinstance(status, PveError):
                lines.add_missing("node", status, key=node, node=node)
            else:
                doc["system"] = _build_system(status)
            if doc:
                lines.add_object("node", node, doc)


class NetworkPart(Part):
    """The network interfaces of each node."""

    def list_requests(self, cluster: Cluster) -> list[Request]:
        return [Request(f"/nodes/{segment(node)}/network") for node in cluster.online]

    def build(self, cluster: Cluster, answers: Answers, lines: Lines) -> None:
        add_offline(cluster, "network", lines)
        read = []
        for node in cluster.online:
            interfaces = answers[Request(f"/nodes/{segment(node)}/network")]
            if isinstance(interfaces, PveError):
                lines.add_missing("network", interfaces, node=node)
                continue
            for entry in interfaces:
                # Whether a link is up says nothing of how it is configured.
                config = {name: value for name, value in entry.items() if name not in ("active", "exists", "priority")}
                lines.add_object("network", f"{node}/{entry['iface']}", {"config": config})
            read.append(node)
        # All of them are also all that nodes had that the cluster has no more.
        for scope in read if len(read) < len(cluster.nodes) else [None]:
            lines.add_complete("network", scope)


class FirewallPart(Part):
    """The firewall of the cluster and of each node, and the security groups."""

    def list_requests(self, cluster: Cluster) -> list[Request]:
        return [
            *(Request(f"/cluster/firewall/{part}") for part in (*_FIREWALL, "groups")),
            *(
                Request(f"/nodes/{segment(node)}/firewall/{part}")
                for node in cluster.online
                for part in ("options", "rules")
            ),
        ]

    def list_follow_ups(self, answers: Answers) -> list[Request]:
        lists = {path: answers[Request(path)] for path in ("/cluster/firewall/ipset", "/cluster/firewall/groups")}
        return [
            request
            for path, entries in lists.items()
            if not isinstance(entries, PveError)
            for request in list_firewall_follow_ups(path, entries)
        ]

    def build(self, cluster: Cluster, answers: Answers, lines: Lines) -> None:
        lists = {part: answers[Request(f"/cluster/firewall/{part}")] for part in _FIREWALL}
        ipsets = lists["ipset"]
        requests = [] if isinstance(ipsets, PveError) else list_firewall_follow_ups("/cluster/firewall/ipset", ipsets)
        members = [answers[request] for request in requests]
        self._add(lines, "cluster", [*lists.values(), *members], lambda *dummy: build_firewall(lists, members))
        add_offline(cluster, "firewall", lines, key="node/{node}")
        for node in cluster.online:
            found = [answers[Request(f"/nodes/{segment(node)}/firewall/{part}")] for part in ("options", "rules")]
            self._add(lines, f"node/{node}", found, _build_node_firewall)
        self._add_groups(answers, lines)

    def _add_groups(self, answers: Answers, lines: Lines) -> None:
        path = "/cluster/firewall/groups"
        groups = answers[Request(path)]
        if isinstance(groups, PveError):
            lines.add_missing("firewall", groups)
            return
        for group, request in zip(groups, list_firewall_follow_ups(path, groups), strict=True):
            build = partial(_build_group, group.get("comment"))
            self._add(lines, f"group/{group['group']}", [answers[request]], build)
        lines.add_complete("firewall")

    @staticmethod
    def _add(lines: Lines, key: str, answers: Sequence[Any], build: Callable[..., dict[str, Any]]) -> None:
        failed = next((answer for answer in answers if isinstance(answer, PveError)), None)
        if failed is not None:
            lines.add_missing("firewall", failed, key=key)
        else:
            lines.add_object("firewall", key, {"firewall": build(*answers)})


class VolumesPart(Part):
    """How much of what is on each storage; of a storage that nodes share, as one of them sees it."""

    def list_requests(self, cluster: Cluster) -> list[Request]:
        return list(self.list_storages(cluster).values())

    def build(self, cluster: Cluster, answers: Answers, lines: Lines) -> None:
        requests = self.list_storages(cluster)
        for key in sorted({name_storage(entry) for entry in _list_storage_entries(cluster)}):
            storage, _at, node = key.partition("@")
            volumes = answers[requests[key]] if key in requests else f"storage {storage} is not available"
            if isinstance(volumes, (PveError, str)):
                lines.add_missing("volumes", volumes, key=key, node=node or None)
            else:
                lines.add_object("volumes", key, {"content": sum_volumes(volumes)})
        if cluster.sight.sees_all("/storage", _STORAGE):
            lines.add_complete("volumes")
        else:
            lines.add_missing("volumes", describe_blindness("/storage", _STORAGE))

    @staticmethod
    def list_storages(cluster: Cluster) -> dict[str, Request]:
        """The requests for what is on each storage that is available, by their keys."""
        requests: dict[str, Request] = {}
        for entry in _list_storage_entries(cluster):
            if entry["node"] in cluster.online and entry.get("status") == "available":
                path = f"/nodes/{segment(entry['node'])}/storage/{segment(entry['storage'])}/content"
                requests.setdefault(name_storage(entry), Request(path))
        return requests


class Composed(Part):
    """A kind that has several lists."""

    def __init__(self, *parts: Part) -> None:
        self._parts = parts

    def list_requests(self, cluster: Cluster) -> list[Request]:
        return [request for part in self._parts for request in part.list_requests(cluster)]

    def list_follow_ups(self, answers: Answers) -> list[Request]:
        return [request for part in self._parts for request in part.list_follow_ups(answers)]

    def build(self, cluster: Cluster, answers: Answers, lines: Lines) -> None:
        extents = []
        for part in self._parts:
            found = Lines(objects=lines.objects, missing=lines.missing)
            part.build(cluster, answers, found)
            extents.append(found.complete)
        # One line stands for the whole kind.
        if all(extents):
            lines.complete += extents[0]


def describe_blindness(path: str, privileges: Sequence[str]) -> str:
    """Why a list may not be whole."""
    return f"these credentials may not see all: they lack {' or '.join(privileges)} on {path} or below"


def add_offline(cluster: Cluster, kind: str, lines: Lines, key: str | None = None) -> None:
    """Say that what the offline nodes have can't be read; I(key) has C({node})."""
    for node in sorted(cluster.nodes.keys() - cluster.online.keys()):
        name = None if key is None else key.format(node=node)
        lines.add_missing(kind, f"node {node} is offline", key=name, node=node)


def name_storage(entry: Entry) -> str:
    """The key of what is on a storage: its name, with the node if each has its own."""
    return str(entry["storage"]) if int(entry.get("shared") or 0) else f"{entry['storage']}@{entry['node']}"


def sum_volumes(volumes: Sequence[Entry]) -> dict[str, dict[str, int]]:
    """Number and bytes of the volumes of each kind of content."""
    sums: dict[str, dict[str, int]] = {}
    for volume in volumes:
        found = sums.setdefault(str(volume["content"]), {"count": 0, "bytes": 0})
        found["count"] += 1
        found["bytes"] += int(volume.get("size") or 0)
    return dict(sorted(sums.items()))


def _build_node_firewall(options: Entry, rules: Sequence[Entry]) -> dict[str, Any]:
    return {"options": options, "rules": build_rules(rules)}


def _build_group(comment: str | None, rules: Sequence[Entry]) -> dict[str, Any]:
    return {**({"comment": comment} if comment else {}), "rules": build_rules(rules)}


def _build_system(status: Entry) -> dict[str, Any]:
    cpu = status.get("cpuinfo") or {}
    kernel = status.get("current-kernel") or {}
    return {
        "pveversion": status.get("pveversion"),
        "kernel": kernel.get("release") or status.get("kversion"),
        "boot": (status.get("boot-info") or {}).get("mode"),
        "cpu": {name: cpu[name] for name in ("model", "sockets", "cores", "cpus") if name in cpu},
        "memory": (status.get("memory") or {}).get("total"),
    }


def _list_storage_entries(cluster: Cluster) -> list[Entry]:
    return [entry for entry in cluster.resources if entry["type"] == "storage"]


def _get(name: str, prefix: str = "") -> Callable[[Entry], str]:
    return lambda entry: f"{prefix}{entry[name]}"


_USERS: tuple[str, tuple[str, ...]] = ("/access/groups", ("User.Modify", "Sys.Audit"))
_ACCESS: tuple[str, tuple[str, ...]] = ("/access", ("Sys.Audit", "Permissions.Modify"))
_FULL = {"full": 1}
_MAPPINGS = ("Mapping.Audit", "Mapping.Use", "Mapping.Modify")
_SDN = ("SDN.Audit", "SDN.Allocate")

PARTS: dict[str, Part] = {
    "node": NodePart(),
    "storage": ListPart(
        "storage", "/storage", _get("storage"), "/storage", _STORAGE, sets=frozenset({"content", "nodes"})
    ),
    "volumes": VolumesPart(),
    "pool": PoolPart("pool", "/pools", _get("poolid"), "/pool", ("Pool.Audit", "Pool.Allocate")),
    "firewall": FirewallPart(),
    "ha_resource": ListPart("ha_resource", "/cluster/ha/resources", _get("sid")),
    "ha_rule": ListPart("ha_rule", "/cluster/ha/rules", _get("rule"), sets=frozenset({"resources", "nodes"})),
    "backup_job": ListPart("backup_job", "/cluster/backup", _get("id"), dropped=frozenset({"next-run"})),
    "replication": ListPart("replication", "/cluster/replication", _get("id"), "/vms", ("VM.Audit",)),
    "network": NetworkPart(),
    "sdn": Composed(
        ListPart("sdn", "/cluster/sdn/zones", _get("zone", "zone/"), "/sdn", _SDN),
        VnetPart("sdn", "/cluster/sdn/vnets", _get("vnet", "vnet/"), "/sdn", _SDN),
    ),
    "user": ListPart(
        "user", "/access/users", _get("userid"), *_USERS, _FULL, frozenset({"tokens"}), sets=frozenset({"groups"})
    ),
    "group": ListPart("group", "/access/groups", _get("groupid"), *_USERS, sets=frozenset({"users"})),
    "role": ListPart("role", "/access/roles", _get("roleid"), sets=frozenset({"privs"})),
    "acl": ListPart(
        "acl",
        "/access/acl",
        lambda entry: " ".join(map(str, (entry["path"], entry["ugid"], entry["roleid"]))),
        *_ACCESS,
    ),
    "token": TokenPart("token", "/access/users", _get("userid"), *_USERS, _FULL),
    "domain": ListPart("domain", "/access/domains", _get("realm")),
    "mapping": Composed(
        *(
            ListPart("mapping", f"/cluster/mapping/{kind}", _get("id", f"{kind}/"), f"/mapping/{kind}", _MAPPINGS)
            for kind in ("pci", "usb", "dir")
        )
    ),
    "options": OptionsPart(),
}
"""What can be read beside guests, by name."""
