# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/mapping: names for devices and directories that differ from node to node."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.sections import Sections
from pve_simulator.requests.call import Call
from pve_simulator.state.sections import Section

_KINDS = ("dir", "pci", "usb")


def _make_view(kind: str) -> Any:
    def view(call: Call, name: str, section: Section) -> dict[str, Any]:
        return {"id": name, "type": kind, **section}

    return view


for _kind in _KINDS:
    Sections(
        file=f"mapping/{_kind}",
        key="id",
        missing="mapping '{name}' not found",
        exists=f"{_kind} ID '{{name}}' already defined",
        view=_make_view(_kind),
        lenient_delete=True,
    ).serve(f"/cluster/mapping/{_kind}")
