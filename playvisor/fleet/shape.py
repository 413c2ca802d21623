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

# Options that say how a module is connected, whom it addresses and how it applies: a fleet says that once.
_HOW = frozenset(["name", "node", "vmid", "guests", "state", "throttle", "timeout", "expect_plan"])
# The same of single modules: they act once, where a fleet says how things are to be.
_NO_WISHES = {
    "pve_guest": {
        *("only", "new_name", "restart_if_required", "shutdown_timeout", "force"),
        *("purge", "destroy_unreferenced_disks", "add_tags", "remove_tags"),
    },
    "pve_clone": {"newid", "new_name", "new_names", "targets"},
    "pve_pool": {"pool", "purge", "move"},
    "pve_storage": {"storage", "force"},
    "pve_backup_job": {"id"},
    "pve_firewall": {"level", "group", "comment", "purge"},
    "pve_ha": {"rule"},
    "pve_access": {"guests"},
}
# Options of the kinds above that are wishes all the same.
_WISHES = {"pve_clone": {"name", "vmid", "node"}, "pve_ha_rule": {"guests"}, "pve_backup_job": {"node"}}
_OF_RULES = frozenset(["nodes", "strict", "affinity", "disable"])

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
    # What the keys of such a mapping are.
    names: str = ""
    required: tuple[str, ...] = ()
    # Of a list: the key by which its elements are told apart.
    by: str = ""
    is_secret: bool = False
    pattern: str = ""

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


def _read_entry(module: str, description: str, *, only: Iterable[str] = (), without: Iterable[str] = ()) -> Shape:
    """The shape of an entry that takes the options of a module which are wishes."""
    docs = read_module_docs(module)
    connecting = read_module_docs("pve_connection_info").options.keys()
    rule = f"{module}_rule" if only else module
    unwanted = (connecting | _HOW | _NO_WISHES.get(module, set()) | set(without)) - _WISHES.get(rule, set())
    chosen = set(only) | _WISHES.get(rule, set()) if only else docs.options.keys() - unwanted
    return Shape(
        "dict",
        description,
        options={name: _read_option(doc) for name, doc in docs.options.items() if name in chosen},
    )


@cache
def read_guest_shape() -> Shape:
    """What a guest may have in a plain document."""
    config = _read_entry("pve_guest", "")
    own = {
        "vmid": Shape("int", "Its id. Default: one that is free."),
        "uuid": Shape("str", "Its UUID (SMBIOS), by which it is known after its name or id has changed."),
        "node": Shape("str", "Node that it is made on. A guest that exists is never moved."),
        "state": Shape("str", "How it is to be.", ("started", "stopped", "present", "template"), "present"),
        "clone": replace(_read_entry("pve_clone", "Template or guest that it is cloned from."), required=()),
    }
    parts = {
        "cloudinit": _read_entry("pve_cloudinit", "Its cloud-init settings. Only for QEMU."),
        "firewall": _read_entry("pve_firewall", "Its firewall: options, rules, aliases and IP sets."),
        "ha": _read_entry("pve_ha", "Its high availability.", without=_OF_RULES),
        "depends_on": Shape("list", "Guests that have to be as wished before it is touched.", each=Shape("str")),
        "health": Shape(
            "dict",
            "When it counts as healthy, which those wait for that depend on it.",
            options={
                "agent": Shape("bool", "The guest agent answers."),
                "command": Shape("list", "A command in it, as a list of words, ends with 0.", each=Shape("str")),
                "timeout": Shape("int", "Seconds until it counts as failed."),
            },
        ),
        **_read_rules(),
    }
    options = {"type": (config.options or {})["type"], **own, **(config.options or {}), **parts}
    return Shape("dict", "A guest: options of the modules, without those that address it.", options=options)


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
    if is_authored:
        stack = {
            "profiles": Shape("list", "Profiles that it stands on; what comes later wins.", each=Shape("str")),
        }
        guest = replace(guest, options={**stack, **(guest.options or {})})
        extra["profiles"] = Shape("dict", "Options that guests share, by a name.", each=guest, names="profile")
    firewall = _read_entry("pve_firewall", "A firewall: options, rules, aliases, IP sets and groups.")
    count = Shape("raw", pattern=r"[1-9][0-9]*%?")
    options = {
        "fleet": Shape("str", "Name of the fleet: small letters, digits and hyphens.", pattern=FLEET_NAME.pattern),
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
        "guests": Shape("dict", "Guests by name; `web-{01..12}` is twelve of them.", each=guest, names="guest"),
        "pools": _read_named("pve_pool", "Pools", "pool"),
        "storages": _read_named("pve_storage", "Storages", "storage"),
        "backup_jobs": _read_named("pve_backup_job", "Backup jobs", "backup job"),
        "ha_rules": Shape(
            "dict",
            "Rules of high availability by name.",
            each=_read_entry("pve_ha", "A rule.", only=(*_OF_RULES, "comment")),
            names="rule",
        ),
        "firewall": Shape(
            "dict",
            "The firewall of the cluster and of its nodes.",
            options={
                "cluster": firewall,
                "nodes": Shape("dict", "Firewalls of nodes by name.", each=firewall, names="node"),
            },
        ),
        "access": _read_entry("pve_access", "Roles, groups, users, tokens and access."),
    }
    return Shape("dict", "A fleet.", options=options, required=("fleet",))


def _read_named(module: str, plural: str, name: str) -> Shape:
    return Shape("dict", f"{plural} by name.", each=_read_entry(module, f"A {name}."), names=name)
