# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans: the API requests that bring something to the wished state, and the digest that names them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

HIDDEN = "********"


def fingerprint(value: Any) -> str:
    """What is shown of a value that is too secret to be shown: its SHA-256 and its length."""
    raw = str(value).encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(raw).hexdigest()} ({len(raw)} bytes)"


@dataclass(frozen=True)
class Step:
    """One API request, below C(/api2/json).

    I(task): it answers with a UPID to wait for. I(grace): seconds that the request itself grants the guest,
    such as a shutdown's timeout, in addition to what the caller waits for a task. I(secrets): names of parameters
    whose values are sent, but neither shown nor part of the digest; I(unkept): of those whose values are too secret to
    be shown, but are part of the digest, by their SHA-256. I(file): a local file whose content is sent as the
    parameter C(filename).
    """

    method: str
    path: str
    why: str
    params: dict[str, Any] = field(default_factory=dict)
    task: bool = True
    grace: int = 0
    secrets: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()
    file: str | None = None

    @property
    def public_params(self) -> dict[str, Any]:
        """The parameters with the values of secrets hidden, and SHA-256 and length instead of what is not kept."""
        return {
            name: HIDDEN if name in self.secrets else fingerprint(value) if name in self.unkept else value
            for name, value in self.params.items()
        }


@dataclass(frozen=True)
class Plan:
    """The steps for one target (a guest, by its identity); no steps: it is as wished already.

    I(config_digest) is the digest of what the plan was made from, where that has one. I(fingerprint) is a hash of the
    configuration of the guest that the plan is for. I(basis) is what the plan was made from, where it is less than all
    of that: then nothing else that changes makes it another plan, as long as the guest is the same.
    """

    target: dict[str, Any]
    steps: tuple[Step, ...] = ()
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    config_digest: str | None = None
    fingerprint: str | None = None
    basis: dict[str, Any] | None = None

    def steps_as_dicts(self) -> list[dict[str, Any]]:
        return [
            {
                **self.target,
                "method": step.method,
                "path": step.path,
                "params": step.public_params,
                "task": step.task,
                "why": step.why,
            }
            for step in self.steps
        ]


def digest(plans: Sequence[Plan]) -> str:
    """A SHA-256 over what the plans would do to which targets; targets that need nothing don't count.

    It changes when a step, a target's vmid, name, node or type, its state before, or the guest's configuration
    changes, so that what was approved is what is applied. Of a plan with a basis, only that counts of state and
    configuration.
    """
    facts = [_describe_for_digest(plan) for plan in plans if plan.steps]
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _describe_for_digest(plan: Plan) -> list[Any]:
    params = [step.public_params for step in plan.steps]
    if plan.basis is not None:
        # The digest of a whole configuration: it is read anew when the plan is applied.
        params = [{name: None if name == "digest" else value for name, value in one.items()} for one in params]
    steps = [[step.method, step.path, one] for step, one in zip(plan.steps, params, strict=True)]
    made_from = [plan.before, plan.config_digest] if plan.basis is None else [plan.basis, "basis"]
    return [plan.target, steps, *made_from, plan.fingerprint]


def describe(plans: Sequence[Plan]) -> dict[str, Any]:
    """The C(plan) part of a module's result."""
    return {"digest": digest(plans), "steps": [step for plan in plans for step in plan.steps_as_dicts()]}


def diff(plans: Sequence[Plan]) -> dict[str, Any]:
    """The C(diff) part of a module's result: only targets that change, each under C(vmid name) or its identity."""
    changing = [plan for plan in plans if plan.steps]
    return {
        "before": {_heading(plan): plan.before for plan in changing},
        "after": {_heading(plan): plan.after for plan in changing},
    }


def _heading(plan: Plan) -> str:
    guest = [str(plan.target[key]) for key in ("vmid", "name") if plan.target.get(key)]
    return " ".join(guest or map(str, plan.target.values()))
