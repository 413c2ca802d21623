# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases of a run: read; or plan in check mode, judge that plan, and apply exactly it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcp_bridge import collection
from mcp_bridge.catalogue import Tool, arguments
from mcp_bridge.evidence.requests import missing_steps, read_requests
from mcp_bridge.executor import Executor, PlaybookOutcome, PlaybookRun, Progress
from mcp_bridge.gateway.grants import Grant
from mcp_bridge.policy import Caller
from mcp_bridge.policy.judge import HELD, PLAN_ONLY, Verdict
from mcp_bridge.result import Plan, Result
from mcp_bridge.run import guest_locks, outcome
from mcp_bridge.run.active import Control
from mcp_bridge.run.record import Evidence, Recorder
from mcp_bridge.run.recovery.tasks import PHASE, Aftermath
from mcp_bridge.settings import Settings
from mcp_bridge.system.identity import local_user
from mcp_bridge.text.plain import one_line

if TYPE_CHECKING:
    from mcp_bridge.gateway.service import Gateway
    from mcp_bridge.policy.judge import Judge

_SAYING = {"read": "{}", "plan": "Planning: {}", "apply": "Applying: {}"}


@dataclass(frozen=True)
class Means:
    """What every run is carried out with."""

    settings: Settings
    executor: Executor
    gateway: Gateway
    recorder: Recorder


@dataclass(frozen=True)
class Phases:
    """Carries out one run of one tool; what becomes known on the way goes into its evidence."""

    means: Means
    tool: Tool
    evidence: Evidence
    progress: Progress
    control: Control

    def read(self) -> Result:
        """Run a tool that changes nothing."""
        self.evidence.outcome = self._play("read", self._variables())
        return outcome.read_result(self.tool, self.evidence.run_id, self.evidence.outcome)

    def plan(self) -> Plan | None:
        """Plan in check mode; None when it came to no plan."""
        self.evidence.verdict = Verdict("no plan")
        self.evidence.outcome = self._play("plan", self._variables())
        self.evidence.plan = outcome.plan(self.evidence.outcome)
        return self.evidence.plan if self.evidence.outcome.status == "ended" else None

    def judge(self, plan: Plan, judge: Judge) -> Verdict:
        """Decide what becomes of the plan."""
        self.evidence.verdict = self._verdict(plan, judge)
        return self.evidence.verdict

    def keep(self) -> Result:
        """The result of a plan that is not applied, which is kept when it may be later."""
        result = self.written()
        if self.evidence.verdict.decision in (HELD, PLAN_ONLY):
            return self.means.recorder.keep(self.tool, self.evidence, result)
        return result

    def underway(self) -> Result:
        """The result of a plan that is about to be applied."""
        return outcome.underway(self.written())

    def apply(self, plan: Plan) -> Result:
        """Apply exactly this plan, when no other run is at the same guests."""
        settings = self.means.settings
        targets = [str(target.get("vmid") or target) for target in plan.targets]
        with guest_locks.held(settings.state_dir, settings.cluster_url, targets, self.control.cancel) as alone:
            if not alone:
                self.evidence.outcome = PlaybookOutcome("cancelled")
                return self.written()
            self.evidence.applied = True
            played = self._play("apply", self._variables() | {"pve_expect_plan": plan.digest})
            self.evidence.outcome = played = outcome.mark_if_of_another_plan(played, plan)
            if played.status != "ended" or played.result is None or outcome.is_lost(played):
                return self._broken_off(plan)
        return self.written()

    def written(self) -> Result:
        """The result of a tool that changes something, as things stand."""
        evidence = self.evidence
        result = outcome.write_result(
            self.tool, evidence.run_id, evidence.outcome, evidence.plan, applied=evidence.applied
        )
        return outcome.not_applied(result, evidence.verdict.failure) if evidence.verdict.failure else result

    def _broken_off(self, plan: Plan) -> Result:
        """The result of a run that was stopped while it was being applied, or lost: what state things are in."""
        self.progress("Looking what became of it")
        folder = self.means.recorder.ledger.folder(self.evidence.run_id)
        requests = read_requests(folder / "apply", plan.steps)
        aftermath = Aftermath(self.means.executor, self.means.gateway)
        stop = self.evidence.upids if self.control.stop_tasks else ()
        requests = aftermath.of(folder / PHASE, requests, stop)
        left = missing_steps(requests, plan.steps)
        return outcome.broken_off(self.written(), requests, left, lost=outcome.is_lost(self.evidence.outcome))

    def _variables(self) -> dict[str, Any]:
        asked = {name: value for name, value in self.evidence.request.arguments.items() if name != "check"}
        return {f"pve_{name}": value for name, value in {**arguments.clean(asked), **self.tool.fixed}.items()}

    def _verdict(self, plan: Plan, judge: Judge) -> Verdict:
        request, run_id = self.evidence.request, self.evidence.run_id
        if request.plan_digest not in (None, plan.digest):
            return Verdict("drifted", failure=outcome.drifted())
        only_plan = bool(request.arguments.get("check")) or request.check or request.mode == "check"
        asker = Caller(request.asker, request.kind, request.roles, local_user())
        verdict = judge.judge(self.tool, asker, plan, run_id, only_plan=only_plan, plan_id=request.plan_id)
        if request.plan_id and verdict.applies and not self.means.recorder.ledger.plans.use(request.plan_id, run_id):
            return Verdict("refused", failure=outcome.used(request.plan_id))
        return verdict

    def _play(self, phase: str, variables: Mapping[str, Any]) -> PlaybookOutcome:
        run = PlaybookRun(
            folder=self.means.recorder.ledger.folder(self.evidence.run_id) / phase,
            playbook=collection.playbook(self.tool.playbook),
            action=self.tool.action,
            variables=dict(variables),
            check=phase == "plan",
            timeout=self.means.settings.run_timeout,
        )
        with self.means.gateway.admit(_grant(self.tool, phase, self.evidence.plan), run.folder) as admission:
            run = replace(run, environment=admission.environment)
            try:
                played = self.means.executor.run(run, lambda line: self._say(phase, line), self.control.cancel)
                return outcome.mark_if_lost(self.tool, played)
            finally:
                self.evidence.denied += admission.denied
                self.evidence.upids += admission.upids

    def _say(self, phase: str, line: str) -> None:
        self.progress(_SAYING[phase].format(one_line(self.means.recorder.without_secrets(line))))


def _grant(tool: Tool, phase: str, plan: Plan | None) -> Grant:
    """What the playbook of a phase may send beyond GET: nothing, unless it applies a plan or the tool says so."""
    if phase == "apply" and plan is not None:
        return Grant(plan.steps)
    return Grant(requests=tool.requests if phase == "read" else ())
