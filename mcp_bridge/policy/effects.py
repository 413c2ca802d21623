# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each request of a plan does to guests, data and access: one table, read from top to bottom. Pure.

A request that is not in the table has the effect `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from mcp_bridge.policy import step_effects as does
from mcp_bridge.policy.places import (
    Step,
    acts_on_all,
    find_guests,
    find_step_guests,
    get_path,
    get_places,
    get_text,
)
from mcp_bridge.policy.step_effects import StepView
from mcp_bridge.policy.targets import (
    CHANGES,
    DEGRADES,
    EFFECTS,
    GIVES_ACCESS,
    INTERRUPTS,
    LOSES_DATA,
    REACHES_OUT,
    UNKNOWN,
    Effects,
    GuestPlace,
    Target,
)

__all__ = [
    "EFFECTS",
    "TABLE",
    "Effects",
    "GuestPlace",
    "Row",
    "describe_effects",
    "describe_effects_on",
    "describe_guest_effects",
    "find_guests",
    "find_row",
]


_VMID, _NUMBER = "(?P<vmid>[^/]+)", "(?P<vmid>[1-9][0-9]{0,8})"


@dataclass(frozen=True)
class Row:
    """Requests of one kind: their method and path, a name for policies, and what they do.

    `thing` is the kind of object that they change where that is no guest, and `named_by` the part of the path or the
    parameter that names it.
    """

    method: str
    path: str
    name: str
    does: Effects | Callable[[StepView], Effects]
    thing: str = ""
    named_by: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression; `{guest}` is a guest's path, `{rest*}` may contain slashes."""
        path = self.path.replace("{guest}", "/nodes/{node}/{type}/{vmid}")
        parts = [
            f"(?P<{part[1:-2]}>.+)" if part.endswith("*}") else f"(?P<{part[1:-1]}>[^/]+)" if part[:1] == "{" else part
            for part in re.split(r"(\{[^}]+\})", path)
        ]
        return re.compile("".join(parts).replace("(?P<type>[^/]+)", "(?P<type>qemu|lxc)").replace(_VMID, _NUMBER))

    def describe(self, view: StepView) -> Effects:
        """Say what such a request does."""
        return self.does(view) if callable(self.does) else self.does


CHANGE = frozenset({CHANGES})
INTERRUPT = frozenset({CHANGES, INTERRUPTS})
DEGRADE = frozenset({CHANGES, DEGRADES})
LOSE = frozenset({CHANGES, LOSES_DATA})
ACCESS = frozenset({CHANGES, GIVES_ACCESS})
OPEN_OR_CLOSE = frozenset({CHANGES, GIVES_ACCESS, INTERRUPTS})
ANYTHING = frozenset({CHANGES, GIVES_ACCESS, UNKNOWN})

_G = "{guest}"
_FIREWALL = "{scope*}/firewall"
_HA = "/cluster/ha"
_CONTENT = "/nodes/{node}/storage/{storage}"

TABLE: tuple[Row, ...] = (
    # Power
    Row("POST", f"{_G}/status/start", "start", does.start),
    Row("POST", f"{_G}/status/resume", "resume", CHANGE),
    Row("POST", f"{_G}/status/shutdown", "shutdown", does.interrupt_if_running),
    Row("POST", f"{_G}/status/stop", "stop", does.interrupt_if_running),
    Row("POST", f"{_G}/status/reboot", "reboot", does.interrupt_if_running),
    Row("POST", f"{_G}/status/reset", "reset", does.interrupt_if_running),
    Row("POST", f"{_G}/status/suspend", "suspend", does.interrupt_if_running),
    Row("POST", "/nodes/{node}/startall", "start all", CHANGE, "node", "node"),
    Row("POST", "/nodes/{node}/stopall", "stop all", does.interrupt_if_running, "node", "node"),
    Row("POST", "/nodes/{node}/suspendall", "suspend all", does.interrupt_if_running, "node", "node"),
    Row("POST", "/nodes/{node}/migrateall", "migrate all", does.migrate_all, "node", "node"),
    Row("POST", "/nodes/{node}/status", "node power", INTERRUPT, "node", "node"),
    Row("POST", "/cluster/bulk-action/guest/start", "start all", CHANGE, "cluster"),
    Row("POST", "/cluster/bulk-action/guest/shutdown", "stop all", does.interrupt_if_running, "cluster"),
    Row("POST", "/cluster/bulk-action/guest/suspend", "suspend all", does.interrupt_if_running, "cluster"),
    Row("POST", "/cluster/bulk-action/guest/migrate", "migrate all", does.migrate_all, "cluster"),
    Row("DELETE", "/nodes/{node}/tasks/{upid}", "stop task", INTERRUPT, "task", "upid"),
    # Making, changing, moving and deleting guests
    Row("POST", "/nodes/{node}/{type}", "create", does.create),
    Row("POST", f"{_G}/clone", "clone", does.clone),
    Row("PUT", f"{_G}/config", "config", does.change_config),
    Row("POST", f"{_G}/config", "config", does.change_config),
    Row("PUT", f"{_G}/cloudinit", "cloudinit", CHANGE),
    Row("PUT", f"{_G}/resize", "grow disk", CHANGE),
    Row("POST", f"{_G}/move_disk", "move disk", does.move_disk),
    Row("POST", f"{_G}/move_volume", "move disk", does.move_disk),
    Row("PUT", f"{_G}/unlink", "unlink disk", does.unlink_disk),
    Row("POST", f"{_G}/template", "make template", INTERRUPT),
    Row("POST", f"{_G}/migrate", "migrate", does.migrate),
    Row("POST", f"{_G}/remote_migrate", "migrate away", does.migrate_away),
    Row("DELETE", _G, "delete", lambda view: does.interrupt_if_running(view) | LOSE),
    # Snapshots
    Row("POST", f"{_G}/snapshot", "snapshot", does.snapshot),
    Row("PUT", f"{_G}/snapshot/{{snapshot}}/config", "describe snapshot", CHANGE),
    Row("DELETE", f"{_G}/snapshot/{{snapshot}}", "delete snapshot", LOSE),
    Row("POST", f"{_G}/snapshot/{{snapshot}}/rollback", "roll back", does.roll_back),
    # Inside guests: consoles, and commands of which nobody knows what they do
    Row("POST", f"{_G}/agent", "agent", does.run_agent_command),
    Row("POST", f"{_G}/agent/exec", "exec", ANYTHING),
    Row("POST", f"{_G}/agent/file-write", "write file", ANYTHING),
    Row("POST", f"{_G}/agent/set-user-password", "set password", ACCESS),
    Row("POST", f"{_G}/agent/shutdown", "shutdown", does.interrupt_if_running),
    Row("POST", f"{_G}/agent/suspend-{{how}}", "suspend", does.interrupt_if_running),
    Row("POST", f"{_G}/agent/fsfreeze-freeze", "freeze disks", does.interrupt_if_running),
    Row("POST", f"{_G}/agent/fsfreeze-{{how}}", "agent", CHANGE),
    Row("POST", f"{_G}/agent/fstrim", "trim disks", does.degrade_if_running),
    Row("POST", f"{_G}/agent/ping", "agent", CHANGE),
    Row("POST", f"{_G}/monitor", "monitor", ANYTHING),
    Row("PUT", f"{_G}/sendkey", "send key", ANYTHING),
    Row("POST", f"{_G}/vncproxy", "console", ACCESS),
    Row("POST", f"{_G}/termproxy", "console", ACCESS),
    Row("POST", f"{_G}/spiceproxy", "console", ACCESS),
    Row("POST", "/nodes/{node}/vncshell", "node shell", ACCESS, "node", "node"),
    Row("POST", "/nodes/{node}/termproxy", "node shell", ACCESS, "node", "node"),
    Row("POST", "/nodes/{node}/spiceshell", "node shell", ACCESS, "node", "node"),
    # Backups
    Row("POST", "/nodes/{node}/vzdump", "backup", does.back_up),
    Row("POST", "/cluster/backup", "backup job", does.schedule_backup, "backup job", "id"),
    Row("PUT", "/cluster/backup/{id}", "backup job", does.reschedule_backup, "backup job", "id"),
    Row("DELETE", "/cluster/backup/{id}", "delete backup job", LOSE, "backup job", "id"),
    Row("DELETE", f"{_CONTENT}/prunebackups", "prune backups", LOSE, "storage", "storage"),
    # What storages hold, and the storages themselves
    Row("PUT", f"{_CONTENT}/content/{{volume*}}", "change volume", does.take_backup_protection, "volume", "volume"),
    Row("DELETE", f"{_CONTENT}/content/{{volume*}}", "delete volume", LOSE, "volume", "volume"),
    Row("POST", f"{_CONTENT}/content", "create volume", CHANGE, "storage", "storage"),
    Row("POST", f"{_CONTENT}/content/{{volume*}}", "copy volume", ACCESS, "volume", "volume"),
    Row("POST", f"{_CONTENT}/upload", "upload", CHANGE, "storage", "storage"),
    Row("POST", f"{_CONTENT}/download-url", "download", does.fetch, "storage", "storage"),
    Row("POST", f"{_CONTENT}/oci-registry-pull", "download", does.fetch, "storage", "storage"),
    Row("POST", "/nodes/{node}/aplinfo", "download template", does.fetch, "storage", "storage"),
    Row("POST", "/storage", "define storage", does.define_storage, "storage", "storage"),
    Row("PUT", "/storage/{storage}", "change storage", does.change_storage, "storage", "storage"),
    Row("DELETE", "/storage/{storage}", "remove storage", INTERRUPT, "storage", "storage"),
    # High availability
    Row("POST", f"{_HA}/resources", "ha", does.set_ha),
    Row("PUT", f"{_HA}/resources/{{sid}}", "ha", does.set_ha),
    Row("DELETE", f"{_HA}/resources/{{sid}}", "release from ha", DEGRADE),
    Row("POST", f"{_HA}/resources/{{sid}}/migrate", "migrate", does.migrate_all),
    Row("POST", f"{_HA}/resources/{{sid}}/relocate", "relocate", does.interrupt_if_running),
    Row("POST", f"{_HA}/rules", "ha rule", DEGRADE, "ha rule", "rule"),
    Row("PUT", f"{_HA}/rules/{{rule}}", "ha rule", DEGRADE, "ha rule", "rule"),
    Row("DELETE", f"{_HA}/rules/{{rule}}", "ha rule", DEGRADE, "ha rule", "rule"),
    Row("POST", f"{_HA}/groups", "ha group", DEGRADE, "ha group", "group"),
    Row("PUT", f"{_HA}/groups/{{group}}", "ha group", DEGRADE, "ha group", "group"),
    Row("DELETE", f"{_HA}/groups/{{group}}", "ha group", DEGRADE, "ha group", "group"),
    # The firewall of the cluster, a node, a virtual network or a guest
    Row("PUT", f"{_FIREWALL}/options", "firewall", does.set_firewall_options, "firewall", "scope"),
    Row("POST", f"{_FIREWALL}/rules", "firewall rule", does.add_firewall_rule, "firewall", "scope"),
    Row("PUT", f"{_FIREWALL}/rules/{{pos}}", "firewall rule", does.change_firewall_rule, "firewall", "scope"),
    Row("DELETE", f"{_FIREWALL}/rules/{{pos}}", "firewall rule", OPEN_OR_CLOSE, "firewall", "scope"),
    Row("POST", f"{_FIREWALL}/groups", "firewall group", CHANGE, "firewall", "scope"),
    Row("POST", f"{_FIREWALL}/groups/{{group}}", "firewall rule", does.add_firewall_rule, "firewall", "scope"),
    Row("DELETE", f"{_FIREWALL}/groups/{{group}}", "firewall group", OPEN_OR_CLOSE, "firewall", "scope"),
    Row(
        "PUT", f"{_FIREWALL}/groups/{{group}}/{{pos}}", "firewall rule", does.change_firewall_rule, "firewall", "scope"
    ),
    Row("DELETE", f"{_FIREWALL}/groups/{{group}}/{{pos}}", "firewall rule", OPEN_OR_CLOSE, "firewall", "scope"),
    Row("POST", f"{_FIREWALL}/aliases", "firewall list", CHANGE, "firewall", "scope"),
    Row("PUT", f"{_FIREWALL}/aliases/{{name}}", "firewall list", OPEN_OR_CLOSE, "firewall", "scope"),
    Row("DELETE", f"{_FIREWALL}/aliases/{{name}}", "firewall list", OPEN_OR_CLOSE, "firewall", "scope"),
    Row("POST", f"{_FIREWALL}/ipset", "firewall list", CHANGE, "firewall", "scope"),
    Row("POST", f"{_FIREWALL}/ipset/{{name}}", "firewall list", OPEN_OR_CLOSE, "firewall", "scope"),
    Row("DELETE", f"{_FIREWALL}/ipset/{{name}}", "firewall list", OPEN_OR_CLOSE, "firewall", "scope"),
    Row("PUT", f"{_FIREWALL}/ipset/{{name}}/{{cidr}}", "firewall list", OPEN_OR_CLOSE, "firewall", "scope"),
    Row("DELETE", f"{_FIREWALL}/ipset/{{name}}/{{cidr}}", "firewall list", OPEN_OR_CLOSE, "firewall", "scope"),
    # Pools: rights on a pool are rights on its members
    Row("POST", "/pools", "pool", CHANGE, "pool", "poolid"),
    Row("PUT", "/pools", "pool", does.change_pool, "pool", "poolid"),
    Row("PUT", "/pools/{poolid}", "pool", does.change_pool, "pool", "poolid"),
    Row("DELETE", "/pools", "delete pool", CHANGE, "pool", "poolid"),
    Row("DELETE", "/pools/{poolid}", "delete pool", CHANGE, "pool", "poolid"),
    # Who may do what
    Row("PUT", "/access/acl", "acl", ACCESS, "acl", "path"),
    Row("POST", "/access/users", "user", ACCESS, "user", "userid"),
    Row("PUT", "/access/users/{userid}", "user", ACCESS, "user", "userid"),
    Row("DELETE", "/access/users/{userid}", "user", ACCESS, "user", "userid"),
    Row("PUT", "/access/users/{userid}/unlock-tfa", "user", ACCESS, "user", "userid"),
    Row("POST", "/access/users/{userid}/token/{tokenid}", "token", ACCESS, "token", "tokenid"),
    Row("PUT", "/access/users/{userid}/token/{tokenid}", "token", ACCESS, "token", "tokenid"),
    Row("DELETE", "/access/users/{userid}/token/{tokenid}", "token", ACCESS, "token", "tokenid"),
    Row("PUT", "/access/password", "password", ACCESS, "user", "userid"),
    Row("POST", "/access/tfa/{userid}", "second factor", ACCESS, "user", "userid"),
    Row("PUT", "/access/tfa/{userid}/{id}", "second factor", ACCESS, "user", "userid"),
    Row("DELETE", "/access/tfa/{userid}/{id}", "second factor", ACCESS, "user", "userid"),
    Row("POST", "/access/groups", "group", ACCESS, "group", "groupid"),
    Row("PUT", "/access/groups/{groupid}", "group", ACCESS, "group", "groupid"),
    Row("DELETE", "/access/groups/{groupid}", "group", ACCESS, "group", "groupid"),
    Row("POST", "/access/roles", "role", ACCESS, "role", "roleid"),
    Row("PUT", "/access/roles/{roleid}", "role", ACCESS, "role", "roleid"),
    Row("DELETE", "/access/roles/{roleid}", "role", ACCESS, "role", "roleid"),
    Row("POST", "/access/domains", "realm", ACCESS | {REACHES_OUT}, "realm", "realm"),
    Row("PUT", "/access/domains/{realm}", "realm", ACCESS | {REACHES_OUT}, "realm", "realm"),
    Row("DELETE", "/access/domains/{realm}", "realm", ACCESS, "realm", "realm"),
    Row("POST", "/access/domains/{realm}/sync", "realm", ACCESS | {REACHES_OUT}, "realm", "realm"),
)


_NO_NAMES: Mapping[int, str] = MappingProxyType({})
_GUEST = re.compile(r"/nodes/[^/]+/(?:qemu|lxc)/[0-9]+/")


def find_row(step: Step) -> Row | None:
    """Find the row of the table for a step; None for a step that is not in it."""
    method, path = str(step["method"]).upper(), get_path(step)
    if not is_plain_path(path):
        return None
    return next((row for row in TABLE if row.method == method and row.pattern.fullmatch(path)), None)


def is_plain_path(path: str) -> bool:
    """Whether a path can be read in one way only."""
    segments = [unquote(segment) for segment in path[1:].split("/")]
    return path.startswith("/") and not re.search(r"[?#\s\\]", path) and not {"", ".", ".."} & set(segments)


def describe_effects(step: Step, guests: Mapping[int, Target], names: Mapping[int, str] = _NO_NAMES) -> Effects:
    """Say what a step does, to all that it touches.

    `guests` are those that find_guests found, as they are now; `names` the names of all guests of the cluster.
    """
    touched = find_step_guests(step, get_places(guests)).values()
    return describe_effects_on([place for place in touched if place.use != "compared"], step, guests, names)


def describe_effects_on(
    touched: Sequence[GuestPlace], step: Step, guests: Mapping[int, Target], names: Mapping[int, str] = _NO_NAMES
) -> Effects:
    """Say what a step does, all in all, that touches these guests."""
    if touched:
        return frozenset().union(*(_describe(step, place, guests, names) for place in touched))
    effects = _describe(step, None, guests, names)
    return effects | {UNKNOWN} if acts_on_all(step) else effects


def describe_guest_effects(
    step: Step, place: GuestPlace, guests: Mapping[int, Target], names: Mapping[int, str] = _NO_NAMES
) -> Effects:
    """Say what a step does to one of the guests that it touches; to one that it only copies, often nothing."""
    effects = _describe(step, place, guests, names)
    return effects - {CHANGES} if place.use == "copied" and UNKNOWN not in effects else effects


def _describe(step: Step, place: GuestPlace | None, guests: Mapping[int, Target], names: Mapping[int, str]) -> Effects:
    row, view = find_row(step), _make_view(step, guests, place, names)
    # What goes on although another task holds the guest's lock may do anything.
    if row is None or view.has("skiplock"):
        return frozenset({CHANGES, UNKNOWN})
    return row.describe(view)


def find_thing(step: Step) -> Target | None:
    """Find what a step changes that is no guest; None for a step that acts on guests only."""
    row, path = find_row(step), get_path(step)
    if row is None:
        return Target(path, kind=UNKNOWN)
    if not row.thing or _GUEST.match(path):
        return None
    match = row.pattern.fullmatch(path)
    fields = {name: unquote(text) for name, text in match.groupdict().items()} if match else {}
    params = {str(name): get_text(value) for name, value in (step.get("params") or {}).items()}
    name = fields.get(row.named_by) or params.get(row.named_by) or path
    return Target(name, kind=row.thing)


def _make_view(
    step: Step, guests: Mapping[int, Target], place: GuestPlace | None, names: Mapping[int, str]
) -> StepView:
    params: Mapping[str, Any] = step.get("params") or {}
    texts = {str(name): get_text(value) for name, value in params.items() if value is not None}
    return StepView(get_path(step), texts, guests, place, names)
