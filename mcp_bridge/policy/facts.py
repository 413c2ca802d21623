# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a policy can refer to: who wants to do what to which guests, and when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mcp_bridge.auth.caller import Caller
from mcp_bridge.catalogue import Tool

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Target:
    """What a plan would touch: a guest in its current state, or, with `vmid` None, another object of the cluster."""

    id: str
    vmid: int | None = None
    name: str = ""
    node: str = ""
    type: str = ""
    pool: str = ""
    tags: tuple[str, ...] = ()
    protected: bool = False
    template: bool = False


@dataclass(frozen=True)
class Approval:
    """An approval of the plan: by the client's own user, whom the client asked, or by an operator of Playvisor."""

    kind: Literal["elicitation", "operator"]
    by: str


@dataclass(frozen=True)
class Moment:
    """The time of the decision, in the bridge's local time."""

    hour: int
    weekday: str

    @classmethod
    def from_datetime(cls, time: datetime) -> Moment:
        return cls(time.hour, _WEEKDAYS[time.weekday()])


@dataclass(frozen=True)
class Question:
    """May this caller do this to all of these targets?"""

    tool: Tool
    caller: Caller
    targets: tuple[Target, ...]
    methods: frozenset[str]
    moment: Moment

    def make_entities(self) -> list[dict[str, Any]]:
        """Make Cedar's entities: the caller with its roles, and the targets."""
        roles = [_make_entity("Role", role) for role in (self.caller.kind, *self.caller.roles)]
        caller = _make_entity("Client", self.caller.identity, {"name": self.caller.identity, "kind": self.caller.kind})
        caller["parents"] = [role["uid"] for role in roles]
        return [*roles, caller, *(_make_target_entity(target) for target in self.targets)]

    def make_requests(self, approval: Approval | None = None) -> list[dict[str, Any]]:
        """Make one Cedar request per target; `approval` is None when nobody has approved the plan."""
        context: dict[str, Any] = {
            "tool": self.tool.name,
            "toolset": self.tool.toolset,
            "effect": self.tool.effect,
            "targets": len(self.targets),
            "methods": sorted(self.methods),
            "approved": approval is not None,
            "approval": approval.kind if approval else "none",
            "requester": self.caller.local_user,
            "hour": self.moment.hour,
            "weekday": self.moment.weekday,
        }
        if approval is not None:
            context["approver"] = approval.by
        return [
            {
                "principal": {"type": "Client", "id": self.caller.identity},
                "action": {"type": "Action", "id": self.tool.name},
                "resource": _make_uid(target),
                "context": context,
            }
            for target in self.targets
        ]


def make_question(tool: Tool, caller: Caller, plan: Mapping[str, Any], moment: Moment) -> Question:
    """Make the question about a plan with its targets, as a module returns it in check mode."""
    targets = tuple(_read_target(entry) for entry in plan.get("targets") or _read_targets_from_steps(plan))
    methods = frozenset(step["method"] for step in plan["steps"])
    return Question(tool, caller, targets, methods, moment)


def render_schema(tools: Iterable[Tool]) -> str:
    """Render Cedar's schema: an action per tool that writes, each in the groups of its effect and its toolset."""
    writing_tools = [tool for tool in tools if tool.writes]
    groups = sorted({"operate", "destroy"} | {tool.toolset for tool in writing_tools})
    actions = [
        f'action "{tool.name}" in [Action::"{tool.effect}", Action::"{tool.toolset}"] '
        "appliesTo { principal: [Client], resource: [Guest, Thing], context: Facts };"
        for tool in writing_tools
    ]
    return "\n".join([_FIXED_SCHEMA, *(f'action "{group}";' for group in groups), *actions])


_FIXED_SCHEMA = """\
entity Role;
entity Client in [Role] { name: String, kind: String };
entity Guest {
  vmid: Long, name: String, node: String, type: String, pool: String,
  tags: Set<String>, protected: Bool, template: Bool
};
entity Thing { id: String };
type Facts = {
  tool: String, toolset: String, effect: String, targets: Long, methods: Set<String>,
  approved: Bool, approval: String, approver?: String, requester: String, hour: Long, weekday: String
};"""


def _make_entity(kind: str, name: str, attributes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": name}, "attrs": dict(attributes or {}), "parents": []}


def _make_uid(target: Target) -> dict[str, str]:
    return {"type": "Thing" if target.vmid is None else "Guest", "id": target.id}


def _make_target_entity(target: Target) -> dict[str, Any]:
    attributes: dict[str, Any] = {"id": target.id}
    if target.vmid is not None:
        attributes = {
            "vmid": target.vmid,
            "name": target.name,
            "node": target.node,
            "type": target.type,
            "pool": target.pool,
            "tags": sorted(target.tags),
            "protected": target.protected,
            "template": target.template,
        }
    return {"uid": _make_uid(target), "attrs": attributes, "parents": []}


def _read_target(entry: Mapping[str, Any]) -> Target:
    vmid = entry.get("vmid")
    if vmid is None:
        return Target(id="/".join(str(value) for value in entry.values()))
    return Target(
        id=str(vmid),
        vmid=int(vmid),
        name=str(entry.get("name") or ""),
        node=str(entry.get("node") or ""),
        type=str(entry.get("type") or ""),
        pool=str(entry.get("pool") or ""),
        tags=tuple(entry.get("tags") or ()),
        # A guest whose protection could not be read counts as protected: the policy must not take it as harmless.
        protected=bool(entry.get("protected", True)),
        template=bool(entry.get("template")),
    )


def _read_targets_from_steps(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read the targets from the steps, for a module that did not describe them."""
    step_fields = frozenset({"method", "path", "params", "task", "why"})
    targets: dict[str, dict[str, Any]] = {}
    for step in plan["steps"]:
        identity = {name: value for name, value in step.items() if name not in step_fields}
        targets.setdefault(str(identity), identity)
    return list(targets.values())
