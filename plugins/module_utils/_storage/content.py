# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on storages: their names, the node that has the storage, and the guests that use them in a drive."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._api.concurrency import READS_AT_ONCE, bounded_map
from .._api.errors import AMBIGUOUS, INVALID_PARAMETER, NOT_FOUND, UNSUPPORTED, PveError
from .._api.missing import missing_error
from .._guest.guest import Guest
from .._guest.lookup import observe_guests, read_lists
from .storages import describe_storage

if TYPE_CHECKING:
    from .._api.client import Client

_BLOCK = 1024 * 1024
# As pve-storage checks them.
_NAMES = {
    "iso": (re.compile(r".+\.(?:iso|img)", re.IGNORECASE), ".iso or .img"),
    "vztmpl": (re.compile(r".+\.tar(?:\.(?:gz|xz|zst|bz2))?", re.IGNORECASE), ".tar, .tar.gz, .tar.xz or .tar.zst"),
    "import": (re.compile(r".+\.(?:ova|qcow2|raw|vmdk)"), ".ova, .qcow2, .raw or .vmdk"),
}
KINDS = tuple(_NAMES)


def normalize_file_name(content: str, name: str) -> str:
    """A file's name as Proxmox VE stores it; raises C(invalid_parameter) if it does not fit the content type."""
    normal = re.sub(r"[^a-zA-Z0-9_.-]", "_", re.sub(r"^.*[/\\]", "", name, flags=re.DOTALL))
    pattern, endings = _NAMES[content]
    if not pattern.fullmatch(normal) or len(normal) > 255:
        raise PveError(
            INVALID_PARAMETER,
            f"{name or 'It'} can't be the name of a file of content {content}.",
            f"Give a filename that ends in {endings}.",
        )
    return normal


def find_storage(entries: Sequence[dict[str, Any]], storage: str, node: str | None, content: str) -> dict[str, Any]:
    """A storage on a node, as L(describe_storage) describes it, from entries of C(/cluster/resources).

    For a shared storage it is the first node that has it. Raises C(not_found), C(ambiguous) when several nodes have
    their own storage of this name, and C(unsupported) when it does not take the content.
    """
    storages = [describe_storage(entry) for entry in entries]
    candidates = [one for one in storages if one["storage"] == storage and node in (None, one["node"])]
    usable = sorted((one for one in candidates if one["status"] == "available"), key=lambda one: one["node"])
    where = f" on node {node}" if node else ""
    if not usable:
        known = sorted({one["storage"] for one in storages if node in (None, one["node"])})
        if not candidates:
            raise missing_error("storage", storage, known, where=where)
        others = ", ".join(known)
        raise PveError(NOT_FOUND, f"Storage {storage} is not available{where}.", f"There are these storages: {others}.")
    if content not in usable[0]["content"]:
        accepted = ", ".join(usable[0]["content"])
        raise PveError(
            UNSUPPORTED,
            f"Storage {storage} does not take {content}; it is set to take {accepted}.",
            f"Use another storage, or add {content} to its content with pve_storage.",
        )
    if len(usable) > 1 and not usable[0]["shared"]:
        nodes = ", ".join(one["node"] for one in usable)
        raise PveError(
            AMBIGUOUS,
            f"Each of these nodes has a storage {storage} of its own: {nodes}.",
            "Set node to the one you mean.",
        )
    return usable[0]


def compute_checksum(path: str, algorithm: str) -> str:
    """The checksum of a local file in hex."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def has_volume(config: dict[str, Any], volid: str) -> bool:
    """Whether one of the drives in a guest's configuration has a volume."""
    return any(isinstance(value, str) and value.split(",", 1)[0] == volid for value in config.values())


def find_guests_using(client: Client, storage: dict[str, Any], volid: str) -> list[Guest]:
    """The QEMU guests that have an ISO image in a drive; a guest that can't be read adds a notice to the client.

    No list of the API says this, so the configuration of each guest that can see the storage is read.
    """

    def can_see(guest: Guest) -> bool:
        return storage["shared"] or guest.node == storage["node"]

    inventory = observe_guests(client)
    # The vmid of a container that was just deleted may now be that of a QEMU guest.
    inventory = read_lists(client, inventory, filter(can_see, inventory.guests))
    candidates = [guest for guest in inventory.guests if guest.type == "qemu" and can_see(guest)]

    def uses_volume(guest: Guest) -> bool:
        try:
            return has_volume(client.get(f"{guest.path}/config"), volid)
        except PveError as error:
            client.notices.append(f"It is not known whether guest {guest.label} uses {volid}: {error.message}")
            return False

    uses = bounded_map(READS_AT_ONCE, uses_volume, candidates)
    return [guest for guest, is_used in zip(candidates, uses, strict=True) if is_used]
