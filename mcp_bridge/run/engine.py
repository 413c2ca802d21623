# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine: carries out requests that run a playbook, and records every request."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcp_bridge import catalogue, version
from mcp_bridge.auth.caller import make_local_client
from mcp_bridge.authority import Authority
from mcp_bridge.catalogue import arguments
from mcp_bridge.errors import PlayvisorError, UsageError
from mcp_bridge.evidence.plan_view import PlanView, make_plan_view
from mcp_bridge.executor import Executor, Progress
from mcp_bridge.ledger.records import SELF, Closing, KeptPlan
from mcp_bridge.result import Failure, Result, Status
from mcp_bridge.run import summary
from mcp_bridge.run.active import ActiveRuns
from mcp_bridge.run.fleet_changes import describe_fleet_change
from mcp_bridge.run.heartbeat import Heartbeat
from mcp_bridge.run.phases import OnUnderway, Phases, RunContext
from mcp_bridge.run.record import Recorder
from mcp_bridge.run.recovery.follow_up import TOOL, FollowUp
from mcp_bridge.run.request import Request, find_refusal, unknown_tool
from mcp_bridge.settings import Settings
from mcp_bridge.text.redaction import make_writable

if TYPE_CHECKING:
    from mcp_bridge.auth.passkeys import RelyingParty
    from mcp_bridge.auth.tokens import Token, Tokens
    from mcp_bridge.authority.passkey_writer import PasskeyWriter
    from mcp_bridge.ledger.records import Opening, RunRow
    from mcp_bridge.ledger.store import Ledger


class Engine:
    """Runs playbooks for tools against one cluster, and keeps the ledger of it. Safe to use from several threads."""

    def __init__(self, settings: Settings, executor: Executor, authority: Authority) -> None:
        self._settings = settings
        self._executor = executor
        self._authority = authority
        self._recorder = Recorder(settings, authority)
        self._means = RunContext(settings, executor, authority, self._recorder)
        self._running = ActiveRuns(settings.state_dir)

    @property
    def settings(self) -> Settings:
        """What this bridge works with."""
        return self._settings

    @property
    def authority(self) -> Authority:
        """Who decides, admits and records."""
        return self._authority

    @property
    def ledger(self) -> Ledger:
        """The ledger; what an earlier process left open in it is closed on first use."""
        return self._recorder.ledger

    @cached_property
    def tokens(self) -> Tokens:
        """The tokens of the clients that come over HTTP."""
        from mcp_bridge.auth.tokens import Tokens

        return Tokens(self.ledger.database)

    @property
    def passkeys(self) -> PasskeyWriter:
        """The passkeys of people: enrolled, revoked, and asked to sign in or to decide on plans."""
        return self._authority.passkeys

    def run(
        self,
        request: Request,
        progress: Progress,
        cancel: threading.Event,
        on_underway: OnUnderway = lambda _result: None,
        on_open: OnUnderway = lambda _result: None,
    ) -> Result:
        """Run the request and return its result; a failure is a result, too.

        `on_open` is called when it begins, `on_underway` once a plan is about to be applied: what they get is the
        result until then. Raises LedgerError when the ledger can't be written before it starts; then nothing was run.
        """
        run_id = str(uuid.uuid4())
        tool = catalogue.load().get(request.tool)
        failure = find_refusal(request, tool) or self._find_leak(request)
        if tool is None or failure is not None:
            return self._turn_down(request, run_id, failure or unknown_tool(request.tool, request.offered))
        # Whoever sees the row can cancel the run.
        with self._running.register(run_id, cancel) as control:
            self._recorder.open(request, run_id, tool.playbook)
            on_open(Result(run_id=run_id, tool=tool.name, status="running", summary=summary.describe_start(tool.name)))
            phases = Phases(self._means, tool, request, run_id, control)
            with Heartbeat(progress, phases.describe_wait) as heartbeat:
                ending, result = phases.carry_out(heartbeat.say, on_underway)
            fleet = describe_fleet_change(self._authority, tool, request, ending, result)
            return self._recorder.close(tool, ending, result, fleet)

    def show_plan(self, plan_id: str) -> PlanView:
        """All that there is to decide on of a kept plan. Raises UsageError when there is none."""
        return make_plan_view(self.ledger.plans.find(plan_id))

    def decide_plan(
        self,
        plan_id: str,
        request: Request,
        *,
        approve: bool,
        seen: str,
        approval: str = "operator",
        session: str | None = None,
        reason: str | None = None,
        assertion: Any = None,
        rp: RelyingParty | None = None,
    ) -> KeptPlan:
        """Approve or deny a plan that is held, as the caller of this request, and record it.

        `seen` is the seal of what the approver saw, which is kept with the decision; `session` is where the user of a
        client was asked, `reason` what the approver says to it. With `assertion`, the browser's
        `PublicKeyCredential.toJSON()` for the options that `passkeys.make_approval_options` gave, it is decided by that
        passkey of the caller's, for the server `rp`. Raises UsageError for a plan that is not held, or no longer, is
        not what was seen, or needs a passkey and has none, and PasskeyRefused for one that has not signed exactly this.
        """
        plan = self.ledger.plans.find(plan_id)
        if approval == "elicitation" and plan.asker != request.caller.identity:
            raise UsageError("The plan is not this client's.", "Ask for the approval of a plan of your own.")
        approver = request.caller.identity
        sign = None
        if assertion is not None and rp is not None:
            approval, sign = "passkey", self.passkeys.make_signing(assertion, request.caller, rp)
        tool, state = ("approve_plan", "approved") if approve else ("deny_plan", "denied")
        facts = {"plan_id": plan.plan_id, "approval": approval, "seen": seen, "session": session, "reason": reason}
        arguments = {name: value for name, value in facts.items() if value is not None}
        decision = replace(request, tool=tool, arguments=arguments)
        summary = f"{state.capitalize()} the plan of {plan.asker}: {make_plan_view(plan).title}"
        opening = self._recorder.make_opening(decision, str(uuid.uuid4()))
        closing = Closing("ok", state, False, summary, plan_digest=plan.digest, approver=approver, cluster=plan.cluster)
        return self._authority.decide_plan(
            plan.plan_id,
            approve=approve,
            approver=approver,
            approval=approval,
            seen=seen,
            record=(opening, closing),
            sign=sign,
        )

    def create_token(self, request: Request, name: str, roles: list[str], days: int | None) -> tuple[Token, str]:
        """Create a token as the caller of this request, and record it; returns it and its secret.

        Raises UsageError for a name that is taken or not allowed, and for roles that a token can't have.
        """
        return self._authority.tokens.create(name, roles, days, lambda token: self._record_token(request, token))

    def revoke_token(self, request: Request, name: str) -> Token:
        """Revoke the valid token with this name, and record it. Raises UsageError when there is none."""
        return self._authority.tokens.revoke(name, lambda token: self._record_token(request, token))

    def _record_token(self, request: Request, token: Token) -> tuple[Opening, Closing]:
        decision = replace(request, arguments={"name": token.name, "roles": list(token.roles)})
        words = {"create_token": "Created", "revoke_token": "Revoked"}[request.tool]
        closing = Closing("ok", "allowed", False, f"{words} the token {token.name} ({token.key}).")
        return self._recorder.make_opening(decision, str(uuid.uuid4())), closing

    def note_start(self, face: str, mode: str) -> None:
        """Let the start of a server be recorded, as soon as the ledger is used."""
        self._recorder.note_start(face, mode)

    def record_ignored_answer(self, request: Request, plan_id: str | None, answer: str, why: str) -> None:
        """Record an answer about a plan that does not count, and why."""
        facts = {"plan_id": plan_id, "answer": answer, "approval": "elicitation"}
        arguments = {name: value for name, value in facts.items() if value is not None}
        ignored = replace(request, tool="answer_plan", arguments=arguments)
        failure = Failure(code="refused", message=why)
        self.answer(
            ignored,
            Result(run_id=str(uuid.uuid4()), tool="answer_plan", status="refused", summary=why, failure=failure),
        )

    def follow_up_interrupted(self) -> None:
        """Follow up, in the background, what an earlier process had left open; for servers."""
        found = self._recorder.take_interrupted()
        if found:
            threading.Thread(target=self._follow_up_all, args=(found,), name="follow-up", daemon=True).start()

    def _follow_up_all(self, run_ids: Sequence[str]) -> None:
        request = Request(TOOL, {}, "read", make_local_client(SELF, version()))
        # A later get_run follows it up, too.
        with suppress(PlayvisorError):
            for run_id in run_ids:
                self.follow_up(self.ledger.find(run_id), request)

    def follow_up(self, row: RunRow, request: Request) -> dict[str, Any] | None:
        """What became of the requests that an interrupted run had sent; None for other runs.

        Raises LedgerError when it can't be recorded.
        """
        return FollowUp(self._means).ask(row, request)

    @property
    def has_runs(self) -> bool:
        """Whether runs of this process have not ended."""
        return self._running.has_any

    def cancel_runs(self) -> None:
        """Cancel all runs of this process; they end soon."""
        self._running.cancel_all()

    def close(self) -> None:
        """End what serves runs; nothing can run any more."""
        self._running.close()
        self._executor.close()

    def answer(self, request: Request, result: Result) -> Result:
        """Record and return what was answered without running anything."""
        return self._recorder.answer(request, result)

    def refuse(self, request: Request, failure: Failure) -> Result:
        """Record and return a request that nothing is started for."""
        return self._turn_down(request, str(uuid.uuid4()), failure)

    def redact(self, data: dict[str, Any]) -> dict[str, Any]:
        """Plain data without any secret that is known here."""
        redacted: dict[str, Any] = self._recorder.redact_data(data)
        return redacted

    def _turn_down(self, request: Request, run_id: str, failure: Failure) -> Result:
        """Record and return a request that nothing was started for."""
        status: Status = "refused" if failure.code == "refused" else "failed"
        name = make_writable(request.tool[:64])
        if catalogue.load().get(request.tool) is None:
            # Nothing says what the arguments of a tool are that does not exist.
            kept = {given: arguments.describe_type(value) for given, value in request.arguments.items()}
            request = replace(request, arguments=kept)
        return self.answer(
            request, Result(run_id=run_id, tool=name, status=status, summary=failure.message, failure=failure)
        )

    def _find_leak(self, request: Request) -> Failure | None:
        """Why arguments with the connection's own secret in them are refused: they would be kept with the run."""
        named = self._recorder.find_secrets(dict(request.arguments))
        if not named:
            return None
        return Failure(
            code="invalid_parameter",
            message=f"{', '.join(named)} holds a secret of this connection.",
            hint="Leave it out: Playvisor gives the credentials to the playbook itself.",
        )
