# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one runner of state-changing modules: observe, plan each target, apply unless in check mode, and report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._api.client import Client
from .._api.concurrency import bounded_map
from .._api.errors import DRIFTED, PveError
from .._checks.existing import check_references
from .._checks.quorum import require_quorum
from .._checks.rights import check_rights
from .._checks.values import check_steps
from .._module.module import PveModule
from .._module.plan import Plan, describe, diff
from .apply import apply_all
from .confirm import confirm_plan
from .resource import Observed, Outcome, Resource


def run_plans(module: PveModule, resource: Resource[Observed]) -> None:
    """Observe, plan, and apply unless in check mode; exits or fails with the one result shape."""
    params = module.params
    client = module.connect_or_fail()
    try:
        targets = resource.observe(client, params)
    except PveError as error:
        module.warn_of_notices(client)
        module.fail(error)
    module.warn_of_notices(client)
    outcomes = _plan_all(client, resource, targets, params)
    result = _build_result(module, outcomes)
    try:
        require_quorum(client, [step for plan in _list_plans(outcomes) for step in plan.steps])
    except PveError as error:
        module.fail(error, changed=False, **result)
    expected = params.get("expect_plan")
    if expected and expected != result["plan"]["digest"]:
        module.fail(_drifted_error(expected, result["plan"]["digest"]), changed=False, **result)
    if not module.check_mode:
        apply_all(client, resource, targets, outcomes, params)
        # After a refusal, another plan may have been applied.
        result = _build_result(module, outcomes)
    _finish(module, resource.noun, outcomes, result)


def _list_plans(outcomes: Sequence[Outcome]) -> list[Plan]:
    return [outcome.plan for outcome in outcomes if outcome.plan is not None]


def _build_result(module: PveModule, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    plans = _list_plans(outcomes)
    return {"plan": describe(plans), **({"diff": diff(plans)} if module._diff else {})}


def _plan_all(
    client: Client, resource: Resource[Observed], targets: Sequence[Observed], params: dict[str, Any]
) -> list[Outcome]:
    """The outcomes with their plans, which name what exists, each bound to its guest where it is for one."""
    outcomes = [_plan_target(client, resource, observed, params) for observed in targets]
    check_references(client, outcomes)

    def confirm(pair: tuple[Observed, Outcome]) -> None:
        confirm_plan(client, resource, *pair)

    bounded_map(params.get("throttle", 1), confirm, list(zip(targets, outcomes, strict=True)))
    return outcomes


def _plan_target(client: Client, resource: Resource[Observed], observed: Observed, params: dict[str, Any]) -> Outcome:
    outcome = Outcome(resource.target(observed))
    try:
        plan = resource.plan(observed, params)
        check_steps(plan.steps, params)
        guest = resource.affected_guest(observed)
        check_rights(plan.steps, (guest and guest.config) or {}, client.connection.identity)
        outcome.plan = plan
        outcome.facts = resource.extra_facts(observed, outcome.plan)
    except PveError as error:
        outcome.failure = error
    return outcome


def _drifted_error(expected: str, actual: str) -> PveError:
    return PveError(
        DRIFTED,
        f"The plan is no longer the expected one: expected {expected[:12]}, now {actual[:12]}. Nothing was changed.",
        "Something changed since the plan was made; look at the new plan in check mode and decide again.",
    )


def _finish(module: PveModule, noun: str, outcomes: Sequence[Outcome], result: dict[str, Any]) -> None:
    for outcome in outcomes:
        for line in outcome.warnings:
            module.warn(f"{outcome.label}: {line}")
    result["changed"] = any(_is_changed(module, outcome) for outcome in outcomes)
    result[noun] = [_report(module, outcome) for outcome in outcomes]
    if any(outcome.unknown for outcome in outcomes):
        result["unknown"] = True
    result["upids"] = [upid for outcome in outcomes for upid in outcome.upids]
    failed = [outcome for outcome in outcomes if outcome.failure is not None]
    if not failed:
        module.exit_json(**result)
    error = failed[0].failure
    failures = "; ".join(f"{outcome.label}: {outcome.failure}" for outcome in failed[:10])
    if len(failed) > 10:
        failures += f"; and {len(failed) - 10} more"
    message = error.message if len(outcomes) == 1 else f"{len(failed)} of {len(outcomes)} {noun} failed: {failures}"
    module.fail_json(msg=message, failure=error.failure(), **result)


def _is_changed(module: PveModule, outcome: Outcome) -> bool:
    if module.check_mode:
        return outcome.plan is not None and bool(outcome.plan.steps)
    return outcome.changed


def _report(module: PveModule, outcome: Outcome) -> dict[str, Any]:
    plan = outcome.plan
    before = plan.before if plan else {}
    if outcome.state is not None:
        after = outcome.state
    elif plan is not None and (module.check_mode or not plan.steps):
        after = plan.after
    else:
        after = {}
    return {
        **outcome.target,
        "before": before,
        "after": after,
        "changed": _is_changed(module, outcome),
        "upids": outcome.upids,
        **outcome.facts,
        **({"unknown": True} if outcome.unknown else {}),
        "failure": outcome.failure.failure() if outcome.failure else None,
    }
