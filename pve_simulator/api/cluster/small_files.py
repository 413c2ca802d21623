# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cluster files that are only kept: custom CPU models and ACME plugins."""

from __future__ import annotations

from typing import Any

from pve_simulator.api.sections import Sections
from pve_simulator.errors import failure
from pve_simulator.requests.call import Call
from pve_simulator.state.sections import Options, Section

_CPU_RIGHTS = ("Mapping.Modify", "Mapping.Use", "Mapping.Audit")


def _cpu_model(call: Call, name: str, section: Section) -> dict[str, Any]:
    return {"cputype": f"custom-{name}", **section}


def _refuse_deleting_the_name(call: Call) -> None:
    if "cputype" in call.items("delete"):
        raise failure("cannot delete 'cputype'")


_CPU_MODELS = Sections(
    file="cpu-models",
    key="cputype",
    prefix="custom-",
    missing="Custom cputype '{name}' not found",
    missing_later="custom CPU model '{name}' does not exist",
    exists="custom CPU model '{name}' already exists",
    options={"": Options.build("reported-model flags hidden hv-vendor-id level phys-bits guest-phys-bits")},
    guard=_refuse_deleting_the_name,
    view=_cpu_model,
)


def _list_cpu_models(call: Call) -> list[dict[str, Any]]:
    """The models that the caller may use, see or change."""
    return [
        _CPU_MODELS.show(call, name, section)
        for name, section in sorted(_CPU_MODELS.all_sections(call).items())
        if any(call.subject.may(f"/mapping/cpu/{name}", right) for right in _CPU_RIGHTS)
    ]


_CPU_MODELS.serve("/cluster/qemu/custom-cpu-models", listing=_list_cpu_models)


def _plugin(call: Call, name: str, section: Section) -> dict[str, Any]:
    return {"plugin": name, **section}


Sections(
    file="acme-plugins",
    key="id",
    missing="ACME plugin '{name}' not defined",
    missing_later="ACME plugin ID '{name}' does not exist",
    exists="ACME plugin ID '{name}' already exists",
    options={
        "dns": Options.build("data nodes disable validation-delay", "api"),
        "standalone": Options.build("nodes disable"),
    },
    builtin={"standalone": {"type": "standalone"}},
    lenient_delete=True,
    view=_plugin,
).serve("/cluster/acme/plugins")
