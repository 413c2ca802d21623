"""The units of a fleet, applied on a cluster that refuses, loses and changes things meanwhile."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import wait_for_task
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet import apply as fleet_apply
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.apply import Pace, apply_units, confirm_units
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.compose import compose
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.document import (
    Document,
    read_document,
    read_last_document,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.forecast import ForecastClient
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.health import Health
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.report import build_failure
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.restart import Restart, Waiting
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.units import WAVES, Unit
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.waves import has_steps, sort_units
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources import cloudinit, guest, guest_state
from simulated import make_client

from pve_simulator import Simulator
from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.state.agent import AgentScript, ScriptedRun

NAMES = ("web-01", "web-02", "web-03", "web-04")
MADE, CONFIGURATION, POWER, HEALTH = map(WAVES.index, ("guests", "configuration", "power", "health"))
PARAMS = {"throttle": 4, "timeout": 20}


@pytest.fixture
def simulator():
    machines = [{"vmid": 101 + number, "name": name, "running": True} for number, name in enumerate(NAMES)]
    with Simulator(cluster_from_data({"nodes": ["pve1"], "guests": machines}), task_seconds=0.0) as running:
        yield running


@pytest.fixture
def client(simulator):
    return make_client(simulator)


def complete(module, params):
    result = ArgumentSpecValidator(module.argument_spec()).validate(params)
    assert not result.error_messages
    return result.validated_parameters


def configure(name, needs=(), **options):
    params = complete(guest, {"name": name, **options})
    return Unit(f"{name}/config", f"guests.{name}", CONFIGURATION, guest.Guests(params), params, needs=tuple(needs))


def make(name, vmid, **options):
    params = complete(guest, {"name": name, "vmid": vmid, "node": "pve1", **options})
    return Unit(f"{name}/made", f"guests.{name}", MADE, guest.Guests(params), params)


def set_up(name, *needs, **options):
    params = complete(cloudinit, {"name": name, **options})
    return Unit(f"{name}/cloudinit", f"guests.{name}", CONFIGURATION, cloudinit.CloudInit(), params, needs=needs)


def start(name, *needs):
    params = complete(guest_state, {"name": name, "state": "started"})
    return Unit(f"{name}/power", f"guests.{name}", POWER, guest_state.GuestState(), params, needs=needs)


def check(name, *needs, command=None, timeout=1):
    params = {"name": name, "command": command, "timeout": timeout}
    return Unit(f"{name}/health", f"guests.{name}", HEALTH, Health(), params, needs=needs)


def plan(client, units):
    """The units with their plans, each from what those before it will have made."""
    forecast = ForecastClient(client)
    planned = {}
    for unit in sort_units(units):
        is_forecast = any(has_steps(planned[need]) for need in unit.needs if need in planned)
        (observed,) = unit.resource.observe(forecast, unit.params)
        made = unit.resource.plan(observed, unit.params)
        forecast.absorb(made.steps)
        planned[unit.id] = replace(unit, observed=observed, plan=made, is_forecast=is_forecast)
    return list(planned.values())


def apply(client, units, pace=None):
    states = confirm_units(ForecastClient(client), units)
    apply_units(client, states, pace or Pace(), PARAMS, lambda: ForecastClient(client))
    return states


def describe(states):
    """By unit: done, or the start of why not."""
    return {
        unit_id: "skipped" if state.skipped else state.outcome.failure.code if state.outcome.failure else "done"
        for unit_id, state in states.items()
    }


def silence_agent(simulator, vmid):
    path = f"/qemu/{vmid}/agent/ping$"
    simulator.inject(path=path, status=500, message="QEMU guest agent is not running")


def writes(simulator):
    return [
        (method, path.removeprefix("/nodes/pve1/qemu/")) for method, path, _s in simulator.requests if method != "GET"
    ]


def test_what_is_made_is_configured_and_started_as_planned_and_a_second_plan_is_empty(simulator, client):
    units = [
        make("db-01", 200, memory=512, disks=[{"slot": "scsi0", "storage": "local-lvm", "size": 4}]),
        configure("db-01", ["db-01/made"], cores=2, tags=["prod"]),
        set_up("db-01", "db-01/config", user="admin", drive_storage="local-lvm"),
        start("db-01", "db-01/cloudinit"),
        configure("web-01", ["db-01/power"], description="after it"),
    ]
    planned = plan(client, units)

    states = apply(client, planned)

    assert set(describe(states).values()) == {"done"}
    sent = [(step.method, step.path.removeprefix("/nodes/pve1/qemu/")) for unit in planned for step in unit.plan.steps]
    assert writes(simulator) == sent
    assert [unit.id for unit in plan(client, units) if has_steps(unit)] == []
    assert simulator.cluster.guests[200].running


def test_guests_keep_the_ids_that_they_were_planned_with(client, monkeypatch):
    made = {"type": "qemu", "memory": 512}
    fleet = {"fleet": "ids", "guests": {"b-01": made, "a-01": made, "golden": {**made, "state": "template"}}}

    def list_ids():
        units = compose(ForecastClient(client), read_document(fleet), Document(""))
        return {unit.path: unit.plan.target["vmid"] for unit in units}

    planned = list_ids()
    # The template is made first.
    monkeypatch.setenv("PVE_OWN_VMID", ",".join(str(planned[f"guests.{name}"]) for name in ("golden", "b-01", "a-01")))
    assert list_ids() == planned


def test_a_failure_stops_what_stands_on_it_and_nothing_else(simulator, client):
    simulator.inject(path="/qemu/101/config$", method="PUT", status=500, message="no space left")
    units = [
        configure("web-01", cores=2, description="new"),
        start("web-01", "web-01/config"),
        configure("web-02", ["web-01/power"], description="after it"),
        configure("web-03", description="beside it"),
    ]

    states = apply(client, plan(client, units))

    assert describe(states) == {
        "web-01/config": "task_failed",
        "web-01/power": "skipped",
        "web-02/config": "skipped",
        "web-03/config": "done",
    }
    assert states["web-02/config"].skipped.startswith("guests.web-01 failed: ")
    assert "no space left" in states["web-02/config"].skipped
    said, _error = build_failure([state.unit for state in states.values()], states, 3)
    assert said.endswith(". 1 was changed; 1 was skipped.")
    assert simulator.cluster.guests[103].config["description"] == "beside it"
    # The next apply goes on where this one stopped.
    simulator.world.faults.rules.clear()
    left = plan(client, units)
    assert [unit.id for unit in left if has_steps(unit)] == ["web-01/config", "web-02/config"]
    assert set(describe(apply(client, left)).values()) == {"done"}


def test_a_guest_that_was_changed_since_the_plan_is_left_alone(simulator, client):
    planned = plan(client, [configure("web-01", description="new"), configure("web-02", description="new")])
    states = confirm_units(ForecastClient(client), planned)
    client.request("PUT", "/nodes/pve1/qemu/101/config", {"cores": 3})
    simulator.application.requests.clear()

    apply_units(client, states, Pace(), PARAMS)

    assert describe(states) == {"web-01/config": "digest_conflict", "web-02/config": "done"}
    assert writes(simulator) == [("PUT", "102/config")]


def test_what_a_forecast_asks_for_and_is_there_already_is_not_sent(simulator, client):
    units = [configure("web-01", description="new"), set_up("web-02", "web-01/config", user="admin")]
    planned = plan(client, units)
    simulator.cluster.guests[102].config["ciuser"] = "admin"

    states = apply(client, planned)

    assert planned[1].is_forecast
    assert set(describe(states).values()) == {"done"}
    assert not states["web-02/cloudinit"].outcome.changed
    assert writes(simulator) == [("PUT", "101/config")]


class Undone(cloudinit.CloudInit):
    """Cloud-init whose change is always still to be made."""

    def plan(self, observed, params):
        return super().plan(replace(observed, config={**observed.config, "ciuser": "nobody"}), params)


def test_what_was_forecast_and_does_not_come_about_is_a_failure(simulator, client, monkeypatch):
    monkeypatch.setattr(fleet_apply, "_LATE_SECONDS", 0.1)
    undone = replace(set_up("web-01", "web-01/config", user="admin"), resource=Undone())
    units = [configure("web-01", description="new"), undone, start("web-01", undone.id)]

    states = apply(client, plan(client, units))

    assert describe(states) == {
        "web-01/config": "done",
        "web-01/cloudinit": "digest_conflict",
        "web-01/power": "skipped",
    }
    assert "not as the fleet has it: these differ: ciuser" in states["web-01/cloudinit"].outcome.failure.message


def test_a_gate_stops_the_batches_after_it(simulator, client):
    silence_agent(simulator, 102)
    for vmid in (101, 102, 103, 104):
        simulator.cluster.guests[vmid].config["agent"] = "1"
    units = [
        unit
        for name in NAMES
        for unit in (configure(name, description="new"), check(name, f"{name}/config", timeout=0))
    ]

    states = apply(client, plan(client, units), Pace(serial=2, total=4))

    assert describe(states) == {
        "web-01/config": "done",
        "web-01/health": "done",
        "web-02/config": "done",
        "web-02/health": "timeout",
        "web-03/config": "skipped",
        "web-03/health": "skipped",
        "web-04/config": "skipped",
        "web-04/health": "skipped",
    }
    assert states["web-03/config"].skipped == "1 of the guests before it did not come back: guests.web-02"
    said, _error = build_failure([state.unit for state in states.values()], states, 4)
    assert said.startswith("1 of 4 objects failed: guests.web-02: ")
    assert said.endswith(". 2 were changed, of which guests.web-02 is not finished; 2 were skipped.")


def test_a_gate_that_was_not_passed_stays_in_the_next_plan(client):
    fleet = {"fleet": "gates", "guests": {"web-01": {"health": {"agent": True}}}}

    def list_planned(last):
        document = read_last_document({"guests": {"web-01": last}})
        return [unit.id for unit in compose(ForecastClient(client), read_document(fleet), document) if has_steps(unit)]

    assert list_planned({"vmid": 101}) == ["guests/web-01/health"]
    assert list_planned({"vmid": 101, "health": {"agent": True}}) == []


def test_guests_are_interrupted_only_while_enough_others_run(simulator, client):
    machines = simulator.cluster.guests
    for vmid in (101, 102, 103, 104):
        machines[vmid].config["agent"] = "1"
    silence_agent(simulator, 101)
    units = []
    for number, name in enumerate(NAMES[:3]):
        waiting = Waiting(_read(client, 101 + number), ("cloudinit.user",))
        params = {"name": name, "shutdown_timeout": 5}
        step = Restart().plan(waiting, params)
        restart = Unit(f"{name}/restart", f"guests.{name}", POWER, Restart(), params, (), waiting, step)
        units += [restart, check(name, f"{name}/restart", timeout=0)]
    healths = {unit.id: unit for unit in plan(client, [unit for unit in units if unit.wave == HEALTH])}
    units = [healths.get(unit.id, unit) for unit in units] + plan(client, [configure("web-04", description="new")])

    states = apply(client, units, Pace(max_unavailable=1, total=4))

    assert describe(states) == {
        "web-01/restart": "done",
        "web-01/health": "timeout",
        "web-02/restart": "skipped",
        "web-02/health": "skipped",
        "web-03/restart": "skipped",
        "web-03/health": "skipped",
        "web-04/config": "done",
    }


def test_a_restart_is_sent_only_where_something_waits(simulator, client):
    machine = simulator.cluster.guests[101]
    machine.config["cores"] = "1"
    units = [configure("web-01", cores=2), configure("web-02", description="new")]
    planned = plan(client, units)
    for number, name in enumerate(NAMES[:2]):
        waiting = Waiting(_read(client, 101 + number), ("cores",))
        params = {"name": name, "shutdown_timeout": 5}
        restart = Restart()
        planned.append(
            Unit(
                f"{name}/restart",
                f"guests.{name}",
                POWER,
                restart,
                params,
                (f"{name}/config",),
                waiting,
                restart.plan(waiting, params),
                is_forecast=True,
            )
        )

    states = apply(client, planned)

    assert set(describe(states).values()) == {"done"}
    assert [path for _method, path in writes(simulator) if "status" in path] == ["101/status/reboot"]
    assert machine.config["cores"] == "2"
    assert not machine.pending


class _Once(list):
    """Runs that a program makes once each."""

    def __iter__(self):
        while self:
            yield self.pop(0)


def test_a_command_of_health_is_tried_again(simulator, client):
    machine = simulator.cluster.guests[101]
    machine.config["agent"] = "1"
    machine.part(AgentScript).runs = _Once([ScriptedRun("uname*", exitcode=1, err="starting\n")])

    states = apply(client, plan(client, [check("web-01", command=["uname", "-a"], timeout=1)]))

    assert describe(states) == {"web-01/health": "done"}


def _read(client, vmid):
    return ForecastClient(client).inventory.get(vmid)


def move_away(simulator, machine):
    simulator.cluster.guests.pop(machine.vmid)


def rename(simulator, machine):
    machine.config["name"] = "other"


def replace_by_another(simulator, machine):
    simulator.cluster.guests.pop(machine.vmid)
    wish = {"vmid": machine.vmid, "name": machine.config["name"], "memory": 512}
    client = make_client(simulator)
    wait_for_task(client, client.request("POST", f"/nodes/{machine.node}/qemu", wish), time.monotonic() + 20)


@pytest.mark.parametrize("event", [move_away, rename, replace_by_another])
@pytest.mark.parametrize("is_late", [False, True], ids=["before it is confirmed", "after it is confirmed"])
@pytest.mark.parametrize(
    "wish",
    [{"cores": 3}, {"state": "stopped"}, {"ha": {"max_restart": 2}}, {"firewall": {"options": {"enable": True}}}],
    ids=["configuration", "power", "HA", "firewall"],
)
def test_a_guest_that_is_another_one_by_now_is_left_alone(simulator, client, event, is_late, wish):
    entries = {"web-01": {"vmid": 101, **wish}, "web-02": {"vmid": 102, "description": "fine"}}
    units = compose(ForecastClient(client), read_document({"fleet": "x", "guests": entries}), Document(""))
    if not is_late:
        event(simulator, simulator.cluster.guests[101])
    states = confirm_units(client, units)
    if is_late:
        event(simulator, simulator.cluster.guests[101])
    start = len(simulator.requests)

    apply_units(client, states, Pace(), PARAMS)

    sent = [path for method, path, _status in simulator.requests[start:] if method != "GET"]
    assert [path.split("/")[-2:] for path in sent] == [["102", "config"]]
    failures = {state.outcome.failure.code for state in states.values() if state.outcome.failure}
    assert failures <= {"drifted", "digest_conflict"}
    assert failures
