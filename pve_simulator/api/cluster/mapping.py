# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/mapping: names for devices and directories that differ from node to node."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pve_simulator.api.indexes import HARDWARE
from pve_simulator.api.sections import Sections, View
from pve_simulator.errors import failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Handler
from pve_simulator.state.sections import Options, Section

_RIGHTS = ("Mapping.Modify", "Mapping.Use", "Mapping.Audit")
_DEVICES = {device["id"] for device in HARDWARE}
# What fails while the file is locked, the options of a mapping, and where a list has its diagnostics.
_KINDS = {
    "dir": ("directory mapping", "", "checks"),
    "pci": ("hardware mapping", "live-migration-capable mdev", "checks"),
    "usb": ("hardware mapping", "", "errors"),
}


def _make_view(kind: str) -> View:
    def view(call: Call, name: str, section: Section) -> dict[str, Any]:
        return {"type": kind, **section}

    return view


def _check_directories(call: Call, name: str, section: Section) -> None:
    counts = Counter(_split(entry)["node"] for entry in section["map"])
    for node, count in counts.items():
        if count > 1:
            raise failure(f"Node '{node}' is specified {count} times.")


def _make_list_handler(kind: str, sections: Sections, diagnostics: str) -> Handler:
    def listing(call: Call) -> list[dict[str, Any]]:
        node = call.text("check-node")
        entries = []
        for name, section in sections.all_sections(call).items():
            if not call.subject.may(f"/mapping/{kind}/{name}", *_RIGHTS):
                continue
            entry = {"id": name, **sections.show(call, name, section)}
            if node is not None:
                entry[diagnostics] = _diagnose(kind, section, node)
            entries.append(entry)
        return entries

    return listing


def _diagnose(kind: str, section: Section, node: str) -> list[dict[str, str]]:
    """What is wrong with a mapping on a node: that it has none, or devices that are not there."""
    devices = [device for entry in section["map"] if (device := _split(entry))["node"] == node]
    if not devices:
        return [{"severity": "warning", "message": f"No mapping for node {node}."}]
    missing = [name for device in devices for name in _name_devices(kind, device) if name not in _DEVICES]
    what = f"Invalid configuration: {kind} device"
    return [{"severity": "error", "message": f"{what} '{name}' not found\n"} for name in missing]


def _name_devices(kind: str, device: dict[str, str]) -> list[str]:
    if kind == "pci":
        return [path if "." in path else f"{path}.0" for path in device["path"].split(";")][:1]
    return [device.get("path") or device["id"]] if kind == "usb" else []


def _split(entry: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in entry.split(","))


for _kind, (_what, _optional, _diagnostics) in _KINDS.items():
    _sections = Sections(
        file=f"mapping/{_kind}",
        key="id",
        missing="mapping '{name}' not found",
        missing_later=f"{_kind} ID '{{name}}' does not exist",
        exists=f"{_kind} ID '{{name}}' already defined",
        what=_what,
        options={"": Options.build(f"description {_optional}", "map")},
        check=_check_directories if _kind == "dir" else None,
        view=_make_view(_kind),
        lenient_delete=True,
    )
    _sections.serve(f"/cluster/mapping/{_kind}", listing=_make_list_handler(_kind, _sections, _diagnostics))
