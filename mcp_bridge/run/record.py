# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a run, and how the ledger gets to know it."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcp_bridge import collection
from mcp_bridge.catalogue import Tool
from mcp_bridge.errors import LedgerError
from mcp_bridge.executor import PlaybookOutcome
from mcp_bridge.ledger.records import Closing, KeptPlan, Opening, Who, expiry
from mcp_bridge.policy import judge
from mcp_bridge.policy.judge import Verdict
from mcp_bridge.result import Plan, Result
from mcp_bridge.run import outcome
from mcp_bridge.run.request import Request
from mcp_bridge.settings import Settings
from mcp_bridge.text.redaction import shortened, writable

if TYPE_CHECKING:
    from mcp_bridge.ledger.store import Ledger


@dataclass
class Evidence:
    """What is known of a run so far; what its result and its closing entry are made of."""

    request: Request
    run_id: str
    verdict: Verdict = field(default_factory=lambda: Verdict("allowed"))
    plan: Plan | None = None
    applied: bool = False
    outcome: PlaybookOutcome = field(default_factory=lambda: PlaybookOutcome("ended"))
    denied: list[str] = field(default_factory=list)
    # The tasks that the gateway saw it start.
    upids: list[str] = field(default_factory=list)


class Recorder:
    """Writes runs and kept plans into the ledger, without secrets."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._redactor = settings.redactor
        # How runs ended that the ledger does not know of yet.
        self._unwritten: list[tuple[str, Closing]] = []
        self._interrupted: list[str] = []
        self._catching_up = threading.Lock()

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger; what an earlier process left open in it is closed on first use."""
        # SQLAlchemy takes a fifth of a second to import, which an MCP client's handshake should not wait for.
        from mcp_bridge.ledger.store import Ledger

        ledger = Ledger(self._settings.state_dir, self._settings.ledger_url)
        self._interrupted = ledger.close_interrupted()
        return ledger

    def take_interrupted(self) -> list[str]:
        """The runs that were found open; each is given once."""
        found, self._interrupted = self._interrupted, []
        return found

    def secrets_in(self, arguments: dict[str, Any]) -> list[str]:
        """The names of arguments that hold a secret of the connection."""
        return sorted(name for name, value in arguments.items() if self._redactor.finds(value))

    def without_secrets(self, data: Any) -> Any:
        """Plain data without any secret that is known here."""
        return self._redactor.data(data)

    def redacted(self, result: Result) -> Result:
        """A result without any secret that is known here."""
        return Result(**self._redactor.data(result.model_dump()))

    def open(self, request: Request, run_id: str, playbook: str | None) -> None:
        """Write that a run starts. Raises LedgerError; then it must not start."""
        self._catch_up()
        self.ledger.open(self.opening(request, run_id, playbook))

    def opening(self, request: Request, run_id: str, playbook: str | None = None) -> Opening:
        """What is known of a run before it starts."""
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
            playbook=playbook,
        )

    def answer(self, request: Request, result: Result) -> Result:
        """Record and return what was answered without running anything."""
        result = self.redacted(result)
        code = result.failure.code if result.failure else None
        decision = {"refused": "refused", "held": judge.HELD}.get(result.status, "invalid" if code else "allowed")
        closing = Closing(result.status, decision, False, result.summary, failure_code=code)
        self._catch_up()
        self.ledger.record(self.opening(request, result.run_id), closing)
        return result

    def keep(self, tool: Tool, evidence: Evidence, result: Result) -> Result:
        """Keep a plan that was not applied, to be decided on or applied later; returns its result."""
        if evidence.plan is None:
            return result
        asked = dict(evidence.request.arguments)
        secret = self._redactor.data(asked) != asked
        failure = evidence.verdict.failure
        kept = KeptPlan(
            plan_id=evidence.run_id,
            digest=evidence.plan.digest,
            tool=tool.name,
            arguments=None if secret else asked,
            shown=self._redactor.data(judge.describe_plan(evidence.plan, result.summary, result.diff)),
            asker=evidence.request.asker,
            expires_at=expiry(self._settings.plan_seconds),
            state="held" if evidence.verdict.decision == judge.HELD else "ready",
            reason=failure.message if failure else None,
        )
        self.ledger.plans.keep(kept)
        result.plan = evidence.plan.model_copy(update={"id": kept.plan_id, "expires_at": kept.expires_at})
        return result

    def close(self, evidence: Evidence, result: Result) -> Result:
        """Seal the artifacts and complete the row; a result that can't be recorded says so."""
        denied = outcome.denied(evidence.denied)
        if denied:
            result.warnings.append(denied)
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
        )
        try:
            self.write(evidence.run_id, closing)
        except (LedgerError, OSError) as error:
            self._unwritten.append((evidence.run_id, closing))
            result.warnings.append(f"The ledger does not say yet how this run ended: {error}")
        return result

    def write(self, run_id: str, closing: Closing) -> None:
        """Seal the artifacts of a run and complete its row. Raises LedgerError and OSError."""
        from mcp_bridge.ledger import artifacts

        sealed = artifacts.seal(self.ledger.folder(run_id))
        self.ledger.close(run_id, replace(closing, artifacts_sha256=sealed))

    def _catch_up(self) -> None:
        """Write what could not be written before, now that there may be room again, or nobody holds the ledger."""
        with self._catching_up, suppress(LedgerError, OSError):
            while self._unwritten:
                self.write(*self._unwritten[0])
                del self._unwritten[0]
