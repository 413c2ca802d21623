"""Runs and plans as tools: looked at, and applied by their ids."""

from __future__ import annotations

import pytest
from anyio.to_thread import run_sync

pytestmark = pytest.mark.flow


def called(client):
    async def call(name, **arguments):
        return (await client.call_tool(name, arguments)).structured_content

    return call


def test_a_plan_is_applied_by_its_id_once_and_both_runs_are_told(converse, guest, writes, ledger):
    off = guest(running=False)

    async def steps(client):
        call = called(client)
        planned = await call("start_guest", vmid=off.vmid, check=True)
        plan_id = planned["plan"]["id"]
        ready = await call("get_run", run_id=plan_id)
        done = await call("apply_plan", plan_id=plan_id)
        again = await call("apply_plan", plan_id=plan_id)
        listed = await call("list_runs", tool="start_guest", limit=2)
        return planned, ready, done, again, listed, await call("get_run", run_id=done["run_id"])

    planned, ready, done, again, listed, run = converse(steps)

    assert ready["run"]["kept_plan"]["state"] == "ready"
    [shown], [step] = ready["run"]["plan"]["steps"], planned["plan"]["steps"]
    assert {**shown, **step} == shown
    assert (done["status"], done["changed"], done["tool"]) == ("ok", True, "start_guest")
    assert len(writes()) == 1
    assert (again["status"], again["failure"]["code"]) == ("refused", "refused")
    assert f"by run {done['run_id'][:8]}" in again["summary"]
    assert [run["run_id"] for run in listed["runs"]] == [done["run_id"], planned["run_id"]]
    assert run["run"]["outcome"] == "ok"
    assert run["run"]["returned"]["guests"][0]["vmid"] == off.vmid
    assert ledger.plans.find(planned["run_id"]).used_by == done["run_id"]
    assert [row.tool for row in ledger.recent(3)] == ["get_run", "list_runs", "apply_plan"]
    assert ledger.verify().faults == []


def test_a_plan_that_is_out_of_date_is_neither_applied_nor_approved(
    converse, env, playvisor, guest, writes, ledger, eventually
):
    env["PLAYVISOR_PLAN_SECONDS"] = "1"
    off, web = guest(running=False), guest(running=True)

    async def steps(client):
        call = called(client)
        ready = (await call("start_guest", vmid=off.vmid, check=True))["plan"]["id"]
        held = (await call("stop_guest", vmid=web.vmid))["plan"]["id"]
        await run_sync(lambda: eventually(lambda: ledger.plans.find(held).state == "expired", "the end of its time"))
        return held, await call("apply_plan", plan_id=ready), await call("apply_plan", plan_id=held)

    held, *refused = converse(steps, user=None)
    approved = playvisor("approvals", "approve", held, "--yes")

    assert [(one["status"], "is out of date since" in one["summary"]) for one in refused] == [("refused", True)] * 2
    assert (approved.status, "is expired" in approved.stderr) == (2, True)
    assert writes() == []


def test_a_held_plan_is_applied_once_it_is_approved_unless_the_guest_changed(converse, playvisor, guest, writes):
    web = guest(running=True)

    async def steps(client):
        call = called(client)
        # Another approved plan of the same digest changes nothing for the one that is applied.
        first, second = [(await call("stop_guest", vmid=web.vmid, check=True))["plan"]["id"] for dummy in range(2)]
        held = await call("apply_plan", plan_id=first)
        for plan_id in (first, second):
            approve = ("approvals", "approve", plan_id, "--yes")
            assert (await run_sync(playvisor, *approve)).status == 0
        name, web.config["name"] = web.config["name"], "somebody-elses"
        void = await call("apply_plan", plan_id=first)
        assert writes() == []
        web.config["name"] = name
        return first, held, void, await call("apply_plan", plan_id=first)

    first, held, void, done = converse(steps, user=None)

    assert (held["status"], held["failure"]["code"]) == ("held", "approval_required")
    assert f"playvisor approvals approve {first[:8]}" in held["failure"]["hint"]
    assert (void["status"], void["failure"]["code"]) == ("failed", "drifted")
    assert (done["status"], done["changed"]) == ("ok", True)


@pytest.mark.thorough
def test_an_approved_plan_is_not_held_again_for_whoever_applies_it(converse, playvisor, guest, ledger, writes):
    web = guest(running=True)
    web.config["protection"] = 1

    async def plan(client):
        return await called(client)("stop_guest", vmid=web.vmid)

    plan_id = converse(plan, user=None)["plan"]["id"]
    assert playvisor("call", "stop_guest", f"vmid={web.vmid}", "--json").json["status"] == "held"
    playvisor("approvals", "approve", plan_id, "--yes")

    done = playvisor("apply", plan_id, "--json")

    assert (done.status, done.json["status"], done.json["changed"]) == (0, "ok", True)
    assert len(writes()) == 1
    row = ledger.recent()[0]
    assert (row.decision, row.approver is not None) == ("approved", True)
    assert ledger.plans.find(plan_id).used_by == row.run_id


def test_a_person_applies_what_a_client_has_planned(converse, playvisor, guest, ledger, writes):
    web = guest(running=True)

    async def plan_twice(client):
        return [(await called(client)("stop_guest", vmid=web.vmid))["plan"]["id"] for dummy in range(2)]

    plan_id, other = converse(plan_twice, mode="check")
    playvisor("approvals", "deny", plan_id)
    assert "was denied" in playvisor("apply", plan_id, "--json").json["summary"]
    playvisor("approvals", "approve", other, "--yes")

    done = playvisor("apply", other[:8], "--json")

    assert (done.status, done.json["changed"], len(writes())) == (0, True, 1)
    assert ledger.plans.find(other).state == "used"
    unknown = playvisor("apply", "ffffffff", "--json")
    assert (unknown.status, unknown.json["failure"]["code"]) == (1, "not_found")
