# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools that run no playbook: about runs and plans (toolset `runs`), the history, and those that features add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.catalogue import Effect
from mcp_bridge.catalogue.schemas import CHECK, WAIT

TOOLSET = "runs"
MOST_RUNS = 50
MOST_CHANGES = 100
MOST_ROWS = 1000
OUTCOMES = ("ok", "planned", "held", "refused", "failed", "cancelled", "interrupted")
"""How runs end; one that has not ended has none."""


@dataclass(frozen=True)
class BridgeTool:
    """A tool that the bridge answers without a playbook, described like the catalogue's tools."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    effect: Effect = "read"
    toolset: str = TOOLSET
    repeatable: bool = False
    # Whether it comes to plans like a tool with a playbook, which a server in mode check may make.
    plans: bool = False

    @property
    def writes(self) -> bool:
        """Whether it can change something on the cluster."""
        return self.effect != "read"


def _make_schema(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _make_text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


TIMES = "such as 2h, yesterday, monday 14:00, or ISO 8601"
_CHANGES = {"type": "integer", "default": 50, "minimum": 1, "maximum": MOST_CHANGES}

_TOOLS = (
    BridgeTool(
        "list_runs",
        "List runs",
        "Lists what was done through Playvisor, by all clients, newest first.",
        _make_schema(
            [],
            tool={"type": "string"},
            outcome={"type": "string", "enum": list(OUTCOMES)},
            guest=_make_text("Only runs that name it, by vmid or name"),
            user=_make_text("Who asked"),
            changed={"type": "boolean", "description": "Only changes, with values before"},
            since=_make_text("24h, yesterday, or ISO 8601"),
            until=_make_text("Like since"),
            limit={"type": "integer", "default": 10, "minimum": 1, "maximum": MOST_RUNS},
        ),
    ),
    BridgeTool(
        "get_run",
        "Show a run",
        "Shows one run: who asked for what, how it was decided and ended, its plan, and what it returned.",
        _make_schema(["run_id"], run_id=_make_text("Its id")),
    ),
    BridgeTool(
        "wait_run",
        "Wait for a run",
        "Waits until a run has ended, and shows it; with status running when it has not by then.",
        _make_schema(
            ["run_id"],
            run_id=_make_text("Its id"),
            timeout={"type": "integer", "default": 60, "minimum": 1, "maximum": 3600, "description": "Seconds"},
        ),
    ),
    BridgeTool(
        "apply_plan",
        "Apply a plan",
        "Applies a plan made with check=true, or held and approved by now: exactly that plan, once, or it is refused.",
        _make_schema(["plan_id"], plan_id=_make_text("plan.id of the result that made it"), wait=WAIT),
        effect="destroy",
    ),
    BridgeTool(
        "cancel_run",
        "Cancel a run",
        "Ends a run of yours, and says what it had done; its tasks in Proxmox VE go on unless stop_tasks.",
        _make_schema(["run_id"], run_id=_make_text("Its id"), stop_tasks={"type": "boolean", "default": False}),
        effect="destroy",
        repeatable=True,
    ),
    BridgeTool(
        "undo_run",
        "Undo a run",
        "Restores what a run changed, by calls that are planned, judged and held like any other. Says what can't be "
        "undone.",
        _make_schema(["run_id"], run_id=_make_text("Its id; list_runs shows them"), check=CHECK, wait=WAIT),
        effect="destroy",
        toolset="undo",
        repeatable=True,
        plans=True,
    ),
    BridgeTool(
        "guest_changes",
        "Show what changed in a guest",
        "Shows what changed in a guest, newest first, and who did it: a run of Playvisor, a task of Proxmox VE, or "
        "neither; with at, how the guest was then.",
        _make_schema(
            ["guest"],
            guest=_make_text("Its vmid, name, or a pattern such as web-*; also of one that is gone"),
            since=_make_text(f"Default 7d. A time is {TIMES}"),
            until=_make_text("Like since"),
            at=_make_text("Show its configuration as of this time instead"),
            limit=_CHANGES,
        ),
        toolset="history",
    ),
    BridgeTool(
        "cluster_changes",
        "Show what changed in the cluster",
        "Shows what changed in the cluster (guests, storages, pools, firewall, HA, access …), newest first, and who "
        "did it: a run of Playvisor, a task of Proxmox VE, or neither.",
        _make_schema(
            [],
            since=_make_text(f"Default 1d. A time is {TIMES}"),
            until=_make_text("Like since"),
            kind=_make_text("Only of this kind, such as guest, storage, pool, firewall, ha_rule or acl"),
            user=_make_text("Only by this user"),
            net={"type": "boolean", "description": "Only what differs between since and until"},
            limit=_CHANGES,
        ),
        toolset="history",
    ),
    BridgeTool(
        "query_history",
        "Query the history with SQL",
        "Answers one SELECT about the history of the cluster: guests, their configuration, snapshots, changes and who "
        "made them, tasks, metrics, runs. Without sql, it shows the views, and what their columns mean.",
        _make_schema(
            [],
            sql=_make_text("One SELECT that reads these views, in the dialect of the database (SQLite or PostgreSQL)"),
            limit={"type": "integer", "default": 100, "minimum": 1, "maximum": MOST_ROWS},
        ),
        toolset="history",
    ),
    BridgeTool(
        "fleet_drift",
        "Show the drift of a fleet",
        "Names what somebody else changed on a fleet since it was applied last: fields with before and after, who did "
        "it and when, where that is known.",
        _make_schema(
            [],
            fleet=_make_text("Its name; the only one when left out"),
            only={"type": "array", "items": {"type": "string"}, "description": "Paths, such as guests.web-*"},
        ),
        toolset="fleet",
    ),
)

TOOLS = {tool.name: tool for tool in _TOOLS}
"""All of them by name, with those that `register` has added."""


def describe_unknown(name: str) -> tuple[str, str] | None:
    """What to say of the name of a tool that there is not: the problem, and a hint. None where there is one."""
    if name in TOOLS or name in catalogue.load():
        return None
    near = catalogue.find_similar(name)
    hint = f"Did you mean {' or '.join(near)}?" if near else "Leave it out to list the runs of all tools."
    return f"There is no tool {name[:60]}.", hint


def register(tool: BridgeTool) -> None:
    """Add a tool, which every face then offers. Raises ValueError for a name that is in use."""
    if TOOLS.get(tool.name) is tool:
        return
    if tool.name in TOOLS or tool.name in catalogue.load():
        raise ValueError(f"There is a tool {tool.name} already.")
    TOOLS[tool.name] = tool
