"""What ansible-runner's events and modules' results come to, as tables."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.evidence.requests import SentRequest
from mcp_bridge.executor import PlaybookOutcome, runner_events
from mcp_bridge.result import Plan
from mcp_bridge.run import outcome, summary

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
    assert runner_events.module_result(seen, ACTION)["failed"] is failed


@pytest.mark.parametrize(
    "seen",
    [event("runner_on_ok", "ansible.builtin.debug"), event("runner_on_start"), {"event": "verbose"}, {"event": "EOF"}],
)
def test_other_events_carry_no_result(seen):
    assert runner_events.module_result(seen, ACTION) is None


def failure(**played):
    return outcome.failure(PlaybookOutcome(**{"status": "ended", **played}), "12345678-aaaa", applying=False)


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


def test_a_playbook_that_never_came_to_its_module_is_told_by_what_ansible_said():
    found = failure(result=None, output=["ERROR! Syntax Error while loading YAML."])

    assert found.code == "task_failed"
    assert found.task_log == ["ERROR! Syntax Error while loading YAML."]


@pytest.mark.parametrize(("status", "code"), [("cancelled", "cancelled"), ("timeout", "timeout")])
@pytest.mark.parametrize(("applying", "words"), [(False, "before anything was changed"), (True, "goes on")])
def test_a_run_that_was_broken_off_says_what_that_means(status, code, applying, words):
    found = outcome.failure(PlaybookOutcome(status), "1", applying=applying)

    assert found.code == code
    assert words in found.message


@pytest.mark.parametrize(
    ("result", "changed"),
    [
        ({"failed": False, "changed": True, "upids": []}, True),
        ({"failed": False, "changed": False, "upids": []}, False),
        ({"failed": True, "changed": False, "failure": FAILURE}, False),
        # A module that crashed while it applied a plan, and a run that was broken off: nobody knows.
        ({"failed": True, "msg": "MODULE FAILURE"}, True),
        (None, True),
        # Nothing arrived of what the module returned.
        ({"failed": False}, True),
        ({"failed": False, "changed": False}, True),
        ({"failed": True}, True),
    ],
)
def test_what_may_have_been_changed_is_never_called_unchanged(result, changed):
    tool = catalogue.load()["stop_guest"]
    plan = Plan(digest="d", steps=[{}])

    applied = outcome.write_result(tool, "r", PlaybookOutcome("ended", result), plan, applied=True)
    planned = outcome.write_result(tool, "r", PlaybookOutcome("ended", result), plan, applied=False)

    assert applied.changed is changed
    assert planned.changed is False


def test_only_what_a_module_documents_becomes_data():
    tool = catalogue.load()["stop_guest"]
    result = {
        "guests": [GUEST],
        "plan": {},
        "invocation": {"module_args": {}},
        "changed": True,
        "_ansible_no_log": False,
    }

    assert outcome.data(tool, PlaybookOutcome("ended", result)) == {"guests": [GUEST]}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (summary.changed(("guest", [GUEST])), "Changed guest 101 (web-01) from running to stopped."),
        (
            summary.planned(("guest", [GUEST]), [{}]),
            "Would change guest 101 (web-01) from running to stopped with 1 request; nothing was changed.",
        ),
        (summary.unchanged(("guest", [GUEST])), "Nothing to do: guest 101 (web-01) is running already."),
        (summary.unchanged(("guest", [])), "No guest matches, so nothing was changed."),
        (summary.changed(("guest", [GUEST] * 7))[:19], "Changed 7 guests: 1"),
        (
            summary.planned(("guest", [TREE]), [{"why": "there is no snapshot a1"}]),
            "Would change guest 101 (web-01) with 1 request (there is no snapshot a1); nothing was changed.",
        ),
        (summary.changed(("pool", [POOL])), "Changed pool prod."),
        (summary.unchanged(("pool", [POOL])), "Nothing to do: pool prod is as wished already."),
        (summary.reading({"nodes": [{}, {}], "warnings": []}), "2 nodes, 0 warnings."),
        (summary.reading({"guests": []}), "No guest matches."),
        (summary.reading({"guests": [{"vmid": 1}]}), "1 guest."),
        (
            summary.reading({"guests": [{"vmid": 1, "name": "a", "state": "running", "node": "n", "lock": "backup"}]}),
            "Guest 1 (a) is running on n, locked (backup).",
        ),
    ],
)
def test_one_sentence_says_what_came_of_it(sentence, expected):
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

    assert outcome.is_lost(played) is lost


@pytest.mark.parametrize(
    ("requests", "changed", "words"),
    [
        ([], False, "it had sent nothing. Nothing was changed."),
        ([SentRequest("stop of 101", "POST", "/a", 200)], True, "after it was applied. stop of 101 was sent."),
        (
            [SentRequest("stop of 101", "POST", "/a", 403)],
            False,
            "after it was applied. stop of 101 was refused (403).",
        ),
    ],
)
def test_what_a_run_whose_result_was_lost_has_done_is_told_by_what_it_sent(requests, changed, words):
    lost = PlaybookOutcome("ended", {"failed": False})
    result = outcome.write_result(catalogue.load()["stop_guest"], "r", lost, Plan(digest="d", steps=[{}]), applied=True)

    told = outcome.broken_off(result, requests, [], lost=True)

    assert (told.status, told.changed, told.failure.code) == ("failed", changed, "internal")
    assert told.summary.endswith(words)


def test_requests_that_were_not_granted_are_counted_where_they_are_too_many_to_be_named():
    told = outcome.denied([f"POST /nodes/pve1/qemu/{vmid}/status/stop" for vmid in range(100, 200)])

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

    assert outcome.is_lost(found) is lost


def test_a_failure_is_told_whatever_its_plan():
    played = PlaybookOutcome("ended", {"failed": True, "failure": FAILURE, "plan": {"digest": "other", "steps": []}})

    assert outcome.mark_if_of_another_plan(played, Plan(digest="d", steps=[])) is played
