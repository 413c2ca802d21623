# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan's requests name, by the request: nodes, storages, pools, volumes, bridges, guests, users … Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .._api.property_strings import parse
from .._guest.disks import is_slot
from .._guest.drives import DriveStep
from .._values.guests import find_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._module.plan import Step

    _Read = Callable[[Mapping[str, str], Mapping[str, Any]], Iterator["Reference"]]

_SEPARATORS = re.compile(r"[,; \0]+")
_NETWORK = re.compile(r"net\d+")
_NEW_VOLUME = re.compile(r"(?P<storage>[^:/,]+):(?:\d+(?:\.\d+)?|(?P<cloudinit>cloudinit))")
# Files that a list of the storage's content shows, by the folder in their volume id.
_FILE = re.compile(r"(?P<storage>[^:/,]+):(?P<content>iso|vztmpl|import)/[^/]+")
_DISKS = {"qemu": "images", "lxc": "rootdir"}


@dataclass(frozen=True)
class Reference:
    """A thing that a request names.

    I(node) is where a storage, volume or bridge must be, I(content) what a storage has to take, and I(format) the
    format of the volume on it, I(firewall) the path of the firewall that may have its own aliases and IP sets.
    I(holder) is the guest that is to get a volume for itself. I(is_optional): Proxmox VE takes the request also when
    there is no such thing, which then has no effect, or a bad one, later.
    """

    kind: str
    name: str
    node: str | None = None
    content: str | None = None
    format: str | None = None
    holder: str | None = None
    firewall: str | None = None
    is_optional: bool = False


def list_references(step: Step) -> list[Reference]:
    """What a request names, without repeats, in its order."""
    for method, pattern, read in _TABLE:
        match = pattern.fullmatch(step.path) if re.fullmatch(method, step.method) else None
        if match:
            parts = {name: unquote(value) for name, value in match.groupdict().items()}
            return list(dict.fromkeys(read(parts, _drop_kept(step))))
    return []


def list_created(steps: Iterable[Step]) -> set[tuple[str, str]]:
    """What requests make, by kind and name: later ones may name it."""
    created = set()
    for step in steps:
        if step.method != "POST":
            continue
        for pattern, kind, option in _CREATED:
            match = pattern.fullmatch(step.path)
            if match and option in step.params:
                name = str(step.params[option])
                created.add((kind, name.lower() if kind == "alias" else name))
        token = _TOKEN.fullmatch(step.path)
        if token:
            created.add(("token", f"{unquote(token['user'])}!{unquote(token['token'])}"))
    return created


def _drop_kept(step: Step) -> dict[str, Any]:
    """The parameters without the drives that keep their volume."""
    kept = step.drives if isinstance(step, DriveStep) else {}
    return {key: value for key, value in step.params.items() if kept.get(key) != str(value).partition(",")[0]}


def _split(value: Any) -> list[str]:
    return [item for item in _SEPARATORS.split(str(value or "")) if item]


def _name_each(kind: str, value: Any, **more: Any) -> Iterator[Reference]:
    for name in _split(value):
        yield Reference(kind, name, **more)


def _read_guest(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    """A new, changed or restored guest's drives, networks and pool."""
    node, kind = parts["node"], parts["kind"]
    yield from _name_each("pool", params.get("pool"))
    yield from _name_each("storage", params.get("storage"), node=node, content=_DISKS[kind])
    yield from _read_volume(str(params.get("ostemplate") or ""), node)
    for key, value in params.items():
        if is_slot(kind, key):
            holder = parts.get("vmid") or str(params.get("vmid"))
            yield from _read_drive(str(value), node, _DISKS[kind], holder)
        elif _NETWORK.fullmatch(key):
            yield from _name_each("bridge", parse(str(value)).get("bridge"), node=node, is_optional=True)
        elif key == "cpu":
            model = parse(str(value), default_key="cputype").get("cputype")
            # Not everybody sees those that somebody has defined.
            if model and not model.startswith("custom-"):
                yield Reference("processor type", model, node)
        elif key == "cicustom":
            for volume in parse(str(value)).values():
                yield Reference("storage", volume.partition(":")[0], node)
                yield Reference("volume", volume, node, "snippets", is_optional=True)
        elif find_option(kind, key) is None and key not in _NO_OPTIONS:
            yield Reference("option", key, content=kind)


def _read_drive(value: str, node: str, content: str, holder: str) -> Iterator[Reference]:
    volume, properties = value.partition(",")[0], parse(value, default_key="file")
    new = _NEW_VOLUME.fullmatch(volume)
    source = properties.get("import-from", "")
    if new:
        # Proxmox VE makes the drive of cloud-init on any storage.
        wanted = None if new["cloudinit"] else content
        yield Reference("storage", new["storage"], node, wanted, properties.get("format"))
    yield from _read_volume(volume, node) or _read_disk(volume, node, content, holder)
    yield from _read_volume(source, node) or _read_disk(source, node, content, None)


def _read_volume(volume: str, node: str) -> list[Reference]:
    """A file, and before it the storage that has to have it."""
    file = _FILE.fullmatch(volume)
    if file is None:
        return []
    return [Reference("storage", file["storage"], node), Reference("volume", volume, node, file["content"])]


def _read_disk(volume: str, node: str, content: str, holder: str | None) -> list[Reference]:
    """A disk that there is, which the guest I(holder) is to have, and before it its storage."""
    storage, colon, _name = volume.partition(":")
    if not colon or volume.startswith("/") or _NEW_VOLUME.fullmatch(volume):
        return []
    return [Reference("storage", storage, node), Reference("volume", volume, node, content, holder=holder)]


def _read_clone(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    yield from _name_each("node", params.get("target"))
    yield from _name_each("pool", params.get("pool"))
    # It has to be where the guest is as well.
    wanted = {"content": _DISKS[parts["kind"]], "format": params.get("format")}
    for node in filter(None, dict.fromkeys((parts["node"], params.get("target")))):
        yield from _name_each("storage", params.get("storage"), node=node, **wanted)


def _read_migration(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    target = params.get("target")
    yield from _name_each("node", target)
    storages = params.get("targetstorage") or params.get("target-storage")
    for pair in _split(storages):
        # From one storage to another, to one for all, or 1 for the same.
        storage = pair.rpartition(":")[2]
        if storage != "1":
            yield Reference("storage", storage, target, _DISKS[parts["kind"]])


def _read_move(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    wanted = {"content": _DISKS[parts["kind"]], "format": params.get("format")}
    yield from _name_each("storage", params.get("storage"), node=parts["node"], **wanted)


def _read_backup(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    yield from _name_each("storage", params.get("storage"), node=parts["node"], content="backup")


def _read_job(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    yield from _name_each("pool", params.get("pool"))
    yield from _name_each("node", params.get("node"), is_optional=True)
    yield from _name_each("storage", params.get("storage"), content="backup", is_optional=True)
    yield from _name_each("guest", params.get("vmid"), is_optional=True)
    yield from _name_each("guest", params.get("exclude"), is_optional=True)


def _read_pool(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    yield from _name_each("pool", params.get("poolid"))
    if not params.get("delete"):
        # The API takes these, and leaves them out.
        yield from _name_each("guest", params.get("vms"))
        yield from _name_each("storage", params.get("storage"))


def _read_new_pool(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    yield from _name_each("pool", str(params.get("poolid") or "").rpartition("/")[0])


def _read_storage(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    yield from _name_each("node", params.get("nodes"), is_optional=True)


def _read_rule(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    for node in _split(params.get("nodes")):
        yield Reference("node", node.partition(":")[0])


def _read_user(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    if "userid" in params:
        yield Reference("realm", str(params["userid"]).rpartition("@")[2], is_optional=True)
    yield from _name_each("group", params.get("groups"))


def _read_firewall_rule(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    if params.get("action") not in _ACTIONS:
        yield from _name_each("group of rules", params.get("action"), is_optional=True)
    yield from _read_addresses(parts, params, "source", "dest")


def _read_entry(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    yield from _read_addresses(parts, params, "cidr")


def _read_addresses(parts: Mapping[str, str], params: Mapping[str, Any], *options: str) -> Iterator[Reference]:
    # Nodes and groups have no names of their own.
    place = parts.get("firewall", "")
    place = place if _GUEST_FIREWALL.fullmatch(place) else "/cluster/firewall"
    for option in options:
        for part in str(params.get(option) or "").split(","):
            match = _NAMED_ADDRESSES.fullmatch(part.strip())
            if match:
                kind, name = ("IP set", match["name"]) if match["set"] else ("alias", match["name"].lower())
                yield Reference(kind, name, firewall=place)


def _read_acl(parts: Mapping[str, str], params: Mapping[str, Any]) -> Iterator[Reference]:
    if params.get("delete"):
        return
    for kind in ("user", "group", "token", "role"):
        yield from _name_each(kind, params.get(f"{kind}s"))
    where = str(params.get("path") or "").split("/")
    if where[1:2] and where[1] in _ACL_PATHS and len(where) == 3:
        yield Reference(_ACL_PATHS[where[1]], where[2], is_optional=True)


_ACTIONS = (None, "ACCEPT", "DROP", "REJECT")
# Not of SDN, whose sets are in no list.
_NAMED_ADDRESSES = re.compile(r"(?P<set>\+)?(?:dc/|guest/)?(?P<name>[A-Za-z][A-Za-z0-9_-]+)")
_ACL_PATHS = {"vms": "guest", "storage": "storage", "nodes": "node", "pool": "pool"}
# Parameters of requests that make or change guests, which are no options of theirs.
_NO_OPTIONS = frozenset(
    (
        *("archive", "background_delay", "bwlimit", "cipassword", "delete", "digest", "force", "ha-managed"),
        *("ignore-unpack-errors", "import-working-storage", "live-restore", "lock", "ostemplate", "password", "pool"),
        *("restore", "revert", "skiplock", "ssh-public-keys", "sshkeys", "start", "storage", "unique", "vmid"),
    )
)
_KIND = r"(?P<kind>qemu|lxc)"
_NODE = r"/nodes/(?P<node>[^/]+)"
_GUEST = rf"{_NODE}/{_KIND}/(?P<vmid>\d+)"
_GUEST_FIREWALL = re.compile(rf"{_GUEST}/firewall")
_TOKEN = re.compile(r"/access/users/(?P<user>[^/]+)/token/(?P<token>[^/]+)")
_TABLE: tuple[tuple[str, re.Pattern[str], _Read], ...] = tuple(
    (method, re.compile(path), read)
    for method, path, read in (
        ("POST", rf"{_NODE}/{_KIND}", _read_guest),
        ("POST|PUT", rf"{_GUEST}/config", _read_guest),
        ("POST", rf"{_GUEST}/clone", _read_clone),
        ("POST", rf"{_GUEST}/migrate", _read_migration),
        ("POST", rf"{_GUEST}/(?:move_disk|move_volume)", _read_move),
        ("POST", rf"{_NODE}/vzdump", _read_backup),
        ("POST|PUT", r"/cluster/backup(?:/[^/]+)?", _read_job),
        ("POST|PUT", r"/cluster/ha/rules(?:/[^/]+)?", _read_rule),
        ("POST", r"/pools", _read_new_pool),
        ("PUT", r"/pools", _read_pool),
        ("POST|PUT", r"/storage(?:/[^/]+)?", _read_storage),
        ("POST|PUT", r"/cluster/firewall/groups/[^/]+(?:/\d+)?", _read_firewall_rule),
        ("POST|PUT", r"(?P<firewall>/.+/firewall)/rules(?:/\d+)?", _read_firewall_rule),
        ("POST", r"(?P<firewall>/.+/firewall)/ipset/[^/]+", _read_entry),
        ("POST|PUT", r"/access/users(?:/[^/]+)?", _read_user),
        ("PUT", r"/access/acl", _read_acl),
    )
)
# The path, the kind of what is made there, and the parameter with its name.
_CREATED = tuple(
    (re.compile(path), kind, option)
    for path, kind, option in (
        (r"/pools", "pool", "poolid"),
        (r"/storage", "storage", "storage"),
        (r"/.+/firewall/aliases", "alias", "name"),
        (r"/.+/firewall/ipset", "IP set", "name"),
        (r"/cluster/firewall/groups", "group of rules", "group"),
        (r"/access/users", "user", "userid"),
        (r"/access/groups", "group", "groupid"),
        (r"/access/roles", "role", "roleid"),
        (r"/nodes/[^/]+/(?:qemu|lxc)", "guest", "vmid"),
        (r"/nodes/[^/]+/(?:qemu|lxc)/\d+/clone", "guest", "newid"),
    )
)
