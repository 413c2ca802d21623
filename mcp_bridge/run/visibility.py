# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of other askers' runs a client may see: who did what, but not what was said to guests and what they said. Pure.

People see everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_bridge import catalogue

if TYPE_CHECKING:
    from mcp_bridge.auth.caller import Caller
    from mcp_bridge.ledger.records import KeptPlan, RunRow

_PRIVATE_TOOLSET = "exec"
HIDDEN = {"hidden": "only the asker and people see what is said to guests"}
"""What stands in place of hidden arguments."""


def may_see_contents(row: RunRow, caller: Caller) -> bool:
    """Whether this caller may see arguments, plan, events and output of a run."""
    return caller.kind == "person" or not is_private(row.tool) or is_own_run(row, caller)


def may_see_plan(plan: KeptPlan, caller: Caller) -> bool:
    """Whether this caller may see a kept plan."""
    return caller.kind == "person" or not is_private(plan.tool) or plan.asker == caller.identity


def show_arguments(row: RunRow, caller: Caller) -> dict[str, Any]:
    """The arguments of a run as far as this caller may see them."""
    return row.arguments if may_see_contents(row, caller) else HIDDEN


def is_private(tool: str) -> bool:
    """Whether a tool's arguments and output are between its asker and the guests."""
    entry = catalogue.load().get(tool)
    return entry is not None and entry.toolset == _PRIVATE_TOOLSET


def is_own_run(row: RunRow, caller: Caller) -> bool:
    """Whether a run was asked for by this caller."""
    asker = getattr(row, "asker", None)
    if asker is not None:
        return (asker, getattr(row, "asker_kind", caller.kind)) == (caller.identity, caller.kind)
    return (row.client_name, row.local_user) == (caller.label, caller.local_user)
