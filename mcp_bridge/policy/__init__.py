# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what to which guest: Cedar policies, applied to what a plan would really touch."""

from __future__ import annotations

from mcp_bridge.policy.engine import Decision, Policy
from mcp_bridge.policy.facts import Approval, Caller, Moment, Question, Target, make_question

__all__ = ["Approval", "Caller", "Decision", "Moment", "Policy", "Question", "Target", "make_question"]
