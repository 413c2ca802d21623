# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what, and what proves it: the one interface that decides, admits and records."""

from __future__ import annotations

from mcp_bridge.authority.authority import Authority
from mcp_bridge.authority.verdict import HELD, PLAN_ONLY, Verdict, Wish

__all__ = ["HELD", "PLAN_ONLY", "Authority", "Verdict", "Wish"]
