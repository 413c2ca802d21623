# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What takes a run back: the calls that bring what it has changed to the state before, where there are any. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_bridge.evidence.undo import configs, firewalls, guests

Call = tuple[str, dict[str, Any]]
"""A tool and what it is to be given, beside what it is to act on."""
Changed = Mapping[str, Any]
"""A guest or firewall as a result tells of it: with `before`, `after`, `changed`."""
Back = Callable[[Mapping[str, Any], Changed], Iterable[Call | str]]
"""From the arguments of a run and what it changed: the calls that take this back, and why some of it stays."""


@dataclass(frozen=True)
class Undoing:
    """The calls in their order, each a tool and its arguments, and what can't be taken back, with the reason."""

    calls: list[Call]
    left: list[str]


def inverse(tool: str, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> Undoing:
    """What takes back what a tool did, as its result tells of the guests or firewalls that it changed."""
    calls: dict[tuple[str, str], tuple[Call, list[Changed]]] = {}
    left = []
    for changed in [*(result.get("guests") or ()), *(result.get("firewalls") or ())]:
        if not changed.get("changed"):
            continue
        for found in _UNDO.get(tool, _never)(arguments, changed):
            if isinstance(found, str):
                left.append(f"{_label(changed)}: {found}")
            else:
                calls.setdefault((found[0], repr(found[1])), (found, []))[1].append(changed)
    return Undoing([(call[0], {**_named(alike), **call[1]}) for call, alike in calls.values()], left)


def find_missed(arguments: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """The guests that a call with these arguments was for and that its result says nothing of, with the reason."""
    reached = {guest.get("vmid") for guest in data.get("guests") or ()}
    wanted = (arguments.get("guests") or {}).get("vmids") or ()
    return [f"Guest {vmid}: it has another name by now." for vmid in wanted if reached and vmid not in reached]


def _label(changed: Changed) -> str:
    if "vmid" in changed:
        return f"Guest {changed['vmid']} ({changed['name']})"
    return " ".join(["Firewall", *(str(changed[name]) for name in ("level", "node", "group") if changed.get(name))])


def _named(alike: list[Changed]) -> dict[str, Any]:
    """Guests by vmid and name, so that a vmid which another guest was given since is refused."""
    if "vmid" not in alike[0]:
        # A call about a firewall of something else names its place.
        return {}
    # Who was given another name has that now.
    named = [(one["vmid"], (one.get("after") or {}).get("name") or one["name"]) for one in alike]
    if len(named) == 1:
        return {"vmid": named[0][0], "name": named[0][1]}
    return {"guests": {"vmids": [vmid for vmid, _name in named], "names": [name for _vmid, name in named]}}


def _because(why: str) -> Back:
    return lambda _arguments, _changed: [why]


_never = _because("there is no tool that takes this back.")
_UNDO: dict[str, Back] = {
    "start_guest": guests.power,
    "stop_guest": guests.power,
    "reboot_guest": guests.power,
    "suspend_guest": guests.power,
    "hibernate_guest": guests.power,
    "resume_guest": guests.power,
    "reset_guest": _because("what a guest lost when it was reset is lost."),
    "snapshot_guest": guests.snapshot,
    "migrate_guest": guests.move,
    "drain_node": guests.move,
    "set_guest_tags": configs.tags,
    "resize_guest": configs.size,
    "configure_guest": configs.configuration,
    "set_cloudinit": configs.cloudinit,
    "add_firewall_rule": firewalls.firewall,
    "set_firewall": firewalls.firewall,
    "rollback_guest": _because("what a rollback has replaced is lost."),
    "delete_snapshot": _because("a snapshot that was deleted is lost."),
    "clone_guest": _because("it would mean deleting the clone, which no tool does; delete it in Proxmox VE."),
    "create_guest": _because("it would mean deleting the guest, which no tool does; delete it in Proxmox VE."),
    "restore_guest": _because("it would mean deleting the guest, which no tool does; delete it in Proxmox VE."),
    "make_template": _because("a template can't be made a guest again."),
    "exec_guest": _because("what a command did in a guest is not known here."),
    "backup_guest": _because("it would mean deleting the backup, which no tool does; it does no harm."),
}
