"""An approval counts for what was approved: this plan, this cluster, this asker, this policy, until it is too late."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from mcp_bridge.auth.caller import Caller, make_local_client, make_person
from mcp_bridge.authority import guest_locks
from mcp_bridge.errors import UnprovenError
from mcp_bridge.evidence.plan_view import render_text
from mcp_bridge.run import Request
from trust.lab import wait_until

pytestmark = pytest.mark.flow

ATTACK = "bindings"
WEB, DB, CACHE, STOPPED = 101, 102, 104, 110
STOP = {"vmid": WEB}
FOUR_EYES = """\
@id("four-eyes")
permit (principal, action, resource)
when { context.approval == "operator" && context has approver && context.approver != context.requester };
"""
APPROVED = """\
@id("approved") permit (principal, action, resource) when { context.approved };
"""


def sample(first, *others):
    """Parameters of which the first is tried with all other tests, too."""
    return [first, *(_mark(other) for other in others)]


def _mark(values):
    return pytest.param(*(values if isinstance(values, tuple) else (values,)), marks=pytest.mark.trust)


@pytest.fixture
def held(lab):
    """A plan of an AI client that waits for approval."""
    result = lab.ask("stop_guest", STOP)
    assert result.status == "held"
    return result


@pytest.fixture
def expect_no_write(count):
    """`with expect_no_write(lab): …`: whatever happens in it, the cluster gets no request that writes."""

    @contextmanager
    def expect(*labs, tries=1):
        counts = count(ATTACK)
        counts.tries = tries
        before = [len(lab.writes) for lab in labs]
        yield
        sent = [request for lab, start in zip(labs, before, strict=True) for request in lab.writes[start:]]
        counts.writes = len(sent)
        assert sent == []

    return expect


class TestTheCluster:
    @pytest.fixture
    def copy(self, lab, make_lab):
        """A rehearsal copy of the cluster, with the same state directory."""
        return make_lab(state_dir=lab.state_dir)

    def test_an_approval_for_a_copy_is_none_for_the_cluster(self, lab, copy, expect_no_write):
        copy.approve(copy.ask("stop_guest", STOP))

        with expect_no_write(lab):
            assert lab.ask("stop_guest", STOP).status == "held"

    @pytest.mark.trust
    def test_a_plan_of_a_copy_is_not_applied_to_the_cluster(self, lab, copy, expect_no_write):
        plan = copy.ask("stop_guest", STOP)
        copy.approve(plan)

        with expect_no_write(lab):
            assert lab.ask("apply_plan", {"plan_id": plan.plan.id}).status != "ok"

    def test_a_plan_that_needs_no_approval_stays_on_its_cluster(self, lab, copy, expect_no_write):
        plan = copy.ask("start_guest", {"vmid": STOPPED}, mode="check")

        with expect_no_write(lab):
            assert lab.ask("apply_plan", {"plan_id": plan.plan.id}).status != "ok"

    @pytest.mark.trust
    def test_an_approval_is_for_the_cluster_that_was_shown(self, lab, copy, expect_no_write):
        """Whoever approves it where the copy is reached has read for which cluster it is, and approves that."""
        plan = lab.ask("stop_guest", STOP)
        view = render_text(copy.make_bridge().show_plan(plan.plan.id))
        shown, other = (each.bridge.authority.identify_cluster().rpartition(" ")[2] for each in (lab, copy))
        assert shown[:16] in view
        assert other[:16] not in view

        with expect_no_write(lab, copy):
            copy.approve(plan)
            assert copy.ask("stop_guest", STOP).status == "held"
            assert copy.ask("apply_plan", {"plan_id": plan.plan.id}).status != "ok"

    @pytest.mark.trust
    def test_undo_does_not_cross_over(self, lab, copy, expect_no_write):
        done = copy.ask_as_person("configure_guest", {"vmid": WEB, "description": "rehearsed"})
        lab.simulator.cluster.guests[WEB].config["description"] = "rehearsed"

        with expect_no_write(lab):
            assert lab.run("runs", "undo", done.run_id).status != 0

    @pytest.mark.trust
    def test_the_address_is_not_the_cluster(self, lab, expect_no_write, held):
        """The same cluster by another name is the same; that is no reason to hold it again."""
        lab.approve(held)
        by_name = lab.make_bridge(url=f"https://localhost:{lab.simulator.port}")

        assert lab.ask("stop_guest", STOP, bridge=by_name).status == "ok"


def _protect(lab):
    lab.send("PUT", f"/nodes/pve1/qemu/{WEB}/config", protection=1)


def _tag(lab):
    lab.send("PUT", f"/nodes/pve1/qemu/{WEB}/config", tags="protected;web")


def _move(lab):
    lab.send("PUT", "/pools/backend", vms=WEB, **{"allow-move": 1})


def _rename(lab):
    lab.send("PUT", f"/nodes/pve1/qemu/{WEB}/config", name="payroll")


def _migrate(lab):
    lab.send("POST", f"/nodes/pve1/qemu/{WEB}/migrate", target="pve2", online=1, **{"with-local-disks": 1})


def _freeze(lab):
    # A bridge of its own, as that of the command.
    lab.make_bridge().authority.freeze("incident", 10.0)


CHANGES = {
    "protection": _protect,
    "tags": _tag,
    "pool": _move,
    "name": _rename,
    "node": _migrate,
    "freeze": _freeze,
}


@pytest.mark.parametrize(
    ("way", "change"),
    sample(
        ("again", "pool"),
        *[(way, change) for way in ("again", "apply_plan") for change in CHANGES if (way, change) != ("again", "pool")],
    ),
)
def test_an_approval_is_void_once_what_was_judged_has_changed(lab, held, expect_no_write, change, way):
    lab.approve(held)
    CHANGES[change](lab)
    lab.simulator.catch_up()

    with expect_no_write(lab):
        tool, arguments = ("stop_guest", STOP) if way == "again" else ("apply_plan", {"plan_id": held.plan.id})
        assert lab.ask(tool, arguments).status != "ok"


@pytest.mark.trust
def test_an_approval_is_void_under_another_policy(lab, held, expect_no_write, tmp_path):
    lab.approve(held)
    policy = tmp_path / "other.cedar"
    policy.write_text(APPROVED, encoding="utf-8")
    other = lab.make_bridge(policy=policy)

    with expect_no_write(lab):
        assert lab.ask("stop_guest", STOP, bridge=other).status == "held"


@pytest.mark.parametrize(
    "text", sample("permit (", "permit (principal, action, resource) when { context.colour };", None)
)
def test_nothing_is_written_without_a_policy_that_can_be_read(lab, held, expect_no_write, tmp_path, text):
    lab.approve(held)
    policy = tmp_path / "broken.cedar"
    if text is not None:
        policy.write_text(text, encoding="utf-8")
    broken = lab.make_bridge(policy=policy)

    with expect_no_write(lab):
        # What can't be read can't be told as a refusal either.
        assert lab.ask("stop_guest", STOP, bridge=broken, may_crash=True).status != "ok"
        assert lab.ask_as_person("start_guest", {"vmid": STOPPED}, bridge=broken, may_crash=True).status != "ok"


def test_an_approval_is_used_once(lab, held, expect_no_write):
    lab.approve(held)
    assert lab.ask("stop_guest", STOP).status == "ok"
    lab.send("POST", f"/nodes/pve1/qemu/{WEB}/status/start")

    with expect_no_write(lab):
        assert lab.ask("stop_guest", STOP).status == "held"
        assert lab.ask("apply_plan", {"plan_id": held.plan.id}).status != "ok"


OTHERS = {
    "a token": Caller("token:ci", "client", (), "token", "model"),
    "an OIDC subject": Caller("oauth:mallory", "client", (), "oauth", "model"),
    "nobody": Caller("anonymous", "client", (), "none", "model"),
    "a client named like the user": Caller("token:mallory", "client", (), "token", "root"),
}


@pytest.mark.parametrize("other", sample(*reversed(OTHERS)))
def test_an_approval_is_for_who_asked(lab, held, expect_no_write, other):
    lab.approve(held)

    with expect_no_write(lab):
        assert lab.ask("stop_guest", STOP, caller=OTHERS[other]).status == "held"


class TestWhoApproves:
    @pytest.fixture
    def lab(self, make_lab, tmp_path):
        policy = tmp_path / "four-eyes.cedar"
        policy.write_text(FOUR_EYES, encoding="utf-8")
        return make_lab(policy=policy)

    @pytest.mark.parametrize("name", sample("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"))
    def test_the_asker_is_no_second_person_by_another_name(self, lab, expect_no_write, name):
        held = lab.ask("stop_guest", STOP)
        spoofed = {name: "alice.ciso", "PLAYVISOR_POLICY": str(lab.changes["policy"])}

        with expect_no_write(lab):
            lab.run("approvals", "approve", held.plan.id, **spoofed)
            assert lab.ask("stop_guest", STOP).status != "ok"

    @pytest.mark.trust
    @pytest.mark.parametrize("name", ["LOGNAME", "USER"])
    def test_the_asker_asks_not_as_somebody_else(self, lab, expect_no_write, name):
        spoofed = {name: "intern", "PLAYVISOR_POLICY": str(lab.changes["policy"])}
        asked = lab.run("call", "stop_guest", f"vmid={WEB}", "--json", **spoofed)
        held = json.loads(asked.stdout)["plan"]["id"]

        with expect_no_write(lab):
            lab.run("approvals", "approve", held, PLAYVISOR_POLICY=spoofed["PLAYVISOR_POLICY"])
            lab.run("call", "stop_guest", f"vmid={WEB}", "--json", **spoofed)


def _converse(lab, calls, *, options=(), capabilities=None):
    """Speak the protocol by hand: what each of these calls is answered. `client` is what the client calls itself."""
    command = [sys.executable, "-m", "playvisor", "mcp", "--mode", "apply", *options]
    answers = []
    with subprocess.Popen(
        command, env=lab.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        for number, make_params in enumerate(calls):
            params = make_params(answers)
            meta = {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": params.pop("client", "model"), "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": capabilities or {},
            }
            message = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {**params, "_meta": meta}}
            server.stdin.write(f"{json.dumps(message)}\n")
            server.stdin.flush()
            for line in server.stdout:
                answer = json.loads(line)
                if answer.get("id") == number:
                    answers.append(answer)
                    break
        server.terminate()
        server.wait(20)
    assert len(answers) == len(calls)
    return answers


YES = {"approve": {"action": "accept", "content": {"approve": True}}}
CALL = {"name": "stop_guest", "arguments": STOP}


def _find_plan(answer):
    result = answer["result"]
    structured = result.get("structuredContent") or {}
    return (structured.get("plan") or {}).get("id") or result.get("requestState")


def _ask_plainly(_answers):
    return dict(CALL)


class TestTheClientsOwnWord:
    @pytest.mark.parametrize("capabilities", sample({}, {"elicitation": {}}, {"elicitation": {"form": {}}}))
    def test_an_answer_to_a_question_that_was_not_asked_counts_nothing(self, lab, expect_no_write, capabilities):
        """Neither with the id of a plan as state, nor with a state that was made up."""

        def forge(answers):
            return {**CALL, "inputResponses": YES, "requestState": _find_plan(answers[0])}

        made_up = [
            lambda _answers, state=state: {**CALL, "inputResponses": YES, "requestState": state}
            for state in ("x", "", "0" * 36, "%", "*")
        ]

        with expect_no_write(lab, tries=7):
            _converse(lab, [_ask_plainly, forge, *made_up, _ask_plainly], capabilities=capabilities)

    @pytest.mark.trust
    def test_an_answer_for_one_plan_is_none_for_another(self, lab, expect_no_write):
        other = {"name": "stop_guest", "arguments": {"vmid": CACHE, "force": True}}

        def forge(answers):
            return {**other, "inputResponses": YES, "requestState": answers[0]["result"].get("requestState") or "x"}

        with expect_no_write(lab):
            _converse(lab, [_ask_plainly, forge], capabilities={"elicitation": {"form": {}}})

    @pytest.mark.trust
    def test_a_name_makes_no_person_of_a_client(self, lab, expect_no_write):
        rights = {"acls": [{"path": "/", "user": "root@pam", "roles": ["PVEAuditor"]}]}
        calls = [
            lambda _answers, call=call, name=name: {**call, "client": name}
            for call in (CALL, {"name": "set_acl", "arguments": rights})
            for name in ("root", "playvisor", "person", "token:ci", "operator")
        ]

        with expect_no_write(lab, tries=len(calls)):
            _converse(lab, calls)


class TestWaiting:
    """What happens between the plan and the first request counts, however long a run waits for its guest."""

    @pytest.fixture
    def apply_late(self, expect_no_write):
        """`apply_late(lab, caller, tool, arguments, change)`: it happens while the planned run waits for its guest."""

        def call(lab, caller, tool, arguments, change):
            request = Request(tool, arguments, "apply", caller)
            is_planned = threading.Event()
            authority = lab.bridge.authority
            with ThreadPoolExecutor(1) as threads, ExitStack() as held_lock:
                # As another run that works on the guest holds it.
                database, cluster = lab.bridge.ledger.database, authority.identify_cluster()
                held_lock.enter_context(guest_locks.hold(database, cluster, [str(WEB)], threading.Event()))
                run = threads.submit(
                    lab.bridge.run,
                    request,
                    lambda _line: None,
                    threading.Event(),
                    lambda _underway: is_planned.set(),
                )
                wait_until(lambda: is_planned.is_set() or run.done(), "the plan")
                assert is_planned.is_set(), run.result()
                change(lab)
                lab.simulator.catch_up()
                with expect_no_write(lab):
                    held_lock.close()
                    result = run.result(60)
            assert result.status != "ok"
            assert not result.changed
            return result

        return call

    @pytest.mark.parametrize("change", sample(*reversed(CHANGES)))
    def test_an_approval_is_void_once_what_was_judged_has_changed(self, lab, held, apply_late, change):
        lab.approve(held)

        apply_late(lab, make_local_client("model"), "stop_guest", STOP, CHANGES[change])

    @pytest.mark.parametrize("change", sample("pool", "protection", "tags", "freeze"))
    def test_what_needed_no_approval_is_judged_again(self, make_lab, tmp_path, apply_late, change):
        policy = tmp_path / "own.cedar"
        policy.write_text(
            'permit (principal, action, resource);\n@id("guarded")\nforbid (principal, action, resource is Guest) '
            'when { resource.protected || resource.tags.contains("protected") || resource.pool == "backend" };',
            encoding="utf-8",
        )

        apply_late(make_lab(policy=policy), make_person("playvisor"), "reboot_guest", STOP, CHANGES[change])

    @pytest.mark.trust
    def test_another_policy_counts_at_once(self, make_lab, tmp_path, apply_late):
        policy = tmp_path / "own.cedar"
        policy.write_text("permit (principal, action, resource);", encoding="utf-8")

        def forbid(_lab):
            policy.write_text("forbid (principal, action, resource);", encoding="utf-8")

        apply_late(make_lab(policy=policy), make_person("playvisor"), "reboot_guest", STOP, forbid)

    @pytest.mark.trust
    def test_an_approval_does_not_outlive_its_time_in_the_queue(self, make_lab, apply_late):
        lab = make_lab(plan_seconds=4)
        held = lab.ask("stop_guest", STOP)
        lab.approve(held)
        expires = datetime.fromisoformat(held.plan.expires_at)

        def wait(_lab):
            wait_until(lambda: datetime.now(UTC) > expires, "the end of the approval's time")

        apply_late(lab, make_local_client("model"), "stop_guest", STOP, wait)


class TestFreezing:
    @pytest.mark.trust
    def test_a_run_that_is_under_way_stops(self, make_lab, count):
        lab = make_lab(nodes=3, guests=22)
        counts = count(ATTACK)
        counts.tries = 1
        lab.simulator.world.settings.task_seconds = 0.3
        lab.simulator.inject(method="POST", path="/status/", action="delay", seconds=1.0)
        with ThreadPoolExecutor(1) as threads:
            run = threads.submit(lab.ask_as_person, "stop_guest", {"guests": {"status": "running", "type": "qemu"}})
            wait_until(lambda: lab.writes or run.done(), "the first request")
            _freeze(lab)
            sent = len(lab.writes)
            result = run.result()

        # The freeze waits for what was on its way; nothing comes after it.
        counts.writes = len(lab.writes) - sent
        assert counts.writes == 0, f"{len(lab.writes)} of {len(result.plan.steps)}, {sent} before the freeze"
        assert result.status != "ok"

    def test_a_thaw_by_hand_is_none(self, lab, expect_no_write):
        _freeze(lab)
        assert _execute(lab, "UPDATE freezes SET is_frozen = 0") == 1

        with expect_no_write(lab):
            assert lab.ask_as_person("start_guest", {"vmid": STOPPED}).status != "ok"

    @pytest.mark.parametrize("content", sample("{", "", "null", "[]", '{"by": 1}', "\x00\xff"))
    def test_a_freeze_that_can_not_be_read_is_on(self, lab, expect_no_write, content):
        lab.bridge.ledger.recent()
        (lab.state_dir / "frozen").write_text(content, encoding="latin-1")

        with expect_no_write(lab):
            assert lab.ask_as_person("start_guest", {"vmid": STOPPED}).status != "ok"


def _execute(lab, statement, *values):
    with sqlite3.connect(lab.state_dir / "ledger.db") as connection:
        changed = connection.execute(statement, values).rowcount
    connection.close()
    return changed


class TestRowsByHand:
    """What has no entry in the chain does not count."""

    def test_an_approval(self, lab, held, expect_no_write):
        update = (
            "UPDATE plans SET state='approved', approval='operator', approver='alice', decided_at=? WHERE plan_id=?"
        )
        assert _execute(lab, update, datetime.now(UTC).isoformat(), held.plan.id) == 1

        with expect_no_write(lab):
            assert lab.ask("stop_guest", STOP).status != "ok"
            assert lab.ask("apply_plan", {"plan_id": held.plan.id}).status != "ok"

    @pytest.mark.trust
    def test_a_plan_that_waits_no_more(self, lab, held, expect_no_write):
        assert _execute(lab, "UPDATE plans SET state='ready' WHERE plan_id=?", held.plan.id) == 1

        with expect_no_write(lab):
            assert lab.ask("apply_plan", {"plan_id": held.plan.id}).status != "ok"

    @pytest.mark.trust
    def test_a_denied_plan_that_is_approved_after_all(self, lab, held, expect_no_write):
        assert lab.run("approvals", "deny", held.plan.id).status == 0
        _execute(lab, "UPDATE plans SET state='approved', approval='operator' WHERE plan_id=?", held.plan.id)

        with expect_no_write(lab):
            assert lab.ask("stop_guest", STOP).status != "ok"

    @pytest.mark.trust
    def test_a_used_approval_that_is_fresh_again(self, lab, held, expect_no_write):
        lab.approve(held)
        assert lab.ask("stop_guest", STOP).status == "ok"
        lab.send("POST", f"/nodes/pve1/qemu/{WEB}/status/start")
        _execute(lab, "UPDATE plans SET state='approved', used_by=NULL WHERE plan_id=?", held.plan.id)

        with expect_no_write(lab):
            assert lab.ask("stop_guest", STOP).status != "ok"

    @pytest.mark.trust
    def test_an_approval_that_lasts_longer(self, make_lab, expect_no_write):
        lab = make_lab(plan_seconds=1)
        held = lab.ask("stop_guest", STOP)
        lab.approve(held)
        _execute(lab, "UPDATE plans SET expires_at='2099-01-01T00:00:00.000000Z'")
        after = datetime.now(UTC) + timedelta(seconds=1.5)
        wait_until(lambda: datetime.now(UTC) > after, "the end of the approval's time")

        with expect_no_write(lab):
            assert lab.ask("stop_guest", STOP).status != "ok"

    @pytest.mark.trust
    def test_another_asker(self, lab, held, expect_no_write):
        lab.approve(held)
        _execute(lab, "UPDATE plans SET asker='token:mallory' WHERE plan_id=?", held.plan.id)

        with expect_no_write(lab):
            assert lab.ask("stop_guest", STOP, caller=OTHERS["a client named like the user"]).status != "ok"

    def test_another_digest(self, lab, held, expect_no_write):
        lab.approve(held)
        other = lab.ask("stop_guest", {"vmid": CACHE})
        _execute(lab, "UPDATE plans SET digest=? WHERE plan_id=?", other.plan.digest, held.plan.id)

        with expect_no_write(lab):
            assert lab.ask("stop_guest", {"vmid": CACHE}).status != "ok"

    @pytest.mark.parametrize(
        "change",
        sample(
            "UPDATE tokens SET roles='[\"admin\"]'",
            "UPDATE tokens SET revoked_at=NULL",
            "UPDATE tokens SET expires_at=NULL",
            "UPDATE tokens SET name='root'",
        ),
        ids=["roles", "revoked", "expired", "name"],
    )
    def test_a_token(self, lab, count, change):
        counts = count(ATTACK)
        counts.tries = 1
        _token, secret = lab.bridge.authority.tokens.create("ci", days=1)
        known = lab.bridge.tokens.verify(secret)
        assert known
        if "revoked" in change:
            lab.bridge.authority.tokens.revoke("ci")
        assert _execute(lab, change) == 1

        found = _verify(lab, secret)
        counts.unnoticed = int(found is not None)
        assert found is None

    def test_a_token_that_nobody_made(self, lab, count):
        counts = count(ATTACK)
        counts.tries = 1
        _token, secret = lab.bridge.authority.tokens.create("ci")
        # One row more, with a hash that the attacker knows the secret of.
        forged = f"pv_{os.urandom(4).hex()}_forged"
        columns = [row[1] for row in _query(lab, "PRAGMA table_info(tokens)")]
        (row,) = _query(lab, f"SELECT {', '.join(columns)} FROM tokens")
        values = dict(zip(columns, row, strict=True))
        values.update(key=forged.split("_")[1], name="mallory", hash=hashlib.sha256(forged.encode()).hexdigest())
        marks = ", ".join("?" for _column in columns)
        _execute(lab, f"INSERT INTO tokens ({', '.join(columns)}) VALUES ({marks})", *values.values())

        assert lab.bridge.tokens.verify(secret)
        found = _verify(lab, forged)
        counts.unnoticed = int(found is not None)
        assert found is None


def _verify(lab, secret):
    """Whose token this is; nobody's when it does not count, which the server tells as a fault of the ledger."""
    try:
        return lab.bridge.tokens.verify(secret)
    except UnprovenError:
        return None


def _query(lab, statement):
    with sqlite3.connect(lab.state_dir / "ledger.db") as connection:
        rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


def test_many_small_calls_are_one_large_one(make_lab, count):
    """25 guests in calls of five, by a client that no one watches."""
    lab = make_lab(nodes=3, guests=40)
    counts = count(ATTACK)
    running = [guest for guest in lab.simulator.cluster.guests.values() if guest.type == "qemu" and not guest.template]
    chosen = [guest.vmid for guest in running][:25]
    for vmid in chosen:
        lab.simulator.cluster.guests[vmid].running = False
    lab.simulator.catch_up()
    for start in range(0, 25, 5):
        counts.tries += 1
        lab.ask("start_guest", {"guests": {"vmids": chosen[start : start + 5]}})

    touched = {path for _method, path in lab.writes}
    counts.writes = max(0, len(touched) - 20)
    assert len(touched) <= 20


@pytest.mark.trust
def test_a_person_is_not_counted_with_a_client(lab):
    """What one did is not held against another."""
    for vmid in (105, 110):
        assert lab.ask_as_person("start_guest", {"vmid": vmid}).status == "ok"
    assert lab.ask("stop_guest", {"vmid": 105}, caller=make_local_client("other")).status == "held"
    assert make_person("playvisor").identity == make_local_client("model").identity
