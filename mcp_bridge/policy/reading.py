# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read rules: which texts they compare with what, and what in them does not mean what it seems to. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mcp_bridge.policy.effects import TABLE
from mcp_bridge.policy.hosts import HOST_CLASSES
from mcp_bridge.policy.targets import EFFECTS

_COMPARISONS = ("==", "!=", "contains", "containsAll", "containsAny", "in", "like")
_PROVEN = re.compile(r"token:.+|oauth:.+|uid:[0-9]+|anonymous")

# The words that an attribute of the context can have.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "effects": EFFECTS,
    "all_effects": EFFECTS,
    "steps": (*dict.fromkeys(row.name for row in TABLE), "unknown"),
    "use": ("created", "changed", "copied"),
    "approval": ("none", "elicitation", "operator", "passkey"),
    "asker_kind": ("person", "client"),
    "proof": ("uid", "token", "oauth", "passkey", "none"),
    "effect": ("operate", "destroy"),
    "url_host_class": HOST_CLASSES,
    "mode": ("", "snapshot", "suspend", "stop"),
    "weekday": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}


def find_texts(rule: Any, *attributes: str) -> Iterator[str]:
    """Find the texts that a rule, as Cedar's JSON, compares attributes of the context with."""
    for attribute, text in _find_comparisons(rule):
        if attribute in attributes:
            yield text


def find_warnings(rule: Mapping[str, Any], is_user: Callable[[str], bool]) -> Iterator[str]:
    """Find what is valid in a rule but matches nothing, or something else than it did."""
    for identity in dict.fromkeys(_find_entities(rule, "Client")):
        if not _PROVEN.fullmatch(identity) and not is_user(identity):
            yield (
                f'nobody is proven to be Client::"{identity}". A principal is a user of this machine, token:NAME, '
                "oauth:SUBJECT or anonymous; the name that a client gives itself is context.label and proves nothing."
            )
    for attribute, text in dict.fromkeys(_find_comparisons(rule)):
        if attribute in _WORDS and text not in _WORDS[attribute]:
            words = ", ".join(word or '""' for word in _WORDS[attribute])
            yield f'context.{attribute} is never "{text}"; it is one of: {words}.'
    approvals = set(find_texts(rule, "approval"))
    if "operator" in approvals and "passkey" not in approvals:
        yield (
            'context.approval is "passkey", not "operator", where an operator has approved with a passkey; say '
            '["operator", "passkey"].contains(context.approval).'
        )
    if "name" in _find_attributes(rule, "principal"):
        yield "principal.name is now the proven identity; say principal.identity. A client's own name is context.label."
    for group in dict.fromkeys(_find_entities(rule, "Action")):
        if group in ("operate", "destroy"):
            yield (
                f'Action::"{group}" goes by the tool that is asked for. What the plan does is in context.effects, by '
                "which the default policy goes."
            )


def _find_comparisons(node: Any) -> Iterator[tuple[str, str]]:
    for mapping in _walk(node):
        for operator in _COMPARISONS:
            sides = mapping.get(operator)
            if isinstance(sides, dict) and "left" in sides and "right" in sides:
                left, right = sides["left"], sides["right"]
                for one, other in ((left, right), (right, left)):
                    attribute = _get_attribute(one, "context")
                    yield from ((attribute, text) for text in _get_texts(other) if attribute)


def _find_attributes(node: Any, variable: str) -> set[str]:
    return {attribute for mapping in _walk(node) if (attribute := _get_attribute(mapping, variable))}


def _find_entities(node: Any, kind: str) -> Iterator[str]:
    for mapping in _walk(node):
        if mapping.get("type") == kind and isinstance(mapping.get("id"), str):
            yield mapping["id"]


def _get_attribute(node: Any, variable: str) -> str | None:
    access = node.get(".") if isinstance(node, dict) else None
    return access["attr"] if isinstance(access, dict) and access.get("left") == {"Var": variable} else None


def _get_texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict) and isinstance(node.get("Value"), str):
        yield node["Value"]
    elif isinstance(node, dict) and isinstance(node.get("Set"), list):
        for item in node["Set"]:
            yield from _get_texts(item)


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from _walk(child)
