# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The privileges of Proxmox VE 9.2 and its built-in roles."""

from __future__ import annotations

from pve_simulator.state.roles import ADMINISTRATOR, ROLES

# The Administrator role has every privilege there is.
PRIVILEGES: frozenset[str] = frozenset(ADMINISTRATOR)

__all__ = ["PRIVILEGES", "ROLES"]
