# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one rendering of a kept plan for whoever decides on it: on a terminal, or by a client's form. Pure.

Nothing is left out and nothing is cut. What came from outside is escaped, so that it can neither hide nor make lines.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_bridge.evidence.request_words import describe_request
from mcp_bridge.ledger.records import KeptPlan
from mcp_bridge.text.plain import clean

if TYPE_CHECKING:
    from mcp_bridge.policy import Target
    from mcp_bridge.result import Plan

_STEP_FIELDS = frozenset({"method", "path", "params", "task", "why", "effects"})
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,:;/=+@!%*()\[\] -]*[A-Za-z0-9_.:;/=+@!%*()\[\]-]|[A-Za-z0-9*]")
_NAMED = 3


@dataclass(frozen=True)
class FieldView:
    """A parameter of a request, or a fact that changes; `before` is None where it is not known."""

    name: str
    after: str
    before: str | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.after}" if self.before is None else f"{self.name}: {self.before} → {self.after}"


@dataclass(frozen=True)
class RequestView:
    """A request with its effects, all its parameters, and what it does in plain words where they don't say it."""

    method: str
    path: str
    effects: tuple[str, ...]
    meaning: tuple[str, ...]
    fields: tuple[FieldView, ...]
    why: str


@dataclass(frozen=True)
class TargetView:
    """What a plan touches: its name, what is known of it, and what of it changes beyond the requests' parameters."""

    name: str
    facts: tuple[str, ...] = ()
    changes: tuple[FieldView, ...] = ()


@dataclass(frozen=True)
class PlanView:
    """All that a person decides on. Every text in it is on one line, and harmless to show."""

    plan_id: str
    heading: str
    asker: str
    cluster: str
    effects: tuple[str, ...]
    rules: tuple[str, ...]
    advice: str
    targets: tuple[TargetView, ...]
    requests: tuple[RequestView, ...]
    expires_at: str
    digest: str
    judged: str
    policy: str

    @property
    def title(self) -> str:
        """What it would do, and the effects of it beyond that something changes, on one line."""
        effects = [effect for effect in self.effects if effect != "changes"] or self.effects
        return f"{self.heading}: {', '.join(effects)}" if effects else self.heading


def describe_plan(
    plan: Plan,
    summary: str,
    diff: Mapping[str, Any] | None,
    targets: Sequence[Target],
    *,
    rules: Sequence[str],
    advice: str,
    version: str | None,
    needs_passkey: bool = False,
) -> dict[str, Any]:
    """Return what is kept of a plan to be shown: what it would do to which targets, and what the policy says of it.

    `version` is what the asking program says of itself, beside its label; `needs_passkey` says that no other approval
    suffices.
    """
    return {
        "summary": summary,
        "steps": plan.steps,
        "effects": plan.effects or [],
        "targets": [_describe_target(target) for target in targets if target.vmid is not None],
        "diff": dict(diff or {}),
        "rules": list(rules),
        "advice": advice,
        "version": version,
        "needs_passkey": needs_passkey,
    }


def make_plan_view(plan: KeptPlan) -> PlanView:
    """Make the view of a plan, of nothing but what is kept of it."""
    shown = plan.shown
    steps, targets, diff = shown.get("steps") or [], shown.get("targets") or [], shown.get("diff") or {}
    return PlanView(
        plan_id=plan.plan_id,
        heading=_describe_heading(plan.tool, steps or targets),
        asker=_describe_asker(plan),
        cluster=make_visible(plan.cluster),
        effects=tuple(format_value(effect) for effect in shown.get("effects") or ()),
        rules=tuple(format_value(rule) for rule in shown.get("rules") or ()),
        advice=make_visible(str(shown.get("advice") or "")),
        targets=tuple(_view_targets(targets, steps, diff)),
        requests=tuple(_view_request(step, diff) for step in steps),
        expires_at=plan.expires_at,
        digest=plan.digest,
        judged=make_visible(plan.judged),
        policy=make_visible(plan.policy),
    )


def render_text(view: PlanView) -> str:
    """Render all of a view as plain text. The same plan is the same text, whenever and wherever it is shown."""
    name, _space, fingerprint = view.cluster.rpartition(" ")
    facts = {
        "Asked by": view.asker,
        "Cluster": name or fingerprint,
        "Effects": ", ".join(view.effects),
        "Policy": ": ".join(filter(None, [f"rule {', '.join(view.rules)}" if view.rules else "", view.advice])),
        "Expires": f"{view.expires_at[:19].replace('T', ' ')} UTC",
    }
    bindings = {
        "plan": view.plan_id,
        "cluster": fingerprint,
        "requests": view.digest,
        "judged by": view.judged,
        "policy": view.policy,
    }
    lines = [view.heading, "", *_render_pairs(facts, 10)]
    lines += ["", f"It touches {_count(len(view.targets), 'target')}:"]
    for target in view.targets:
        lines.append(f"- {target.name}{': ' if target.facts else ''}{', '.join(target.facts)}")
        lines += [f"    {change}" for change in target.changes]
    lines += ["", f"It sends {_count(len(view.requests), 'request')} to Proxmox VE:"]
    for number, request in enumerate(view.requests, 1):
        effects = f" ({', '.join(request.effects)})" if request.effects else ""
        lines.append(f"{number}. {request.method} {request.path}{effects}")
        lines += [f"    {meaning}" for meaning in request.meaning]
        lines += [f"    {field}" for field in request.fields]
        lines += [f"    (why: {request.why})"] if request.why else []
    return "\n".join([*lines, "", "An approval is good for exactly this:", *_render_pairs(bindings, 10)])


def _render_pairs(values: Mapping[str, str], width: int) -> list[str]:
    return [f"{f'{name}:':<{width}} {value}" for name, value in values.items() if value]


def seal(text: str) -> str:
    """Return the SHA-256 of what an approver saw, which is kept with the approval."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def make_visible(text: str) -> str:
    """Text on one line, whole, in which every character that does not show is written as its code."""
    return "".join(_escape_space(char) if char.isspace() and char != " " else char for char in clean(text))


def format_value(value: Any) -> str:
    """Plain data on one line, whole; text in quotes unless it is plain words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else f'"{make_visible(_escape_quotes(value))}"'
    if isinstance(value, Mapping):
        return ", ".join(f"{make_visible(str(name))}={format_value(item)}" for name, item in value.items()) or "none"
    if isinstance(value, Sequence):
        return ", ".join(format_value(item) for item in value) or "none"
    return make_visible(json.dumps(value))


def _escape_space(char: str) -> str:
    return {"\n": "\\n", "\t": "\\t"}.get(char) or f"\\u{ord(char):04x}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _escape_quotes(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _describe_heading(tool: str, things: Sequence[Mapping[str, Any]]) -> str:
    """A tool and what it is for as people say it: `stop web-01 (101)`."""
    names = list(dict.fromkeys(_describe_thing(thing) for thing in things))
    words = tool.removesuffix("_guest") if tool.endswith("_guest") else f"{tool.replace('_', ' ')}:"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return make_visible(f"{words} {', '.join(names[:_NAMED])}{more}".rstrip())


def _describe_thing(thing: Mapping[str, Any]) -> str:
    """A guest as web-01 (101), others by what identifies them."""
    identity = _identify(thing)
    if "vmid" in identity:
        vmid, name = format_value(identity["vmid"]), identity.get("name")
        return f"{format_value(name)} ({vmid})" if name else vmid
    return " ".join(format_value(value) for value in identity.values())


def _identify(thing: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name not in _STEP_FIELDS}


def _describe_asker(plan: KeptPlan) -> str:
    asker = f"{format_value(plan.asker)} ({format_value(plan.asker_kind)})"
    if not plan.label:
        return asker
    version = f" {format_value(plan.shown['version'])}" if plan.shown.get("version") else ""
    return f"{asker}, by {format_value(plan.label)}{version} as it calls itself"


def _describe_target(target: Target) -> dict[str, Any]:
    """What is shown of a guest; of its configuration only what changes is, by the plan's diff."""
    return {
        "vmid": target.vmid,
        "name": target.name,
        "node": target.node,
        "type": target.type,
        "status": target.status,
        "pool": target.pool,
        "tags": sorted(target.tags),
        "protected": target.protected,
        "template": target.template,
        "exists": target.exists,
        "known": target.is_known,
    }


def _view_targets(
    targets: Sequence[Mapping[str, Any]], steps: Sequence[Mapping[str, Any]], diff: Mapping[str, Any]
) -> Iterator[TargetView]:
    """View each target once, with the changes of it that no request shows."""
    things: dict[str, dict[str, Any]] = {}
    keys: dict[str, str] = {}
    for thing in [*map(_identify, steps), *targets]:
        name = str(thing.get("vmid") or _make_key(thing))
        keys.setdefault(name, _make_key(thing))
        things[name] = {**things.get(name, {}), **{fact: value for fact, value in thing.items() if value != ""}}
    requests_of: dict[str, list[RequestView]] = {}
    for step in steps:
        requests_of.setdefault(_make_key(_identify(step)), []).append(_view_request(step, diff))
    for name, thing in things.items():
        requests = requests_of.get(keys[name], [])
        told = {field.name for request in requests for field in request.fields if field.before is not None}
        changes = [change for change in _list_changes(keys[name], diff) if told.isdisjoint(change.name.split("."))]
        yield TargetView(_describe_thing(thing), tuple(_list_facts(thing)), tuple(changes))


def _make_key(identity: Mapping[str, Any]) -> str:
    """How a plan's diff calls a target, by what identifies it."""
    guest = [str(identity[name]) for name in ("vmid", "name") if identity.get(name)]
    return " ".join(guest or map(str, identity.values()))


def _list_facts(target: Mapping[str, Any]) -> Iterator[str]:
    if "vmid" not in target:
        return
    place = [format_value(target.get("type")), f"on {format_value(target['node'])}" if target.get("node") else ""]
    if any(place):
        yield " ".join(filter(None, place))
    if target.get("status"):
        yield format_value(target["status"])
    if target.get("pool"):
        yield f"pool {format_value(target['pool'])}"
    if target.get("tags"):
        yield f"tags {format_value(target['tags'])}"
    if target.get("template"):
        yield "a template"
    if target.get("exists") is False:
        yield "made by this plan"
    elif target.get("known") is False:
        yield "its configuration COULD NOT BE READ"
    elif target.get("protected"):
        yield "PROTECTED"


def _list_changes(key: str, diff: Mapping[str, Any]) -> Iterator[FieldView]:
    """List what a plan's diff says of a target, fact by fact; new entries of lists are in the requests."""
    before, after = (dict(_flatten((diff.get(side) or {}).get(key) or {})) for side in ("before", "after"))
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if _is_list_of_objects(old) or _is_list_of_objects(new):
            for entry in old or ():
                if entry not in (new or ()):
                    yield FieldView(make_visible(name), "removed", format_value(entry))
        elif _format_side(old) != _format_side(new):
            yield FieldView(make_visible(name), _format_side(new), _format_side(old))


def _flatten(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List the facts of nested objects, each by the way to it: `nics.net0.bridge`."""
    for name, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from _flatten(item, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", item


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(entry, Mapping) for entry in value)


def _format_side(value: Any) -> str:
    return "none" if value is None or value in ("", [], {}) else format_value(value)


def _view_request(step: Mapping[str, Any], diff: Mapping[str, Any]) -> RequestView:
    params: Mapping[str, Any] = step.get("params") or {}
    before = (diff.get("before") or {}).get(_make_key(_identify(step))) or {}
    fields = [
        FieldView(
            make_visible(name),
            format_value(value) or '""',
            _find_before(before, name) if step["method"] == "PUT" and name != "digest" else None,
        )
        for name, value in params.items()
    ]
    return RequestView(
        make_visible(step["method"]),
        make_visible(step["path"]),
        tuple(format_value(effect) for effect in step.get("effects") or ()),
        tuple(make_visible(words) for words in describe_request(step["method"], step["path"], params)),
        tuple(fields),
        make_visible(str(step.get("why") or "")),
    )


def _find_before(before: Mapping[str, Any], name: str) -> str | None:
    """The value that a fact of a target has now, as the diff says it, at whatever depth."""
    if name in before:
        return _format_side(before[name])
    found = [_find_before(item, name) for item in before.values() if isinstance(item, Mapping)]
    return next((value for value in found if value is not None), None)
