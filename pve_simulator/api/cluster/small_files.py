# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cluster files that are only kept: custom CPU models, ACME plugins, realm synchronisation jobs, SDN basics."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.sections import Sections
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.sections import Section


def _cpu_model(call: Call, name: str, section: Section) -> dict[str, Any]:
    return {"cputype": name if name.startswith("custom-") else f"custom-{name}", **section}


Sections(
    file="cpu-models",
    key="cputype",
    missing="Custom cputype '{name}' not found",
    exists="CPU Model '{name}' already exists",
    view=_cpu_model,
).serve("/cluster/qemu/custom-cpu-models")


def _plugin(call: Call, name: str, section: Section) -> dict[str, Any]:
    return {"plugin": name, **section}


Sections(
    file="acme-plugins",
    key="id",
    missing="ACME plugin '{name}' not defined",
    exists="ACME plugin ID '{name}' already exists",
    view=_plugin,
).serve("/cluster/acme/plugins")

_REALM_SYNC = Sections(
    file="realm-sync",
    key="id",
    missing="No such job '{name}'.",
    exists="Job '{name}' already exists",
    with_digest=False,
)
_REALM_SYNC.serve("/cluster/jobs/realm-sync", create=False)
route("POST", "/cluster/jobs/realm-sync/{id}")(_REALM_SYNC.create)
