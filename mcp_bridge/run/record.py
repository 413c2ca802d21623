# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes runs and plans into the ledger, without secrets."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_bridge import catalogue, collection, version
from mcp_bridge.authority import HELD, Authority, Verdict
from mcp_bridge.catalogue import Tool, run_tools
from mcp_bridge.catalogue.arguments import make_recordable
from mcp_bridge.catalogue.fleets import name_last_applied
from mcp_bridge.errors import LedgerError
from mcp_bridge.evidence.plan_view import describe_plan
from mcp_bridge.ledger.records import Act, Closing, FleetChange, KeptPlan, Opening, Who, make_expiry
from mcp_bridge.result import Plan, Result
from mcp_bridge.run.ending import Ending
from mcp_bridge.run.outcome import closing_of, result_of
from mcp_bridge.run.request import Request
from mcp_bridge.settings import Settings
from mcp_bridge.text.redaction import make_writable, shorten

if TYPE_CHECKING:
    from mcp_bridge.ledger.store import Ledger

_SERVER_STARTED = "server_started"
_RECORDED_SETTINGS = (
    "host",
    "port",
    "user",
    "verify_ssl",
    "fingerprint",
    "state_dir",
    "mode",
    "policy",
    "plan_seconds",
    "keep_days_min",
    "artifacts_days",
    "artifacts_max",
    "run_timeout",
)
# One run in so many looks after the room that artifacts take.
_RUNS_PER_CLEANING = 200


def is_cleaning_due(run_id: str) -> bool:
    """Whether it is this run, of so many, that looks after the room that artifacts take; in whichever process."""
    return int(hashlib.sha256(run_id.encode()).hexdigest(), 16) % _RUNS_PER_CLEANING == 0


def _hash_file(path: Path | None) -> str | None:
    """The SHA-256 of a policy's file; None for the default policy."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path else None
    except OSError:
        return ""


class Recorder:
    """Writes runs and kept plans into the ledger, without secrets."""

    def __init__(self, settings: Settings, authority: Authority) -> None:
        self._settings = settings
        self._authority = authority
        self._redactor = settings.redactor
        # How runs ended that the ledger does not know of yet.
        self._unwritten: list[tuple[str, Closing, FleetChange | None]] = []
        self._interrupted: list[str] = []
        self._start: Act | None = None
        self._catching_up = threading.Lock()

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger; what an earlier process left open in it is closed on first use."""
        from mcp_bridge.run.recovery.interrupted import close_interrupted

        if self._start:
            self._authority.record_act(self._start)
        self._interrupted = close_interrupted(self._authority)
        return self._authority.ledger

    def note_start(self, face: str, mode: str) -> None:
        """Let the start of a server be recorded as soon as the ledger is used, with its settings but no secret."""
        settings = self._settings.model_dump(mode="json", include=set(_RECORDED_SETTINGS), exclude_none=True)
        facts = {"face": face, "mode": mode, "settings": settings, "version": version(), "uid": os.getuid()}
        facts |= {"host": socket.gethostname(), "pid": os.getpid(), "policy": _hash_file(self._settings.policy)}
        self._start = Act(_SERVER_STARTED, self._redactor.redact(facts), _SERVER_STARTED)

    def take_interrupted(self) -> list[str]:
        """The interrupted runs that were closed on first use; each is returned once."""
        found, self._interrupted = self._interrupted, []
        return found

    def find_secrets(self, arguments: dict[str, Any]) -> list[str]:
        """The names of arguments that hold a secret of the connection."""
        return sorted(name for name, value in arguments.items() if self._redactor.has_secret(value))

    def redact_data(self, data: Any) -> Any:
        """Plain data without any secret that is known here."""
        return self._redactor.redact(data)

    def redact(self, result: Result) -> Result:
        """A result without any secret that is known here."""
        data = self._redactor.redact(result.model_dump())
        if result.plan:
            # model_dump leaves it out.
            data["plan"]["elicitable"] = result.plan.elicitable
        return Result(**data)

    def open(self, request: Request, run_id: str, playbook: str | None) -> None:
        """Write that a run starts. Raises LedgerError; then it must not start."""
        self._write_pending()
        self._authority.open_run(self.make_opening(request, run_id, playbook))

    def make_opening(self, request: Request, run_id: str, playbook: str | None = None) -> Opening:
        """What is known of a run before it starts."""
        caller = request.caller
        return Opening(
            run_id=run_id,
            tool=make_writable(request.tool),
            arguments=self._redactor.redact(shorten(name_last_applied(_make_recordable(request)))),
            mode="check" if request.check else request.mode,
            who=Who(
                client_name=make_writable(caller.label or caller.identity),
                client_version=make_writable(caller.version) if caller.version else None,
                proxmox_user=self._redactor.redact_text(self._settings.endpoint.identity) or None,
                cluster_url=self._redactor.redact_text(self._settings.endpoint.url) or None,
                asker=caller.identity,
                asker_kind=caller.kind,
            ),
            collection_version=collection.version(),
            playbook=playbook,
        )

    def answer(self, request: Request, result: Result) -> Result:
        """Record and return what was answered without running anything."""
        result = self.redact(result)
        code = result.failure.code if result.failure else None
        decision = {"refused": "refused", "held": HELD}.get(result.status, "invalid" if code else "allowed")
        summary = result.summary
        if result.failure and code == "invalid_parameter" and result.failure.fields:
            # The caller's sentence repeats values, and one of them may be a secret in the wrong place.
            summary = f"Refused: {', '.join(result.failure.fields)}."
        closing = Closing(result.status, decision, False, summary, failure_code=code)
        self._write_pending()
        self._authority.record_answer(self.make_opening(request, result.run_id), closing)
        return result

    def keep(self, tool: Tool, request: Request, plan: Plan, verdict: Verdict, result: Result) -> None:
        """Keep a plan that was not applied, to be decided on or applied later; `result` says what it would do."""
        arguments = dict(request.arguments)
        has_secret = self._redactor.redact(_make_recordable(request)) != arguments
        judged = verdict.judged
        described = describe_plan(
            plan,
            result.summary,
            result.diff,
            judged.question.targets if judged else (),
            rules=verdict.rules,
            advice=judged.decision.advice if judged and verdict.decision == HELD else "",
            version=request.caller.version,
            needs_passkey=bool(judged and judged.decision.needs_passkey),
        )
        self._authority.keep_plan(
            KeptPlan(
                plan_id=plan.id or result.run_id,
                digest=plan.digest,
                tool=tool.name,
                arguments=None if has_secret else arguments,
                shown=self._redactor.redact(described),
                asker=request.caller.identity,
                expires_at=plan.expires_at or make_expiry(self._settings.plan_seconds),
                state="held" if verdict.decision == HELD else "ready",
                reason=verdict.failure.message if verdict.failure else None,
                asker_kind=request.caller.kind,
                label=request.caller.label,
                cluster=judged.cluster if judged else "",
                judged=judged.hash if judged else "",
                policy=judged.policy if judged else "",
            )
        )

    def close(self, tool: Tool, ending: Ending, result: Result, fleet: FleetChange | None = None) -> Result:
        """Seal the artifacts, complete the row, and note what the run has come to for a fleet; without any secret.

        It has a warning when the ledger can't be written.
        """
        run_id = ending.known.run_id
        result = self.redact(result)
        closing = closing_of(ending, result)
        try:
            self.write(run_id, closing, fleet)
        except (LedgerError, OSError) as error:
            self._unwritten.append((run_id, closing, fleet))
            note = f"The ledger does not say yet how this run ended: {error}"
            return self.redact(result_of(tool, ending, [note]))
        if is_cleaning_due(run_id):
            threading.Thread(target=self._limit_artifacts, name="artifacts").start()
        return result

    def _limit_artifacts(self) -> None:
        """Keep the artifacts within their limit; what fails now is done after some more runs."""
        from mcp_bridge.ledger.storage_limit import StorageLimit

        limit = StorageLimit(self._settings.artifacts_max, self._settings.artifacts_days, self._settings.keep_days_min)
        with suppress(LedgerError, OSError):
            self._authority.limit_artifacts(limit)

    def write(self, run_id: str, closing: Closing, fleet: FleetChange | None = None) -> None:
        """Seal the artifacts of a run and complete its row. Raises LedgerError and OSError."""
        from mcp_bridge.ledger import artifacts

        sealed = artifacts.seal(self.ledger.folder(run_id))
        self._authority.close_run(run_id, replace(closing, artifacts_sha256=sealed), fleet)

    def _write_pending(self) -> None:
        """Write what could not be written before, now that there may be room again, or nobody holds the ledger."""
        with self._catching_up, suppress(LedgerError, OSError):
            while self._unwritten:
                self.write(*self._unwritten[0])
                del self._unwritten[0]


def _make_recordable(request: Request) -> dict[str, Any]:
    """The arguments of a request without those that its tool declares as secret or would refuse."""
    tool = catalogue.load().get(request.tool) or run_tools.TOOLS.get(request.tool)
    return make_recordable(tool.input_schema, request.arguments) if tool else dict(request.arguments)
