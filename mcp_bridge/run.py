"""A run, from request to evidence: validate, plan in check mode, decide, apply exactly that plan, record."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from mcp_bridge import catalogue, collection, judge, locks, outcomes
from mcp_bridge.catalogue import Tool, arguments
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.executor import Executor, PlaybookOutcome, PlaybookRun, Progress
from mcp_bridge.freeze import Freezer
from mcp_bridge.gateway.grants import Grant
from mcp_bridge.judge import Verdict
from mcp_bridge.ledger.records import Closing, KeptPlan, Opening, Who, expiry, local_user
from mcp_bridge.models import Failure, Plan, Result, Status
from mcp_bridge.policy import Asker
from mcp_bridge.redaction import shortened, writable
from mcp_bridge.settings import Mode, Settings

if TYPE_CHECKING:
    from mcp_bridge.gateway.service import Gateway
    from mcp_bridge.judge import Judge
    from mcp_bridge.ledger.store import Ledger

_SAYING = {"read": "{}", "plan": "Planning: {}", "apply": "Applying: {}"}


@dataclass(frozen=True)
class Request:
    """What somebody asks for. `mode` is what this front end may do at most; `check` asks for the plan only.

    `kind` is who asks, for the policy: a person who has typed it, or a client such as an AI's, with further `roles`.
    With `plan_digest` it is refused as drifted unless the plan is still this one, and the kept `plan_id` is used up by
    applying it. Where a front end offers some tools only, these are `offered`. `internal` tools are Playvisor's own:
    whoever asks for one by name without saying so is told there is none.
    """

    tool: str
    arguments: Mapping[str, Any]
    mode: Mode
    check: bool = False
    client_name: str = "python"
    client_version: str | None = None
    kind: Literal["person", "client"] = "client"
    roles: tuple[str, ...] = ()
    plan_digest: str | None = None
    plan_id: str | None = None
    offered: tuple[str, ...] | None = None
    internal: bool = False

    @property
    def asker(self) -> str:
        """Whose plans and approvals these are: people are their own, whatever terminal they use."""
        return local_user() if self.kind == "person" else writable(self.client_name)[:128]


@dataclass
class _Evidence:
    """What is known of a run so far; what its result and its closing entry are made of."""

    request: Request
    run_id: str
    verdict: Verdict = field(default_factory=lambda: Verdict("allowed"))
    plan: Plan | None = None
    applied: bool = False
    outcome: PlaybookOutcome = field(default_factory=lambda: PlaybookOutcome("ended"))
    denied: list[str] = field(default_factory=list)


class Bridge:
    """Runs tools against one cluster, and keeps the ledger of it. Safe to use from several threads."""

    def __init__(self, settings: Settings, executor: Executor, gateway: Gateway) -> None:
        self._settings = settings
        self._executor = executor
        self._gateway = gateway
        self._redactor = settings.redactor

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger; what an earlier process left open in it is closed on first use."""
        # SQLAlchemy takes a fifth of a second to import, which an MCP client's handshake should not wait for.
        from mcp_bridge.ledger.store import Ledger

        ledger = Ledger(self._settings.state_dir, self._settings.ledger_url)
        ledger.close_interrupted()
        return ledger

    @cached_property
    def judge(self) -> Judge:
        """Decides what becomes of plans. Raises UsageError for a policy that makes no sense."""
        # Cedar takes time to import, and reading needs none of it.
        from mcp_bridge.judge import Judge
        from mcp_bridge.policy import Policy

        return Judge(Policy.load(self._settings.policy), self.ledger.plans, Freezer(self._settings.state_dir).frozen)

    def run(self, request: Request, progress: Progress, cancel: threading.Event) -> Result:
        """Do what is asked, and return what came of it; a failure is a result, too.

        Raises LedgerError when the ledger can't be written before it starts; then nothing was run.
        """
        run_id = str(uuid.uuid4())
        tool = catalogue.load().get(request.tool)
        refusal = _refusal(request, tool) or self._leak(request)
        if tool is None or refusal is not None:
            return self._turn_down(request, run_id, refusal or _unknown(request.tool))
        evidence = _Evidence(request, run_id)
        self.ledger.open(self._opening(request, run_id, tool))
        try:
            result = self._carry_out(tool, evidence, progress, cancel)
        except Exception as error:
            # Whatever goes wrong in here, the ledger has to say how the run ended.
            result = self._broken(evidence, error)
        result = self._close(evidence, self._redacted(result))
        if result.plan:
            result.plan.elicitable = evidence.verdict.elicitable
        return result

    def decide_plan(self, plan_id: str, request: Request, *, approve: bool, approval: str = "operator") -> KeptPlan:
        """Approve or deny a plan that is held, as whoever makes this request, and record it.

        Raises UsageError for a plan that is not held, or no longer.
        """
        run_id = str(uuid.uuid4())
        if approval == "elicitation" and self.ledger.plans.find(plan_id).asker != request.asker:
            raise UsageError("The plan is not this client's.", "Ask for the approval of a plan of your own.")
        approver = request.asker
        tool = "approve_plan" if approve else "deny_plan"
        decided = self.ledger.plans.decide(plan_id, approver, approve=approve, approval=approval)
        opening = self._opening(replace(request, tool=tool, arguments={"plan_id": decided.plan_id}), run_id, None)
        summary = f"{decided.state.capitalize()} the plan of {decided.asker}: {decided.shown['summary']}"
        closing = Closing("ok", decided.state, False, summary, plan_digest=decided.digest, approver=approver)
        self.ledger.record(opening, closing)
        return decided

    def close(self) -> None:
        """Stop the gateway; nothing can run any more."""
        self._gateway.close()

    def answer(self, request: Request, result: Result) -> Result:
        """Record and return what was answered without running anything."""
        result = self._redacted(result)
        code = result.failure.code if result.failure else None
        decision = {"refused": "refused", "held": judge.HELD}.get(result.status, "invalid" if code else "allowed")
        closing = Closing(result.status, decision, False, result.summary, failure_code=code)
        self.ledger.record(self._opening(request, result.run_id, None), closing)
        return result

    def without_secrets(self, data: dict[str, Any]) -> dict[str, Any]:
        """Plain data without any secret that is known here."""
        redacted: dict[str, Any] = self._redactor.data(data)
        return redacted

    def _carry_out(self, tool: Tool, evidence: _Evidence, progress: Progress, cancel: threading.Event) -> Result:
        asked = dict(evidence.request.arguments)
        only_plan = bool(asked.pop("check", False)) or evidence.request.check or evidence.request.mode == "check"
        variables = {f"pve_{name}": value for name, value in {**arguments.cleaned(asked), **tool.fixed}.items()}
        if not tool.writes:
            evidence.outcome = self._play(tool, evidence, "read", variables, progress, cancel)
            return outcomes.read_result(tool, evidence.run_id, evidence.outcome)
        evidence.verdict = Verdict("no plan")
        evidence.outcome = self._play(tool, evidence, "plan", variables, progress, cancel)
        evidence.plan = outcomes.plan(evidence.outcome)
        if evidence.plan is None or evidence.outcome.status != "ended":
            return self._written(tool, evidence)
        evidence.verdict = self._judged(tool, evidence, evidence.plan, only_plan=only_plan)
        if not evidence.verdict.applies:
            return self._kept(tool, evidence, self._written(tool, evidence))
        variables["pve_expect_plan"] = evidence.plan.digest
        targets = [str(target.get("vmid") or target) for target in evidence.plan.targets]
        with locks.held(self._settings.state_dir, self._settings.cluster_url, targets, cancel) as alone:
            if not alone:
                evidence.outcome = PlaybookOutcome("cancelled")
                return self._written(tool, evidence)
            evidence.applied = True
            evidence.outcome = self._play(tool, evidence, "apply", variables, progress, cancel)
        return self._written(tool, evidence)

    def _judged(self, tool: Tool, evidence: _Evidence, plan: Plan, *, only_plan: bool) -> Verdict:
        request = evidence.request
        if request.plan_digest not in (None, plan.digest):
            return Verdict("drifted", failure=outcomes.drifted())
        asker = Asker(request.asker, request.kind, request.roles, local_user())
        verdict = self.judge.judge(tool, asker, plan, evidence.run_id, only_plan=only_plan)
        if request.plan_id and verdict.applies and not self.ledger.plans.use(request.plan_id, evidence.run_id):
            return Verdict("refused", failure=outcomes.used(request.plan_id))
        return verdict

    def _kept(self, tool: Tool, evidence: _Evidence, result: Result) -> Result:
        """The result of a plan that was not applied, which is kept when it may be later."""
        verdict = evidence.verdict
        if evidence.plan is None or verdict.decision not in (judge.HELD, judge.PLAN_ONLY):
            return result
        arguments = dict(evidence.request.arguments)
        secret = self._redactor.data(arguments) != arguments
        kept = KeptPlan(
            plan_id=evidence.run_id,
            digest=evidence.plan.digest,
            tool=tool.name,
            arguments=None if secret else arguments,
            shown=self._redactor.data(judge.shown(evidence.plan, result.summary, result.diff)),
            asker=evidence.request.asker,
            expires_at=expiry(self._settings.plan_seconds),
            state="held" if verdict.decision == judge.HELD else "ready",
            reason=verdict.failure.message if verdict.failure else None,
        )
        self.ledger.plans.keep(kept)
        result.plan = evidence.plan.model_copy(update={"id": kept.plan_id, "expires_at": kept.expires_at})
        return result

    @staticmethod
    def _written(tool: Tool, evidence: _Evidence) -> Result:
        result = outcomes.write_result(tool, evidence.run_id, evidence.outcome, evidence.plan, applied=evidence.applied)
        return outcomes.not_applied(result, evidence.verdict.failure) if evidence.verdict.failure else result

    def _play(
        self,
        tool: Tool,
        evidence: _Evidence,
        phase: str,
        variables: Mapping[str, Any],
        progress: Progress,
        cancel: threading.Event,
    ) -> PlaybookOutcome:
        run = PlaybookRun(
            folder=self.ledger.folder(evidence.run_id) / phase,
            playbook=collection.playbook(tool.playbook),
            action=tool.action,
            variables=dict(variables),
            check=phase == "plan",
            timeout=self._settings.run_timeout,
        )
        with self._gateway.admit(_grant(tool, phase, evidence.plan), run.folder) as admission:
            run = replace(run, environment=admission.environment)
            try:
                return self._executor.run(run, lambda line: progress(_SAYING[phase].format(line)), cancel)
            finally:
                evidence.denied += admission.denied

    def _turn_down(self, request: Request, run_id: str, failure: Failure) -> Result:
        """Record and return a request that nothing was started for."""
        refused = failure.code == "refused"
        status: Status = "refused" if refused else "failed"
        name = writable(request.tool[:64])
        return self.answer(
            request, Result(run_id=run_id, tool=name, status=status, summary=failure.message, failure=failure)
        )

    def _leak(self, request: Request) -> Failure | None:
        """Why arguments with the connection's own secret in them are refused: they would be kept with the run."""
        named = sorted(name for name, value in request.arguments.items() if self._redactor.finds(value))
        if not named:
            return None
        return Failure(
            code="invalid_parameter",
            message=f"{', '.join(named)} holds a secret of this connection.",
            hint="Leave it out: Playvisor gives the credentials to the playbook itself.",
        )

    def _opening(self, request: Request, run_id: str, tool: Tool | None) -> Opening:
        return Opening(
            run_id=run_id,
            tool=writable(request.tool),
            arguments=self._redactor.data(shortened(dict(request.arguments))),
            mode="check" if request.check else request.mode,
            who=Who(
                client_name=writable(request.client_name),
                client_version=writable(request.client_version) if request.client_version else None,
                proxmox_user=self._settings.identity or None,
                cluster_url=self._settings.cluster_url or None,
            ),
            collection_version=collection.version(),
            playbook=tool.playbook if tool else None,
        )

    def _close(self, evidence: _Evidence, result: Result) -> Result:
        """Seal the artifacts and complete the row; a result that can't be recorded says so."""
        from mcp_bridge.ledger import artifacts

        denied = outcomes.denied(evidence.denied)
        if denied:
            result.warnings.append(denied)
        try:
            closing = Closing(
                outcome=result.status,
                decision=evidence.verdict.decision,
                rules=", ".join(evidence.verdict.rules) or None,
                approver=evidence.verdict.approver,
                changed=result.changed,
                summary=f"{result.summary} {denied}" if denied else result.summary,
                plan_digest=evidence.plan.digest if evidence.plan else None,
                failure_code=result.failure.code if result.failure else None,
                upids=result.upids or [],
                artifacts_sha256=artifacts.seal(self.ledger.folder(evidence.run_id)),
            )
            self.ledger.close(evidence.run_id, closing)
        except (LedgerError, OSError) as error:
            result.warnings.append(f"The ledger does not say yet how this run ended: {error}")
        return result

    def _broken(self, evidence: _Evidence, error: Exception) -> Result:
        failure = Failure(
            code="internal",
            message=f"Playvisor could not run it: {type(error).__name__}: {error}",
            hint=f"Check free space and access rights in {self._settings.state_dir}; if that is fine, it is a bug.",
        )
        return Result(
            run_id=evidence.run_id,
            tool=evidence.request.tool,
            status="failed",
            changed=evidence.applied,
            summary=failure.message,
            plan=evidence.plan,
            failure=failure,
        )

    def _redacted(self, result: Result) -> Result:
        return Result(**self._redactor.data(result.model_dump()))


def unrecorded(tool: str, error: LedgerError) -> Result:
    """The result of a request that was not run because the ledger can't be written."""
    failure = Failure(code="internal", message=error.message, hint=error.hint)
    return Result(run_id="", tool=tool[:64], status="failed", summary=error.message, failure=failure)


def _refusal(request: Request, tool: Tool | None) -> Failure | None:
    """Why nothing may be started for a request: an unknown tool, what the mode forbids, or wrong arguments."""
    if tool is None or (tool.internal and not request.internal):
        return _unknown(request.tool)
    if tool.writes and request.mode == "read":
        return Failure(
            code="refused",
            message=f"{tool.name} changes guests, and this Playvisor is in mode read.",
            hint="Start it in mode check to see plans, or in mode apply to let it act.",
        )
    if request.offered is not None and tool.name not in request.offered:
        return Failure(
            code="refused",
            message=f"{tool.name} is not among the tools that this server offers.",
            hint=f"It is in toolset {tool.toolset}: whoever runs the server can offer it with --toolsets.",
        )
    problems = arguments.validate(tool, request.arguments)
    return outcomes.invalid(problems) if problems else None


def _grant(tool: Tool, phase: str, plan: Plan | None) -> Grant:
    """What the playbook of a phase may send beyond GET: nothing, unless it applies a plan or the tool says so."""
    if phase == "apply" and plan is not None:
        return Grant(plan.steps)
    return Grant(requests=tool.requests if phase == "read" else ())


def _unknown(name: str) -> Failure:
    near = catalogue.similar(name)
    guess = f"Did you mean {' or '.join(near)}? " if near else ""
    known = ", ".join(tool.name for tool in catalogue.offered())
    return Failure(
        code="invalid_parameter", message=f"There is no tool {name[:60]!r}.", hint=f"{guess}There are: {known}."
    )
