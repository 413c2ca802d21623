# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run, from request to evidence: validate, plan in check mode, decide, apply exactly that plan, record."""

from __future__ import annotations

from mcp_bridge.run.call import Bridge, register
from mcp_bridge.run.request import Request, unrecorded_result

__all__ = ["Bridge", "Request", "register", "unrecorded_result"]
