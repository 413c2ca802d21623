# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor policy`: check a policy, explain its decisions, and test them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcp_bridge.errors import UsageError
from mcp_bridge.policy import EFFECTS, Decision, Policy
from mcp_bridge.policy.cases import read_cases
from mcp_bridge.policy.explanation import Explanation, decide_all, make_question
from mcp_bridge.result import EXIT_DONE, EXIT_FAILED
from mcp_bridge.run.factory import make_authority
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


def explain_decision(asked: Explanation, *, output: Output) -> int:
    """Print what such a call does, and how the policy in use decides about it, with and without an approval."""
    settings = load_settings()
    if not asked.passkeys_enrolled:
        asked = replace(asked, passkeys_enrolled=make_authority(settings).passkeys.is_any_enrolled())
    question = make_question(asked)
    decisions = decide_all(Policy.load(settings.policy), asked, question)
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
