# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document of a fleet: what may stand in it, by the options of the modules, and whether that goes together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._api.errors import INVALID_PARAMETER, PveError
from .._resources import access, backup_job, clone, cloudinit, firewall, guest, ha, pool, storage
from .merge import POLICIES, Rules
from .paths import matches, render_path
from .shapes import Shape
from .waves import count_share

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_SECTIONS = ("guests", "pools", "storages", "backup_jobs", "ha_rules", "firewall", "access")
# So many problems stand in the message; all are in the failure's fields.
_SHOWN = 10
# Options that say which, how, or when, instead of how something is to be.
_ADDRESSING = ("guests", "name", "node", "vmid")
_APPLYING = ("expect_plan", "throttle", "timeout")
_OF_TASKS = (*_ADDRESSING, *_APPLYING)
_NOT_OF_GUESTS = (
    *_OF_TASKS,
    *("destroy_unreferenced_disks", "force", "new_name", "only", "purge", "restart_if_required", "shutdown_timeout"),
    *("state", "type"),
)
# A clone's own name and place, and what the guest's entry says of all guests.
_NOT_OF_CLONES = (
    *_APPLYING,
    *("adopt", "cloudinit", "description", "newid", "new_name", "new_names", "pool", "start", "tags", "target"),
    "targets",
)
_STATES = ("started", "stopped", "present", "template", "absent")
_OPTIONS_OF_RULES = ("nodes", "strict", "affinity", "disable")
_OPTIONS_OF_HA_GUESTS = ("request_state", "max_restart", "max_relocate", "failback")
_TEXT, _TEXTS = {"type": "str"}, {"type": "list", "elements": "str"}
_OF_MERGING = {"on_conflict": {"type": "dict"}, "ignore": _TEXTS}
_HEALTH = {
    "agent": {"type": "bool"},
    "command": _TEXTS,
    "timeout": {"type": "int", "default": 120},
}
_SETTINGS = {
    "serial": {"type": "raw"},
    "max_unavailable": {"type": "raw"},
    "restart": {"type": "bool", "default": False},
    **_OF_MERGING,
}


def _drop(spec: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    gone = frozenset(names)
    return {name: option for name, option in spec.items() if name not in gone}


def _guest_spec() -> dict[str, Any]:
    spec = _drop(guest.argument_spec(), _NOT_OF_GUESTS)
    # What grows by so much grows again by each plan.
    spec["disks"] = {**spec["disks"], "options": _drop(spec["disks"]["options"], ("grow_by",))}
    return spec


CONFIG = Shape(_guest_spec(), {"mutually_exclusive": [("tags", "add_tags"), ("tags", "remove_tags")]})
CLONE = Shape(_drop(clone.argument_spec(), _NOT_OF_CLONES), {"required_one_of": [("vmid", "name")]})
CLOUDINIT = Shape(_drop(cloudinit.argument_spec(), _OF_TASKS))
GUEST_FIREWALL = Shape(_drop(firewall.argument_spec(), (*_OF_TASKS, "level", "group", "groups", "comment", "state")))
HA = Shape(_drop(ha.argument_spec(), (*_OF_TASKS, "rule", *_OPTIONS_OF_RULES)))
_RAW = {"type": "raw"}
GUEST = Shape(
    {
        **_guest_spec(),
        "vmid": {"type": "int"},
        "uuid": _TEXT,
        "node": _TEXT,
        "type": {"type": "str", "choices": ["qemu", "lxc"]},
        "state": {"type": "str", "choices": list(_STATES), "default": "present"},
        **dict.fromkeys(("clone", "cloudinit", "firewall", "ha", "health"), _RAW),
        "depends_on": _TEXTS,
        **_OF_MERGING,
    },
    {"mutually_exclusive": [("tags", "add_tags"), ("tags", "remove_tags"), ("clone", "ostemplate")]},
)
HEALTH = Shape(_HEALTH, {"required_one_of": [("agent", "command")]})
_OF_GUESTS = {"clone": CLONE, "cloudinit": CLOUDINIT, "firewall": GUEST_FIREWALL, "ha": HA, "health": HEALTH}
POOL = Shape(_drop(pool.argument_spec(), ("pool", *_APPLYING)))
STORAGE = Shape(_drop(storage.argument_spec(), ("storage", *_APPLYING)))
BACKUP_JOB = Shape(_drop(backup_job.argument_spec(), ("id", *_APPLYING)), backup_job.RULES)
HA_RULE = Shape(
    _drop(ha.argument_spec(), ("vmid", "name", "node", "rule", *_OPTIONS_OF_HA_GUESTS, *_APPLYING)),
    {"mutually_exclusive": [("nodes", "affinity"), ("strict", "affinity")]},
)
PLACE_FIREWALL = Shape(_drop(firewall.argument_spec(), (*_OF_TASKS, "level", "group", "comment", "state")))
GROUP_FIREWALL = Shape(_drop(firewall.argument_spec(), (*_OF_TASKS, "level", "group", "groups")))
# Grants choose guests as they are when they are given.
ACCESS = Shape(_drop(access.argument_spec(), ("grants", "guests", *_APPLYING)))
_NAMED_SECTIONS = {"pools": POOL, "storages": STORAGE, "backup_jobs": BACKUP_JOB, "ha_rules": HA_RULE}
_FIREWALL = Shape({"cluster": _RAW, "nodes": {"type": "dict"}, "groups": {"type": "dict"}})
_FLEET = Shape(
    {
        "fleet": {"type": "str", "required": True},
        "cluster": _TEXT,
        "settings": _RAW,
        **{section: {"type": "dict"} for section in _SECTIONS},
    }
)
_MERGING = Shape(_SETTINGS)


@dataclass(frozen=True)
class Document:
    """A fleet's document: what it declares, each value of the type of its option.

    The entries of I(objects) are by their paths, such as C((guests, web-01)), in the order of the document. I(secrets)
    are values that are not to be shown.
    """

    name: str
    cluster: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    objects: Mapping[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()

    @property
    def rules(self) -> Rules:
        """What the whole document says of conflicts."""
        return Rules(self.settings.get("on_conflict") or {}, tuple(self.settings.get("ignore") or ()))

    def list_guests(self) -> dict[str, dict[str, Any]]:
        """The entries of guests by their names."""
        return {path[1]: entry for path, entry in self.objects.items() if path[0] == "guests"}


def read_document(data: Any) -> Document:
    """Check a document; raises C(invalid_parameter) with all that is wrong, by path."""
    problems: dict[str, str] = {}
    document = _read(data, problems)
    if problems:
        raise _bad_document_error(problems)
    return document


def read_last_document(data: Any) -> Document:
    """What was applied last, as far as it is still understood: it may be of an older version of the modules."""
    return _read({"fleet": "last", **data} if isinstance(data, Mapping) else {"fleet": "last"}, {})


def _read(data: Any, problems: dict[str, str]) -> Document:
    secrets: set[str] = set()
    fleet = _FLEET.check(data, (), problems)
    name = str(fleet.get("fleet") or "")
    if name and not _NAME.fullmatch(name):
        problems["fleet"] = f"{name!r} is no name of a fleet: lower-case letters, digits and hyphens, up to 63"
    settings = _MERGING.check(fleet.get("settings"), ("settings",), problems)
    _check_policies(settings, ("settings",), problems)
    for option in ("serial", "max_unavailable"):
        try:
            count_share(settings.get(option), 1, option)
        except PveError as error:
            problems[f"settings.{option}"] = f"{error.message} {error.hint}"
    objects: dict[tuple[str, ...], dict[str, Any]] = {}
    for key, entry in _list_entries(fleet, "guests"):
        objects["guests", key] = _check_guest(entry, ("guests", key), problems, secrets)
    for section, shape in _NAMED_SECTIONS.items():
        for key, entry in _list_entries(fleet, section):
            objects[section, key] = shape.check(entry, (section, key), problems, secrets)
    for path, shape, entry in _list_firewalls(fleet.get("firewall"), problems):
        objects[path] = shape.check(entry, path, problems, secrets)
    if fleet.get("access"):
        objects["access",] = ACCESS.check(fleet["access"], ("access",), problems, secrets)
    _check_together(objects, problems)
    return Document(name, fleet.get("cluster"), settings, objects, frozenset(secrets))


def _list_entries(fleet: Mapping[str, Any], section: str) -> Iterable[tuple[str, Any]]:
    entries = fleet.get(section)
    # What is of another type is among the problems already.
    return [(str(key), entry) for key, entry in entries.items()] if isinstance(entries, Mapping) else []


def _check_guest(entry: Any, path: tuple[str, ...], problems: dict[str, str], secrets: set[str]) -> dict[str, Any]:
    checked = GUEST.check(entry, path, problems, secrets)
    for name, shape in _OF_GUESTS.items():
        if name in checked:
            checked[name] = shape.check(checked[name], (*path, name), problems, secrets)
    _check_policies(checked, path, problems)
    if checked.get("vmid") is not None and not 100 <= checked["vmid"] <= 999999999:
        problems[render_path((*path, "vmid"))] = f"{checked['vmid']} is no vmid, which are 100 to 999999999"
    return checked


def _check_policies(checked: Mapping[str, Any], path: tuple[str, ...], problems: dict[str, str]) -> None:
    for pattern, policy in (checked.get("on_conflict") or {}).items():
        if policy not in POLICIES:
            place = render_path((*path, "on_conflict", pattern))
            problems[place] = f"{policy!r} is none of {', '.join(POLICIES)}"


def _list_firewalls(value: Any, problems: dict[str, str]) -> Iterable[tuple[tuple[str, ...], Shape, Any]]:
    firewalls = _FIREWALL.check(value, ("firewall",), problems)
    if firewalls.get("cluster"):
        yield ("firewall", "cluster"), PLACE_FIREWALL, firewalls["cluster"]
    for kind, shape in (("groups", GROUP_FIREWALL), ("nodes", PLACE_FIREWALL)):
        for name, entry in _list_entries(firewalls, kind):
            yield ("firewall", kind, name), shape, entry


def _check_together(objects: Mapping[tuple[str, ...], dict[str, Any]], problems: dict[str, str]) -> None:
    """Put what two entries can't both have, and what names no entry, into I(problems)."""
    guests = {path: entry for path, entry in objects.items() if path[0] == "guests"}
    for option in ("vmid", "uuid"):
        owners: dict[str, tuple[str, ...]] = {}
        for path, entry in guests.items():
            if entry.get(option) is None:
                continue
            first = owners.setdefault(str(entry[option]).lower(), path)
            if first != path:
                problems[render_path((*path, option))] = f"{render_path(first)} has {entry[option]} as well"
    for path, entry in guests.items():
        for name in entry.get("depends_on") or ():
            if ("guests", name) not in guests:
                near = f"there is no guest {name} in this fleet"
                problems[render_path((*path, "depends_on"))] = near


def select_objects(document: Document, only: Sequence[str]) -> Document:
    """The document with those of its objects that patterns of paths name, or all where there is none.

    Raises PveError for a pattern that names nothing.
    """
    if not only:
        return document
    wanted = {path for pattern in only for path in document.objects if matches(pattern, path)}
    idle = [pattern for pattern in only if not any(matches(pattern, path) for path in wanted)]
    if idle:
        known = [render_path(path) for path in document.objects]
        more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
        raise PveError(
            INVALID_PARAMETER,
            f"Nothing in fleet {document.name} is {idle[0]}, which only names.",
            f"There are {', '.join(known[:_SHOWN])}{more}.",
        )
    return replace(document, objects={path: entry for path, entry in document.objects.items() if path in wanted})


def _bad_document_error(problems: Mapping[str, str]) -> PveError:
    lines = [f"{path}: {problem}" if path else problem for path, problem in problems.items()]
    more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    told = f"{'; '.join(lines[:_SHOWN])}{more}"
    return PveError(
        INVALID_PARAMETER,
        f"The fleet can't be so: {told}{'' if told.endswith('?') else '.'}",
        "Correct it: each part of a fleet has the options of the module that there is for it.",
        fields=dict(problems),
    )
