"""What ansible-runner's events and modules' results come to, as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcp_bridge import catalogue
from mcp_bridge.authority import HELD, Verdict
from mcp_bridge.evidence.requests import SentRequest
from mcp_bridge.executor import PlaybookOutcome, is_lost, runner_events
from mcp_bridge.result import Failure, Plan
from mcp_bridge.run import outcome, summary
from mcp_bridge.run.ending import Applied, BrokenOff, Crashed, Known, NotApplied, Read, Underway
from mcp_bridge.run.failures import describe_denials, describe_failure
from mcp_bridge.run.outcome import closing_of, result_of

ACTION = "playvisor.proxmox.pve_guest_state"
FAILURE = {"code": "not_found", "message": "There is no guest with vmid 1.", "hint": None, "http_status": None}
GUEST = {"vmid": 101, "name": "web-01", "before": {"state": "running"}, "after": {"state": "stopped"}, "changed": True}

TREE = {"vmid": 101, "name": "web-01", "before": {"snapshots": []}, "after": {"snapshots": ["a1"]}, "changed": True}
POOL = {"poolid": "prod", "before": {"exists": False}, "after": {"exists": True}, "changed": True}


def event(kind, action=ACTION, **res):
    return {"event": kind, "event_data": {"task_action": action, "res": res}}


@pytest.mark.parametrize(
    ("seen", "failed"),
    [
        (event("runner_on_ok", changed=True), False),
        (event("runner_on_failed", msg="no"), True),
        (event("runner_on_unreachable", msg="no"), True),
        # An older Ansible says it in the result, a newer one in the event alone.
        (event("runner_on_failed", msg="no", failed=True), True),
    ],
)
def test_the_event_says_whether_the_module_failed(seen, failed):
    assert runner_events.read_module_result(seen, ACTION)["failed"] is failed


@pytest.mark.parametrize(
    ("names", "action"),
    [
        ({"task_action": ACTION, "resolved_action": ACTION}, ACTION),
        # An ansible-core that resolves a module to the action plugin that serves it.
        ({"task_action": ACTION, "resolved_action": "playvisor.proxmox.pve_task"}, ACTION),
        ({"task_action": "pve_guest_state", "resolved_action": ACTION}, ACTION),
        ({"task_action": ACTION}, ACTION),
        ({"task_action": "debug"}, "debug"),
        ({}, None),
    ],
)
def test_an_event_names_the_module_that_it_is_about(names, action):
    assert runner_events.read_action({"event": "runner_on_ok", "event_data": names}) == action


@pytest.mark.parametrize(
    "seen",
    [event("runner_on_ok", "ansible.builtin.debug"), event("runner_on_start"), {"event": "verbose"}, {"event": "EOF"}],
)
def test_other_events_carry_no_result(seen):
    assert runner_events.read_module_result(seen, ACTION) is None


def failure(**played):
    return describe_failure(PlaybookOutcome(**{"status": "ended", **played}), "12345678-aaaa", applying=False)


def test_a_result_without_failure_is_none():
    assert failure(result={"failed": False, "guests": []}) is None


def test_a_failure_of_the_module_is_the_failure_and_always_has_a_hint():
    found = failure(result={"failed": True, "msg": "1 of 2 guests failed: 1", "failure": FAILURE})

    assert (found.code, found.message) == ("not_found", "1 of 2 guests failed: 1")
    assert "runs events 12345678" in found.hint


def test_a_module_that_crashed_is_told_by_its_last_words_only():
    trace = "Traceback (most recent call last):\n  File \"x.py\", line 1, in <module>\nKeyError: 'vmid'\n"

    found = failure(result={"failed": True, "msg": "MODULE FAILURE", "module_stderr": trace})

    assert found.code == "task_failed"
    assert "KeyError: 'vmid'" in found.message
    assert "Traceback" not in found.message


def test_a_playbook_that_failed_before_its_module_says_what_ansible_said():
    found = failure(result=None, output=["ERROR! Syntax Error while loading YAML."])

    assert found.code == "task_failed"
    assert found.task_log == ["ERROR! Syntax Error while loading YAML."]


@pytest.mark.parametrize(("status", "code"), [("cancelled", "cancelled"), ("timeout", "timeout")])
@pytest.mark.parametrize(("applying", "words"), [(False, "before anything was changed"), (True, "goes on")])
def test_a_run_that_was_broken_off_says_what_that_means(status, code, applying, words):
    found = describe_failure(PlaybookOutcome(status), "1", applying=applying)

    assert found.code == code
    assert words in found.message


STOP = catalogue.load()["stop_guest"]
LIST = catalogue.load()["list_guests"]
PLAN = Plan(digest="d", steps=[{"method": "POST", "path": "/a", "why": "it is running"}])
NOTHING = Plan(digest="n", steps=[])
DONE = PlaybookOutcome("ended", {"failed": False, "changed": True, "guests": [GUEST], "upids": ["U"]})
FAILED = PlaybookOutcome("ended", {"failed": True, "msg": FAILURE["message"], "changed": False, "failure": FAILURE})
AS_WISHED = PlaybookOutcome("ended", {"failed": False, "changed": False, "guests": [GUEST]})
LOST = PlaybookOutcome("ended", {"failed": False})
SENT = SentRequest("stop of 101", "POST", "/a", 200, "U", "stopped", "OK")
REFUSED = SentRequest("stop of 101", "POST", "/a", 403)


def known(plan=PLAN, decision="allowed", **more):
    return Known("12345678-aaaa", Verdict(decision, **more), plan)


def why(code):
    return Failure(code=code, message=f"It is {code}.")


@pytest.mark.parametrize(
    ("tool", "ending", "expected"),
    [
        pytest.param(LIST, Read(known(None), DONE), ("ok", False, "1 guest.", None), id="read"),
        pytest.param(LIST, Read(known(None), FAILED), ("failed", False, "There is no", "not_found"), id="read-failed"),
        pytest.param(
            LIST,
            Read(known(None), PlaybookOutcome("cancelled")),
            ("cancelled", False, "The run was cancelled before", "cancelled"),
            id="read-cancelled",
        ),
        pytest.param(
            STOP,
            NotApplied(known(None, "no plan"), FAILED),
            ("failed", False, "There is no", "not_found"),
            id="no-plan",
        ),
        pytest.param(
            STOP, NotApplied(known(decision="plan only"), DONE), ("planned", False, "Would change", None), id="planned"
        ),
        pytest.param(
            STOP,
            NotApplied(known(decision=HELD, failure=why("approval_required")), DONE),
            ("held", False, "It is approval_required.", "approval_required"),
            id="held",
        ),
        pytest.param(
            STOP,
            NotApplied(known(decision="refused", failure=why("frozen")), DONE),
            ("refused", False, "It is frozen.", "frozen"),
            id="refused",
        ),
        pytest.param(
            STOP,
            NotApplied(known(decision="drifted", failure=why("drifted")), DONE),
            ("failed", False, "It is drifted.", "drifted"),
            id="drifted",
        ),
        pytest.param(
            STOP,
            NotApplied(known(NOTHING, "nothing to do"), AS_WISHED),
            ("ok", False, "Nothing to do", None),
            id="nothing-to-do",
        ),
        pytest.param(
            STOP,
            NotApplied(known(), PlaybookOutcome("cancelled")),
            ("cancelled", False, "The run was cancelled before anything was changed.", "cancelled"),
            id="cancelled-before-its-turn",
        ),
        pytest.param(
            STOP,
            Underway(known(), DONE),
            ("running", False, "The plan is being applied: change guest 101 (web-01) from running to stopped", None),
            id="underway",
        ),
        pytest.param(STOP, Applied(known(), DONE), ("ok", True, "Changed guest 101", None), id="applied"),
        pytest.param(
            STOP, Applied(known(), AS_WISHED), ("ok", False, "Nothing to do", None), id="applied-without-a-change"
        ),
        pytest.param(
            STOP, Applied(known(), FAILED), ("failed", False, "There is no", "not_found"), id="applied-and-failed"
        ),
        # A module that crashed while it applied a plan: nobody knows.
        pytest.param(
            STOP,
            Applied(known(), PlaybookOutcome("ended", {"failed": True, "msg": "MODULE FAILURE"})),
            ("failed", True, "The module did not end as it should", "task_failed"),
            id="module-crashed",
        ),
        pytest.param(
            STOP,
            BrokenOff(known(), PlaybookOutcome("cancelled")),
            (
                "cancelled",
                False,
                "The run was cancelled before it had sent anything. Nothing was changed.",
                "cancelled",
            ),
            id="cancelled-before-a-request",
        ),
        pytest.param(
            STOP,
            BrokenOff(known(), PlaybookOutcome("timeout"), (SENT,), ("start of 102",)),
            (
                "failed",
                True,
                "The run took too long and was stopped while it was being applied. stop of 101",
                "timeout",
            ),
            id="timeout",
        ),
        pytest.param(
            STOP,
            BrokenOff(known(), PlaybookOutcome("ended"), (SENT,)),
            ("failed", True, "The playbook was ended by something else while it was being applied.", "task_failed"),
            id="playbook-killed",
        ),
        pytest.param(
            STOP,
            BrokenOff(known(), LOST),
            ("failed", False, "The module ended, and its result was lost; it had sent nothing.", "internal"),
            id="lost-without-a-request",
        ),
        pytest.param(
            STOP,
            BrokenOff(known(), LOST, (SENT,)),
            ("failed", True, "The module ended, and its result was lost after it was applied. stop of 101", "internal"),
            id="lost",
        ),
        pytest.param(
            STOP,
            BrokenOff(known(), LOST, (REFUSED,)),
            (
                "failed",
                False,
                "The module ended, and its result was lost after it was applied. stop of 101",
                "internal",
            ),
            id="lost-and-refused",
        ),
        pytest.param(
            STOP,
            Crashed(known(), "OSError: disk full", Path("/state"), (SENT,)),
            ("failed", True, "Playvisor could not run it: OSError: disk full. stop of 101 was sent", "internal"),
            id="crashed",
        ),
        pytest.param(
            STOP,
            Crashed(known(None), "OSError: disk full", Path("/state")),
            ("failed", False, "Playvisor could not run it: OSError: disk full", "internal"),
            id="crashed-early",
        ),
    ],
)
def test_every_ending_has_its_result(tool, ending, expected):
    status, changed, summary_begins, code = expected

    result = result_of(tool, ending)

    assert (result.status, result.changed, result.failure and result.failure.code) == (status, changed, code)
    assert result.summary.startswith(summary_begins)
    assert (result.run_id, result.tool, result.plan) == ("12345678-aaaa", tool.name, ending.known.plan)


@pytest.mark.parametrize(
    ("decision", "code", "is_wish_kept"),
    [(HELD, "approval_required", True), ("drifted", "drifted", False), ("refused", "frozen", False)],
)
def test_what_a_plan_would_have_done_is_not_told_once_it_came_to_nothing(decision, code, is_wish_kept):
    row = {**GUEST, "changed": True, "before": {"state": "running"}, "after": {"state": "stopped"}}
    planned = PlaybookOutcome("ended", {**DONE.result, "guests": [row], "diff": {"before": {}, "after": {"a": 1}}})

    result = result_of(STOP, NotApplied(known(decision=decision, failure=why(code)), planned))

    (found,) = result.data["guests"]
    assert (found["changed"], "after" in found, result.diff is not None) == (is_wish_kept,) * 3
    assert found["before"] == {"state": "running"}


def test_a_result_names_started_tasks_and_the_requests_of_a_broken_run():
    applied = result_of(STOP, Applied(known(), DONE))
    broken_off = result_of(STOP, BrokenOff(known(), PlaybookOutcome("timeout", upids=["V"]), (SENT,), ("x of 2",)))

    assert (applied.upids, "sent" in applied.data) == (["U"], False)
    assert broken_off.upids == ["V", "U"]
    assert broken_off.data == {"sent": [SENT.as_dict()], "not_sent": ["x of 2"]}


def test_what_a_run_was_not_granted_is_in_its_result_and_in_the_ledger():
    ending = Applied(Known("r", Verdict("allowed", ("rule",)), PLAN, ("POST /access/users",)), DONE)

    result = result_of(STOP, ending, ["The disk is nearly full."])
    closing = closing_of(ending, result)

    assert ["not granted" in warning for warning in result.warnings] == [True, False]
    assert closing.summary == f"{result.summary} {result.warnings[0]}"
    assert (closing.plan_digest, closing.rules, closing.upids) == ("d", "rule", ["U"])


def test_a_plan_of_which_only_a_part_is_shown_says_so_in_every_sentence():
    cut = PlaybookOutcome("ended", {**(DONE.result or {}), "cut": {"guests": [1, 3]}})
    extent = "among the 1 of 3 that are shown here"

    assert result_of(STOP, Applied(known(), cut)).summary.endswith(f"to stopped, {extent}.")
    assert f", {extent}. wait_run" in result_of(STOP, Underway(known(), cut)).summary


def test_a_reading_of_which_only_a_part_is_there_says_so():
    guests = [{"vmid": vmid, "name": "web"} for vmid in (101, 102)]
    cut = PlaybookOutcome("ended", {"failed": False, "guests": guests, "cut": {"guests": [2, 3000]}})

    result = result_of(LIST, Read(known(None), cut))

    assert (result.status, result.summary) == ("ok", "2 guests. Only 2 of 3000 guests are shown here.")


def test_only_what_a_module_documents_becomes_data():
    tool = catalogue.load()["stop_guest"]
    result = {
        "guests": [GUEST],
        "plan": {},
        "invocation": {"module_args": {}},
        "changed": True,
        "_ansible_no_log": False,
    }

    assert outcome.read_data(tool, PlaybookOutcome("ended", result)) == {"guests": [GUEST]}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (summary.describe_change(("guest", [GUEST])), "Changed guest 101 (web-01) from running to stopped."),
        (
            summary.describe_plan(("guest", [GUEST]), [{}]),
            "Would change guest 101 (web-01) from running to stopped with 1 request; nothing was changed.",
        ),
        (summary.describe_no_change(("guest", [GUEST])), "Nothing to do: guest 101 (web-01) is running already."),
        (summary.describe_no_change(("guest", [])), "No guest matches, so nothing was changed."),
        (summary.describe_change(("guest", [GUEST] * 7))[:19], "Changed 7 guests: 1"),
        (
            summary.describe_plan(("guest", [TREE]), [{"why": "there is no snapshot a1"}]),
            "Would change guest 101 (web-01) with 1 request (there is no snapshot a1); nothing was changed.",
        ),
        (summary.describe_change(("pool", [POOL])), "Changed pool prod."),
        (summary.describe_no_change(("pool", [POOL])), "Nothing to do: pool prod is as wished already."),
        (summary.describe_reading({"nodes": [{}, {}], "warnings": []}), "2 nodes, 0 warnings."),
        (summary.describe_reading({"volumes": []}, "backup"), "0 backups."),
        (summary.describe_reading({"guests": []}), "No guests."),
        (
            summary.describe_reading({"guests": [{"vmid": 1, "snapshots": [{}, {}]}, {"vmid": 2}]}),
            "2 snapshots of 2 guests.",
        ),
        (
            summary.describe_reading({"ha": {"master": None, "resources": [], "rules": []}}),
            "No guest is under HA; 0 rules.",
        ),
        (
            summary.describe_reading(
                {
                    "ha": {
                        "master": "pve1",
                        "resources": [
                            {"vmid": 100, "state": "stopped", "request_state": "disabled"},
                            {"vmid": 101, "state": "started", "request_state": "started"},
                            {"vmid": 102, "state": "error", "request_state": "started"},
                        ],
                        "rules": [{"rule": "apart"}],
                    }
                }
            ),
            "3 guests under HA; not as asked: 102 error; 1 rule; node pve1 leads.",
        ),
        (summary.describe_reading({"guests": [{"vmid": 1}]}), "1 guest."),
        (
            summary.describe_reading(
                {"guests": [{"vmid": 1, "name": "a", "state": "running", "node": "n", "lock": "backup"}]}
            ),
            "Guest 1 (a) is running on n, locked (backup).",
        ),
    ],
)
def test_one_sentence_sums_up_a_run(sentence, expected):
    assert sentence == expected


@pytest.mark.parametrize(
    ("tool", "result", "lost"),
    [
        ("list_guests", {"failed": False}, True),
        ("list_guests", {"failed": False, "changed": False, "warnings": ["w"]}, True),
        ("list_guests", {"failed": False, "guests": []}, False),
        ("list_guests", {"failed": True, "msg": "no"}, False),
        ("list_guests", {"failed": True}, True),
        # A module that changes something always has a plan.
        ("stop_guest", {"failed": False, "guests": []}, True),
        ("stop_guest", {"failed": False, "plan": {"digest": "d", "steps": []}}, False),
        ("stop_guest", None, False),
    ],
)
def test_a_result_without_anything_that_its_module_documents_was_lost(tool, result, lost):
    played = outcome.mark_if_lost(catalogue.load()[tool], PlaybookOutcome("ended", result))

    assert is_lost(played) is lost


def test_too_many_denied_requests_are_counted_instead_of_named():
    told = describe_denials([f"POST /nodes/pve1/qemu/{vmid}/status/stop" for vmid in range(100, 200)])

    assert told.endswith("… (100 requests).")
    assert len(told) < 700


@pytest.mark.parametrize(
    ("result", "lost"),
    [
        ({"plan": {"digest": "d", "steps": [{}]}, "changed": True}, False),
        ({"plan": {"digest": "d", "steps": [{}]}, "changed": False}, False),
        ({"plan": {"digest": "other", "steps": []}, "changed": False}, True),
        ({"plan": None, "changed": False}, True),
        ({"guests": [], "changed": False}, True),
    ],
)
def test_a_result_of_another_plan_than_was_applied_is_lost(result, lost):
    played = PlaybookOutcome("ended", {**result, "failed": False})

    found = outcome.mark_if_of_another_plan(
        played, Plan(digest="d", steps=[{"method": "POST", "path": "/x", "why": "y"}])
    )

    assert is_lost(found) is lost


def test_a_failure_is_told_whatever_its_plan():
    played = PlaybookOutcome("ended", {"failed": True, "failure": FAILURE, "plan": {"digest": "other", "steps": []}})

    assert outcome.mark_if_of_another_plan(played, Plan(digest="d", steps=[])) is played
