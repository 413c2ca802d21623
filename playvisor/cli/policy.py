# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor policy`: check a policy, explain its decisions, and test them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import Caller, Kind
from mcp_bridge.errors import UsageError
from mcp_bridge.policy import EFFECTS, Approval, Decision, Moment, Policy, Question
from mcp_bridge.policy.cases import check_effects, read_cases, read_target
from mcp_bridge.policy.samples import make_sample_question
from mcp_bridge.result import EXIT_DONE, EXIT_FAILED
from mcp_bridge.settings import load_settings
from mcp_bridge.system.identity import is_user
from mcp_bridge.text.yaml import load_yaml
from playvisor.cli import console
from playvisor.cli.output import Output, print_rows, print_table
from playvisor.cli.rendering.tables import Table

_RULES = Table("", "rule=name effect advice", ids="name")
_RULINGS = Table("", "when=when:text ruling rules=rules:list advice")
_CASES = Table("", "case=case:text expected=expect ruling rules=rules:list", wide="reason advice", ids="case")


def check_policy(file: Path | None, *, output: Output) -> int:
    """Check a policy's syntax and the names in it, and print its rules; returns the exit status."""
    policy = Policy.load(_choose_file(file))
    rules = [rule.__dict__ for rule in policy.rules.values()]
    warnings = policy.find_warnings(is_user)
    print_rows(rules, _RULES, output, document={"policy": policy.source, "rules": rules, "warnings": warnings})
    if output.is_quiet:
        return EXIT_DONE
    for warning in warnings:
        console.get_stderr().print(f"Warning: {warning}", markup=False)
    console.get_stderr().print(f"{policy.source}: {len(rules)} rules, all valid.")
    return EXIT_DONE


@dataclass(frozen=True)
class Explanation:
    """What to explain: a tool with its options, or its effects, on guests like `target`; and who asks."""

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


def explain_decision(asked: Explanation, *, output: Output) -> int:
    """Print what such a call does, and how the policy in use decides about it, with and without an approval."""
    question = _make_question(asked)
    policy = Policy.load(load_settings().policy)
    approvals: dict[str, Approval | None] = {
        "as it is": None,
        "approved by the client's user": Approval("elicitation", asked.asker),
        "approved by an operator": Approval("operator", "somebody"),
    }
    decisions = {when: policy.decide(question, approval) for when, approval in approvals.items()}
    effects = _sort_effects(question.effects)
    document = {when: {"effects": effects, **_as_dict(one)} for when, one in decisions.items()}
    rows = [{"when": when, **facts} for when, facts in document.items()]
    if output.is_quiet:
        print_rows(rows, _RULINGS, output, document=document)
        return EXIT_DONE
    console.get_stdout().print(f"Effects: {', '.join(_sort_effects(question.effects)) or 'none'}.", markup=False)
    for part in question.parts[:1]:
        for step in part.steps:
            console.get_stdout().print(_render_step(step), markup=False)
    print_table(rows, _RULINGS, output)
    return EXIT_DONE


def _make_question(asked: Explanation) -> Question:
    tool = catalogue.load().get(asked.tool)
    if tool is None or not tool.writes:
        raise UsageError(f"There is no tool {asked.tool!r} that changes something.", "Reads are always allowed.")
    target = {**asked.target, "config": _parse_pairs(asked.config)}
    first = int(target.get("vmid") or 100)
    try:
        effects = check_effects(asked.effects)
    except ValueError as error:
        raise UsageError(f"{error}.", "Give each with an --effect of its own.") from None
    return make_sample_question(
        tool,
        Caller(asked.asker, asked.kind, tuple(asked.roles), label=asked.label),
        [read_target({**target, "vmid": first + number}) for number in range(max(1, asked.targets))],
        Moment.from_datetime(datetime.now()),
        _parse_pairs(asked.options),
        effects=effects,
        recent_targets=asked.recent_targets,
    )


def _parse_pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if wrong := [name for name, equals, _value in pairs if not equals or not name]:
        raise UsageError(f"{', '.join(wrong)}: that is no NAME=VALUE.", "Write, for example, mode=stop.")
    return {name: value for name, _equals, value in pairs}


def _sort_effects(effects: Iterable[str]) -> list[str]:
    return sorted(effects, key=EFFECTS.index)


def _render_step(step: Mapping[str, Any]) -> str:
    params = " ".join(f"{name}={value}" for name, value in step["params"].items())
    return f"  {step['method']} {step['path']} {params}".rstrip() if step["path"] != "/" else f"  {params}".rstrip()


def run_cases(file: Path, *, output: Output) -> int:
    """Decide every case in a YAML file; returns 1 when a decision is not the expected one, else 0."""
    try:
        cases = read_cases(load_yaml(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeError) as error:
        raise UsageError(f"The cases in {file} can't be read: {error}.", "Give a YAML file with cases.") from None
    policy = Policy.load(load_settings().policy)
    decided = [(case, policy.decide(case.question, case.approval)) for case in cases]
    failed = [case for case, decision in decided if decision.ruling != case.expect]
    rows = [{"case": case.name, "expect": case.expect, **_as_dict(one)} for case, one in decided]
    print_rows(rows, _CASES, output)
    if not output.is_quiet:
        console.get_stderr().print(f"{len(decided) - len(failed)} of {len(decided)} cases are decided as expected.")
    return EXIT_FAILED if failed else EXIT_DONE


def _choose_file(file: Path | None) -> Path | None:
    return file or load_settings().policy


def _as_dict(decision: Decision) -> dict[str, Any]:
    return {
        "ruling": decision.ruling,
        "rules": [rule.name for rule in decision.rules],
        "reason": decision.reason,
        "advice": _get_advice(decision),
    }


def _get_advice(decision: Decision) -> str | None:
    return decision.advice if decision.ruling != "allow" else None
