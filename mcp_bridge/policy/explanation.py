# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a policy would decide about a call that nobody makes: with and without an approval. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import Caller, Kind
from mcp_bridge.errors import UsageError
from mcp_bridge.policy.cases import check_effects, read_target
from mcp_bridge.policy.engine import Decision, Policy
from mcp_bridge.policy.facts import Approval, Moment, Question
from mcp_bridge.policy.samples import make_sample_question


@dataclass(frozen=True)
class Explanation:
    """What to explain: a tool with its options, or its effects, on guests like `target`; and who asks.

    `passkeys_enrolled`: somebody who may approve plans has a passkey.
    """

    tool: str
    options: Sequence[str] = ()
    effects: Sequence[str] = ()
    target: Mapping[str, Any] = field(default_factory=dict)
    config: Sequence[str] = ()
    targets: int = 1
    recent_targets: int = 0
    asker: str = "somebody"
    kind: Kind = "client"
    label: str = ""
    roles: Sequence[str] = ()
    passkeys_enrolled: bool = False


def make_question(asked: Explanation) -> Question:
    """Make the question of such a call. Raises UsageError for a tool that only reads, and for what is no effect."""
    tool = catalogue.load().get(asked.tool)
    if tool is None or not tool.writes:
        raise UsageError(f"There is no tool {asked.tool!r} that changes something.", "Reads are always allowed.")
    target = {**asked.target, "config": _parse_pairs(asked.config)}
    first = int(target.get("vmid") or 100)
    try:
        effects = check_effects(asked.effects)
    except ValueError as error:
        raise UsageError(f"{error}.", "Give each with an --effect of its own.") from None
    question = make_sample_question(
        tool,
        Caller(asked.asker, asked.kind, tuple(asked.roles), label=asked.label),
        [read_target({**target, "vmid": first + number}) for number in range(max(1, asked.targets))],
        Moment.from_datetime(datetime.now()),
        _parse_pairs(asked.options),
        effects=effects,
        recent_targets=asked.recent_targets,
    )
    return question.with_passkeys(enrolled=asked.passkeys_enrolled)


def decide_all(policy: Policy, asked: Explanation, question: Question) -> dict[str, Decision]:
    """Decide as it is, and as if it was approved: by the client's user, by an operator, with a passkey."""
    approvals: dict[str, Approval | None] = {
        "as it is": None,
        "approved by the client's user": Approval("elicitation", asked.asker),
        "approved by an operator": Approval("operator", "somebody"),
        "approved with a passkey": Approval("passkey", "somebody"),
    }
    return {when: policy.decide(question, approval) for when, approval in approvals.items()}


def _parse_pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if wrong := [name for name, equals, _value in pairs if not equals or not name]:
        raise UsageError(f"{', '.join(wrong)}: that is no NAME=VALUE.", "Write, for example, mode=stop.")
    return {name: value for name, _equals, value in pairs}
