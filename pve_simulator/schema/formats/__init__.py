# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every named format of the API: validators by name, and property strings by name."""

from __future__ import annotations

from pve_simulator.schema.formats import access, cluster, firewall, guest, identifiers, network, storage
from pve_simulator.schema.formats._base import Validator

VALIDATORS: dict[str, Validator] = {
    **identifiers.FORMATS,
    **network.FORMATS,
    **storage.FORMATS,
    **access.FORMATS,
    **firewall.FORMATS,
    **cluster.FORMATS,
    **guest.FORMATS,
}
