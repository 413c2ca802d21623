# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases of a run: read; or plan in check mode, judge that plan, and apply exactly it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mcp_bridge import collection
from mcp_bridge.authority import HELD, PLAN_ONLY, Authority, Verdict, Wish
from mcp_bridge.catalogue import Tool, arguments
from mcp_bridge.evidence.requests import missing_steps, read_requests
from mcp_bridge.executor import Executor, PlaybookOutcome, PlaybookRun, Progress, RunError
from mcp_bridge.ledger.records import make_expiry
from mcp_bridge.result import Plan, Result
from mcp_bridge.run import failures
from mcp_bridge.run.active import Control
from mcp_bridge.run.ending import Applied, BrokenOff, Crashed, Ending, Known, NotApplied, Read, Underway
from mcp_bridge.run.outcome import is_broken_off, mark_if_lost, mark_if_of_another_plan, read_plan, result_of
from mcp_bridge.run.record import Recorder
from mcp_bridge.run.recovery.tasks import TaskInspector
from mcp_bridge.run.request import Request
from mcp_bridge.settings import Settings
from mcp_bridge.text.plain import one_line

_SAYING = {"read": "{}", "plan": "Planning: {}", "apply": "Applying: {}"}
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

    def __init__(
        self, means: RunContext, tool: Tool, request: Request, run_id: str, progress: Progress, control: Control
    ) -> None:
        self._means = means
        self._tool = tool
        self._request = request
        self._run_id = run_id
        self._progress = progress
        self._control = control
        # What is known so far, for the case that something goes wrong.
        self._verdict = Verdict("no plan" if tool.writes else "allowed")
        self._plan: Plan | None = None
        self._denied: tuple[str, ...] = ()

    def carry_out(self, on_underway: OnUnderway) -> tuple[Ending, Result]:
        """Run it to its end; returns how it ended, and the result made of that.

        Whatever goes wrong in here is an ending, too: the ledger has to say how a run ended.
        """
        try:
            ending = self._carry_out(on_underway)
            return ending, result_of(self._tool, ending)
        except Exception as error:
            crashed = self._crash(error)
            return crashed, result_of(self._tool, crashed)

    def _carry_out(self, on_underway: OnUnderway) -> Ending:
        if not self._tool.writes:
            outcome = self._play("read")
            return Read(self._collect_known(), outcome)
        planned = self._play("plan")
        self._plan = read_plan(planned)
        if self._plan is None or planned.status != "ended":
            return NotApplied(self._collect_known(), planned)
        self._verdict = self._judge(self._plan)
        self._plan = _with_effects(self._plan, self._verdict)
        if not self._verdict.applies:
            return self._keep(self._plan, planned)
        underway = Underway(self._collect_known(), planned)
        on_underway(self._means.recorder.redact(result_of(self._tool, underway)))
        return self._apply(self._plan)

    def _judge(self, plan: Plan) -> Verdict:
        """Have the authority decide what becomes of the plan."""
        request = self._request
        if request.plan_digest not in (None, plan.digest):
            return Verdict("drifted", failure=failures.plan_drifted())
        only_plan = bool(request.arguments.get("check")) or request.check or request.mode == "check"
        return self._means.authority.judge(
            Wish(self._tool, request.caller, plan, self._run_id, only_plan=only_plan, plan_id=request.plan_id)
        )

    def _keep(self, plan: Plan, planned: PlaybookOutcome) -> NotApplied:
        """The ending of a plan that is not applied, which is kept when it may be later."""
        verdict = self._verdict
        if verdict.decision not in (HELD, PLAN_ONLY):
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

    def _apply(self, plan: Plan) -> Ending:
        """Apply exactly this plan, when no other run holds the same guests."""
        with self._means.authority.hold_guests(self._verdict, self._control.cancel) as is_alone:
            if not is_alone:
                return NotApplied(self._collect_known(), PlaybookOutcome("cancelled"))
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
            permit=self._verdict.permit if plan else None,
            request_patterns=self._tool.requests if phase == "read" else (),
            kept_variables=self._find_kept_variables(),
        )
        try:
            outcome = self._means.executor.run(run, lambda line: self._say(phase, line), self._control.cancel)
        except RunError as error:
            self._denied += error.denied
            raise
        self._denied += outcome.denied
        return mark_if_lost(self._tool, outcome)

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


def _with_effects(plan: Plan, verdict: Verdict) -> Plan:
    """The plan that says of each step, and of all, what they do."""
    if verdict.judged is None:
        return plan
    question = verdict.judged.question
    steps = [{**step, "effects": sorted(found)} for step, found in zip(plan.steps, question.step_effects, strict=True)]
    return plan.model_copy(update={"steps": steps, "effects": question.list_effects()})
