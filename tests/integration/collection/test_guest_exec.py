"""pve_guest_exec through ansible-playbook against a simulated cluster: what scenarios can't show."""

from __future__ import annotations

import pytest

from pve_simulator.state.agent import AgentScript, ScriptedRun

pytestmark = pytest.mark.flow


def machines(simulator):
    return [g for g in simulator.cluster.guests.values() if g.type == "qemu" and g.running]


def writes(simulator):
    return [(method, path) for method, path, _status in simulator.requests if method != "GET"]


def test_each_guest_tells_how_its_own_command_ended(play, simulator):
    good, bad, silent = machines(simulator)[:3]
    container = next(g for g in simulator.cluster.guests.values() if g.type == "lxc")
    bad.part(AgentScript).runs.append(ScriptedRun("uname*", exitcode=3, out="größer\n", err="no\n"))
    silent.config["agent"] = "0"
    vmids = [good.vmid, bad.vmid, silent.vmid, container.vmid]

    run = play("guest_exec", guests={"vmids": vmids}, command=["uname", "-s"])

    results = {one["vmid"]: one for one in run.result["guests"]}
    assert (results[good.vmid]["stdout"], results[good.vmid]["exitcode"]) == ("Linux\n", 0)
    assert {key: results[bad.vmid][key] for key in ("exitcode", "stdout", "stderr", "changed")} == {
        "exitcode": 3,
        "stdout": "größer\n",
        "stderr": "no\n",
        "changed": True,
    }
    codes = {vmid: (one["failure"] or {}).get("code") for vmid, one in results.items()}
    assert codes == {
        good.vmid: None,
        bad.vmid: "task_failed",
        silent.vmid: "unsupported",
        container.vmid: "unsupported",
    }
    assert "agent: 1" in results[silent.vmid]["failure"]["hint"]
    assert run.rc != 0


def test_check_mode_runs_nothing_and_reading_changes_nothing(play, simulator):
    guest = machines(simulator)[0]

    check = play("guest_exec", "--check", vmid=guest.vmid, command=["uname"])
    assert (check.result["changed"], check.result["guests"][0]["exitcode"]) == (True, None)
    read = play("guest_exec", vmid=guest.vmid, file="/etc/debian_version")
    assert (read.result["changed"], read.result["guests"][0]["content"]) == (False, "13.1\n")
    assert writes(simulator) == []


@pytest.mark.thorough
def test_a_program_that_is_missing_or_does_not_end_is_told_apart(play, simulator):
    guest = machines(simulator)[0]

    missing = play("guest_exec", vmid=guest.vmid, command=["/nosuch"])
    # What the agent answered was lost: it may have run the command.
    assert (missing.result["failure"]["code"], missing.result["changed"]) == ("task_failed", True)
    assert missing.result["unknown"]
    assert "no such program" in missing.result["failure"]["message"]

    endless = play("guest_exec", vmid=guest.vmid, command=["sleep", "60"], timeout=1)
    assert (endless.result["failure"]["code"], endless.result["changed"]) == ("timeout", True)
    assert endless.result["guests"][0]["pid"] > 0
