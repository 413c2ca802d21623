# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container templates that nodes can download (`pveam available`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.state.parts import state_part


@dataclass
class Appliance:
    """One template; `location` is its URL, the rest is shown as it is."""

    location: str = ""
    package: str = ""
    version: str = ""
    os: str = ""
    section: str = "system"
    type: str = "lxc"
    headline: str = ""
    infopage: str = ""
    sha512sum: str = ""
    source: str = ""
    architecture: str = "amd64"
    description: str = ""


@state_part("appliances")
@dataclass
class Appliances:
    """Templates by file name; none on a server that has not updated its list."""

    templates: dict[str, Appliance] = field(default_factory=dict)
