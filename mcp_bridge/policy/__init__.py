# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what to which guest: Cedar policies, applied to what a plan would really touch."""

from __future__ import annotations

from mcp_bridge.policy.effects import describe_effects, find_guests
from mcp_bridge.policy.engine import Decision, Policy
from mcp_bridge.policy.facts import Approval, Moment, Question, make_question
from mcp_bridge.policy.targets import EFFECTS, Effects, GuestPlace, Target

__all__ = [
    "EFFECTS",
    "Approval",
    "Decision",
    "Effects",
    "GuestPlace",
    "Moment",
    "Policy",
    "Question",
    "Target",
    "describe_effects",
    "find_guests",
    "make_question",
]
