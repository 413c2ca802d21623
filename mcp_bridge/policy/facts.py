# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a policy can refer to: who wants to do what to which guests, and when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from mcp_bridge.auth.caller import Caller
from mcp_bridge.catalogue import Tool
from mcp_bridge.policy import hosts
from mcp_bridge.policy.config_effects import get_family
from mcp_bridge.policy.effects import describe_effects_on, describe_guest_effects, find_guests, find_row, find_thing
from mcp_bridge.policy.places import Step, find_step_guests, get_path, get_places, get_text, is_on
from mcp_bridge.policy.targets import EFFECTS, Effects, GuestPlace, Target, make_unknown_guest

__all__ = [
    "WINDOW_SECONDS",
    "Approval",
    "Moment",
    "Part",
    "Question",
    "Target",
    "make_question",
    "render_schema",
]

WINDOW_SECONDS = 600
"""How far back `recent_targets` looks."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_VALUE = 200
"""Characters of a parameter's value that policies see; what is longer is a document, not a setting."""
_HOSTS = ("url", "server", "portal", "monhost", "reference")
"""Parameters that name a host to connect to."""


@dataclass(frozen=True)
class Approval:
    """An approval of the plan: by the client's own user, whom the client asked, or by an operator of Playvisor.

    An operator's may be signed with a `passkey`; the kind is that of the last approval. `by` approved last, `also_by`
    before; `groups` are those of all of them.
    """

    kind: Literal["elicitation", "operator", "passkey"]
    by: str
    groups: tuple[str, ...] = ()
    also_by: tuple[str, ...] = ()

    @property
    def approvers(self) -> frozenset[str]:
        """Everybody who approved the plan."""
        return frozenset((self.by, *self.also_by))


@dataclass(frozen=True)
class Moment:
    """The time of the decision, in the bridge's local time."""

    hour: int
    weekday: str

    @classmethod
    def from_datetime(cls, time: datetime) -> Moment:
        return cls(time.hour, _WEEKDAYS[time.weekday()])


@dataclass(frozen=True)
class Part:
    """What a plan does to one target: policy is asked about each part, and all of them must be allowed."""

    target: Target
    effects: Effects = frozenset()
    use: str = "changed"
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Question:
    """May this caller do this to all of these targets?

    `effects` are those of the whole plan, `step_effects` those of each of its steps. `recent_targets` counts the
    guests that this caller's runs touched within the last WINDOW_SECONDS, with those of this plan.
    """

    tool: Tool
    caller: Caller
    parts: tuple[Part, ...]
    moment: Moment
    methods: frozenset[str] = frozenset()
    effects: Effects = frozenset()
    step_effects: tuple[Effects, ...] = ()
    recent_targets: int = 0
    cluster: str = ""
    passkeys_enrolled: bool = False

    @property
    def targets(self) -> tuple[Target, ...]:
        """What the plan touches."""
        return tuple(part.target for part in self.parts)

    @property
    def target_count(self) -> int:
        """How many guests and other things the plan changes; what it only copies does not count."""
        return sum(part.use != "copied" for part in self.parts)

    @property
    def touched_guests(self) -> set[int]:
        """The guests that the plan changes; what it only copies does not count."""
        return {part.target.vmid for part in self.parts if part.use != "copied" and part.target.vmid is not None}

    def list_effects(self) -> list[str]:
        """The effects of the whole plan, in the order in which they are told."""
        return [effect for effect in EFFECTS if effect in self.effects]

    def with_recent_targets(self, count: int) -> Question:
        """The same question, when the caller's runs have touched so many guests of late."""
        return replace(self, recent_targets=count)

    def with_passkeys(self, *, enrolled: bool) -> Question:
        """The same question, where somebody who may approve plans has enrolled a passkey, or nobody has."""
        return replace(self, passkeys_enrolled=enrolled)

    def make_entities(self) -> list[dict[str, Any]]:
        """Make Cedar's entities: the caller with its roles, and the targets."""
        caller = self.caller
        roles = [_make_entity("Role", role) for role in dict.fromkeys((caller.kind, *caller.roles))]
        identity = {
            "name": caller.identity,
            "identity": caller.identity,
            "kind": caller.kind,
            "label": caller.label,
            "proof": caller.proof,
        }
        principal = _make_entity("Client", caller.identity, identity)
        principal["parents"] = [role["uid"] for role in roles]
        return [*roles, principal, *(_make_target_entity(target) for target in self.targets)]

    def make_requests(self, approval: Approval | None = None) -> list[dict[str, Any]]:
        """Make one Cedar request per part; `approval` is None when nobody has approved the plan."""
        context = self._make_context(approval)
        return [
            {
                "principal": {"type": "Client", "id": self.caller.identity},
                "action": {"type": "Action", "id": self.tool.name},
                "resource": _make_uid(part.target),
                "context": {**context, **_make_part_context(part)},
            }
            for part in self.parts
        ]

    def _make_context(self, approval: Approval | None) -> dict[str, Any]:
        context: dict[str, Any] = {
            "tool": self.tool.name,
            "toolset": self.tool.toolset,
            "effect": self.tool.effect,
            "targets": self.target_count,
            "recent_targets": max(self.recent_targets, self.target_count),
            "methods": sorted(self.methods),
            "all_effects": sorted(self.effects),
            "asker": self.caller.identity,
            "asker_kind": self.caller.kind,
            "proof": self.caller.proof,
            "label": self.caller.label,
            "requester": self.caller.local_user,
            "cluster": self.cluster,
            "approved": approval is not None,
            "approval": approval.kind if approval else "none",
            "approvers": len(approval.approvers) if approval else 0,
            "approved_by": sorted(approval.approvers) if approval else [],
            "approver_groups": sorted(set(approval.groups)) if approval else [],
            "passkeys_enrolled": self.passkeys_enrolled,
            "hour": self.moment.hour,
            "weekday": self.moment.weekday,
        }
        return context | {"approver": approval.by} if approval else context


def make_question(
    tool: Tool,
    caller: Caller,
    steps: Sequence[Step],
    guests: Mapping[int, Target],
    moment: Moment,
    recent_targets: int = 0,
    *,
    cluster: str = "",
    names: Mapping[int, str] | None = None,
) -> Question:
    """Make the question about a plan's steps.

    `guests` are those that find_guests finds in the steps, as they are now; one that lacks counts as unknown. `names`
    are the names of all guests of the cluster, which a new name must not repeat.
    """
    guests = _complete_guests(steps, guests)
    touching = _find_touched(steps, guests)
    step_effects = tuple(
        describe_effects_on(touched, step, guests, names or {}) for step, touched in zip(steps, touching, strict=True)
    )
    return Question(
        tool,
        caller,
        _make_parts(steps, touching, step_effects, guests, names or {}),
        moment,
        frozenset(str(step["method"]) for step in steps),
        frozenset().union(*step_effects),
        step_effects,
        recent_targets,
        cluster,
    )


def _complete_guests(steps: Sequence[Step], guests: Mapping[int, Target]) -> dict[int, Target]:
    """Add the guests that the steps create, and those of which nothing is known."""
    completed = dict(guests)
    for vmid, place in find_guests(steps).items():
        target = guests.get(vmid)
        if place.is_created and (target is None or not target.exists):
            target = _make_new_guest(place)
        elif target is None:
            target = make_unknown_guest(vmid)
        completed[vmid] = replace(target, origin=place.origin) if place.origin else target
    return completed


def _make_new_guest(place: GuestPlace) -> Target:
    return Target(
        str(place.vmid),
        place.vmid,
        node=place.node or "",
        type=place.type or "",
        status="stopped",
        exists=False,
    )


def _find_touched(steps: Sequence[Step], guests: Mapping[int, Target]) -> list[list[GuestPlace]]:
    """Find which guests each step touches."""
    everyone = get_places(guests)
    return [[place for place in find_step_guests(step, everyone).values() if place.use != "compared"] for step in steps]


def _make_parts(
    steps: Sequence[Step],
    touching: Sequence[Sequence[GuestPlace]],
    step_effects: Sequence[Effects],
    guests: Mapping[int, Target],
    names: Mapping[int, str],
) -> tuple[Part, ...]:
    parts: dict[tuple[str, str], Part] = {}
    uses = {vmid: place.use for vmid, place in find_guests(steps).items()}
    for step, places, all_effects in zip(steps, touching, step_effects, strict=True):
        for place in places:
            effects = describe_guest_effects(step, place, guests, names)
            _add_part(parts, Part(guests[place.vmid], effects, uses.get(place.vmid, place.use), (step,)))
        thing = find_thing(step)
        if not places or (thing is not None and find_row(step) is not None):
            thing = thing or Target(get_path(step))
            _add_part(parts, Part(thing, all_effects, "changed", (step,)))
    return tuple(parts.values())


def _add_part(parts: dict[tuple[str, str], Part], part: Part) -> None:
    key = ("thing" if part.target.vmid is None else "guest", f"{part.target.kind}/{part.target.id}")
    known = parts.get(key)
    if known is not None:
        part = replace(known, effects=known.effects | part.effects, steps=(*known.steps, *part.steps))
    parts[key] = part


def _make_part_context(part: Part) -> dict[str, Any]:
    """The part's effects and the parameters of its steps."""
    params = [(str(name), get_text(value)) for step in part.steps for name, value in (step.get("params") or {}).items()]
    urls = [value for name, value in params if name in _HOSTS and value]
    by_name = dict(params)
    names = {name for name, _value in params} | {
        removed for removed in by_name.get("delete", "").split(",") if removed not in ("", "0", "1")
    }
    forces = ("force", "forceStop", "force-stop", "skiplock")
    return {
        "effects": sorted(part.effects),
        "use": part.use,
        "steps": sorted({row.name if (row := find_row(step)) else "unknown" for step in part.steps}),
        "params": sorted({f"{name}={value}" for name, value in params if len(value) <= _LONGEST_VALUE}),
        "param_names": sorted(names | {get_family(name) for name in names}),
        "mode": by_name.get("mode", ""),
        "force": any(is_on(by_name.get(name)) for name in forces),
        "target_node": by_name.get("target", ""),
        "storage": by_name.get("storage", ""),
        "url_host": hosts.get_host(urls[0]) if urls else "",
        "url_host_class": hosts.choose_worst([_classify(url) for url in urls]),
    }


def _classify(text: str) -> hosts.HostClass:
    """The class of a URL, or of the worst of some hosts such as a monitor list."""
    if "://" in text:
        return hosts.classify_url(text)
    return hosts.choose_worst(
        [hosts.classify_host(host) for host in text.replace(";", ",").replace(" ", ",").split(",")]
    )


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
entity Client in [Role] { name: String, identity: String, kind: String, label: String, proof: String };
entity Guest {
  vmid: Long, name: String, node: String, type: String, pool: String, tags: Set<String>,
  protected: Bool, template: Bool, status: String, exists: Bool, known: Bool
};
entity Thing { id: String, kind: String };
type Facts = {
  tool: String, toolset: String, effect: String, methods: Set<String>, steps: Set<String>,
  effects: Set<String>, all_effects: Set<String>, use: String, targets: Long, recent_targets: Long,
  params: Set<String>, param_names: Set<String>, mode: String, force: Bool, target_node: String, storage: String,
  url_host: String, url_host_class: String,
  asker: String, asker_kind: String, proof: String, label: String, requester: String, cluster: String,
  approved: Bool, approval: String, approver?: String, approvers: Long, approved_by: Set<String>,
  approver_groups: Set<String>, passkeys_enrolled: Bool, hour: Long, weekday: String
};"""


def _make_entity(kind: str, name: str, attributes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": name}, "attrs": dict(attributes or {}), "parents": []}


def _make_uid(target: Target) -> dict[str, str]:
    if target.vmid is not None:
        return {"type": "Guest", "id": target.id}
    return {"type": "Thing", "id": f"{target.kind}/{target.id}" if target.kind else target.id}


def _make_target_entity(target: Target) -> dict[str, Any]:
    attributes: dict[str, Any] = {"id": target.id, "kind": target.kind}
    if target.vmid is not None:
        attributes = {
            "vmid": target.vmid,
            "name": target.name,
            "node": target.node,
            "type": target.type,
            "pool": target.pool,
            "tags": sorted(target.tags),
            "protected": target.protected or not target.is_known,
            "template": target.template,
            "status": target.status,
            "exists": target.exists,
            "known": target.is_known,
        }
    return {"uid": _make_uid(target), "attrs": attributes, "parents": []}
