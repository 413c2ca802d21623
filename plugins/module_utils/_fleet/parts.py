# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of a document, each planned by one resource: what is wished, and which options that are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from .._guest.guest import Guest
from .._guest.placement import list_storages
from .._resources import access, backup_job, clone, cloudinit, firewall, guest, guest_state, ha, pool, storage
from .._run.resource import Resource
from . import document as shapes
from .document import Document
from .health import Health
from .restart import Restart
from .shapes import Shape
from .units import WAVES

_NOTHING = Shape({})
_STATE = Shape({"state": {"type": "str"}})
_MEMBERS = ("vmids", "storages", "purge", "move")
_POWER_STATES = ("started", "stopped")
# The parts of a guest that stand in sections of their own in its entry; those that make it; those that its clones have
# as well; and those after which it is as it is to be.
_SECTIONS = ("cloudinit", "firewall", "ha", "health")
_MADE = ("create", "clone")
_OF_TEMPLATES = (*_MADE, "config", "cloudinit", "firewall", "template")
_TO_BE_DONE = (*_OF_TEMPLATES, "restart", "power", "health")
# The parts of access, in the order in which each may name what is in those before.
_ACCESS = {"roles": "role", "groups": "group", "users": "user", "tokens": "token", "acls": "path"}


@dataclass(frozen=True)
class Kind:
    """How a part is planned: its options in the document, and its resource with all of the resource's options."""

    shape: Shape
    make: Callable[[dict[str, Any]], Resource[Any]]
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def build_params(self, wish: Mapping[str, Any], address: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.defaults, **self.shape.complete(wish), **address}


def _complete(spec: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {**Shape(spec).complete({}), **more}


_GUEST_OPTIONS = _complete(guest.argument_spec())
CONFIG = Kind(shapes.CONFIG, guest.Guests, _GUEST_OPTIONS)
STATE_OF_GUEST = Kind(_STATE, guest.Guests, _GUEST_OPTIONS)
CLONE = Kind(shapes.CLONE, clone.Clone, _complete(clone.argument_spec()))
CLOUDINIT = Kind(shapes.CLOUDINIT, lambda params: cloudinit.CloudInit(), _complete(cloudinit.argument_spec()))
_FIREWALL = _complete(firewall.argument_spec())
GUEST_FIREWALL = Kind(shapes.GUEST_FIREWALL, firewall.Firewalls, _FIREWALL)
PLACE_FIREWALL = Kind(shapes.PLACE_FIREWALL, firewall.Firewalls, _FIREWALL)
GROUP_FIREWALL = Kind(shapes.GROUP_FIREWALL, firewall.Firewalls, _FIREWALL)
_HA = _complete(ha.argument_spec())
HA = Kind(shapes.HA, lambda params: ha.Resources(), _HA)
HA_RULE = Kind(shapes.HA_RULE, lambda params: ha.Rules(params["rule"]), _HA)
POWER = Kind(_STATE, lambda params: guest_state.GuestState(), _complete(guest_state.argument_spec()))
HEALTH = Kind(shapes.HEALTH, lambda params: Health(), {"guests": None, "name": None, "node": None})
RESTART = Kind(_NOTHING, lambda params: Restart(), _complete(guest_state.argument_spec()))
POOL = Kind(shapes.POOL, lambda params: pool.Pools(params["pool"]), _complete(pool.argument_spec()))
STORAGE = Kind(shapes.STORAGE, storage.Definitions, _complete(storage.argument_spec()))
BACKUP_JOB = Kind(
    shapes.BACKUP_JOB, lambda params: backup_job.Jobs(params["id"]), _complete(backup_job.argument_spec())
)


class _ItemShape(Shape):
    """The options of one entry of a list of pve_access, completed to a list that has nothing else."""

    def __init__(self, section: str) -> None:
        super().__init__({})
        self._section = section

    def complete(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        return {self._section: shapes.ACCESS.complete({self._section: [declared]})[self._section]}


_ENTRIES = {
    section: Kind(_ItemShape(section), lambda params: access.Entries(), _complete(access.argument_spec()))
    for section in _ACCESS
}


@dataclass(frozen=True)
class Part:
    """What one resource plans: the I(wish) that stands at I(base), for the object at I(path).

    I(address) says which thing it is for. I(needs) are the ids of the parts that come before, and of these, it is
    planned from what I(stands_on) will have made. I(last) is the wish that was applied last. I(is_new): there is no
    such thing yet, so that nothing is merged.
    """

    id: str
    path: tuple[str, ...]
    base: tuple[str, ...]
    wave: int
    kind: Kind
    wish: Mapping[str, Any]
    address: Mapping[str, Any] = field(default_factory=dict)
    last: Mapping[str, Any] | None = None
    needs: tuple[str, ...] = ()
    stands_on: tuple[str, ...] = ()
    is_new: bool = False


@dataclass(frozen=True)
class Known:
    """A guest of the document: its vmid, and the I(guest) that it is, None where it is still to be made."""

    vmid: int
    guest: Guest | None


def list_parts(
    document: Document, last: Document, known: Mapping[str, Known], *, failed: Iterable[str] = (), restart: bool = False
) -> list[Part]:
    """All parts of a document, whose guests are I(known) by their names, without those that I(failed) to be told."""
    parts = [
        *_list_storages(document, last),
        *_list_pools(document, last, known),
        *_list_firewalls(document, last),
        *(part for name in known for part in _list_guest_parts(document, last, known, name, restart=restart)),
        *_list_cluster_parts(document, last, known),
    ]
    ids = {*(part.id for part in parts), *map(name_failed, failed)}
    return [replace(part, needs=tuple(dict.fromkeys(one for one in part.needs if one in ids))) for part in parts]


def name_failed(name: str) -> str:
    """The id that stands for all parts of a guest that can't be told from others."""
    return f"guests/{name}/config"


def _wave(name: str) -> int:
    return WAVES.index(name)


def _pick(entry: Mapping[str, Any] | None, shape: Shape, gone: Iterable[str] = ()) -> dict[str, Any]:
    return {name: value for name, value in (entry or {}).items() if name in shape.names and name not in gone}


def _list_storages(document: Document, last: Document) -> list[Part]:
    return [
        Part(
            "/".join(path), path, path, _wave("storages"), STORAGE, entry, {"storage": path[1]}, last.objects.get(path)
        )
        for path, entry in document.objects.items()
        if path[0] == "storages"
    ]


def _list_pools(document: Document, last: Document, known: Mapping[str, Known]) -> list[Part]:
    parts = []
    for path, entry in document.objects.items():
        if path[0] != "pools":
            continue
        name, before = path[1], last.objects.get(path)
        address, pool_id = {"pool": name}, f"pools/{name}"
        if entry.get("state") == "absent":
            parts.append(Part(pool_id, path, path, _wave("cluster"), POOL, entry, address, before))
            continue
        # A pool is there before its guests, which are in it only once they are made.
        needs = (f"pools/{name.rpartition('/')[0]}",)
        own = _pick(entry, POOL.shape, _MEMBERS)
        own_before = None if before is None else _pick(before, POOL.shape, _MEMBERS)
        parts.append(Part(pool_id, path, path, _wave("pools"), POOL, own, address, own_before, needs))
        if entry.get("vmids") is not None or entry.get("storages") is not None:
            members = {name: entry[name] for name in _MEMBERS if name in entry}
            members_before = None if before is None else {name: before[name] for name in _MEMBERS if name in before}
            vmids = set(entry.get("vmids") or ())
            guests = [part for one, guest in known.items() if guest.vmid in vmids for part in list_parts_of(one, _MADE)]
            # Those that come into it by their own entries are in it by then.
            joining = [one for one in known if document.objects["guests", one].get("pool") == name]
            guests += [part for one in joining for part in list_parts_of(one, (*_MADE, "config"))]
            storages = [f"storages/{one}" for one in entry.get("storages") or ()]
            needs = (pool_id, *guests, *storages)
            wave = _wave("cluster")
            members_id = f"{pool_id}/members"
            parts.append(Part(members_id, path, path, wave, POOL, members, address, members_before, needs, needs))
    return parts


def _list_firewalls(document: Document, last: Document) -> list[Part]:
    parts: list[Part] = []
    for path, entry in document.objects.items():
        if path[0] != "firewall":
            continue
        kind = GROUP_FIREWALL if path[1] == "groups" else PLACE_FIREWALL
        address = {"level": {"cluster": "cluster", "groups": "group", "nodes": "node"}[path[1]]}
        if path[1] != "cluster":
            address["group" if path[1] == "groups" else "node"] = path[2]
        # They name what those before have, and are in one file with them.
        before = tuple(part.id for part in parts if path[1] != "cluster" and part.path[1] in ("cluster", "groups"))
        part_id = "/".join(path)
        parts.append(
            Part(part_id, path, path, _wave("cluster"), kind, entry, address, last.objects.get(path), before, before)
        )
    return parts


def list_parts_of(name: str, aspects: Iterable[str]) -> list[str]:
    """The ids that parts of a guest have."""
    return [f"guests/{name}/{aspect}" for aspect in aspects]


def _list_guest_parts(
    document: Document, last: Document, known: Mapping[str, Known], name: str, *, restart: bool
) -> list[Part]:
    path = ("guests", name)
    entry, before, one = document.objects[path], last.objects.get(path), known[name]
    vmid, node, is_new = {"vmid": one.vmid}, {"node": entry.get("node")}, one.guest is None
    state = entry.get("state", "present")
    is_template = state == "template"
    made: list[Part] = []

    def add(
        aspect: str,
        wave: str,
        kind: Kind,
        wish: Mapping[str, Any],
        needs: Iterable[str] = (),
        address: Mapping[str, Any] | None = None,
        last: Mapping[str, Any] | None = None,
        sources: Iterable[str] = (),
    ) -> None:
        base = (*path, aspect) if aspect in _SECTIONS else path
        stands_on = (*(part.id for part in made), *sources)
        number = _wave("templates" if is_template else wave)
        before_it, where = (*stands_on, *needs), vmid if address is None else address
        made.append(
            Part(f"guests/{name}/{aspect}", path, base, number, kind, wish, where, last, before_it, stands_on, is_new)
        )

    def last_of(section: str) -> Mapping[str, Any] | None:
        return None if before is None else before.get(section) or {}

    if state == "absent":
        add("absent", "guests", STATE_OF_GUEST, {"state": "absent"})
        return made
    config, used = _pick(entry, CONFIG.shape), _list_used(document, entry)
    if is_new and "clone" in entry:
        source = find_source(document, known, entry["clone"])
        sources = list_parts_of(source, _OF_TEMPLATES) if source else []
        address = {"newid": one.vmid, "new_name": name, "target": entry.get("node"), "pool": entry.get("pool") or None}
        add("clone", "guests", CLONE, entry["clone"], used, address, sources=sources)
    elif is_new:
        add("create", "guests", CONFIG, config, used, {**vmid, "name": name, "type": entry.get("type"), **node})
    if not is_new or "clone" in entry:
        renamed = {"new_name": name} if one.guest is not None and one.guest.name != name else {}
        last_config = None if before is None else _pick(before, CONFIG.shape)
        add("config", "configuration", CONFIG, config, used, {**vmid, "only": "existing", **renamed}, last_config)
    if "cloudinit" in entry:
        add("cloudinit", "configuration", CLOUDINIT, entry["cloudinit"], last=last_of("cloudinit"))
    if "firewall" in entry:
        firewalls = ["/".join(one) for one in document.objects if one[0] == "firewall" and one[1] != "nodes"]
        address = {**vmid, "level": "guest"}
        add("firewall", "cluster", GUEST_FIREWALL, entry["firewall"], firewalls, address, last_of("firewall"))
    if "ha" in entry:
        # Without, the HA manager starts what is to be stopped.
        wish = {"request_state": "stopped", **entry["ha"]} if state == "stopped" else entry["ha"]
        add("ha", "cluster", HA, wish, last=last_of("ha"))
    if is_template:
        add("template", "templates", STATE_OF_GUEST, {"state": "template"})
        return made
    others = [part for other in entry.get("depends_on") or () for part in list_parts_of(other, _TO_BE_DONE)]
    if restart and not is_new and state != "stopped":
        add("restart", "power", RESTART, {}, others, {**vmid, "state": "restarted"})
    if state in _POWER_STATES:
        earlier_state = (before or {}).get("state")
        last_state = None if before is None else {"state": earlier_state} if earlier_state in _POWER_STATES else {}
        add("power", "power", POWER, {"state": state}, others, last=last_state)
    if entry.get("health"):
        add("health", "health", HEALTH, entry["health"])
    return made


def find_source(document: Document, known: Mapping[str, Known], wish: Mapping[str, Any]) -> str | None:
    """The guest of the same document that a clone is made of."""
    name, vmid = wish.get("name"), wish.get("vmid")
    if name in known:
        return str(name)
    return next((one for one, guest in known.items() if vmid is not None and guest.vmid == vmid), None)


def _list_used(document: Document, entry: Mapping[str, Any]) -> list[str]:
    """The parts that make the pool and the storages that an entry of a guest names."""
    disks = [
        {**dict.fromkeys(("storage", "cdrom", "volume", "import_from")), **one} for one in entry.get("disks") or ()
    ]
    names = list_storages({"disks": disks, "ostemplate": entry.get("ostemplate")})
    names |= {(entry.get("clone") or {}).get("storage"), (entry.get("cloudinit") or {}).get("drive_storage")}
    used = [("storages", name) for name in sorted(filter(None, names))] + [("pools", str(entry.get("pool")))]
    return ["/".join(path) for path in used if path in document.objects]


def _list_cluster_parts(document: Document, last: Document, known: Mapping[str, Known]) -> list[Part]:
    parts: list[Part] = []
    wave = _wave("cluster")
    for path, entry in document.objects.items():
        before, part_id = last.objects.get(path), "/".join(path)
        if path[0] == "ha_rules":
            guests = tuple(
                part
                for name, one in known.items()
                if _may_choose(entry.get("guests") or {}, name, one, document.objects["guests", name])
                for part in list_parts_of(name, (*_MADE, "config", "ha"))
            )
            parts.append(Part(part_id, path, path, wave, HA_RULE, entry, {"rule": path[1]}, before, guests, guests))
        elif path[0] == "backup_jobs":
            vmids = {*(entry.get("vmids") or ()), *(entry.get("exclude") or ())}
            needs = (
                f"pools/{entry.get('pool')}",
                f"storages/{entry.get('storage')}",
                *(part for name, one in known.items() if one.vmid in vmids for part in list_parts_of(name, _MADE)),
            )
            parts.append(Part(part_id, path, path, wave, BACKUP_JOB, entry, {"id": path[1]}, before, needs))
        elif path[0] == "access":
            parts += _list_access(entry, before or {}, wave, has_last=before is not None)
    return parts


def _may_choose(selector: Mapping[str, Any], name: str, one: Known, entry: Mapping[str, Any]) -> bool:
    """Whether a selection of guests may mean a guest as it will be."""
    names, vmids, tags = selector.get("names"), selector.get("vmids"), selector.get("tags")
    wished = {*(entry.get("tags") or ()), *(entry.get("add_tags") or ())}
    return (
        (not names or any(fnmatchcase(name, pattern) for pattern in names))
        and (not vmids or one.vmid in vmids)
        and (not tags or one.guest is not None or set(tags) <= wished)
    )


def _list_access(entry: Mapping[str, Any], before: Mapping[str, Any], wave: int, *, has_last: bool) -> list[Part]:
    """One part for each role, group, user, token and ACL."""
    parts: list[Part] = []
    for section, key in _ACCESS.items():
        earlier = tuple(part.id for part in parts)
        known = {_name_access(key, item): item for item in before.get(section) or ()}
        for item in entry.get(section) or ():
            name = _name_access(key, item)
            path = ("access", section, name)
            last = (known.get(name) or {}) if has_last else None
            needs = () if section in ("roles", "groups") else earlier
            parts.append(Part("/".join(path), path, path, wave, _ENTRIES[section], item, {}, last, needs))
    return parts


def _name_access(key: str, item: Mapping[str, Any]) -> str:
    """What names an entry; an ACL by its path and whom it is for."""
    holder = next((str(item[one]) for one in ("user", "group", "token") if item.get(one)), "")
    return f"{item[key]} {holder}" if key == "path" else str(item[key])
