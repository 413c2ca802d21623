# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client that reads each thing once, and that answers as the cluster will once the plans so far are applied.

It sends nothing but C(GET). What a plan makes or changes is laid over the answers: guests with their configurations,
storages, pools, HA resources and rules. So whatever stands on it is planned from what will be, by the same code that
plans it from what is.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from .._api.client import Client, segment
from .._api.concurrency import READS_AT_ONCE, bounded_map
from .._api.errors import NOT_FOUND, PveError
from .._cluster.ha import RESOURCES, RULES
from .._guest.guest import TYPES
from .._guest.lookup import build_inventory, read_lists
from . import effects

if TYPE_CHECKING:
    from .._guest.inventory import Inventory
    from .._module.plan import Step

    _Absorb = Callable[["ForecastClient", Mapping[str, str], Mapping[str, Any]], None]

    _Params = Mapping[str, Any]
    _Key = tuple[str, tuple[tuple[str, Any], ...]]

Item = TypeVar("Item")
Result = TypeVar("Result")
# Only a full list says which machines are paused.
_LIST_PARAMS = {"qemu": {"full": 1}, "lxc": {}}
_GUEST = r"/nodes/(?P<node>[^/]+)/(?P<kind>qemu|lxc)/(?P<vmid>\d+)"
_GUEST_PATH = re.compile(rf"{_GUEST}(?:/(?P<rest>.*))?")
_LIST_PATH = re.compile(r"/nodes/(?P<node>[^/]+)/(?P<kind>qemu|lxc)")
_VOLUME_PATH = re.compile(r"/nodes/[^/]+/storage/[^/]+/content/(?P<volume>.+)")
# The statuses that actions lead to.
_STATUSES = {"start": "running", "resume": "running", "shutdown": "stopped", "stop": "stopped"}
_LISTED = ("lock", "name", "status", "tags", "template")


@dataclass(frozen=True)
class _Guest:
    """A guest as it will be: what lists show of it, and its configuration; no I(entry): it will be gone.

    I(is_new): it is not there yet. I(copied_from) is the path of the guest whose firewall it has got.
    """

    node: str
    kind: str
    vmid: int
    entry: dict[str, Any] | None
    config: dict[str, Any] | None = None
    is_new: bool = False
    copied_from: str | None = None


class Unread(Exception):
    """What is asked for is not read yet."""


class ForecastClient(Client):
    """Answers C(GET) as another client does, each once, with what was absorbed laid over it."""

    def __init__(self, client: Client) -> None:
        super().__init__(client.connection)
        self._client = client
        self.notices = client.notices
        self._answers: dict[_Key, Any] = {}
        # What was asked for and is not read yet, while that is only noted.
        self._unread: list[_Key] | None = None
        self._guests: dict[int, _Guest] = {}
        # The sizes in bytes of the volumes of guests that are changed.
        self._sizes: dict[str, int] = {}
        self._storages: dict[str, dict[str, Any] | None] = {}
        self._pools: dict[str, dict[str, Any] | None] = {}
        # What lists of other things will have, by the path of the list and the name of the thing.
        self._things: dict[str, dict[str, dict[str, Any] | None]] = {}
        self._inventory: Inventory | None = None
        # The entries of guests by vmid as they are now, and the types of storages.
        self._known: dict[int, dict[str, Any]] | None = None
        self._types: dict[str, str] | None = None

    @property
    def inventory(self) -> Inventory:
        """All guests, each as its node's list shows it, or as it will be."""
        return self._inventory or self.observe()

    def observe(self) -> Inventory:
        """Take the lists of everything for all that is planned; read what was not read yet."""
        entries = self.resources = self.get("/cluster/resources")
        inventory = build_inventory(entries)
        self.has_seen_all_nodes_online = set(inventory.nodes.values()) == {"online"}
        self.read_ahead(
            (f"/nodes/{segment(node)}/{kind}", _LIST_PARAMS[kind])
            for node, kind in sorted(inventory.places)
            if inventory.is_online(node)
        )
        self._inventory = read_lists(self, inventory, inventory.guests)
        return self._inventory

    def read_ahead(self, wanted: Iterable[tuple[str, _Params]]) -> None:
        """Read what will be asked for, several at a time; what fails fails when it is asked for."""
        keys = [_make_key(path, params) for path, params in wanted]
        bounded_map(READS_AT_ONCE, self._fetch, [key for key in dict.fromkeys(keys) if key not in self._answers])

    def read_for_all(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """I(work) for every item, in their order: what several of them read is read at the same time.

        Work that reads what was not read yet is broken off, and begun anew once all that was missed is there.
        """
        results: dict[int, Result] = {}
        left: Sequence[int] = range(len(items))
        while left:
            again = []
            if self._inventory is None:
                self.observe()
            self._unread = []
            for number in left:
                try:
                    results[number] = work(items[number])
                except Unread:
                    again.append(number)
            missed, self._unread = self._unread, None
            bounded_map(READS_AT_ONCE, self._fetch, list(dict.fromkeys(missed)))
            left = again
        return [results[number] for number in range(len(items))]

    def request(self, method: str, path: str, params: dict[str, Any] | None = None, file: str | None = None) -> Any:
        if method != "GET":
            raise ValueError(f"{method} {path} is not sent while a fleet is planned")
        wanted = params or {}
        match = _GUEST_PATH.fullmatch(path)
        if match is not None:
            return self._answer_guest(path, match, wanted)
        if path == "/cluster/resources":
            return self._answer_resources(wanted.get("type"))
        match = _LIST_PATH.fullmatch(path)
        if match is not None:
            return self._answer_list(path, unquote(match["node"]), match["kind"])
        match = _VOLUME_PATH.fullmatch(path)
        if match is not None:
            size = self._sizes.get(unquote(match["volume"]))
            return self._read(path, wanted) if size is None else {"size": size}
        if path == "/pools":
            return self._answer_pools(wanted)
        if path in _NAMES_OF_THINGS and not wanted:
            return self._answer_things(path)
        return self._read(path, wanted)

    def recall(self, path: str) -> Any:
        """What was read at a path, which is not what will be there; None where nothing was."""
        answer = self._answers.get(_make_key(path, {}))
        return None if isinstance(answer, PveError) else answer

    def absorb(self, steps: Iterable[Step]) -> None:
        """From now on, answer as if these requests had been carried out."""
        is_changed = False
        for step in steps:
            for method, pattern, absorb in _EFFECTS:
                match = pattern.fullmatch(step.path) if re.fullmatch(method, step.method) else None
                if match is not None:
                    absorb(self, {name: unquote(part) for name, part in match.groupdict().items()}, step.params)
                    is_changed = True
                    break
        if is_changed:
            self._inventory = self.resources = None

    def _read(self, path: str, params: _Params) -> Any:
        key = _make_key(path, params)
        if key not in self._answers:
            if self._unread is not None:
                self._unread.append(key)
                raise Unread
            self._fetch(key)
        answer = self._answers[key]
        if isinstance(answer, PveError):
            raise copy.copy(answer)
        return answer

    def _fetch(self, key: _Key) -> None:
        path, params = key
        try:
            self._answers[key] = self._client.request("GET", path, dict(params))
        except PveError as error:
            self._answers[key] = error

    def _answer_resources(self, wanted: str | None) -> list[dict[str, Any]]:
        if self.resources is None:
            entries = []
            for entry in self._read("/cluster/resources", {}):
                guest = self._guests.get(int(entry["vmid"])) if entry["type"] in TYPES else None
                storage = self._storages.get(entry["storage"], {}) if entry["type"] == "storage" else {}
                if guest is None and storage is not None:
                    entries.append({**entry, **{key: storage[key] for key in ("content",) if key in storage}})
            entries += [{**one.entry} for one in self._guests.values() if one.entry is not None]
            entries += self._list_new_storages(entries)
            self.resources = entries
        kinds = {"vm": TYPES}.get(wanted or "", (wanted,))
        return self.resources if wanted is None else [one for one in self.resources if one["type"] in kinds]

    def _list_new_storages(self, entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        entries = list(entries)
        known = {entry["storage"] for entry in entries if entry["type"] == "storage"}
        nodes = [entry["node"] for entry in entries if entry["type"] == "node" and entry.get("status") != "offline"]
        return [
            {
                "id": f"storage/{node}/{name}",
                "type": "storage",
                "storage": name,
                "node": node,
                "status": "available",
                "plugintype": config.get("type"),
                "content": config.get("content") or "",
                "shared": int(config.get("shared") or config.get("type") in _SHARED_TYPES),
            }
            for name, config in self._storages.items()
            if config is not None and name not in known
            for node in nodes
            if not config.get("nodes") or node in str(config["nodes"]).split(",")
        ]

    def _answer_list(self, path: str, node: str, kind: str) -> list[dict[str, Any]]:
        entries = self._read(path, _LIST_PARAMS[kind])
        if not self._guests:
            return list(entries)
        here = [one for one in self._guests.values() if one.node == node and one.kind == kind]
        changed = {one.vmid: one for one in here}
        kept = [entry for entry in entries if int(entry["vmid"]) not in changed]
        known = {int(entry["vmid"]): entry for entry in entries}
        return [*kept, *({**known.get(one.vmid, {}), **_list_entry(one.entry)} for one in here if one.entry)]

    def _answer_guest(self, path: str, match: re.Match[str], params: _Params) -> Any:
        rest, guest = match["rest"], self._guests.get(int(match["vmid"]))
        if guest is None or (guest.node, guest.kind) != (unquote(match["node"]), match["kind"]):
            return self._answer_status(match, path, params)
        if guest.entry is None:
            raise PveError(NOT_FOUND, f"Guest {guest.vmid} will be gone.", http_status=404)
        if rest == "config" and not params and guest.config is not None:
            return guest.config
        if rest == "status/current":
            return self._answer_status(match, path, params)
        if rest == "feature" and (guest.config or {}).get("template"):
            # It may only become a template by this plan, which is what clones are linked to.
            return copy.deepcopy(_OF_NEW_GUESTS[rest])
        if not guest.is_new:
            return self._read(path, params)
        if rest is not None and rest.startswith("firewall"):
            if guest.copied_from is not None:
                return self.request("GET", f"{guest.copied_from}/{rest}", dict(params))
            return {} if rest == "firewall/options" else []
        if rest == "pending":
            return [{"key": key, "value": value} for key, value in (guest.config or {}).items()]
        if rest in _OF_NEW_GUESTS:
            return copy.deepcopy(_OF_NEW_GUESTS[rest])
        raise PveError(NOT_FOUND, f"Guest {guest.vmid} is still to be made.", http_status=404)

    def _answer_status(self, match: re.Match[str], path: str, params: _Params) -> Any:
        if match["rest"] != "status/current":
            return self._read(path, params)
        place = (unquote(match["node"]), match["kind"])
        entry = self.inventory.listed.get(place, {}).get(int(match["vmid"]))
        return self._read(path, params) if entry is None else entry

    def _answer_pools(self, params: _Params) -> list[dict[str, Any]]:
        name = params.get("poolid")
        if name is None:
            listed = {str(entry["poolid"]): entry for entry in self._read("/pools", {})}
            listed |= {one: {**listed.get(one, {}), **pool} for one, pool in self._pools.items() if pool is not None}
            return [entry for one, entry in listed.items() if self._pools.get(one, {}) is not None]
        made = self._pools.get(str(name))
        is_there = any(entry["poolid"] == name for entry in self._read("/pools", {}))
        entry = dict(self._read("/pools", params)[0]) if is_there else {"poolid": name, "members": []}
        entry |= made or {}
        changed = self._guests
        members = [one for one in entry.get("members") or () if int(one.get("vmid") or 0) not in changed]
        members += [dict(one.entry) for one in changed.values() if one.entry and one.entry.get("pool") == name]
        return [{**entry, "members": members}]

    def _answer_things(self, path: str) -> list[dict[str, Any]]:
        # Each change gives the one file that they are all in a new digest.
        name = _NAMES_OF_THINGS[path]
        entries = [{key: entry[key] for key in entry if key != "digest"} for entry in self._read(path, {})]
        made = self._things.get(path)
        if not made:
            return entries
        known = {str(entry[name]): entry for entry in entries}
        known |= {one: {**known.get(one, {}), **thing} for one, thing in made.items() if thing is not None}
        return [entry for one, entry in known.items() if made.get(one, {}) is not None]

    @property
    def _entries(self) -> dict[int, dict[str, Any]]:
        """The entries of all guests by vmid, as they are now: what their nodes' lists have counts more."""
        if self._known is None:
            entries = (entry for entry in self._read("/cluster/resources", {}) if entry["type"] in TYPES)
            self._known = {int(entry["vmid"]): entry for entry in entries}
            for listed in self.inventory.listed.values():
                for vmid, entry in listed.items():
                    shown = {key: entry[key] for key in _LISTED if key in entry}
                    self._known[vmid] = {**self._known.get(vmid, {"vmid": vmid}), **shown}
        return self._known

    def _find(self, parts: Mapping[str, str]) -> _Guest:
        """A guest as it is by now, with its configuration."""
        vmid = int(parts["vmid"])
        guest = self._guests.get(vmid)
        if guest is None:
            entry = {**self._entries.get(vmid, {"vmid": vmid, "type": parts["kind"]}), "node": parts["node"]}
            guest = _Guest(parts["node"], parts["kind"], vmid, entry)
        if guest.config is None:
            try:
                config = dict(self.request("GET", f"/nodes/{segment(guest.node)}/{guest.kind}/{vmid}/config"))
            except PveError:
                config = {}
            guest = replace(guest, config=config)
        return guest

    def _keep(self, guest: _Guest, **seen: Any) -> None:
        """The guest from now on; what lists show of it follows from its configuration, and from I(seen)."""
        config = guest.config or {}
        name = config.get("name" if guest.kind == "qemu" else "hostname")
        shown = {
            **(guest.entry or {}),
            **({"name": name} if name else {}),
            "tags": config.get("tags", ""),
            "template": int(config.get("template") or 0),
            **seen,
        }
        self._sizes.update(effects.list_sizes(guest.kind, config))
        self._guests[guest.vmid] = replace(guest, entry=shown)

    def _add(self, kind: str, node: str, vmid: int, config: dict[str, Any], params: _Params, **more: Any) -> None:
        memory = int(config.get("memory") or 512) if str(config.get("memory") or 512).isdigit() else 512
        entry = {
            "id": f"{kind}/{vmid}",
            "type": kind,
            "vmid": vmid,
            "node": node,
            "status": "stopped",
            "maxmem": memory * 1024**2,
            "maxcpu": int(config.get("cores") or 1),
            **({"pool": params["pool"]} if params.get("pool") else {}),
        }
        self._keep(_Guest(node, kind, vmid, entry, config, is_new=True, **more))

    def _name_volumes(self, kind: str, vmid: int) -> effects.VolumeNames:
        if self._types is None:
            entries = (entry for entry in self._read("/cluster/resources", {}) if entry["type"] == "storage")
            self._types = {entry["storage"]: str(entry.get("plugintype") or "") for entry in entries}
        made = {name: str(config.get("type") or "") for name, config in self._storages.items() if config}
        return effects.VolumeNames(kind, vmid, {**self._types, **made})

    def _absorb_new_guest(self, parts: Mapping[str, str], params: _Params) -> None:
        kind, vmid = parts["kind"], int(params["vmid"])
        config = effects.build_new_config(kind, params, self._name_volumes(kind, vmid))
        self._add(kind, parts["node"], vmid, config, params)

    def _absorb_clone(self, parts: Mapping[str, str], params: _Params) -> None:
        source, vmid = self._find(parts), int(params["newid"])
        default = f"Copy-of-VM-{(source.entry or {}).get('name', '')}"
        names = self._name_volumes(source.kind, vmid)
        config = effects.build_cloned_config(source.kind, source.config or {}, params, names, default_name=default)
        path = f"/nodes/{segment(source.node)}/{source.kind}/{source.vmid}"
        node = str(params.get("target") or source.node)
        self._add(source.kind, node, vmid, config, params, copied_from=path)

    def _absorb_config(self, parts: Mapping[str, str], params: _Params) -> None:
        guest = self._find(parts)
        names = self._name_volumes(guest.kind, guest.vmid)
        self._keep(replace(guest, config=effects.build_changed_config(guest.kind, guest.config or {}, params, names)))

    def _absorb_resize(self, parts: Mapping[str, str], params: _Params) -> None:
        guest = self._find(parts)
        config = effects.build_resized_config(guest.config or {}, str(params["disk"]), str(params["size"]))
        self._keep(replace(guest, config=config))

    def _absorb_move(self, parts: Mapping[str, str], params: _Params) -> None:
        guest = self._find(parts)
        slot, names = str(params.get("disk") or params.get("volume")), self._name_volumes(guest.kind, guest.vmid)
        self._keep(replace(guest, config=effects.build_moved_config(guest.config or {}, slot, params, names)))

    def _absorb_template(self, parts: Mapping[str, str], params: _Params) -> None:
        guest = self._find(parts)
        self._keep(replace(guest, config=effects.build_template_config(guest.kind, guest.config or {})))

    def _absorb_status(self, parts: Mapping[str, str], params: _Params) -> None:
        guest, status = self._find(parts), _STATUSES.get(parts["action"])
        if status is not None:
            self._keep(guest, status=status)

    def _absorb_removal(self, parts: Mapping[str, str], params: _Params) -> None:
        self._guests[int(parts["vmid"])] = _Guest(parts["node"], parts["kind"], int(parts["vmid"]), None)

    def _absorb_pool(self, parts: Mapping[str, str], params: _Params) -> None:
        name = str(params["poolid"])
        pool = {key: params[key] for key in ("poolid", "comment") if key in params}
        self._pools[name] = {**(self._pools.get(name) or {}), **pool}
        for vmid in filter(None, str(params.get("vms") or "").split(",")):
            made = self._guests.get(int(vmid))
            entry = self._entries.get(int(vmid)) if made is None else made.entry
            if entry is not None:
                where = {"node": str(entry["node"]), "kind": str(entry["type"]), "vmid": vmid}
                self._keep(self._find(where), pool=None if params.get("delete") else name)

    def _absorb_pool_removal(self, parts: Mapping[str, str], params: _Params) -> None:
        self._pools[str(params["poolid"])] = None

    def _absorb_storage(self, parts: Mapping[str, str], params: _Params) -> None:
        name = parts.get("name") or str(params["storage"])
        known = next((one for one in self._answer_things("/storage") if one["storage"] == name), {})
        gone = str(params.get("delete") or "").split(",")
        config = {key: value for key, value in {**known, **params}.items() if key not in (*gone, "delete", "digest")}
        self._things.setdefault("/storage", {})[name] = self._storages[name] = config

    def _absorb_storage_removal(self, parts: Mapping[str, str], params: _Params) -> None:
        self._things.setdefault("/storage", {})[parts["name"]] = self._storages[parts["name"]] = None

    def _absorb_ha(self, parts: Mapping[str, str], params: _Params) -> None:
        path = f"/cluster/ha/{parts['what']}"
        key = _NAMES_OF_THINGS[path]
        name = parts.get("name") or str(params[key])
        gone = str(params.get("delete") or "").split(",")
        thing = {
            name: value for name, value in {**params, key: name}.items() if name not in (*gone, "delete", "digest")
        }
        known = self._things.setdefault(path, {})
        known[name] = {**(known.get(name) or {}), **thing}

    def _absorb_ha_removal(self, parts: Mapping[str, str], params: _Params) -> None:
        self._things.setdefault(f"/cluster/ha/{parts['what']}", {})[parts["name"]] = None


def _make_key(path: str, params: _Params) -> _Key:
    return path, tuple(sorted(params.items()))


def _list_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the cluster's list as the list of a node has it."""
    return {key: value for key, value in entry.items() if key not in ("id", "node", "type", "pool", "hastate")}


# The lists to which things are added, and what names a thing in each.
_NAMES_OF_THINGS = {"/storage": "storage", RESOURCES: "sid", RULES: "rule"}
_SHARED_TYPES = frozenset({"cephfs", "cifs", "iscsi", "iscsidirect", "nfs", "pbs", "rbd"})
# What a guest answers that is only just made.
_OF_NEW_GUESTS: dict[str, Any] = {
    "snapshot": [{"name": "current"}],
    "cloudinit": [],
    "feature": {"hasFeature": 1},
}
_HA = r"/cluster/ha/(?P<what>resources|rules)"
_EFFECTS: tuple[tuple[str, re.Pattern[str], _Absorb], ...] = tuple(
    (method, re.compile(path), absorb)
    for method, path, absorb in (
        ("POST", r"/nodes/(?P<node>[^/]+)/(?P<kind>qemu|lxc)", ForecastClient._absorb_new_guest),
        ("POST", rf"{_GUEST}/clone", ForecastClient._absorb_clone),
        ("POST|PUT", rf"{_GUEST}/config", ForecastClient._absorb_config),
        ("PUT", rf"{_GUEST}/resize", ForecastClient._absorb_resize),
        ("POST", rf"{_GUEST}/(?:move_disk|move_volume)", ForecastClient._absorb_move),
        ("POST", rf"{_GUEST}/template", ForecastClient._absorb_template),
        ("POST", rf"{_GUEST}/status/(?P<action>\w+)", ForecastClient._absorb_status),
        ("DELETE", _GUEST, ForecastClient._absorb_removal),
        ("POST|PUT", r"/pools", ForecastClient._absorb_pool),
        ("DELETE", r"/pools", ForecastClient._absorb_pool_removal),
        ("POST", r"/storage", ForecastClient._absorb_storage),
        ("PUT", r"/storage/(?P<name>[^/]+)", ForecastClient._absorb_storage),
        ("DELETE", r"/storage/(?P<name>[^/]+)", ForecastClient._absorb_storage_removal),
        ("POST", _HA, ForecastClient._absorb_ha),
        ("PUT", rf"{_HA}/(?P<name>[^/]+)", ForecastClient._absorb_ha),
        ("DELETE", rf"{_HA}/(?P<name>[^/]+)", ForecastClient._absorb_ha_removal),
    )
)
