# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what, and what proves it: the one interface that decides, admits and records."""

from __future__ import annotations

from mcp_bridge.authority.authority import Authority
from mcp_bridge.authority.judged import Judged, Wish
from mcp_bridge.authority.new_ids import Call, NewIds, find_new_ids
from mcp_bridge.authority.verdict import APPROVED, HELD, PLAN_ONLY, Verdict

__all__ = ["APPROVED", "HELD", "PLAN_ONLY", "Authority", "Call", "Judged", "NewIds", "Verdict", "Wish", "find_new_ids"]
