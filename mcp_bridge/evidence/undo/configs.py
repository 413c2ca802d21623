# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undoes changes of a guest's configuration: restores the values that it had, where a tool can set them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mcp_bridge import catalogue

Guest = Mapping[str, Any]

# Options of the tools by the keys that the module compares.
_SIZE = {name: name for name in ("cores", "sockets", "memory", "balloon", "swap")}
_CONFIGURATION = {
    "name": "new_name",
    **{name: name for name in ("description", "onboot", "startup", "protection", "numa", "bios", "scsihw", "ostype")},
}
_CLOUDINIT = {"ciuser": "user"}
# Lists, which the module shows as text.
_CLOUDINIT_LISTS = {"nameserver": "nameservers", "searchdomain": "searchdomain"}
_INTERFACE = re.compile(r"ipconfig(\d+)")
# Keys that the module returns for every guest.
_ALWAYS = frozenset({"exists", "template"})


def restore_tags(_arguments: Mapping[str, Any], guest: Guest) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Add the tags that were removed, and remove those that were added; tags that were set since then stay."""
    before, after = (guest.get(when, {}).get("tags") or [] for when in ("before", "after"))
    changes = {
        "add_tags": [tag for tag in before if tag not in after],
        "remove_tags": [tag for tag in after if tag not in before],
    }
    yield "set_guest_tags", {name: changed for name, changed in changes.items() if changed}


def restore_size(_arguments: Mapping[str, Any], guest: Guest) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Restore processors and memory."""
    yield from _restore_values("resize_guest", _SIZE, guest, "a disk that has grown does not shrink")


def restore_configuration(_arguments: Mapping[str, Any], guest: Guest) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Restore the options that have a single value."""
    yield from _restore_values(
        "configure_guest", _CONFIGURATION, guest, "`runs diff` shows how it was, to set it by hand"
    )


def restore_cloudinit(_arguments: Mapping[str, Any], guest: Guest) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Restore the cloud-init options."""
    arguments: dict[str, Any] = {}
    for key, before in _find_changed_values(guest):
        interface = _INTERFACE.fullmatch(key)
        if not before:
            yield f"{key} was not set before, and no tool takes it away."
        elif interface:
            arguments.setdefault("ipconfig", []).append({"interface": int(interface[1]), **before})
        elif key in _CLOUDINIT_LISTS:
            arguments[_CLOUDINIT_LISTS[key]] = before.split()
        elif key == "sshkeys":
            arguments["ssh_keys"] = list(before)
        elif key in _CLOUDINIT:
            arguments[_CLOUDINIT[key]] = before
        else:
            yield f"{key}: `runs diff` shows how it was, to set it by hand."
    if arguments:
        yield "set_cloudinit", arguments


def _restore_values(
    tool: str, options: Mapping[str, str], guest: Guest, reason: str
) -> Iterator[tuple[str, dict[str, Any]] | str]:
    """Yield a call with the values from before, and why others can't be restored."""
    arguments = {}
    for key, before in _find_changed_values(guest):
        if key not in options:
            yield f"{key}: {reason}."
        elif before in (None, "") and options[key] in catalogue.load()[tool].clears:
            arguments[options[key]] = ""
        elif before in (None, ""):
            yield f"{key} was not set before, and no tool takes it away."
        else:
            arguments[options[key]] = _render_parts(before) if isinstance(before, Mapping) else before
    if arguments:
        yield tool, arguments


def _render_parts(parts: Mapping[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in parts.items())


def _find_changed_values(guest: Guest) -> Iterator[tuple[str, Any]]:
    before, after = guest.get("before") or {}, guest.get("after") or {}
    for key in after:
        if key not in _ALWAYS and before.get(key) != after[key]:
            yield key, before.get(key)
