# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identify the guest of a task that may also create one: an existing guest, or none yet."""

from __future__ import annotations

from .._api.errors import AMBIGUOUS, NODE_OFFLINE, NOT_FOUND, UNSUPPORTED, PveError
from .guest import Guest
from .inventory import Inventory, describe_hidden_names
from .selection import describe_places, find_one


def identify(
    inventory: Inventory,
    vmid: int | None,
    name: str | None,
    new_name: str | None = None,
    node: str | None = None,
    kind: str | None = None,
    *,
    wanted: bool = True,
) -> Guest | None:
    """The guest with this vmid or name; None where there is none, so that one can be created if it is I(wanted).

    A guest that has I(new_name) already is found by it, too. I(node) chooses among guests of one name; apart from that,
    it and I(kind) are only checked. Raises C(not_found)
    for a vmid and a name that don't belong together and for a guest to rename that does not exist, C(ambiguous) for
    names that other guests have, C(node_offline) where a guest with this name may be on a node that is down, also when
    the guest is not wanted.
    """
    if vmid is None and not wanted and inventory.nameless:
        raise unknown_name_error(inventory, name)
    found = _find(inventory, vmid, name, new_name, node)
    if found is None and new_name and wanted:
        criterion = f"vmid {vmid}" if vmid is not None else f"name {name}"
        raise PveError(
            NOT_FOUND,
            f"There is no guest with {criterion} to be named {new_name}.",
            "Give a new guest its name as name.",
        )
    if found is not None and kind not in (None, found.type):
        raise PveError(
            UNSUPPORTED, f"Guest {found.label} is a {found.type} guest, not {kind}.", "A guest's type can't be changed."
        )
    wished_name = new_name or (name if found is None else None)
    if wished_name and wanted:
        require_free_name(inventory, wished_name, found)
    return found


def require_free_name(inventory: Inventory, name: str, owner: Guest | None = None) -> None:
    """Raise C(ambiguous) where a guest other than the owner has the name."""
    namesakes = [guest for guest in inventory.with_name(name) if guest != owner]
    if namesakes:
        places = describe_places(namesakes)
        raise PveError(AMBIGUOUS, f"The name {name} is taken already: {places}.", "Choose another name.")


def _find(
    inventory: Inventory, vmid: int | None, name: str | None, new_name: str | None, node: str | None
) -> Guest | None:
    if vmid is not None:
        guest = inventory.get(vmid)
        if guest is not None and name is not None and guest.name not in (name, new_name):
            raise PveError(
                NOT_FOUND,
                f"Guest {vmid} is named {guest.name or 'nothing that can be seen'}, not {name}.",
                "Give the pair that belongs together; to rename a guest, give new_name.",
            )
        return find_one(inventory, vmid, None, node) if guest is not None else None
    for known in filter(None, (name, new_name)):
        if inventory.with_name(known):
            return find_one(inventory, None, known, node)
    if inventory.nameless:
        raise unknown_name_error(inventory, name)
    return None


def unknown_name_error(inventory: Inventory, name: str | None) -> PveError:
    """Why it can't be told whether there is a guest of this name."""
    return PveError(
        NODE_OFFLINE,
        f"Whether another guest is named {name} is not known. {describe_hidden_names(inventory)}",
        "Give its vmid too, or bring the node back; nothing was changed.",
    )
