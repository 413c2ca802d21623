# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody wants to do, and what the policy judged of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_bridge.auth.caller import Caller
from mcp_bridge.catalogue import Tool
from mcp_bridge.result import Plan

if TYPE_CHECKING:
    from mcp_bridge.policy import Decision, Question


@dataclass(frozen=True)
class Wish:
    """A plan that a caller wants to apply, or only to see (`only_plan`), as the run `run_id`.

    With `plan_id` it is a kept plan: then the approval of that one counts, whoever asked for it.
    """

    tool: Tool
    caller: Caller
    plan: Plan
    run_id: str
    only_plan: bool = False
    plan_id: str | None = None


@dataclass(frozen=True)
class Judged:
    """What the policy judged: on which cluster, which guests as they were, with which effects, by which policy."""

    cluster: str
    question: Question
    decision: Decision
    policy: str

    @property
    def is_known(self) -> bool:
        """Whether everything that policy judges by could be read."""
        return all(target.is_known for target in self.question.targets)

    @property
    def new_guests(self) -> frozenset[int]:
        """The ids of the guests that the plan would create."""
        targets = self.question.targets
        return frozenset(target.vmid for target in targets if target.vmid is not None and not target.exists)

    @property
    def copied_targets(self) -> frozenset[str]:
        """The targets that the plan only copies."""
        return frozenset(part.target.id for part in self.question.parts if part.use == "copied")

    @property
    def claims(self) -> frozenset[str]:
        """What runs wait for each other at: the plan's targets, and the names of the guests that it would create."""
        steps = [step for part in self.question.parts if not part.target.exists for step in part.steps]
        params = [step.get("params") or {} for step in steps]
        names = {str(value) for found in params for value in (found.get("name"), found.get("hostname")) if value}
        return frozenset({*(target.id for target in self.question.targets), *(f"named {name}" for name in names)})

    @property
    def facts(self) -> dict[str, Any]:
        """Everything that an approval of the plan is bound to, as plain data."""
        return {
            "cluster": self.cluster,
            "policy": self.policy,
            "ruling": self.decision.ruling,
            "rules": [rule.name for rule in self.decision.rules],
            "effects": self.question.list_effects(),
            "targets": [
                {
                    "id": target.id,
                    "name": target.name,
                    "pool": target.pool,
                    "tags": sorted(target.tags),
                    "protected": target.protected,
                    "template": target.template,
                    "known": target.is_known,
                }
                for target in self.question.targets
            ],
        }

    @property
    def hash(self) -> str:
        """SHA-256 of these facts."""
        text = json.dumps(self.facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def list_differences(self, other: Judged) -> list[str]:
        """Name what differs in another judgement of the same plan."""
        mine, theirs = self.facts, other.facts
        differing = [name for name in mine if name != "targets" and mine[name] != theirs[name]]
        before = {target["id"]: target for target in mine["targets"]}
        after = {target["id"]: target for target in theirs["targets"]}
        for vmid, target in after.items():
            known = before.get(vmid, {})
            differing += [f"{name} of {vmid}" for name in target if target[name] != known.get(name)]
        return differing
