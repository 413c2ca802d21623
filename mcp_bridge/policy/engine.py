# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides on plans by Cedar policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from mcp_bridge import catalogue
from mcp_bridge.errors import UsageError
from mcp_bridge.policy import facts, reading
from mcp_bridge.policy.facts import Approval, Question
from mcp_bridge.system.trusted_path import require_trusted

DEFAULT = Path(__file__).with_name("default.cedar")

Ruling = Literal["allow", "hold", "refuse"]
# Stand for anybody, to find out whether an approval would help.
_ANYBODY = ("somebody", "somebody else", "a third person")


@dataclass(frozen=True)
class Rule:
    """A Cedar policy: its `@id` (or its place in the file), and its `@advice` if it has one."""

    name: str
    effect: str
    advice: str | None = None


@dataclass(frozen=True)
class Decision:
    """`allow`, `hold` (allowed once approved) or `refuse`; the rules that decided, and which targets they stopped.

    `needs_passkey`: it is held, and no approval would do but one with a passkey.
    """

    ruling: Ruling
    rules: tuple[Rule, ...] = ()
    stopped: tuple[str, ...] = ()
    needs_passkey: bool = False

    @property
    def rule_names(self) -> tuple[str, ...]:
        """The names of the rules that decided."""
        return tuple(rule.name for rule in self.rules)

    @property
    def reason(self) -> str:
        """One sentence that explains the decision to the caller."""
        rule_names = ", ".join(rule.name for rule in self.rules)
        if self.ruling == "allow":
            return f"Allowed by {rule_names}." if rule_names else "Allowed."
        for_targets = (
            f" for {', '.join(self.stopped[:5])}{' …' if len(self.stopped) > 5 else ''}" if self.stopped else ""
        )
        if self.ruling == "hold":
            return f"By policy (rule {rule_names}), this needs approval{for_targets}."
        stopped_by = f"rule {rule_names} forbids it" if rule_names else "no rule permits it"
        return f"By policy, {stopped_by}{for_targets}."

    @property
    def advice(self) -> str:
        """What would be allowed, in the words of the rules."""
        advice = list(dict.fromkeys(rule.advice for rule in self.rules if rule.advice))
        fallback = (
            "Ask for something else, or have the policy changed; `playvisor policy explain` shows how it decides."
        )
        return " ".join(advice) or fallback


class Policy:
    """A set of Cedar policies that fits the tools."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source

    @classmethod
    def load(cls, path: Path | None = None) -> Policy:
        """Load a policy file, or the default policy.

        Raises UsageError for one that can't be read, is not valid, or can be changed by other users.
        """
        file = path or DEFAULT
        if path:
            require_trusted(path, "The policy")
        try:
            policy = cls(file.read_text(encoding="utf-8"), str(path) if path else "the default policy")
        except (OSError, UnicodeError) as error:
            raise UsageError(
                f"The policy {file} can't be read: {error}.", "Set PLAYVISOR_POLICY to a Cedar file."
            ) from None
        problems = policy.find_problems()
        if problems:
            raise UsageError(
                f"The policy {file} is not valid: {'; '.join(problems)}",
                "Correct it; `playvisor policy check` says more.",
            )
        return policy

    def find_problems(self) -> list[str]:
        """Return what is wrong with it: syntax errors, or names that no tool, guest or context has."""
        import cedarpy

        try:
            result = cedarpy.validate_policies(self.text, self._schema)
        except ValueError as error:
            return [str(error)]
        return [str(error) for error in result.errors]

    def find_warnings(self, is_user: Callable[[str], bool]) -> list[str]:
        """Return what is valid but does not mean what it seems to: names that nobody has, words that do not exist.

        `is_user` says whether this machine has a user of that name.
        """
        return [
            f"Rule {self.rules[name].name}: {warning}"
            for name, rule in self._rules_as_json.items()
            for warning in reading.find_warnings(rule, is_user)
        ]

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The rules by Cedar's ids."""
        return {name: _parse_rule(name, policy) for name, policy in self._rules_as_json.items()}

    @cached_property
    def _rules_as_json(self) -> dict[str, dict[str, Any]]:
        import cedarpy

        rules: dict[str, dict[str, Any]] = json.loads(cedarpy.policies_to_json_str(self.text))["staticPolicies"]
        return rules

    def decide(self, question: Question, approval: Approval | None = None) -> Decision:
        """Decide on a plan, all of its targets together: one target that is stopped stops the whole call."""
        decision = self._evaluate_approved(question, approval) if approval else self._evaluate(question, None)
        if decision.ruling == "allow" or approval is not None:
            return decision
        once_approved, kind = self._find_allowed(question)
        if once_approved.ruling != "allow":
            return once_approved
        # Without a forbid, the rule that asks for approval is the one that would permit the plan once it is approved.
        rules = decision.rules or once_approved.rules
        return Decision("hold", rules, decision.stopped, needs_passkey=kind == "passkey")

    def may_another_help(self, question: Question, approval: Approval) -> bool:
        """Whether one more approval, beside those that there are, could let the plan through."""
        return any(
            self._evaluate_approved(question, _add_approval(possible, approval)).ruling == "allow"
            for possible in self._list_possible_approvals(question)
        )

    def _find_allowed(self, question: Question) -> tuple[Decision, str]:
        """Decide as if the plan was approved by whom it has to be, and say of which kind that approval is.

        Where nobody would do it is decided as for an ordinary operator, with a passkey if there are some.
        """
        ordinary: Decision | None = None
        usual = Approval("passkey" if question.passkeys_enrolled else "operator", _ANYBODY[0])
        for approval in self._list_possible_approvals(question):
            decision = self._evaluate_approved(question, approval)
            if decision.ruling == "allow":
                return decision, approval.kind
            ordinary = decision if approval == usual else ordinary
        return ordinary or Decision("refuse"), "none"

    def _list_possible_approvals(self, question: Question) -> Iterator[Approval]:
        """List approvals that the plan may get; last those with a passkey, so that one is needed where they are met."""
        operators = list(self._list_operators(question))
        yield from operators
        yield Approval("elicitation", question.caller.identity)
        yield from (replace(approval, kind="passkey") for approval in operators)

    def _list_operators(self, question: Question) -> Iterator[Approval]:
        """List approvals by one operator or more, of the names and groups that the rules name."""
        names, groups = (self._find_texts("approver", "approved_by"), self._find_texts("approver_groups"))
        anybody, *others = _ANYBODY
        yield Approval("operator", anybody)
        yield Approval("operator", anybody, groups, tuple(others))
        yield from (Approval("operator", anybody, (group,), tuple(others)) for group in groups)
        askers = (question.caller.identity, question.caller.local_user)
        yield from (Approval("operator", name, groups) for name in dict.fromkeys((*names, *askers)))
        yield Approval("operator", anybody, groups, (*others, *names))

    def _find_texts(self, *attributes: str) -> tuple[str, ...]:
        texts = (text for rule in self._rules_as_json.values() for text in reading.find_texts(rule, *attributes))
        return tuple(dict.fromkeys(texts))

    def _evaluate_approved(self, question: Question, approval: Approval) -> Decision:
        """Decide on an approved plan; who has approved it with a passkey has done so as an operator, too."""
        decision = self._evaluate(question, approval)
        if decision.ruling == "allow" or approval.kind != "passkey":
            return decision
        as_operator = self._evaluate(question, replace(approval, kind="operator"))
        return as_operator if as_operator.ruling == "allow" else decision

    def _evaluate(self, question: Question, approval: Approval | None) -> Decision:
        import cedarpy

        answers = cedarpy.is_authorized_batch(
            question.make_requests(approval), self._policy_set, question.make_entities(), self._schema
        )
        stopped = [
            (target.name or target.id, answer)
            for target, answer in zip(question.targets, answers, strict=True)
            if not answer.allowed
        ]
        ruling: Ruling = "refuse" if stopped else "allow"
        decisive = [answer for _name, answer in stopped] or answers
        return Decision(ruling, self._find_rules(decisive), tuple(name for name, _answer in stopped))

    def _find_rules(self, answers: Sequence[Any]) -> tuple[Rule, ...]:
        # Cedar tells them in any order, and an approval is bound to them.
        ids = {name for answer in answers for name in answer.diagnostics.reasons}
        return tuple(sorted((self.rules[name] for name in ids), key=lambda rule: rule.name))

    @cached_property
    def _policy_set(self) -> Any:
        import cedarpy

        return cedarpy.PolicySet.from_str(self.text)

    @cached_property
    def _schema(self) -> Any:
        import cedarpy

        return cedarpy.Schema.from_str(facts.render_schema(catalogue.load().values()))


def _add_approval(first: Approval, second: Approval) -> Approval:
    also_by = (*first.also_by, *sorted(second.approvers))
    return replace(first, groups=(*first.groups, *second.groups), also_by=also_by)


def _parse_rule(name: str, policy: dict[str, Any]) -> Rule:
    annotations = policy.get("annotations", {})
    return Rule(annotations.get("id") or name, policy["effect"], annotations.get("advice"))
