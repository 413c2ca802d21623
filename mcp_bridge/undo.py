"""What takes a run back: the calls that bring its guests to the state before it, where there are any. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Guest = Mapping[str, Any]
Call = tuple[str, dict[str, Any]]
"""A tool and what it is to be given beside the guests."""


@dataclass(frozen=True)
class Undoing:
    """The calls in their order, each a tool and its arguments, and what can't be taken back, with the reason."""

    calls: list[Call]
    left: list[str]


def inverse(tool: str, arguments: Mapping[str, Any], guests: Sequence[Guest]) -> Undoing:
    """What takes back what a tool did to these guests, as its result tells of them (`before`, `after`, `changed`)."""
    calls: dict[tuple[str, str], tuple[Call, list[Guest]]] = {}
    left = []
    for guest in guests:
        if not guest.get("changed"):
            continue
        found = _UNDO.get(tool, _never)(arguments, guest)
        if isinstance(found, str):
            left.append(f"Guest {guest['vmid']} ({guest['name']}): {found}")
            continue
        calls.setdefault((found[0], repr(found[1])), (found, []))[1].append(guest)
    return Undoing([(call[0], {**_named(alike), **call[1]}) for call, alike in calls.values()], left)


def _named(guests: Sequence[Guest]) -> dict[str, Any]:
    """These guests by vmid and name: a vmid that another guest was given since is refused."""
    if len(guests) == 1:
        return {"vmid": guests[0]["vmid"], "name": guests[0]["name"]}
    return {"guests": {"vmids": [one["vmid"] for one in guests], "names": [one["name"] for one in guests]}}


def _power(_arguments: Mapping[str, Any], guest: Guest) -> Call | str:
    before, after = _states(guest, "state")
    if before == after:
        return f"it was {before} before and is {before} again; what was lost by the reboot is lost."
    if before == "running":
        return "start_guest", {}
    if before == "stopped":
        return "stop_guest", {}
    if after == "running" and before in _PAUSING:
        return _PAUSING[before], {}
    return f"it was {before} before, and what was in its memory is lost."


def _snapshot(arguments: Mapping[str, Any], guest: Guest) -> Call | str:
    name = arguments.get("snapname")
    there = [name in {one.get("name") for one in guest.get(when, {}).get("snapshots") or ()} for when in _WHEN]
    if there == [False, True]:
        return "delete_snapshot", {"snapname": name}
    return f"snapshot {name} was there before; what was changed of it can't be taken back."


def _move(arguments: Mapping[str, Any], guest: Guest) -> Call | str:
    before, after = _states(guest, "node")
    if not before or not after or before == after:
        return "it is not known where it was before."
    kept = {name: arguments[name] for name in ("with_local_disks", "restart") if name in arguments}
    return "migrate_guest", {**kept, "target": before}


def _because(why: str) -> Callable[[Mapping[str, Any], Guest], Call | str]:
    return lambda _arguments, _guest: why


_WHEN = ("before", "after")
_PAUSING = {"paused": "suspend_guest", "hibernated": "hibernate_guest"}
_never = _because("there is no tool that takes this back.")
_UNDO: dict[str, Callable[[Mapping[str, Any], Guest], Call | str]] = {
    "start_guest": _power,
    "stop_guest": _power,
    "reboot_guest": _power,
    "suspend_guest": _power,
    "hibernate_guest": _power,
    "resume_guest": _power,
    "reset_guest": _because("what a guest lost when it was reset is lost."),
    "snapshot_guest": _snapshot,
    "migrate_guest": _move,
    "drain_node": _move,
    "rollback_guest": _because("what a rollback has replaced is lost."),
    "delete_snapshot": _because("a snapshot that was deleted is lost."),
    "clone_guest": _because("it would mean deleting the clone, which no tool does; delete it in Proxmox VE."),
    "create_guest": _because("it would mean deleting the guest, which no tool does; delete it in Proxmox VE."),
    "restore_guest": _because("it would mean deleting the guest, which no tool does; delete it in Proxmox VE."),
    "make_template": _because("a template can't be made a guest again."),
    "exec_guest": _because("what a command did in a guest is not known here."),
    "backup_guest": _because("it would mean deleting the backup, which no tool does; it does no harm."),
}


def _states(guest: Guest, what: str) -> tuple[Any, Any]:
    return guest.get("before", {}).get(what), guest.get("after", {}).get(what)
