# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clones that a task asks for: what each is called, where it goes, and what it is set up as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .cloudinit import (
    describe_options,
    encode_value,
    find_cloudinit_drive,
    parse_desired_options,
    require_public_key,
)
from .disks import is_slot, read_disk
from .guest import Guest
from .options import encode, read_option
from .tags import choose_tags

_PER_CLONE = ("ip", "ip6")
# Where a cloud-init drive is added, the first that is free.
_DRIVE_SLOTS = ("ide2", "ide0", "ide1", "ide3", "sata5", "scsi30")
# What several guests can have alike.
_SHARED_ADDRESSES = ("dhcp", "auto")


@dataclass(frozen=True)
class WishedClone:
    """One of the clones that are asked for. I(tags) None: those of the guest to clone.

    I(cloudinit) has options by their names in the API, as results show them.
    """

    name: str | None = None
    newid: int | None = None
    node: str | None = None
    tags: tuple[str, ...] | None = None
    cloudinit: Mapping[str, Any] = field(default_factory=dict)
    start: bool = False

    @property
    def is_set_up(self) -> bool:
        """Whether anything of its configuration is wished."""
        return self.tags is not None or bool(self.cloudinit)

    def describe_goal(self, kind: str, config: Mapping[str, Any], *, case_sensitive: bool) -> dict[str, Any]:
        """The options that are wished, as results show them, for a clone that has I(config)."""
        tags = choose_tags(read_option(kind, config, "tags"), self.tags, None, None, case_sensitive=case_sensitive)
        drive = find_cloudinit_drive(config) or next((slot for slot in _DRIVE_SLOTS if slot not in config), None)
        return {
            **({} if tags is None else {"tags": tags}),
            **({**self.cloudinit, "drive": drive} if self.cloudinit else {}),
        }

    def describe_current(self, kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """The same options as a configuration has them."""
        tags = {} if self.tags is None else {"tags": sorted(read_option(kind, config, "tags"))}
        return {**tags, **describe_options(config, [*self.cloudinit, "drive"] if self.cloudinit else ())}

    def require_possible(self, source: Guest) -> None:
        """Raise PveError for what clones of the guest can't have."""
        require_public_key(self.cloudinit.get("sshkeys"))
        if self.cloudinit and source.type != "qemu":
            raise PveError(
                UNSUPPORTED,
                f"Guest {source.label} is a container, and containers have no cloud-init.",
                "Leave cloudinit out, and set the network and keys in the container's own configuration.",
            )


def list_wished_clones(params: Mapping[str, Any]) -> list[WishedClone]:
    """The clones that a module's options ask for, in the order of their names; nodes are taken in turn.

    Raises C(invalid_parameter) for names and addresses that don't make clones of their own.
    """
    names = params["new_names"] or [params["new_name"]]
    _require_distinct("new_names", names)
    nodes = params["targets"] or [params["target"]]
    tags = None if params["tags"] is None else tuple(params["tags"])
    return [
        WishedClone(
            name=name,
            newid=params["newid"],
            node=nodes[index % len(nodes)],
            tags=tags,
            cloudinit=_read_cloudinit(params, index, len(names)),
            start=params["start"],
        )
        for index, name in enumerate(names)
    ]


def render_changes(kind: str, changes: Mapping[str, Any], storage: str | None) -> dict[str, Any]:
    """The parameters of a request that brings options, as results show them, to these values.

    I(storage) is for a cloud-init drive that is to be added.
    """
    options = {
        key: encode(kind, key, value) if key == "tags" else encode_value(key, value)
        for key, value in changes.items()
        if value and key != "drive"
    }
    if changes.get("drive"):
        options[changes["drive"]] = f"{storage}:cloudinit"
    unset = sorted(key for key, value in changes.items() if not value)
    return {**options, **({"delete": ",".join(unset)} if unset else {})}


def find_disk_storage(config: Mapping[str, Any]) -> str | None:
    """The storage of the first disk of a QEMU guest, by the names of their slots."""
    disks = [read_disk(config, slot) for slot in sorted(config) if is_slot("qemu", slot)]
    return next((disk.storage for disk in disks if disk is not None and disk.has_own_volume), None)


def _read_cloudinit(params: Mapping[str, Any], index: int, count: int) -> dict[str, Any]:
    wished = params["cloudinit"]
    if not wished:
        return {}
    entries = [
        {**entry, **{key: _choose_address(entry, key, index, count) for key in _PER_CLONE}}
        for entry in wished.get("ipconfig") or ()
    ]
    return parse_desired_options({**wished, "ipconfig": entries})


def _choose_address(entry: Mapping[str, Any], key: str, index: int, count: int) -> str | None:
    addresses = entry.get(key)
    if not addresses:
        return None
    if len(addresses) == 1 and addresses[0] in _SHARED_ADDRESSES:
        return str(addresses[0])
    if len(addresses) != count:
        raise PveError(
            INVALID_PARAMETER,
            f"{key} of interface {entry['interface']} has {len(addresses)} addresses for {count} clones.",
            "Give one for each clone, in the order of their names, or dhcp for all.",
        )
    _require_distinct(key, [address for address in addresses if address not in _SHARED_ADDRESSES])
    return str(addresses[index])


def _require_distinct(option: str, values: Iterable[Any]) -> None:
    values = list(values)
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        raise PveError(INVALID_PARAMETER, f"{option} has {twice} twice.", "Give each clone its own.")
