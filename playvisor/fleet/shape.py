# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet may hold: the options of the modules, from their documentation, and the few that are a fleet's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from mcp_bridge.catalogue.docs import read_module_docs, strip_markup

FLEET_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
GUEST_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)

LARGEST_VMID = 999_999_999
# Proxmox VE has no larger ones, and other programs can't read them.
LARGEST_NUMBER = 2**53

# Options that say how a module applies: a fleet says that once.
_APPLYING = frozenset(["throttle", "timeout", "expect_plan"])
# Options that address something, or say that it is there at all: what stands in a fleet is.
_ADDRESSING = frozenset(["name", "node", "vmid", "guests", "state"])
_OF_RULES = frozenset(["nodes", "strict", "affinity", "disable"])
_OF_HA_GUESTS = frozenset(["request_state", "max_restart", "max_relocate", "failback"])

# The numbers that Proxmox VE takes, by the end of an option's path; documentation has no place for them.
_RANGES: Mapping[str, tuple[int | None, int | None]] = {
    "balloon": (0, None),
    "bwlimit": (0, None),
    "cores": (1, None),
    "expire": (0, None),
    "health.timeout": (1, None),
    "ipconfig.interface": (0, 31),
    "max_relocate": (0, None),
    "max_restart": (0, None),
    "memory": (16, None),
    "nics.mtu": (0, 65535),
    "nics.queues": (0, 64),
    "nics.rate": (0, None),
    "nics.tag": (0, 4094),
    "options.nf_conntrack_max": (32768, None),
    "options.nf_conntrack_tcp_timeout_established": (7875, None),
    "options.nf_conntrack_tcp_timeout_syn_recv": (30, 60),
    "options.protection_synflood_burst": (0, None),
    "options.protection_synflood_rate": (0, None),
    "performance.max_workers": (1, 256),
    "performance.pbs_entries_max": (1, None),
    **dict.fromkeys((f"retention.{unit}" for unit in ("last", "hourly", "daily", "weekly")), (0, None)),
    **dict.fromkeys((f"retention.{unit}" for unit in ("monthly", "yearly")), (0, None)),
    "sockets": (1, None),
    "swap": (0, None),
    "vmid": (100, LARGEST_VMID),
    "vmids": (100, LARGEST_VMID),
    "exclude": (100, LARGEST_VMID),
}
_TO_255 = r"([0-9]{1,2}|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
SLOTS: Mapping[str, Mapping[str, str]] = {
    "disks": {
        "qemu": rf"ide[0-3]|sata[0-5]|scsi([12]?[0-9]|30)|virtio([0-9]|1[0-5])|efidisk0|tpmstate0|unused{_TO_255}",
        "lxc": rf"rootfs|(mp|unused){_TO_255}",
    },
    "nics": dict.fromkeys(("qemu", "lxc"), "net([12]?[0-9]|3[01])"),
}
"""The slots of a guest's devices, by its type."""
NAMES: Mapping[str, str] = {
    "pool": r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){0,2}",
    "storage": r"[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]",
    "backup job": r"\S{1,50}",
    "rule": r"[A-Za-z][A-Za-z0-9_-]+",
    "node": r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
    "group": r"[A-Za-z][A-Za-z0-9_-]{1,17}",
}
"""What Proxmox VE's names look like."""
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"

CONFLICT_POLICIES = ("fail", "keep", "take")


@dataclass(frozen=True)
class Shape:
    """What a value may be; `kind` is a type as Ansible says it."""

    kind: str
    description: str = ""
    choices: tuple[Any, ...] = ()
    default: Any = None
    # Of a mapping: its keys; None where any may be.
    options: Mapping[str, Shape] | None = None
    # Of a list: its elements. Of a mapping whose keys are names: what each name has.
    each: Shape | None = None
    # What the keys of such a mapping are, and what they look like.
    names: str = ""
    names_pattern: str = ""
    required: tuple[str, ...] = ()
    # Of a list: the key by which its elements are told apart.
    by: str = ""
    # Keys that exclude each other, and keys of which there has to be one.
    exclusive: tuple[tuple[str, ...], ...] = ()
    one_of: tuple[str, ...] = ()
    # Of a mapping: options of its module that are not for a fleet to say.
    left_out: frozenset[str] = frozenset()
    is_secret: bool = False
    # Of text: what it looks like, and what that is.
    pattern: str = ""
    what: str = ""
    # Of a number.
    minimum: int | None = None
    maximum: int | None = None
    # Of names in files: an entry of theirs is written out, and no template.
    is_entry: bool = False

    def find(self, key: str) -> Shape | None:
        """The shape of what stands under a key."""
        if self.options is not None and key in self.options:
            return self.options[key]
        return self.each if self.names else None


ANY = Shape("raw")


def _read_option(doc: Mapping[str, Any]) -> Shape:
    """The shape that an option's documentation gives it."""
    kind = doc.get("type", "str")
    suboptions = doc.get("suboptions")
    inner = {name: _read_option(sub) for name, sub in (suboptions or {}).items()}
    required = tuple(name for name, sub in (suboptions or {}).items() if sub.get("required"))
    shape = Shape(
        {"path": "str"}.get(kind, kind),
        strip_markup(doc.get("description")),
        tuple(doc.get("choices") or ()),
        doc.get("default"),
        inner or None,
        required=required,
        is_secret=bool(doc.get("no_log")),
    )
    if kind != "list":
        return shape
    element = Shape(doc.get("elements", "str"), choices=shape.choices, options=shape.options, required=required)
    return replace(shape, choices=(), options=None, required=(), each=element, by="slot" if "slot" in inner else "")


def _read_entry(module: str, description: str, without: Iterable[str]) -> Shape:
    """The shape of an entry: the options of a module, apart from those that are no wishes."""
    docs = read_module_docs(module)
    unwanted = {*read_module_docs("pve_connection_info").options, *_APPLYING, *without}
    options = {name: _read_option(doc) for name, doc in docs.options.items() if name not in unwanted}
    exclusive = tuple(
        names for names in docs.constraints.get("mutually_exclusive", ()) if all(name in options for name in names)
    )
    left_out = frozenset(docs.options.keys() - options.keys())
    return _limit_numbers(Shape("dict", description, options=options, exclusive=exclusive, left_out=left_out), "")


def _limit_numbers(shape: Shape, path: str) -> Shape:
    """The shape with the numbers that Proxmox VE takes."""
    options = {name: _limit_numbers(inner, f"{path}.{name}") for name, inner in (shape.options or {}).items()}
    each = _limit_numbers(shape.each, path) if shape.each else None
    parts = path.split(".")
    limits = _RANGES.get(".".join(parts[-2:])) or _RANGES.get(parts[-1]) or (None, None)
    minimum, maximum = limits if shape.kind in ("int", "float") else (None, None)
    return replace(shape, options=options or shape.options, each=each, minimum=minimum, maximum=maximum)


@cache
def read_guest_shape() -> Shape:
    """What a guest may have in a plain document."""
    acting = ("only", "new_name", "restart_if_required", "shutdown_timeout", "force", "purge")
    config = _read_entry("pve_guest", "", [*_ADDRESSING, *acting, "destroy_unreferenced_disks"])
    options = dict(config.options or {})
    # What grows by so much would grow again each time, and no fleet takes disks away.
    options["disks"] = _leave_out(options["disks"], ("grow_by", "delete_source"))
    for devices, slots in SLOTS.items():
        options[devices] = _name_slots(options[devices], "|".join(dict.fromkeys(slots.values())))
    for tags in ("tags", "add_tags", "remove_tags"):
        options[tags] = replace(options[tags], each=Shape("str", "Tag.", pattern=TAG, what="a tag"))
    made = ("newid", "new_name", "new_names", "adopt", "start", "target", "targets")
    clone = _read_entry("pve_clone", "What it is cloned from.", [*made, "cloudinit", "description", "pool", "tags"])
    firewall = ("level", "group", "groups", "comment")
    own = {
        "vmid": Shape("int", "Its id. Default: one that is free.", minimum=100, maximum=LARGEST_VMID),
        "uuid": Shape("str", "Its UUID (SMBIOS), by which it is known after its name or id has changed."),
        "node": Shape("str", "Node that it is made on. A guest that exists is never moved."),
        "state": Shape("str", "How it is to be.", ("started", "stopped", "present", "template"), "present"),
        "clone": replace(clone, one_of=("name", "vmid")),
    }
    parts = {
        "cloudinit": _read_entry("pve_cloudinit", "Its cloud-init settings. Only for QEMU.", _ADDRESSING),
        "firewall": _read_entry(
            "pve_firewall", "Its firewall: options, rules, aliases and IP sets.", [*_ADDRESSING, *firewall]
        ),
        "ha": _read_entry("pve_ha", "Its high availability.", [*_ADDRESSING, "rule", *_OF_RULES]),
        "depends_on": Shape("list", "Guests that have to be as wished before it is touched.", each=Shape("str")),
        "health": Shape(
            "dict",
            "When it counts as healthy, which those wait for that depend on it.",
            options={
                "agent": Shape("bool", "The guest agent answers."),
                "command": Shape("list", "A command in it, as a list of words, ends with 0.", each=Shape("str")),
                "timeout": Shape("int", "Seconds until it counts as failed.", default=120, minimum=1),
            },
            one_of=("agent", "command"),
        ),
        **_read_rules(),
    }
    return Shape(
        "dict",
        "A guest: options of the modules, without those that address it.",
        options={"type": options["type"], **own, **options, **parts},
        exclusive=(*config.exclusive, ("clone", "ostemplate")),
        left_out=config.left_out,
        is_entry=True,
    )


def _leave_out(shape: Shape, names: Iterable[str]) -> Shape:
    """The shape of a list whose elements have fewer options, and are always there."""
    each = shape.each or ANY
    left_out = frozenset(names)
    options = {name: inner for name, inner in (each.options or {}).items() if name not in left_out}
    options["state"] = replace(options["state"], choices=("present",))
    return replace(shape, each=replace(each, options=options, left_out=left_out))


def _name_slots(shape: Shape, pattern: str) -> Shape:
    """The shape of a list whose elements have such slots."""
    each = shape.each or ANY
    slots = replace((each.options or {})["slot"], pattern=pattern, what="a slot")
    return replace(shape, each=replace(each, options={**(each.options or {}), "slot": slots}))


def _read_rules() -> dict[str, Shape]:
    return {
        "on_conflict": Shape(
            "dict",
            "What to do about a field that somebody else has changed, by its path (`cores`, `disks.*.size`).",
            each=Shape("str", choices=CONFLICT_POLICIES),
            names="path",
        ),
        "ignore": Shape("list", "Paths that are left as they are.", each=Shape("str")),
    }


@cache
def read_shape(*, is_authored: bool = True) -> Shape:
    """What a fleet may hold; as people author it, with profiles, or as a plain document."""
    guest = read_guest_shape()
    extra = {}
    place = ("level", "group", "comment")
    if is_authored:
        stack = {
            "profiles": Shape("list", "Profiles that it stands on; what comes later wins.", each=Shape("str")),
        }
        guest = replace(guest, options={**stack, **(guest.options or {})})
        extra["profiles"] = Shape(
            "dict", "Options that guests share, by a name.", each=guest, names="profile", is_entry=True
        )
    firewall = _read_entry(
        "pve_firewall", "A firewall: options, rules, aliases, IP sets and groups.", [*_ADDRESSING, *place]
    )
    group = _read_entry("pve_firewall", "A security group.", [*_ADDRESSING, "level", "group", "groups"])
    rule = ("vmid", "name", "node", "state", "rule")
    count = Shape("raw", pattern=r"[1-9][0-9]{0,8}|([1-9][0-9]?|100)%", what="a count or a percentage")
    options = {
        "fleet": Shape(
            "str", "Name of the fleet: small letters, digits and hyphens.", pattern=FLEET_NAME.pattern, what="a name"
        ),
        "cluster": Shape("str", "Name or id of the cluster that it is for; at another one nothing is done."),
        "settings": Shape(
            "dict",
            "How the fleet is applied.",
            options={
                "serial": replace(count, description="Guests that are changed at a time: a number, or a share as 25%."),
                "max_unavailable": replace(
                    count, description="Most guests that may be down at a time, given likewise."
                ),
                "restart": Shape("bool", "Whether guests are restarted for what needs it.", default=False),
                **_read_rules(),
            },
        ),
        **extra,
        "guests": Shape(
            "dict", "Guests by name; `web-{01..12}` is twelve of them.", each=guest, names="guest", is_entry=True
        ),
        "pools": _read_named("pve_pool", "Pools", "pool", "pool"),
        "storages": _read_named("pve_storage", "Storages", "storage", "storage"),
        "backup_jobs": _read_named("pve_backup_job", "Backup jobs", "backup job", "id"),
        "ha_rules": Shape(
            "dict",
            "Rules of high availability by name.",
            each=_read_entry("pve_ha", "A rule.", [*rule, *_OF_HA_GUESTS]),
            names="rule",
            names_pattern=NAMES["rule"],
        ),
        "firewall": Shape(
            "dict",
            "The firewall of the cluster and of its nodes, and security groups.",
            options={
                "cluster": firewall,
                "nodes": Shape(
                    "dict", "Firewalls of nodes by name.", each=firewall, names="node", names_pattern=NAMES["node"]
                ),
                "groups": Shape(
                    "dict", "Security groups by name.", each=group, names="group", names_pattern=NAMES["group"]
                ),
            },
        ),
        "access": _read_entry("pve_access", "Roles, groups, users, tokens and ACLs.", ("grants", "guests")),
    }
    return Shape("dict", "A fleet.", options=options)


def _read_named(module: str, plural: str, name: str, key: str) -> Shape:
    entry = _read_entry(module, f"A {name}.", [key, "state"])
    return Shape("dict", f"{plural} by name.", each=entry, names=name, names_pattern=NAMES[name])
