"""pve_guest_state on a simulated cluster, mostly through ansible-playbook."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from scenarios.running import run_module

from pve_simulator.world.faults import FaultRule

pytestmark = pytest.mark.flow


def writes(simulator):
    return [(method, path) for method, path, _status in simulator.requests if method != "GET"]


def guest(simulator, running, kind="qemu"):
    return next(
        g for g in simulator.cluster.guests.values() if g.type == kind and g.running == running and not g.template
    )


@pytest.mark.every_core
def test_check_mode_shows_what_apply_sends_and_a_second_apply_sends_nothing(play, simulator):
    web = guest(simulator, running=True)
    options = {"vmid": web.vmid, "state": "stopped", "shutdown_timeout": 5}

    check = play("guest_state", "--check", "--diff", **options)
    assert check.result["changed"]
    assert writes(simulator) == []
    assert check.result["diff"]["after"] == {f"{web.vmid} {web.name}": {"state": "stopped"}}

    applied = play("guest_state", **options, expect_plan=check.result["plan"]["digest"])
    assert writes(simulator) == [(step["method"], step["path"]) for step in check.result["plan"]["steps"]]
    assert applied.result["guests"][0]["after"] == {"state": "stopped"}
    assert applied.result["upids"] == applied.result["guests"][0]["upids"]

    again = play("guest_state", **options)
    assert not again.result["changed"]
    assert len(writes(simulator)) == 1


def test_a_plan_that_no_longer_holds_is_refused_and_changes_nothing(play, simulator):
    web = guest(simulator, running=True)
    digest = play("guest_state", "--check", vmid=web.vmid, state="stopped").result["plan"]["digest"]
    web.config["name"] = "renamed"

    drifted = play("guest_state", vmid=web.vmid, state="stopped", expect_plan=digest)

    assert drifted.rc != 0
    assert drifted.result["failure"]["code"] == "drifted"
    assert not drifted.result["changed"]
    assert writes(simulator) == []


@pytest.mark.every_core
@pytest.mark.parametrize("simulator", [40], indirect=True)
def test_many_guests_are_observed_at_once_and_one_bad_guest_fails_alone(play, simulator):
    guests = [g for g in simulator.cluster.guests.values() if not g.template]
    for one in guests:
        one.running = False
    bad = guests[2]
    action = "qmstart" if bad.type == "qemu" else "vzstart"
    simulator.world.faults.rules.append(
        FaultRule(task=action, vmid=bad.vmid, action="fail", message="start failed: QEMU exited with code 1")
    )

    run = play("guest_state", guests={"names": ["*"], "templates": False}, state="started", throttle=3)

    assert run.rc != 0
    assert f"1 of {len(guests)} guests failed: {bad.vmid} ({bad.name})" in run.result["msg"]
    assert run.result["failure"]["code"] == "task_failed"
    assert run.result["failure"]["task_log"]
    assert [entry["vmid"] for entry in run.result["guests"] if entry["failure"]] == [bad.vmid]
    assert {entry["vmid"] for entry in run.result["guests"] if entry["changed"]} == {g.vmid for g in guests} - {
        bad.vmid
    }
    assert [g.vmid for g in guests if not g.running] == [bad.vmid]
    observed = [path for method, path, status in itertools.takewhile(lambda one: one[0] == "GET", simulator.requests)]
    lists = [path for path in observed if not path.endswith("/config")]
    # Nobody runs, so nobody has to be asked whether it is paused.
    everywhere = {f"/nodes/{one.node}/{one.type}" for one in simulator.cluster.guests.values()}
    assert sorted(lists) == sorted(["/cluster/resources", *everywhere])


@pytest.mark.thorough
def test_a_shutdown_that_is_ignored_fails_and_force_stops_the_guest(play, simulator, connection_env):
    deaf = guest(simulator, running=True)
    deaf.acpi = False

    options = {"vmid": deaf.vmid, "state": "stopped", "shutdown_timeout": 1}
    clean = run_module("pve_guest_state", options, connection_env)
    assert clean["failure"]["code"] == "task_failed"
    assert "force" in clean["failure"]["hint"]
    assert clean["guests"][0]["after"] == {"state": "running"}
    assert not clean["changed"]

    forced = play("guest_state", **options, force=True)
    assert forced.rc == 0
    assert forced.result["guests"][0]["after"] == {"state": "stopped"}


@pytest.mark.every_core
def test_a_task_that_outlives_its_timeout_says_that_it_goes_on(play, simulator):
    simulator.world.settings.task_seconds = 30.0
    web = guest(simulator, running=False)

    run = play("guest_state", vmid=web.vmid, state="started", timeout=1)

    assert run.result["failure"]["code"] == "timeout"
    assert run.result["changed"]
    assert run.result["upids"][0] in run.result["failure"]["message"]


def test_a_container_is_stopped_started_and_restarted(simulator, connection_env):
    container = guest(simulator, running=True, kind="lxc")

    for state, after in (("stopped", "stopped"), ("started", "running"), ("restarted", "running")):
        options = {"name": container.name, "state": state, "shutdown_timeout": 5}
        result = run_module("pve_guest_state", options, connection_env)
        assert result["guests"][0]["after"] == {"state": after}
        assert result["changed"]


def test_a_virtual_machine_is_suspended_and_resumed(simulator, connection_env):
    web = guest(simulator, running=True)

    for state, after, changed in (
        ("suspended", "paused", True),
        ("suspended", "paused", False),
        ("resumed", "running", True),
    ):
        result = run_module("pve_guest_state", {"vmid": web.vmid, "state": state}, connection_env)
        assert (result["guests"][0]["after"], result["changed"]) == ({"state": after}, changed)


def test_a_guest_on_an_offline_node_is_said_to_be_there(play, simulator):
    away = next(g for g in simulator.cluster.guests.values() if g.node == "pve2" and not g.template)
    simulator.cluster.nodes["pve2"].online = False

    run = play("guest_state", vmid=away.vmid, state="started")

    assert run.result["failure"]["code"] == "node_offline"
    assert "pve2" in run.result["msg"]
    assert writes(simulator) == []


def test_a_lock_that_goes_away_is_waited_for(play, simulator):
    web = guest(simulator, running=False)
    simulator.world.faults.rules.append(
        FaultRule(task="qmstart", vmid=web.vmid, action="fail", message="VM is locked (backup)", count=1)
    )

    run = play("guest_state", vmid=web.vmid, state="started")

    assert run.rc == 0, run.stdout
    assert len(run.result["upids"]) == 2


def test_a_lock_that_stays_is_guest_locked_and_leaves_one_failed_task(play, simulator):
    web = guest(simulator, running=False)
    web.config["lock"] = "backup"

    run = play("guest_state", vmid=web.vmid, state="started", timeout=3)

    assert run.result["failure"]["code"] == "guest_locked"
    assert len(run.result["upids"]) == 1


def test_a_new_guest_is_found_by_name_before_the_resource_list_knows_it(play, simulator, connection_env):
    simulator.world.settings.resources_lag = 3600.0
    run_module("pve_cluster_info", {}, connection_env)
    new = replace(guest(simulator, running=False), vmid=555, config={"name": "brand-new"})
    simulator.cluster.guests[new.vmid] = new

    run = play("guest_info", name="brand-new")

    assert [(entry["vmid"], entry["status"]) for entry in run.result["guests"]] == [(555, "stopped")]


@pytest.mark.every_core
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"vmid": 99, "state": "started"}, "invalid_parameter"),
        ({"vmid": "abc", "state": "started"}, "invalid_parameter"),
        ({"vmid": 101, "state": "off"}, "invalid_parameter"),
        ({"state": "started"}, "invalid_parameter"),
        ({"vmid": 4711, "state": "started"}, "not_found"),
        ({"guests": {"tags": ["web"], "colour": "red"}, "state": "started"}, "invalid_parameter"),
    ],
)
def test_bad_options_are_refused_with_their_failure_code(play, simulator, options, code):
    run = play("guest_state", **options)

    assert run.rc != 0
    assert run.result["failure"]["code"] == code
    assert writes(simulator) == []


def test_two_guests_of_one_name_are_ambiguous(play, simulator):
    one, two = list(simulator.cluster.guests.values())[:2]
    one.config["name"] = two.config["name"] = "twin"

    run = play("guest_state", name="twin", state="stopped")

    assert run.result["failure"]["code"] == "ambiguous"
    assert str(one.vmid) in run.result["msg"]
    assert str(two.vmid) in run.result["msg"]


@pytest.mark.every_core
def test_unverified_tls_warns_on_every_run(play, simulator):
    run = play("cluster_info", env={"PROXMOX_FINGERPRINT": "", "PROXMOX_VERIFY_SSL": "false"})

    assert run.rc == 0
    assert any("not verified" in warning for warning in run.result["warnings"])
