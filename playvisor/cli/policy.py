# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor policy`: check a policy, explain its decisions, and test them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.errors import UsageError
from mcp_bridge.policy import Approval, Caller, Decision, Moment, Policy, Question, Target
from mcp_bridge.policy.cases import Case, read_cases
from mcp_bridge.result import EXIT_DONE, EXIT_FAILED
from mcp_bridge.settings import load_settings
from mcp_bridge.text.yaml import load_yaml
from playvisor.cli import console


def check_policy(file: Path | None, *, as_json: bool) -> int:
    """Check a policy's syntax and the names in it, and print its rules; returns the exit status."""
    policy = Policy.load(_choose_file(file))
    rules = [rule.__dict__ for rule in policy.rules.values()]
    if as_json:
        console.print_json({"policy": policy.source, "rules": rules})
        return EXIT_DONE
    console.print_table(
        ["rule", "effect", "advice"], [[rule["name"], rule["effect"], rule["advice"]] for rule in rules]
    )
    console.get_stderr().print(f"{policy.source}: {len(rules)} rules, all valid.")
    return EXIT_DONE


def explain_decision(tool: str, target: dict[str, Any], *, asker: str, kind: Any, targets: int, as_json: bool) -> int:
    """Print how the policy in use decides about one tool and one kind of guest, with and without an approval."""
    tool_entry = catalogue.load().get(tool)
    if tool_entry is None or not tool_entry.writes:
        raise UsageError(f"There is no tool {tool!r} that changes something.", "Reads are always allowed.")
    guests = tuple(Target(**{**target, "id": str(number)}) for number in range(max(1, targets)))
    question = Question(
        tool_entry, Caller(asker, kind), guests, frozenset({"POST"}), Moment.from_datetime(datetime.now())
    )
    policy = Policy.load(load_settings().policy)
    approvals: dict[str, Approval | None] = {
        "as it is": None,
        "approved by the client's user": Approval("elicitation", asker),
        "approved by an operator": Approval("operator", "somebody"),
    }
    decisions = {when: policy.decide(question, approval) for when, approval in approvals.items()}
    if as_json:
        console.print_json({when: _as_dict(decision) for when, decision in decisions.items()})
    else:
        rows = [
            [when, one.ruling, ", ".join(rule.name for rule in one.rules), _get_advice(one)]
            for when, one in decisions.items()
        ]
        console.print_table(["", "ruling", "rules", "advice"], rows)
    return EXIT_DONE


def run_cases(file: Path, *, as_json: bool) -> int:
    """Decide every case in a YAML file; returns 1 when a decision is not the expected one, else 0."""
    try:
        cases = read_cases(load_yaml(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeError) as error:
        raise UsageError(f"The cases in {file} can't be read: {error}.", "Give a YAML file with cases.") from None
    policy = Policy.load(load_settings().policy)
    decided = [(case, policy.decide(case.question, case.approval)) for case in cases]
    failed = [case for case, decision in decided if decision.ruling != case.expect]
    if as_json:
        console.print_json([{"case": case.name, "expect": case.expect, **_as_dict(one)} for case, one in decided])
    else:
        console.print_table(
            ["case", "expected", "ruling", "rules"], [_make_row(case, decision) for case, decision in decided]
        )
        console.get_stderr().print(f"{len(decided) - len(failed)} of {len(decided)} cases are decided as expected.")
    return EXIT_FAILED if failed else EXIT_DONE


def _choose_file(file: Path | None) -> Path | None:
    return file or load_settings().policy


def _make_row(case: Case, decision: Decision) -> list[Any]:
    return [case.name, case.expect, decision.ruling, ", ".join(rule.name for rule in decision.rules)]


def _as_dict(decision: Decision) -> dict[str, Any]:
    return {
        "ruling": decision.ruling,
        "rules": [rule.name for rule in decision.rules],
        "reason": decision.reason,
        "advice": _get_advice(decision),
    }


def _get_advice(decision: Decision) -> str | None:
    return decision.advice if decision.ruling != "allow" else None
