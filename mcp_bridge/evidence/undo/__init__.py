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
UndoRule = Callable[[Mapping[str, Any], Changed], Iterable[Call | str]]
"""From the arguments of a run and what it changed: the calls that take this back, and why some of it stays."""


@dataclass(frozen=True)
class Undo:
    """The calls in their order, each a tool and its arguments, and what can't be taken back, with the reason."""

    calls: list[Call]
    irreversible: list[str]


def plan_undo(tool: str, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> Undo:
    """What takes back what a tool did, as its result tells of the guests or firewalls that it changed."""
    calls: dict[tuple[str, str], tuple[Call, list[Changed]]] = {}
    irreversible = []
    for changed in [*(result.get("guests") or ()), *(result.get("firewalls") or ())]:
        if not changed.get("changed"):
            continue
        for found in _UNDO.get(tool, _explain_no_tool)(arguments, changed):
            if isinstance(found, str):
                irreversible.append(f"{_describe_target(changed)}: {found}")
            else:
                calls.setdefault((found[0], repr(found[1])), (found, []))[1].append(changed)
    return Undo([(call[0], {**_name_guests(alike), **call[1]}) for call, alike in calls.values()], irreversible)


def find_missed_guests(arguments: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """The guests that a call with these arguments was for and that its result says nothing of, with the reason."""
    reached = {guest.get("vmid") for guest in data.get("guests") or ()}
    wanted = (arguments.get("guests") or {}).get("vmids") or ()
    return [f"Guest {vmid}: it has another name by now." for vmid in wanted if reached and vmid not in reached]


def _describe_target(changed: Changed) -> str:
    if "vmid" in changed:
        return f"Guest {changed['vmid']} ({changed['name']})"
    return " ".join(["Firewall", *(str(changed[name]) for name in ("level", "node", "group") if changed.get(name))])


def _name_guests(alike: list[Changed]) -> dict[str, Any]:
    """Guests by vmid and name, so that a vmid which another guest was given since is refused."""
    if "vmid" not in alike[0]:
        # A call about a firewall of something else names its place.
        return {}
    # Who was given another name has that now.
    guests_now = [(one["vmid"], (one.get("after") or {}).get("name") or one["name"]) for one in alike]
    if len(guests_now) == 1:
        return {"vmid": guests_now[0][0], "name": guests_now[0][1]}
    return {"guests": {"vmids": [vmid for vmid, _name in guests_now], "names": [name for _vmid, name in guests_now]}}


def _explain_only(why: str) -> UndoRule:
    return lambda _arguments, _changed: [why]


_explain_no_tool = _explain_only("there is no tool that takes this back.")
_UNDO: dict[str, UndoRule] = {
    "start_guest": guests.restore_power,
    "stop_guest": guests.restore_power,
    "reboot_guest": guests.restore_power,
    "suspend_guest": guests.restore_power,
    "hibernate_guest": guests.restore_power,
    "resume_guest": guests.restore_power,
    "reset_guest": _explain_only("what a guest lost when it was reset is lost."),
    "snapshot_guest": guests.remove_snapshot,
    "migrate_guest": guests.move_back,
    "drain_node": guests.move_back,
    "set_guest_tags": configs.restore_tags,
    "resize_guest": configs.restore_size,
    "configure_guest": configs.restore_configuration,
    "set_cloudinit": configs.restore_cloudinit,
    "add_firewall_rule": firewalls.restore_firewall,
    "set_firewall": firewalls.restore_firewall,
    "rollback_guest": _explain_only("what a rollback has replaced is lost."),
    "delete_snapshot": _explain_only("a snapshot that was deleted is lost."),
    "clone_guest": _explain_only("it would mean deleting the clone, which no tool does; delete it in Proxmox VE."),
    "create_guest": _explain_only("it would mean deleting the guest, which no tool does; delete it in Proxmox VE."),
    "restore_guest": _explain_only("it would mean deleting the guest, which no tool does; delete it in Proxmox VE."),
    "make_template": _explain_only("a template can't be made a guest again."),
    "exec_guest": _explain_only("what a command did in a guest is not known here."),
    "backup_guest": _explain_only("it would mean deleting the backup, which no tool does; it does no harm."),
}
