# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy in use: its text and rules, how it would decide, and test cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from mcp_bridge.policy import EFFECTS, Decision, Policy
from mcp_bridge.policy.cases import read_cases
from mcp_bridge.policy.explanation import Explanation, decide_all, make_question
from mcp_bridge.system.identity import is_user
from mcp_bridge.text.plain import one_line
from mcp_bridge.text.yaml import load_yaml
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.rest.schemas import make_list

MOST_WORDS = 64
"""Of one list of a question, such as the tags of a guest."""
MOST_GUESTS = 100
"""That a question is about."""
MOST_CASE_VALUES = 20_000
"""Values of all cases, counting what aliases stand for."""
_TEXTS = {"type": "array", "maxItems": MOST_WORDS, "items": {"type": "string", "maxLength": 1000}}
_EXPLAIN = {
    "type": "object",
    "properties": {
        "tool": {"type": "string"},
        "options": {**_TEXTS, "description": "name=value, as the tool takes them"},
        "effects": {**_TEXTS, "description": f"Instead of what the tool usually does: {', '.join(EFFECTS)}"},
        "tags": _TEXTS,
        "pool": {"type": "string"},
        "node": {"type": "string"},
        "protected": {"type": "boolean"},
        "config": {**_TEXTS, "description": "name=value of the guest's configuration"},
        "targets": {"type": "integer", "minimum": 1, "maximum": MOST_GUESTS, "description": "How many such guests"},
        "recent_targets": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
        "asker": {"type": "string"},
        "kind": {"type": "string", "enum": ["person", "client"]},
        "roles": _TEXTS,
        "passkeys_enrolled": {"type": "boolean", "description": "Somebody who may approve plans has a passkey"},
    },
    "required": ["tool"],
    "additionalProperties": False,
}
_TEST = {
    "type": "object",
    "properties": {
        "cases": {"type": "string", "x-text": True, "description": "YAML, as `playvisor policy test` takes it"}
    },
    "required": ["cases"],
    "additionalProperties": False,
}
_OBJECT = {"type": "object"}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of the policy."""
    return [
        Endpoint("GET", "/policy", "get_policy", "Show the policy in use, and its rules", get_policy, group="policy"),
        Endpoint(
            "POST",
            "/policy/explain",
            "explain_policy",
            "Show how it would decide about a call that nobody makes",
            explain_policy,
            body=_EXPLAIN,
            group="policy",
        ),
        Endpoint(
            "POST",
            "/policy/test",
            "test_policy",
            "Decide test cases, and compare with what is expected",
            test_policy,
            body=_TEST,
            returns={200: make_list("cases", _OBJECT, failed={"type": "integer"})},
            group="policy",
        ),
    ]


def get_policy(ask: Ask) -> Answer:
    """Answer with the policy as its file has it now."""
    policy = _load(ask)
    rules = [rule.__dict__ for rule in policy.rules.values()]
    return Answer(
        {"source": policy.source, "text": policy.text, "rules": rules, "warnings": policy.find_warnings(is_user)}
    )


def explain_policy(ask: Ask) -> Answer:
    """Answer with the decisions: as it is, and once it is approved."""
    target = {name: ask.body[name] for name in ("tags", "pool", "node", "protected") if name in ask.body}
    given = {name: value for name, value in ask.body.items() if name not in target}
    enrolled = ask.context.bridge.passkeys.is_any_enrolled()
    asked = Explanation(target=target, **{"passkeys_enrolled": enrolled, **given})
    question = make_question(asked)
    steps = [dict(step) for part in question.parts[:1] for step in part.steps]
    decisions = {when: _describe(one) for when, one in decide_all(_load(ask), asked, question).items()}
    return Answer({"effects": sorted(question.effects, key=EFFECTS.index), "steps": steps, "decisions": decisions})


def test_policy(ask: Ask) -> Answer:
    """Answer with the ruling of each case."""
    try:
        data = load_yaml(ask.body["cases"])
        _require_few(data)
        cases = read_cases(data)
    except (ValueError, yaml.YAMLError) as error:
        raise Problem(422, f"The cases are not YAML: {one_line(str(error))}.", code="invalid_parameter") from None
    policy = _load(ask)
    decided = [(case, policy.decide(case.question, case.approval)) for case in cases]
    rows = [
        {"case": case.name, "expected": case.expect, "passed": one.ruling == case.expect, **_describe(one)}
        for case, one in decided
    ]
    return Answer({"cases": rows, "failed": sum(not row["passed"] for row in rows)})


def _require_few(data: Any) -> None:
    """Raise Problem 422 for cases that would take long to decide: an alias is short, and may stand for much."""
    left, waiting = MOST_CASE_VALUES, [data]
    while waiting:
        value = waiting.pop()
        left -= 1
        if left < 0:
            raise Problem(
                422,
                f"The cases have more than {MOST_CASE_VALUES} values, counting what aliases stand for.",
                "Test fewer at a time, or use `playvisor policy test`.",
                code="invalid_parameter",
            )
        waiting.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())


def _load(ask: Ask) -> Policy:
    return Policy.load(ask.context.bridge.settings.policy)


def _describe(decision: Decision) -> Mapping[str, Any]:
    advice = decision.advice if decision.ruling != "allow" else None
    rules = [rule.name for rule in decision.rules]
    return {"ruling": decision.ruling, "rules": rules, "reason": decision.reason, "advice": advice}
