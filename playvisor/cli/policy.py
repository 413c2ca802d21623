# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor policy`: what a policy says, and how it decides."""

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


def check(file: Path | None, *, as_json: bool) -> int:
    """Whether a policy makes sense: its syntax, and the names in it."""
    policy = Policy.load(_chosen(file))
    rules = [rule.__dict__ for rule in policy.rules.values()]
    if as_json:
        console.print_json({"policy": policy.source, "rules": rules})
        return EXIT_DONE
    console.table(["rule", "effect", "advice"], [[rule["name"], rule["effect"], rule["advice"]] for rule in rules])
    console.err().print(f"{policy.source}: {len(rules)} rules, and they make sense.")
    return EXIT_DONE


def explain(tool: str, target: dict[str, Any], *, asker: str, kind: Any, targets: int, as_json: bool) -> int:
    """How the policy in use decides about one tool and one kind of guest, with and without an approval."""
    known = catalogue.load().get(tool)
    if known is None or not known.writes:
        raise UsageError(f"There is no tool {tool!r} that changes something.", "Reads are always allowed.")
    guests = tuple(Target(**{**target, "id": str(number)}) for number in range(max(1, targets)))
    question = Question(known, Caller(asker, kind), guests, frozenset({"POST"}), Moment.from_datetime(datetime.now()))
    policy = Policy.load(load_settings().policy)
    answers: dict[str, Approval | None] = {
        "as it is": None,
        "approved by the client's user": Approval("elicitation", asker),
        "approved by an operator": Approval("operator", "somebody"),
    }
    decided = {when: policy.decide(question, approval) for when, approval in answers.items()}
    if as_json:
        console.print_json({when: _as_dict(decision) for when, decision in decided.items()})
    else:
        rows = [
            [when, one.ruling, ", ".join(rule.name for rule in one.rules), _advice(one)]
            for when, one in decided.items()
        ]
        console.table(["", "ruling", "rules", "advice"], rows)
    return EXIT_DONE


def run_cases(file: Path, *, as_json: bool) -> int:
    """Decide every case in a YAML file; 1 when one of them goes another way than it says."""
    try:
        cases = read_cases(load_yaml(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeError) as error:
        raise UsageError(f"The cases in {file} can't be read: {error}.", "Give a YAML file with cases.") from None
    policy = Policy.load(load_settings().policy)
    told = [(case, policy.decide(case.question, case.approval)) for case in cases]
    failed = [case for case, decision in told if decision.ruling != case.expect]
    if as_json:
        console.print_json([{"case": case.name, "expect": case.expect, **_as_dict(one)} for case, one in told])
    else:
        console.table(["case", "expected", "ruling", "rules"], [_row(case, decision) for case, decision in told])
        console.err().print(f"{len(told) - len(failed)} of {len(told)} cases are decided as expected.")
    return EXIT_FAILED if failed else EXIT_DONE


def _chosen(file: Path | None) -> Path | None:
    return file or load_settings().policy


def _row(case: Case, decision: Decision) -> list[Any]:
    return [case.name, case.expect, decision.ruling, ", ".join(rule.name for rule in decision.rules)]


def _as_dict(decision: Decision) -> dict[str, Any]:
    return {
        "ruling": decision.ruling,
        "rules": [rule.name for rule in decision.rules],
        "reason": decision.reason,
        "advice": _advice(decision),
    }


def _advice(decision: Decision) -> str | None:
    return decision.advice if decision.ruling != "allow" else None
