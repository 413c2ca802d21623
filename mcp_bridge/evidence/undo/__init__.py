# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans how to undo a run: the tool calls that restore the state before it, where there are any. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcp_bridge.evidence.undo import configs, firewalls, guests
from mcp_bridge.evidence.undo.since import describe_target

Call = tuple[str, dict[str, Any]]
"""A tool and its arguments, without those that name what it acts on."""
Changed = Mapping[str, Any]
"""A guest or firewall in a result: with `before`, `after`, `changed`."""
UndoRule = Callable[[Mapping[str, Any], Changed], Iterable[Call | str]]
"""From the arguments of a run and what it changed: the calls that undo it, and why some of it can't be undone."""


@dataclass(frozen=True)
class Inverse:
    """A call that undoes what a run has done to these guests or firewalls, as the run's result lists them."""

    tool: str
    options: Mapping[str, Any]
    changed: tuple[Changed, ...]

    @property
    def arguments(self) -> dict[str, Any]:
        """The options, and what names the guests."""
        return {**_name_guests(self.changed), **self.options}

    def exclude(self, vmids: Collection[int]) -> Inverse:
        """The call for the other guests."""
        return replace(self, changed=tuple(one for one in self.changed if one.get("vmid") not in vmids))


@dataclass(frozen=True)
class Undo:
    """The calls in order, and what can't be undone, with the reason."""

    calls: list[Inverse]
    irreversible: list[str]


def plan_undo(tool: str, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> Undo:
    """Plan what undoes a tool's run, from the guests or firewalls that its result lists as changed."""
    calls: dict[tuple[str, str], tuple[Call, list[Changed]]] = {}
    irreversible = []
    for changed in [*(result.get("guests") or ()), *(result.get("firewalls") or ())]:
        if not changed.get("changed"):
            continue
        for call_or_reason in _UNDO.get(tool, _NO_TOOL)(arguments, changed):
            if isinstance(call_or_reason, str):
                irreversible.append(f"{describe_target(changed)}: {call_or_reason}")
            else:
                calls.setdefault((call_or_reason[0], repr(call_or_reason[1])), (call_or_reason, []))[1].append(changed)
    return Undo([Inverse(*call, tuple(changed)) for call, changed in calls.values()], irreversible)


def find_missed_guests(arguments: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """Return the guests that these arguments name and that the result does not list, with the reason."""
    reached_vmids = {guest.get("vmid") for guest in data.get("guests") or ()}
    wanted_vmids = (arguments.get("guests") or {}).get("vmids") or ()
    return [
        f"Guest {vmid}: it has another name by now."
        for vmid in wanted_vmids
        if reached_vmids and vmid not in reached_vmids
    ]


def _name_guests(changed_guests: Sequence[Changed]) -> dict[str, Any]:
    """Return arguments that name guests by vmid and name, so that a vmid that another guest has now is refused."""
    if "vmid" not in changed_guests[0]:
        # A call about another firewall names its place itself.
        return {}
    # A guest that the run renamed has its new name now.
    guests_now = [(guest["vmid"], (guest.get("after") or {}).get("name") or guest["name"]) for guest in changed_guests]
    if len(guests_now) == 1:
        return {"vmid": guests_now[0][0], "name": guests_now[0][1]}
    return {"guests": {"vmids": [vmid for vmid, _name in guests_now], "names": [name for _vmid, name in guests_now]}}


def _cannot_undo(why: str) -> UndoRule:
    return lambda _arguments, _changed: [why]


_NO_TOOL = _cannot_undo("there is no tool that takes this back.")
_UNDO: dict[str, UndoRule] = {
    "start_guest": guests.restore_power,
    "stop_guest": guests.restore_power,
    "reboot_guest": guests.restore_power,
    "suspend_guest": guests.restore_power,
    "hibernate_guest": guests.restore_power,
    "resume_guest": guests.restore_power,
    "reset_guest": _cannot_undo("what a guest lost when it was reset is lost."),
    "snapshot_guest": guests.remove_snapshot,
    "migrate_guest": guests.move_back,
    "drain_node": guests.move_back,
    "move_guest_disk": guests.move_disks_back,
    "return_node": guests.move_back,
    "set_guest_tags": configs.restore_tags,
    "resize_guest": configs.restore_size,
    "configure_guest": configs.restore_configuration,
    "set_cloudinit": configs.restore_cloudinit,
    "add_firewall_rule": firewalls.restore_firewall,
    "set_firewall": firewalls.restore_firewall,
    "rollback_guest": _cannot_undo("what a rollback has replaced is lost."),
    "delete_snapshot": _cannot_undo("a snapshot that was deleted is lost."),
    "prune_snapshots": _cannot_undo("snapshots that were deleted are lost."),
    "clone_guest": _cannot_undo("it would mean deleting the clone, which no tool does; delete it in Proxmox VE."),
    "create_guest": _cannot_undo("it would mean deleting the guest, which no tool does; delete it in Proxmox VE."),
    "restore_guest": _cannot_undo("it would mean deleting the guest, which no tool does; delete it in Proxmox VE."),
    "make_template": _cannot_undo("a template can't be made a guest again."),
    "open_console": _cannot_undo("what was typed into a console is not known here."),
    "exec_guest": _cannot_undo("what a command did in a guest is not known here."),
    "plan_fleet": _cannot_undo("`playvisor fleet rollback` plans the way back to an older revision of the fleet."),
    "prune_fleet": _cannot_undo("what was deleted is lost."),
    "backup_guest": _cannot_undo("it would mean deleting the backup, which no tool does; it does no harm."),
}
