# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases of a run: read; or plan in check mode, judge that plan, and apply exactly it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcp_bridge import collection
from mcp_bridge.authority import APPROVED, HELD, PLAN_ONLY, Authority, Call, Judged, NewIds, Verdict, Wish, find_new_ids
from mcp_bridge.authority.cluster import UnknownCluster
from mcp_bridge.catalogue import Tool, arguments
from mcp_bridge.evidence.events import REPLACED
from mcp_bridge.evidence.fleets import PLAN
from mcp_bridge.evidence.requests import missing_steps, read_requests
from mcp_bridge.evidence.undo.since import find_changes_since
from mcp_bridge.executor import Executor, PlaybookOutcome, PlaybookRun, Progress, RunError, read_waits
from mcp_bridge.ledger.records import KeptPlan, make_expiry
from mcp_bridge.result import Failure, Plan, Result
from mcp_bridge.run import failures, summary
from mcp_bridge.run.active import Control
from mcp_bridge.run.drift import describe_drift
from mcp_bridge.run.ending import Applied, BrokenOff, Crashed, Ending, Known, NotApplied, Read, Underway
from mcp_bridge.run.fleet_claims import find_claims_of_plan
from mcp_bridge.run.heartbeat import describe_waits
from mcp_bridge.run.outcome import (
    find_locked_guests,
    has_drifted,
    is_broken_off,
    mark_if_lost,
    mark_if_of_another_plan,
    read_plan,
    result_of,
)
from mcp_bridge.run.record import Recorder
from mcp_bridge.run.recovery.tasks import TaskInspector
from mcp_bridge.run.request import Request
from mcp_bridge.settings import Settings
from mcp_bridge.text.plain import one_line

_SAYING = {"read": "{}", "plan": "Planning: {}", "apply": "Applying: {}"}
# How often a call is planned that nobody has seen the plan of, while the world keeps changing.
_MOST_PLANS = 12
OnUnderway = Callable[[Result], None]
"""Called once a plan is about to be applied, with the result until then."""


@dataclass(frozen=True)
class RunContext:
    """What every run is carried out with."""

    settings: Settings
    executor: Executor
    authority: Authority
    recorder: Recorder


class Phases:
    """Carries out one run of one tool."""

    def __init__(self, means: RunContext, tool: Tool, request: Request, run_id: str, control: Control) -> None:
        self._means = means
        self._tool = tool
        self._request = request
        self._run_id = run_id
        self._progress: Progress = lambda _line: None
        self._control = control
        # The folder of the playbook that runs right now.
        self._playing: Path | None = None
        # What is known so far, for the case that something goes wrong.
        self._verdict = Verdict("no plan" if tool.writes else "allowed")
        self._plan: Plan | None = None
        self._denied: tuple[str, ...] = ()
        self._call = Call(tool.name, request.arguments, request.caller, request.plan_id)
        self._new_ids = NewIds()
        # The latest check mode, and how often it was planned.
        self._planned = PlaybookOutcome("ended")
        self._plans = 0

    def carry_out(self, progress: Progress, on_underway: OnUnderway) -> tuple[Ending, Result]:
        """Run it to its end; returns how it ended, and the result made of that.

        Whatever goes wrong in here is an ending, too: the ledger has to say how a run ended.
        """
        self._progress = progress
        try:
            ending = self._carry_out(on_underway)
            return ending, result_of(self._tool, ending)
        except Exception as error:
            crashed = self._crash(error)
            return crashed, result_of(self._tool, crashed)

    def describe_wait(self) -> str:
        """What is waited for right now, with how long and for how long at most; empty where that is not known."""
        folder = self._playing
        waits = read_waits(folder) if folder else []
        if folder is None or not waits:
            return ""
        described = describe_waits([one_line(wait.describe(time.time())) for wait in waits])
        return _SAYING[folder.name].format(described)

    def _carry_out(self, on_underway: OnUnderway) -> Ending:
        if not self._tool.writes:
            outcome = self._play("read")
            return Read(self._collect_known(), outcome)
        self._new_ids = NewIds(own=self._means.authority.find_own_ids(self._call))
        ending: Ending | None = self._make_plan()
        if ending is None:
            underway = Underway(self._collect_known(), self._planned)
            on_underway(self._means.recorder.redact(result_of(self._tool, underway)))
        while ending is None:
            ending = self._apply_in_turn()
        return ending

    def _make_plan(self) -> NotApplied | None:
        """Plan in check mode and have the plan judged; returns the ending of one that is not applied."""
        while True:
            self._set_aside()
            self._plans += 1
            self._planned = planned = self._play("plan")
            self._plan = read_plan(planned)
            if self._plan is None or planned.status != "ended":
                return NotApplied(self._collect_known(), planned)
            if self._wait_for_makers(self._plan):
                continue
            self._verdict = self._judge(self._plan)
            self._plan = _with_effects(self._plan, self._verdict)
            if not self._reserve_ids():
                return None if self._verdict.applies else self._keep(self._plan, planned)

    def _wait_for_makers(self, plan: Plan) -> bool:
        """Whether to plan again, after other runs that were still making, or changing, what the plan is about."""
        locked = find_locked_guests(self._planned)
        if plan.steps or not locked or self._plans >= _MOST_PLANS:
            return False
        waited_for: list[str] = []

        def wait(target: str, holder: str) -> None:
            waited_for.append(target)
            self._progress(summary.describe_turn(target, holder))

        self._means.authority.wait_for_guests(locked, self._control.cancel, wait)
        return bool(waited_for)

    def _reserve_ids(self) -> bool:
        """Whether to plan again, as the plan would make a guest with an id that another run is about to take."""
        judged = self._verdict.judged
        if judged is None or self._is_seen or not judged.new_guests - self._new_ids.reserved:
            return False
        taken = self._means.authority.find_reserved_ids(self._verdict, self._call)
        self._new_ids = replace(self._new_ids, reserved=self._new_ids.reserved | taken)
        return bool(judged.new_guests & taken) and self._plans < _MOST_PLANS

    @property
    def _is_seen(self) -> bool:
        """Whether somebody has seen the plan, and wants this one or none."""
        return self._request.plan_digest is not None or self._verdict.decision == APPROVED

    def _set_aside(self) -> None:
        """Keep what earlier plans have left behind apart from what the next one leaves."""
        folder = self._means.recorder.ledger.folder(self._run_id)
        for phase in ("plan", "apply"):
            if (folder / phase).is_dir():
                (folder / REPLACED).mkdir(mode=0o700, exist_ok=True)
                (folder / phase).rename(folder / REPLACED / f"{self._plans}-{phase}")

    def _judge(self, plan: Plan) -> Verdict:
        """Have the authority decide what becomes of the plan."""
        request = self._request
        changes = find_changes_since(request.as_left, self._list_planned()) if request.as_left else {}
        if changes:
            return Verdict("drifted", failure=failures.changed_since(changes))
        claimed = self._find_claims()
        if claimed is not None:
            return Verdict("refused", failure=claimed)
        # A plan without any step sends nothing: all that was wished is so by now.
        if request.plan_digest not in (None, plan.digest) and plan.steps:
            kept = self._means.recorder.ledger.plans.find(request.plan_id) if request.plan_id else None
            difference = self._describe_drift(kept, plan)
            return Verdict("drifted", failure=failures.plan_drifted(request.plan_id or plan.digest, difference))
        only_plan = bool(request.arguments.get("check")) or request.check or request.mode == "check"
        verdict = self._means.authority.judge(
            Wish(self._tool, request.caller, plan, self._run_id, only_plan=only_plan, plan_id=request.plan_id)
        )
        if verdict.decision != HELD or verdict.failure is None:
            return verdict
        kept = self._means.authority.find_approved(self._call)
        if kept is None or kept.digest == plan.digest:
            return verdict
        note = f"Plan {kept.plan_id[:8]} of this call was approved, but {self._describe_drift(kept, plan)}"
        message = f"{verdict.failure.message} {note}"
        return replace(verdict, failure=verdict.failure.model_copy(update={"message": message}))

    def _find_claims(self) -> Failure | None:
        """Why nothing is done about what belongs to another fleet by now."""
        if self._tool.name != PLAN:
            return None
        with suppress(UnknownCluster):
            authority = self._means.authority
            fleets = authority.ledger.read_fleets(authority.identify_cluster())
            return find_claims_of_plan(fleets, self._request.arguments.get("fleet"), self._planned.result)
        return None

    def _list_planned(self) -> list[Mapping[str, Any]]:
        """The guests and firewalls of the latest check mode."""
        result = self._planned.result or {}
        return [*(result.get("guests") or ()), *(result.get("firewalls") or ())]

    def _describe_drift(self, kept: KeptPlan | None, plan: Plan) -> str:
        """What differs between a kept plan and this one of the same call."""
        if kept is None:
            return "it is another one by now."
        return describe_drift(kept.shown, plan.steps, (self._planned.result or {}).get("diff"))

    def _keep(self, plan: Plan, planned: PlaybookOutcome) -> NotApplied:
        """The ending of a plan that is not applied, which is kept when it may be later."""
        verdict = self._verdict
        if verdict.decision not in (HELD, PLAN_ONLY) or not self._request.keeps:
            return NotApplied(self._collect_known(), planned)
        self._plan = plan.model_copy(
            update={
                "id": self._run_id,
                "expires_at": make_expiry(self._means.settings.plan_seconds),
                "elicitable": verdict.elicitable,
            }
        )
        ending = NotApplied(self._collect_known(), planned)
        # What is kept says what the plan would do; why it was not applied is in the result of the call.
        as_planned = replace(ending, known=replace(ending.known, verdict=replace(verdict, failure=None)))
        self._means.recorder.keep(self._tool, self._request, self._plan, verdict, result_of(self._tool, as_planned))
        return ending

    def _apply_in_turn(self) -> Ending | None:
        """Apply exactly this plan, when no other run holds the same guests.

        A plan that nobody has seen is made and judged anew, under the locks, once the world has changed. None when the
        new one is to be applied, and touches other guests than those that were held.
        """
        waited_for: list[str] = []

        def wait(target: str, holder: str) -> None:
            waited_for.append(target)
            self._progress(summary.describe_turn(target, holder))

        held = self._verdict.judged
        hold = self._means.authority.hold_guests
        with hold(self._verdict, self._run_id, self._list_free_ids(), self._control.cancel, wait) as is_alone:
            if self._control.cancel.is_set():
                return NotApplied(self._collect_known(), PlaybookOutcome("cancelled"))
            if is_alone:
                claimed = self._find_claims() if waited_for else None
                if claimed is not None:
                    self._verdict = Verdict("refused", failure=claimed)
                    return NotApplied(self._collect_known(), self._planned)
                ending = self._make_plan() if waited_for and not self._is_seen else None
                while ending is None and _covers(held, self._verdict.judged):
                    applied = self._apply()
                    if not self._may_plan_anew(applied):
                        return applied
                    ending = self._make_plan()
                return ending
        return self._make_plan()

    def _list_free_ids(self) -> Collection[int]:
        """The ids of new guests that others may be given as well, so that it is no use to wait for them."""
        judged = self._verdict.judged
        if judged is None or self._is_seen or self._plans >= _MOST_PLANS:
            return ()
        # Those that were planned although they are reserved are what the caller has named.
        return judged.new_guests - self._new_ids.reserved

    def _may_plan_anew(self, applied: Ending) -> bool:
        """Whether the plan was not applied, as the world had changed, and may be made anew."""
        if self._is_seen or self._plans >= _MOST_PLANS or self._control.cancel.is_set():
            return False
        return isinstance(applied, Applied) and has_drifted(applied)

    def _apply(self) -> Ending:
        plan = self._plan
        if plan is None:
            raise ValueError("there is no plan")
        applied = mark_if_of_another_plan(self._play("apply", plan), plan)
        permit = self._verdict.permit
        refusal = permit.refusal if permit else None
        self._verdict = refusal or self._verdict
        # A run of which nothing was let through has nothing to tell but why.
        if is_broken_off(applied) and (refusal is None or (permit and permit.sent)):
            return self._break_off(plan, applied)
        return Applied(self._collect_known(), applied)

    def _break_off(self, plan: Plan, applied: PlaybookOutcome) -> BrokenOff:
        """The ending of a run that was stopped while it was being applied, or lost: what state things are in."""
        self._progress("Checking what was done")
        folder = self._means.recorder.ledger.folder(self._run_id)
        stop = applied.gateway_upids if self._control.stop_tasks else ()
        requests = TaskInspector(self._means.executor, self._means.authority).inspect(
            folder, read_requests(folder / "apply", plan.steps), stop
        )
        return BrokenOff(self._collect_known(), applied, tuple(requests), tuple(missing_steps(requests, plan.steps)))

    def _crash(self, error: Exception) -> Crashed:
        reason = error.reason if isinstance(error, RunError) else error
        steps = self._plan.steps if self._plan else []
        requests = read_requests(self._means.recorder.ledger.folder(self._run_id) / "apply", steps)
        return Crashed(
            self._collect_known(),
            error=f"{type(reason).__name__}: {reason}",
            state_dir=self._means.settings.state_dir,
            requests=tuple(requests),
            missing=tuple(missing_steps(requests, steps)),
        )

    def _collect_known(self) -> Known:
        return Known(self._run_id, self._verdict, self._plan, self._denied)

    def _play(self, phase: str, plan: Plan | None = None) -> PlaybookOutcome:
        """Run the tool's playbook: granted nothing beyond GET, unless it applies a plan or the tool says so."""
        variables = self._variables()
        if plan:
            variables["pve_expect_plan"] = plan.digest
        run = PlaybookRun(
            folder=self._means.recorder.ledger.folder(self._run_id) / phase,
            playbook=collection.playbook_path(self._tool.playbook),
            action=self._tool.action,
            variables=variables,
            check=phase == "plan",
            timeout=self._means.settings.run_timeout,
            environment=self._choose_ids(plan).as_environment(),
            permit=self._verdict.permit if plan else None,
            request_patterns=self._tool.requests if phase == "read" else (),
            kept_variables=self._find_kept_variables(),
        )
        self._playing = run.folder
        try:
            outcome = self._means.executor.run(run, lambda line: self._say(phase, line), self._control.cancel)
        except RunError as error:
            self._denied += error.denied
            raise
        finally:
            self._playing = None
        self._denied += outcome.denied
        return mark_if_lost(self._tool, outcome)

    def _choose_ids(self, plan: Plan | None) -> NewIds:
        """The ids for new guests: a plan that is applied keeps its own."""
        return self._new_ids if plan is None else replace(self._new_ids, own=tuple(find_new_ids(plan.steps)))

    def _variables(self) -> dict[str, Any]:
        options = {name: value for name, value in self._request.arguments.items() if name != "check"}
        values: Mapping[str, Any] = {**self._tool.defaults, **arguments.clean(options), **self._tool.fixed}
        return {f"pve_{name}": value for name, value in values.items()}

    def _find_kept_variables(self) -> dict[str, Any]:
        """What is kept of the variables that hold a declared secret."""
        given = self._request.arguments
        kept = arguments.make_recordable(self._tool.input_schema, given)
        return {f"pve_{name}": value for name, value in kept.items() if value != given[name]}

    def _say(self, phase: str, line: str) -> None:
        self._progress(_SAYING[phase].format(one_line(self._means.recorder.redact_data(line))))


def _covers(held: Judged | None, now: Judged | None) -> bool:
    """Whether what is held is enough for the plan as it was judged now."""
    if held is None or now is None:
        return held is now
    is_shared = (held.copied_targets - now.copied_targets) & now.claims
    return held.cluster == now.cluster and now.claims <= held.claims and not is_shared


def _with_effects(plan: Plan, verdict: Verdict) -> Plan:
    """The plan that says of each step, and of all, what they do."""
    if verdict.judged is None:
        return plan
    question = verdict.judged.question
    steps = [{**step, "effects": sorted(found)} for step, found in zip(plan.steps, question.step_effects, strict=True)]
    return plan.model_copy(update={"steps": steps, "effects": question.list_effects()})
