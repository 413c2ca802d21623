# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The power states of guests, read from their nodes: the cluster's list may be 10 s old and hides paused guests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._api.errors import NOT_FOUND, PveError
from .guest import Guest
from .inventory import Inventory, require_online
from .lookup import list_node_guests

if TYPE_CHECKING:
    from .._api.client import Client

RUNNING = "running"
STOPPED = "stopped"
PAUSED = "paused"
HIBERNATED = "hibernated"
UNKNOWN = "unknown"

# A guest that a full disk has halted (io-error) continues when it is resumed.
_RESUMABLE = ("paused", "suspended", "prelaunch", "io-error")
# Up to this many guests of a node are read one by one; for more, the node's list is cheaper.
_ONE_BY_ONE = 4


@dataclass(frozen=True)
class Power:
    """A guest with its power state, or with the problem that prevented reading it."""

    guest: Guest
    state: str = UNKNOWN
    problem: PveError | None = None


def parse_power_state(entry: dict[str, Any]) -> str:
    """The power state from C(status/current) or from an entry of a node's guest list.

    A QEMU guest that can neither continue nor be resumed has QEMU's own state, such as C(internal-error).
    """
    status = entry.get("status")
    if status == STOPPED:
        return HIBERNATED if entry.get("lock") == "suspended" else STOPPED
    if status != RUNNING:
        return UNKNOWN
    qmpstatus = str(entry.get("qmpstatus", RUNNING))
    return PAUSED if qmpstatus in _RESUMABLE else qmpstatus


def read_power(client: Client, guest: Guest) -> str:
    return parse_power_state(client.get(f"{guest.path}/status/current"))


def observe_power(client: Client, inventory: Inventory, guests: Sequence[Guest]) -> list[Power]:
    """The power states of the guests, in their order: one request per node and type, or per guest if these are few."""
    groups: dict[tuple[str, str], list[Guest]] = {}
    for guest in guests:
        groups.setdefault((guest.node, guest.type), []).append(guest)
    by_vmid: dict[int, Power] = {}
    for (node, kind), members in groups.items():
        if len(members) > _ONE_BY_ONE:
            powers = _read_node(client, inventory, node, kind, members)
        else:
            powers = [_read_one(client, inventory, guest) for guest in members]
        by_vmid.update({power.guest.vmid: power for power in powers})
    return [by_vmid[guest.vmid] for guest in guests]


def _read_one(client: Client, inventory: Inventory, guest: Guest) -> Power:
    try:
        require_online(inventory, guest)
        return Power(guest, read_power(client, guest))
    except PveError as problem:
        return Power(guest, problem=problem)


def _read_node(client: Client, inventory: Inventory, node: str, kind: str, guests: Sequence[Guest]) -> list[Power]:
    try:
        require_online(inventory, guests[0])
        entries = inventory.listed.get((node, kind))
        # Only QEMU knows that a running guest is paused, and the list has it only on request.
        if entries is None or (kind == "qemu" and any(entry.get("status") == RUNNING for entry in entries.values())):
            entries = list_node_guests(client, node, kind, full=True)
    except PveError as problem:
        return [Power(guest, problem=problem) for guest in guests]
    return [_build_power(guest, entries.get(guest.vmid)) for guest in guests]


def _build_power(guest: Guest, entry: dict[str, Any] | None) -> Power:
    if entry is None:
        gone = PveError(
            NOT_FOUND,
            f"Guest {guest.label} is no longer on node {guest.node}.",
            "It was removed or moved since it was looked up; run again.",
        )
        return Power(guest, problem=gone)
    return Power(guest, parse_power_state(entry))
