"""What a run left behind, read back: the file of its module first, then the events that it had before."""

from __future__ import annotations

import json

import pytest

from mcp_bridge.evidence import events

ACTION = "playvisor.proxmox.pve_snapshot"
PLAN = {"plan": {"digest": "d", "steps": [{"method": "POST", "path": "/a"}]}, "changed": True}
DONE = {"guests": [{"vmid": 101}], "changed": True}


@pytest.fixture
def left(tmp_path):
    """`left(plan={...}, apply={...})`: a run's folder; the phases say what is in their `event` and `file`."""

    def make(**phases):
        for phase, has in phases.items():
            folder = tmp_path / phase
            place = folder / "artifacts/1/job_events"
            place.mkdir(parents=True)
            if "event" in has:
                data = {"resolved_action": has.get("action", ACTION), "res": has["event"]}
                (place / "5-a.json").write_text(json.dumps({"event": "runner_on_ok", "event_data": data}))
            if "file" in has:
                (folder / "results").mkdir()
                (folder / "results" / f"{ACTION}.json").write_text(json.dumps(has["file"]))
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("phases", "phase", "result"),
    [
        ({}, "", None),
        ({"read": {"file": {**DONE, "failed": False}, "event": {}}}, "read", {**DONE, "failed": False}),
        # From before modules wrote files.
        ({"read": {"event": DONE}}, "read", {**DONE, "failed": False}),
        ({"plan": {"event": PLAN}, "apply": {"event": DONE}}, "apply", {**DONE, "failed": False}),
        ({"plan": {"event": PLAN}}, "plan", {**PLAN, "failed": False}),
        # Ansible-runner has emptied the event, and there is no file.
        ({"plan": {"event": PLAN}, "apply": {"event": {}}}, "apply", None),
        ({"plan": {"event": PLAN}, "apply": {"event": {"changed": False}}}, "apply", None),
        # The process died while it was applied.
        ({"plan": {"event": PLAN}, "apply": {}}, "apply", None),
        # A file that is no result.
        ({"read": {"event": {}, "file": {"guests": []}}}, "read", None),
        ({"read": {"event": {}, "file": []}}, "read", None),
        # What another module returned does not count.
        ({"read": {"event": DONE, "action": "ansible.builtin.debug"}}, "read", None),
    ],
)
def test_what_a_module_returned_last(left, phases, phase, result):
    assert events.find_last_result(left(**phases), ACTION) == events.LastResult(phase, result)


@pytest.mark.parametrize(
    ("phases", "steps"),
    [
        ({"plan": {"event": PLAN}}, PLAN["plan"]["steps"]),
        ({"plan": {"event": {}, "file": {**PLAN, "failed": False}}}, PLAN["plan"]["steps"]),
        ({"plan": {"event": {}}}, []),
        ({"read": {"event": PLAN}}, []),
        ({}, []),
    ],
)
def test_what_a_run_has_planned(left, phases, steps):
    assert events.read_planned_steps(left(**phases)) == steps


def test_an_event_that_was_emptied_has_its_result_again(left):
    result = {**DONE, "failed": False}
    folder = left(plan={"event": PLAN}, apply={"event": {}, "file": result})

    assert [event["event_data"]["res"] for event in events.read_events(folder)] == [PLAN, result]
