# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/aplinfo: container templates to download."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pve_simulator.errors import failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.appliances import Appliances
from pve_simulator.storage.fetching import Download
from pve_simulator.storage.lookup import enabled_storage
from pve_simulator.storage.plugins import PLUGINS
from pve_simulator.storage.uploads import find_destination


@route("GET", "/nodes/{node}/aplinfo")
def list_templates(call: Call) -> list[dict[str, Any]]:
    """The available templates."""
    known = call.cluster.part(Appliances).templates
    return [{"template": name, **asdict(appliance)} for name, appliance in known.items()]


@route("POST", "/nodes/{node}/aplinfo")
def download(call: Call) -> str:
    """Download a template."""
    name = call.need("template")
    appliance = call.cluster.part(Appliances).templates.get(name)
    if appliance is None:
        raise invalid({"template": "no such template"})
    storage = enabled_storage(call.cluster, call.need("storage"), call.node)
    if not PLUGINS[storage.type].has_path:
        raise failure(f"cannot download to storage type '{storage.type}'")
    if "vztmpl" not in storage.content:
        raise failure(f"storage '{storage.id}' does not support templates")
    target = find_destination(storage, "vztmpl", name)
    digest = appliance.sha512sum or None
    job = Download(call.world, call.node, appliance.location, storage, "vztmpl", target, "sha512", digest)
    return call.task("download", name, job.run)
