# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps the firewalls of guests from filtering anything, although they are set up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._guest.guest import Guest
from .._guest.nics import is_slot, read_nic

# So many network devices are named.
_NAMED = 10


def wants_filtering(params: dict[str, Any]) -> bool:
    """Whether options switch a firewall on, or give it rules."""
    enable = (params["options"] or {}).get("enable")
    return bool(enable) or (enable is None and any(rule["state"] == "present" for rule in params["rules"] or ()))


def describe_what_is_not_in_force(is_cluster_off: bool, guests: Sequence[Guest]) -> list[str]:
    """Why rules of these guests, with their configurations, are not in force, as one sentence; none where they are."""
    reasons = ["the cluster's firewall is off"] if is_cluster_off else []
    devices = [f"{slot} of guest {guest.label}" for guest in guests for slot in find_unfiltered(guest)]
    if devices:
        more = f" and {len(devices) - _NAMED} more" if len(devices) > _NAMED else ""
        verb = "has" if len(devices) == 1 else "have"
        reasons.append(f"{', '.join(devices[:_NAMED])}{more} {verb} firewall=0")
    return [f"Not in force: {'; '.join(reasons)}."] if reasons and guests else []


def find_unfiltered(guest: Guest) -> list[str]:
    """The network devices of a guest whose traffic no firewall filters."""
    config = guest.config or {}
    nics = {slot: read_nic(guest.type, config, slot) or {} for slot in sorted(config) if is_slot(slot)}
    return [slot for slot, nic in nics.items() if nic.get("firewall", "0") != "1"]
