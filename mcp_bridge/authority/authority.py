# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The authority: it judges plans, verifies approvals, admits runs to the cluster, and records all of it.

Nothing else decides, admits or records. It plans nothing itself: it is handed a plan, and reads from the cluster what
it judges it by.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_bridge.authority import failures, guest_locks
from mcp_bridge.authority.cluster import UnknownCluster, identify_cluster, shorten_identity
from mcp_bridge.authority.guests import read_targets
from mcp_bridge.authority.judged import Judged, Wish
from mcp_bridge.authority.new_ids import Call, find_own_ids, find_planned_ids, list_candidates
from mcp_bridge.authority.readings import make_reader
from mcp_bridge.authority.verdict import ALLOWED, APPROVED, HELD, PLAN_ONLY, Permit, Verdict
from mcp_bridge.errors import ConsoleError, LedgerError, UsageError
from mcp_bridge.evidence.plan_view import make_plan_view, render_text, seal
from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.service import Admission, Gateway
from mcp_bridge.result import Failure
from mcp_bridge.system.identity import list_groups
from mcp_bridge.system.write_gate import WriteGate

if TYPE_CHECKING:
    from mcp_bridge.auth.caller import Caller
    from mcp_bridge.authority.freeze import Freezer
    from mcp_bridge.authority.passkey_writer import PasskeyWriter
    from mcp_bridge.authority.token_writer import TokenWriter
    from mcp_bridge.executor import PlaybookRun
    from mcp_bridge.gateway.console_stream import ConsoleStream
    from mcp_bridge.ledger.freezes import Freeze
    from mcp_bridge.ledger.plans import Sign
    from mcp_bridge.ledger.records import Act, Binding, Closing, FleetChange, KeptPlan, Opening
    from mcp_bridge.ledger.refused_logins import RefusedLogins
    from mcp_bridge.ledger.retention import Removal
    from mcp_bridge.ledger.storage_limit import StorageLimit
    from mcp_bridge.ledger.store import Ledger
    from mcp_bridge.ledger.writer import LedgerWriter
    from mcp_bridge.policy import Approval, Decision, Policy, Question
    from mcp_bridge.settings import Settings

# For so long a cluster is taken for the one that it was when plans are judged; before they are applied, it is asked.
_IDENTITY_SECONDS = 5.0
BY_PASSKEY = "passkey"
# No guest is called so.
_HISTORY = "history"
Record = tuple["Opening", "Closing"]
"""The run of the ledger that does something else than run a playbook."""


class Authority:
    """Who may do what to which guest, and the proof of it. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._gate = WriteGate(settings.state_dir)
        self._gateway = Gateway(settings.endpoint, settings.credentials, self._gate)
        self._read = make_reader(self._gateway)
        self._identifying = threading.Lock()
        self._identity = (-_IDENTITY_SECONDS, "")
        self._loading = threading.Lock()
        self._loaded: tuple[object, Policy, str] | None = None

    # What is recorded.

    @property
    def ledger(self) -> Ledger:
        """What was recorded. It is opened on first use."""
        return self._writer

    def open_run(self, opening: Opening) -> None:
        """Record that a run starts. Raises LedgerError; then it must not start."""
        self._writer.open(opening)

    def close_run(self, run_id: str, closing: Closing, fleet: FleetChange | None = None) -> None:
        """Record how a run ended, and what it has come to for a fleet: both, or nothing."""
        self._writer.close(run_id, closing, fleet)

    def close_if_open(self, run_id: str, closing: Closing, fleet: FleetChange | None = None) -> bool:
        """Record how a run ended, unless somebody else has done so meanwhile; returns whether it was recorded."""
        return self._writer.close_if_open(run_id, closing, fleet)

    def release_objects(self, change: FleetChange, opening: Opening, closing: Closing) -> None:
        """Take a fleet's mark off objects, which stay as they are, and record the run that does it."""
        self._writer.change_fleet(change, opening, closing)

    def record_answer(self, opening: Opening, closing: Closing) -> None:
        """Record what was answered without running anything."""
        self._writer.record(opening, closing)

    def record_act(self, act: Act) -> None:
        """Record something that was done with authority, and changes nothing else in the ledger."""
        self._writer.append(act)

    def find_removable(self, before: str, keep_days: int) -> Removal | None:
        """What `prune` would remove.

        Raises UsageError when that is of the last `keep_days`, and LedgerError when it is not as it was written.
        """
        return self._writer.find_removable(before, keep_days)

    def prune(self, removal: Removal, opening: Opening) -> None:
        """Remove old runs with their artifacts, and record it."""
        self._writer.prune(removal, opening)

    def limit_artifacts(self, limit: StorageLimit) -> int:
        """Remove the oldest artifacts beyond a limit, and record it; returns of how many runs."""
        return self._writer.limit_artifacts(limit)

    # What is decided.

    def identify_cluster(self) -> str:
        """The identity of the cluster that is reached, as of some seconds ago at most. Raises UnknownCluster."""
        return self._ask_identity(_IDENTITY_SECONDS)

    def _ask_identity(self, seconds: float) -> str:
        """The identity of the cluster, as of so many seconds ago at most. Raises UnknownCluster."""
        with self._identifying:
            asked_at, identity = self._identity
            if time.monotonic() - asked_at >= seconds:
                asked_at = time.monotonic()
                identity = str(identify_cluster(self._read))
                self._identity = asked_at, identity
            return identity

    def require_cluster(self, identity: str | None, what: str) -> None:
        """Raise UsageError unless this is the cluster with that identity, on which `what` was, and UnknownCluster."""
        if not identity:
            raise UsageError(
                f"On which cluster {what} was is not known: an earlier version recorded it, or it was never applied.",
                "Change it back with the tools themselves.",
            )
        found = self._ask_identity(0)
        if found != identity:
            raise UsageError(
                f"{what} was on the cluster {shorten_identity(identity)}, and this is {shorten_identity(found)}.",
                "Choose the profile, or the PROXMOX_* variables, of that cluster.",
            )

    def judge(self, wish: Wish) -> Verdict:
        """Decide on a plan. An approval of it is used up only when its first request is sent.

        Raises UsageError for a policy that is not valid.
        """
        if not wish.plan.steps:
            return Verdict("nothing to do")
        freeze = self.read_freeze()
        if freeze and not wish.only_plan:
            return Verdict("frozen", failure=failures.make_freeze_failure(freeze))
        try:
            judged = self._look(wish)
        except UnknownCluster as error:
            return Verdict("unknown", failure=Failure(code=error.code, message=error.message, hint=error.hint))
        if wish.plan_id:
            made_on = self.ledger.plans.find(wish.plan_id).cluster
            if made_on != judged.cluster:
                elsewhere = failures.make_elsewhere(shorten_identity(made_on), shorten_identity(judged.cluster))
                return Verdict("refused", failure=elsewhere, judged=judged)
        decision = judged.decision
        if decision.ruling == "refuse":
            return Verdict("refused", decision.rule_names, failure=failures.make_refusal(decision), judged=judged)
        if wish.only_plan:
            word = HELD if decision.ruling == "hold" else PLAN_ONLY
            return Verdict(word, decision.rule_names, judged=judged)
        if decision.ruling == "allow":
            permit = self._make_permit(wish, judged, wish.plan_id)
            return Verdict(ALLOWED, decision.rule_names, judged=judged, permit=permit)
        return self._judge_approval(wish, judged)

    def _judge_approval(self, wish: Wish, judged: Judged) -> Verdict:
        """Decide on a plan that needs an approval: whether it has one, and one that suffices."""
        found = self.ledger.plans.find_approval(_bind(wish, judged), wish.plan_id)
        why = failures.describe_difference(found.difference)
        if found.plan is not None:
            approval = _read_approval(found.plan)
            decision = self._policy.decide(judged.question, approval)
            if _is_sufficient(decision, approval, judged):
                permit = self._make_permit(wish, judged, found.plan.plan_id, approval)
                approver = found.plan.approver
                return Verdict(APPROVED, decision.rule_names, approver, judged=judged, permit=permit)
            more = self._policy.may_another_help(judged.question, approval)
            rest = "and somebody else has to as well" if more else "which does not suffice"
            why = f"{found.plan.approver} has approved it, {rest}."
        return Verdict(
            HELD,
            judged.decision.rule_names,
            failure=failures.make_hold(judged.decision, wish.run_id, why, self._settings.make_plan_link(wish.run_id)),
            elicitable=self._is_elicitable(wish, judged),
            judged=judged,
        )

    def keep_plan(self, plan: KeptPlan) -> None:
        """Keep a plan that was not applied, to be decided on or applied later."""
        self._writer.plans.keep(plan)

    def decide_plan(
        self,
        plan_id: str,
        *,
        approve: bool,
        approver: str,
        approval: str,
        seen: str,
        record: Record,
        sign: Sign | None = None,
    ) -> KeptPlan:
        """Approve or deny a plan that is held, and record the run that does it: all of it, or nothing.

        `seen` is the seal of what the approver saw, `sign` a passkey's signature of the decision, without which it is
        none by a passkey. Raises UsageError for a plan that is not held, or no longer, is not what was seen, or needs a
        passkey and has none, and PasskeyRefused for a signature that does not count.
        """
        if (approval == BY_PASSKEY) != (sign is not None):
            raise ValueError("a passkey signs what is decided by a passkey, and nothing else")

        def require_seen(plan: KeptPlan) -> None:
            if approve and plan.needs_passkey and sign is None:
                raise UsageError(
                    f"Plan {plan.plan_id[:8]} has to be approved with a passkey.",
                    f"`playvisor approvals open {plan.plan_id[:8]}` prints the link to the page that does it.",
                )
            if seen != seal(render_text(make_plan_view(plan))):
                raise UsageError(
                    f"Plan {plan.plan_id[:8]} is not what was shown.",
                    f"Look at it again: `playvisor approvals show {plan.plan_id[:8]}`.",
                )

        return self._writer.plans.decide(
            plan_id,
            approve=approve,
            approver=approver,
            approval=approval,
            seen=seen,
            record=record,
            check=require_seen,
            sign=sign,
        )

    # The freeze.

    def read_freeze(self) -> Freeze | None:
        """The freeze that is on, if any; one that can't be read counts as on."""
        return self._freezer.read_freeze()

    def freeze(self, why: str, seconds: float) -> tuple[Freeze, bool]:
        """Refuse all changes from now on; returns the freeze, and whether all requests before it are answered.

        It waits for them for so many seconds at most. Raises LedgerError when it can't be written.
        """
        freeze = self._freezer.freeze(why)
        return freeze, self._gate.wait_until_closed(seconds)

    def thaw(self) -> Freeze | None:
        """Allow changes again; returns the freeze that was on. Raises LedgerError when it can't be recorded."""
        return self._freezer.thaw()

    # Who comes in.

    @property
    def tokens(self) -> TokenWriter:
        """The tokens of the clients that come over HTTP."""
        from mcp_bridge.authority.token_writer import TokenWriter

        return TokenWriter(self._writer.database)

    @cached_property
    def passkeys(self) -> PasskeyWriter:
        """The passkeys of the people who come in by them, or approve plans with them."""
        from mcp_bridge.authority.passkey_writer import PasskeyWriter

        return PasskeyWriter(self._writer.database, self.refused_logins.note)

    @cached_property
    def refused_logins(self) -> RefusedLogins:
        """Counts and records the log-ins that are refused."""
        from mcp_bridge.ledger.refused_logins import RefusedLogins

        return RefusedLogins(self.record_act)

    def prove_user(self, user: str, password: str, otp: str | None = None) -> str:
        """Let the cluster prove that somebody is `user` (`name@realm`), by their own password and second factor.

        Returns what the cluster calls them. Neither the password nor the ticket is kept. Raises LogInRefused,
        OtpNeeded, and RealmUnreachable when the cluster can't be asked.
        """
        from mcp_bridge.authority.realms import prove_user

        return prove_user(self._gateway, user, password, otp)

    def list_realms(self) -> list[dict[str, Any]]:
        """The realms of the cluster that people log in to with a password; none while it does not answer."""
        from mcp_bridge.authority.realms import list_realms

        return list_realms(self._read)

    def list_groups_of(self, user: str) -> list[str]:
        """The groups that a user of the cluster is in. Raises RealmUnreachable when that can't be read."""
        from mcp_bridge.authority.realms import list_groups_of

        return list_groups_of(self._read, user)

    def record_session_opened(self, session_id: str, who: str, facts: dict[str, Any]) -> None:
        """Record that somebody has come in by a browser. Raises LedgerError; then they must not."""
        from mcp_bridge.ledger.records import Act
        from mcp_bridge.ledger.retention import SESSION_OPENED

        self.record_act(Act(SESSION_OPENED, facts, session_id, who))

    def record_session_closed(self, session_id: str, who: str, facts: dict[str, Any]) -> None:
        """Record that a session has ended; `who` has ended it. Raises LedgerError."""
        from mcp_bridge.ledger.records import Act
        from mcp_bridge.ledger.retention import SESSION_CLOSED

        self.record_act(Act(SESSION_CLOSED, facts, session_id, who))

    # What is admitted.

    @contextmanager
    def admit(self, run: PlaybookRun) -> Iterator[Admission]:
        """Let one playbook run reach the cluster for as long as the context lasts.

        Beyond GET it may send what its permit allows, or the requests that its tool declares.
        """
        permit = run.permit
        grant = permit.make_grant() if permit else Grant((), run.request_patterns)
        check, owner = (permit.check, permit.caller) if permit else (_allow, None)
        with self._gateway.admit(grant, run.folder, check, owner) as admission:
            yield admission

    def open_console(self, console_id: str, caller: Caller) -> ConsoleStream:
        """Connect a caller with the console that a run of theirs has opened, once, and record it until it is closed.

        Raises ConsoleError, and LedgerError when it can't be recorded; then nobody is connected.
        """
        from mcp_bridge.gateway.faults import Fault
        from mcp_bridge.ledger.records import Act
        from mcp_bridge.ledger.retention import CONSOLE_CLOSED, CONSOLE_OPENED

        console = self._gateway.take_console(console_id, caller)
        if console is None:
            raise ConsoleError("not_found", "There is no such console, or it has waited too long.", "Open it again.")
        try:
            refusal = self._describe_freeze()
            if refusal:
                raise ConsoleError("frozen", refusal)
            self.record_act(Act(CONSOLE_OPENED, dict(console.facts), console_id, caller.identity))
        except BaseException:
            self._gateway.release_console()
            raise

        def record_end(stream: ConsoleStream | None) -> None:
            facts = stream.facts if stream else {**console.facts, "why": "it could not be connected"}
            with suppress(LedgerError):
                self.record_act(Act(CONSOLE_CLOSED, facts, console_id, caller.identity))

        try:
            return self._gateway.connect_console(console, self._describe_freeze, record_end)
        except Fault as fault:
            raise ConsoleError(
                "timeout" if fault.code == "timeout" else "unreachable",
                f"The console can't be reached: {fault}.",
                "Look whether the guest runs, and open it again.",
            ) from fault

    def _describe_freeze(self) -> str | None:
        """Why nothing may be typed now; None when nothing is frozen."""
        freeze = self.read_freeze()
        return failures.make_freeze_failure(freeze).message if freeze else None

    def permit_stopping(self, paths: Sequence[str]) -> Permit:
        """Permit to stop tasks that a run of ours has started, while nothing is frozen."""
        steps = [{"method": "DELETE", "path": path} for path in paths]
        return Permit(steps, self._look_at_freeze, self._look_at_freeze)

    def hold_guests(
        self, verdict: Verdict, run_id: str, free: Collection[int], cancel: threading.Event, on_wait: guest_locks.OnWait
    ) -> AbstractContextManager[bool]:
        """Hold what a plan touches, so that runs on the same guests wait for each other.

        False once cancelled, and when another run is about to make one of the new guests in `free`. What a plan only
        copies, other plans may copy at the same time. `on_wait` gets what has to be waited for, and for which run.
        """
        judged = verdict.judged
        cluster, claims = (judged.cluster, judged.claims) if judged else ("", frozenset[str]())
        manner = guest_locks.Manner(
            judged.copied_targets if judged else (), [str(vmid) for vmid in free], run_id, on_wait
        )
        return guest_locks.hold(self._writer.database, cluster, claims, cancel, manner)

    def wait_for_guests(self, vmids: Collection[int], cancel: threading.Event, on_wait: guest_locks.OnWait) -> None:
        """Wait until no run holds these guests for itself, or `cancel` is set. Raises UnknownCluster."""
        targets = [str(vmid) for vmid in vmids]
        manner = guest_locks.Manner(shared=targets, on_wait=on_wait)
        with guest_locks.hold(self._writer.database, self.identify_cluster(), targets, cancel, manner):
            return

    def hold_history(
        self, cluster: str, cancel: threading.Event, *, may_wait: bool, on_wait: guest_locks.OnWait
    ) -> AbstractContextManager[bool]:
        """Hold the history of a cluster, so that one process at a time looks at it, of all that share the ledger.

        False once cancelled, and where another one has it and it may not be waited for.
        """
        manner = guest_locks.Manner(free=() if may_wait else (_HISTORY,), on_wait=on_wait)
        return guest_locks.hold(self._writer.database, cluster, (_HISTORY,), cancel, manner)

    def find_own_ids(self, call: Call) -> tuple[int, ...]:
        """The ids of the new guests in an open plan of the same call, so that the call is planned alike again."""
        return find_own_ids(self.ledger.plans.list_open(), call)

    def find_approved(self, call: Call) -> KeptPlan | None:
        """The newest open plan of the same call that was approved."""
        plans = self.ledger.plans.list_open()
        return next((plan for plan in plans if plan.state == "approved" and call.is_planned_by(plan)), None)

    def find_reserved_ids(self, verdict: Verdict, call: Call) -> frozenset[int]:
        """The ids that a plan's new guests can't have: others are about to make guests with them, or plan to."""
        judged = verdict.judged
        if judged is None or not judged.new_guests:
            return frozenset()
        candidates = [str(vmid) for vmid in list_candidates(judged.new_guests)]
        held = guest_locks.find_held(self._writer.database, judged.cluster, candidates)
        return frozenset(map(int, held)) | find_planned_ids(self.ledger.plans.list_open(), call, judged.cluster)

    def close(self) -> None:
        """Admit nobody any more."""
        self._gateway.close()

    # How it is done.

    @cached_property
    def _writer(self) -> LedgerWriter:
        # SQLAlchemy takes a fifth of a second to import, which an MCP client's handshake should not wait for.
        from mcp_bridge.ledger.writer import LedgerWriter

        return LedgerWriter(self._settings.state_dir, self._settings.ledger_url)

    @cached_property
    def _freezer(self) -> Freezer:
        from mcp_bridge.authority.freeze import Freezer

        return Freezer(self._writer.database)

    @property
    def _policy(self) -> Policy:
        return self._load_policy()[0]

    def _load_policy(self) -> tuple[Policy, str]:
        """The policy as its file has it now, and its SHA-256. Raises UsageError when it is not valid."""
        # Cedar takes time to import, and reading needs none of it.
        from mcp_bridge.policy import Policy
        from mcp_bridge.policy.engine import DEFAULT

        with self._loading:
            version = _read_version(self._settings.policy or DEFAULT)
            if self._loaded is None or self._loaded[0] != version:
                policy = Policy.load(self._settings.policy)
                self._loaded = version, policy, self._writer.use_policy(policy.text)
            return self._loaded[1:]

    def _look(self, wish: Wish, identity_seconds: float = _IDENTITY_SECONDS) -> Judged:
        """Read what a plan would touch, and have the policy judge it without any approval. Raises UnknownCluster."""
        from mcp_bridge.policy import Moment, make_question
        from mcp_bridge.policy.facts import WINDOW_SECONDS

        (policy, policy_hash), caller = self._load_policy(), wish.caller
        cluster = self._ask_identity(identity_seconds)
        seen = read_targets(self._read, wish.plan.steps)
        moment = Moment.from_datetime(datetime.now())
        question = make_question(
            wish.tool, caller, wish.plan.steps, seen.targets, moment, cluster=cluster, names=seen.names
        )
        recent = self.ledger.list_recent_guests(caller.identity, caller.kind, cluster, WINDOW_SECONDS)
        question = question.with_recent_targets(len(recent | question.touched_guests))
        question = question.with_passkeys(enrolled=self.passkeys.is_any_enrolled())
        return Judged(cluster, question, _hold_unknown(policy.decide(question), question), policy_hash)

    def _is_elicitable(self, wish: Wish, judged: Judged) -> bool:
        """Whether the approval of the client's own user would do."""
        from mcp_bridge.policy import Approval

        approval = Approval("elicitation", wish.caller.identity)
        return _is_sufficient(self._policy.decide(judged.question, approval), approval, judged)

    def _make_permit(self, wish: Wish, judged: Judged, plan_id: str | None, approval: Approval | None = None) -> Permit:
        """Make the permit for a plan that may be applied, by the approval of the plan `plan_id` where it needs one."""

        def admit(_permit: Permit) -> Verdict | None:
            return self._admit(wish, judged, plan_id, approval)

        return Permit(wish.plan.steps, admit, self._look_at_freeze, wish.caller)

    def _admit(self, wish: Wish, judged: Judged, plan_id: str | None, approval: Approval | None) -> Verdict | None:
        """Judge a plan again right before its first request, under the locks of its guests; record its admission.

        Returns the verdict on one that may not be applied any more.
        """
        from mcp_bridge.ledger import admissions
        from mcp_bridge.policy.facts import WINDOW_SECONDS

        freeze = self.read_freeze()
        if freeze:
            return Verdict("frozen", failure=failures.make_freeze_failure(freeze))
        try:
            now = self._look(wish, identity_seconds=0)
        except UnknownCluster as error:
            return Verdict("unknown", failure=Failure(code=error.code, message=error.message, hint=error.hint))
        policy, policy_hash = self._load_policy()
        # The policy that decides is the one that everything was judged by.
        differences = judged.list_differences(now) or ([] if policy_hash == now.policy else ["policy"])
        if differences:
            return Verdict("drifted", failure=failures.make_drift(differences), judged=now)
        guests = now.question.touched_guests
        decisions: list[Decision] = []

        def judge_once_more(recent: set[int]) -> str:
            # Others of this asker may have been admitted meanwhile, which adds to what the policy limits.
            question = now.question.with_recent_targets(len(recent | guests))
            decisions.append(policy.decide(question, approval))
            return "" if _is_sufficient(decisions[-1], approval, now) else decisions[-1].reason

        effects = now.question.list_effects()
        admission = admissions.Admission(wish.run_id, _bind(wish, now), sorted(guests), effects, plan_id)
        why = self._writer.admit(admission, WINDOW_SECONDS, judge_once_more)
        if not why:
            return None
        if decisions[-1].ruling != "allow":
            return Verdict(
                "refused", decisions[-1].rule_names, failure=failures.make_refusal(decisions[-1]), judged=now
            )
        return Verdict("refused", failure=failures.make_void_approval(why), judged=now)

    def _look_at_freeze(self, permit: Permit) -> Verdict | None:
        freeze = self.read_freeze()
        if freeze is None:
            return None
        return Verdict("frozen", failure=failures.make_freeze_failure(freeze, permit.sent, len(permit.steps)))


def _bind(wish: Wish, judged: Judged) -> Binding:
    """What an approval of the plan has to be for."""
    from mcp_bridge.ledger.records import Binding

    caller = wish.caller
    return Binding(
        wish.tool.name, wish.plan.digest, caller.identity, caller.kind, judged.cluster, judged.hash, judged.policy
    )


def _read_approval(plan: KeptPlan) -> Approval:
    from mcp_bridge.policy import Approval

    *before, last = plan.approvers
    if plan.approval == "elicitation":
        return Approval("elicitation", last)
    groups = dict.fromkeys(group for name in plan.approvers for group in list_groups(name))
    return Approval("passkey" if plan.approval == BY_PASSKEY else "operator", last, tuple(groups), tuple(before))


def _is_sufficient(decision: Decision, approval: Approval | None, judged: Judged) -> bool:
    """Whether a decision lets a plan be applied; what can't be read is for an operator to answer for."""
    is_answered_for = judged.is_known or (approval is not None and approval.kind in ("operator", "passkey"))
    return decision.ruling == "allow" and is_answered_for


def _hold_unknown(decision: Decision, question: Question) -> Decision:
    """Hold a plan, whatever the policy says, while facts that it judges by can't be read: they may be harmful."""
    from mcp_bridge.policy import Decision
    from mcp_bridge.policy.engine import Rule

    unread = {target.name or target.id: target.unread for target in question.targets if not target.is_known}
    unknown = tuple(unread)
    if not unknown or decision.ruling == "refuse":
        return decision
    why = "; ".join(sorted(set(filter(None, unread.values())))) or "it lacks"
    advice = (
        f"Not everything that the policy judges by can be read: {why}. Try again, or have an operator approve the plan "
        "all the same."
    )
    rules = (Rule("unknown-facts", "forbid", advice), *decision.rules)
    return Decision("hold", rules, unknown, needs_passkey=decision.needs_passkey)


def _read_version(file: Path) -> object:
    """What differs once somebody has written a file anew; None for one that is not there."""
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _allow() -> str | None:
    """A run without a permit sends nothing but what its tool declares to be harmless."""
    return None
