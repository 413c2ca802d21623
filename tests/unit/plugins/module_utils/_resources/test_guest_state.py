from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import NODE_OFFLINE, UNSUPPORTED, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.power import Power
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.guest_state import POWER_STATES, GuestState

VM = Guest(101, "web-01", "pve1", "qemu", "running")
CT = Guest(201, "db-01", "pve2", "lxc", "running")
TEMPLATE = Guest(900, "debian", "pve1", "qemu", "stopped", template=True)
UNDER_HA = Guest(102, "ha-01", "pve1", "qemu", "running", hastate="started")


def plan(guest, state, wished, force=False, shutdown_timeout=30):
    params = {"state": wished, "force": force, "shutdown_timeout": shutdown_timeout}
    return GuestState().plan(Power(guest, state), params)


def requests(made):
    return [(step.path.rsplit("/", 1)[1], step.params) for step in made.steps]


@pytest.mark.parametrize(
    ("guest", "wished", "state", "force", "steps", "after"),
    [
        (VM, "started", "running", False, [], "running"),
        (VM, "started", "stopped", False, [("start", {})], "running"),
        (VM, "started", "paused", False, [("resume", {})], "running"),
        (VM, "started", "hibernated", False, [("start", {})], "running"),
        (VM, "stopped", "running", False, [("shutdown", {"timeout": 30})], "stopped"),
        (VM, "stopped", "running", True, [("shutdown", {"timeout": 30, "forceStop": 1})], "stopped"),
        (VM, "stopped", "stopped", True, [], "stopped"),
        (VM, "stopped", "hibernated", False, [], "hibernated"),
        (VM, "stopped", "paused", True, [("stop", {})], "stopped"),
        (VM, "restarted", "running", False, [("reboot", {"timeout": 30})], "running"),
        (VM, "restarted", "running", True, [("shutdown", {"timeout": 30, "forceStop": 1}), ("start", {})], "running"),
        (VM, "restarted", "stopped", False, [("start", {})], "running"),
        (VM, "restarted", "paused", True, [("stop", {}), ("start", {})], "running"),
        (VM, "stopped", "internal-error", True, [("stop", {})], "stopped"),
        (VM, "restarted", "internal-error", True, [("stop", {}), ("start", {})], "running"),
        (VM, "restarted", "stopped", True, [("start", {})], "running"),
        (VM, "suspended", "running", False, [("suspend", {})], "paused"),
        (VM, "suspended", "paused", False, [], "paused"),
        (VM, "hibernated", "running", False, [("suspend", {"todisk": 1})], "hibernated"),
        (VM, "hibernated", "paused", False, [("suspend", {"todisk": 1})], "hibernated"),
        (VM, "hibernated", "hibernated", True, [], "hibernated"),
        (VM, "resumed", "paused", False, [("resume", {})], "running"),
        (VM, "resumed", "hibernated", False, [("start", {})], "running"),
        (VM, "resumed", "running", False, [], "running"),
        (VM, "reset", "running", False, [("reset", {})], "running"),
        (UNDER_HA, "reset", "running", True, [("reset", {})], "running"),
        (CT, "started", "stopped", False, [("start", {})], "running"),
        (CT, "stopped", "running", False, [("shutdown", {"timeout": 30})], "stopped"),
        (CT, "restarted", "running", False, [("reboot", {"timeout": 30})], "running"),
        (TEMPLATE, "stopped", "stopped", False, [], "stopped"),
    ],
)
def test_a_power_state_is_reached_by_these_requests(guest, wished, state, force, steps, after):
    made = plan(guest, state, wished, force)

    assert requests(made) == steps
    assert (made.before, made.after) == ({"state": state}, {"state": after})


@pytest.mark.parametrize(
    ("guest", "wished", "state", "force", "named"),
    [
        (VM, "stopped", "paused", False, "paused"),
        (VM, "restarted", "paused", False, "paused"),
        (VM, "suspended", "stopped", False, "stopped"),
        (VM, "suspended", "hibernated", False, "hibernated"),
        (VM, "resumed", "stopped", False, "stopped"),
        (VM, "started", "unknown", False, "unknown"),
        (VM, "stopped", "unknown", True, "unknown"),
        (VM, "stopped", "internal-error", False, "internal-error"),
        (VM, "hibernated", "stopped", False, "stopped"),
        (VM, "hibernated", "internal-error", True, "internal-error"),
        (VM, "reset", "stopped", False, "stopped"),
        (VM, "reset", "paused", True, "paused"),
        (CT, "reset", "running", False, "container"),
        (CT, "suspended", "running", False, "container"),
        (CT, "hibernated", "running", False, "container"),
        (TEMPLATE, "started", "stopped", False, "template"),
        (UNDER_HA, "restarted", "running", True, "HA"),
        (UNDER_HA, "hibernated", "running", False, "HA"),
    ],
)
def test_what_can_not_be_done_is_unsupported_and_says_why(guest, wished, state, force, named):
    with pytest.raises(PveError, match=named) as caught:
        plan(guest, state, wished, force)

    assert caught.value.code == UNSUPPORTED
    assert caught.value.hint


def test_a_guest_that_ha_ignores_is_like_any_other():
    ignored = Guest(103, "left-01", "pve1", "qemu", "running", hastate="ignored")

    assert requests(plan(ignored, "running", "hibernated")) == [("suspend", {"todisk": 1})]


@pytest.mark.parametrize(("state", "wished"), [("stopped", "started"), ("running", "stopped")])
def test_a_guest_that_ha_has_given_up_is_neither_started_nor_stopped(state, wished):
    given_up = Guest(103, "left-01", "pve1", "qemu", state, hastate="error")

    with pytest.raises(PveError, match="state error of the HA manager"):
        plan(given_up, state, wished)

    assert plan(given_up, "running", "reset").steps
    assert plan(given_up, state, "started" if state == "running" else "stopped").steps == ()


@pytest.mark.parametrize("wished", sorted(set(POWER_STATES) - {"restarted", "reset"}))
def test_a_guest_in_the_state_after_needs_nothing_more(wished):
    assert plan(VM, POWER_STATES[wished], wished).steps == ()


def test_a_step_goes_to_the_node_and_type_of_its_guest():
    assert plan(CT, "stopped", "started").steps[0].path == "/nodes/pve2/lxc/201/status/start"


def test_a_shutdown_is_waited_for_as_long_as_it_may_take():
    assert plan(VM, "running", "stopped", shutdown_timeout=240).steps[0].grace == 240


def test_a_guest_that_could_not_be_read_fails_with_that_problem():
    problem = PveError(NODE_OFFLINE, "pve1 is offline")

    with pytest.raises(PveError) as caught:
        GuestState().plan(Power(VM, problem=problem), {"state": "started", "force": False, "shutdown_timeout": 30})

    assert caught.value is problem
