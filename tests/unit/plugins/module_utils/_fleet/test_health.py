from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.health import Gate, Health
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.restart import Restart, Waiting
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest

WEB = Guest(101, "web-01", "pve1", "qemu", "running")
PATH = "/nodes/pve1/qemu/101"


def list_requests(plan):
    return [(step.method, step.path.removeprefix(PATH), step.params, step.grace) for step in plan.steps]


def test_a_gate_asks_the_agent_first_and_then_runs_the_command_until_it_succeeds():
    plan = Health().plan(Gate(WEB), {"command": ["systemctl", "is-active", "nginx"], "timeout": 60})

    run = ("POST", "/agent/exec", {"command": ["systemctl", "is-active", "nginx"]}, 60)
    assert list_requests(plan) == [("POST", "/agent/ping", {}, 60), run, run, run]


def test_a_gate_without_a_command_asks_the_agent_only():
    plan = Health().plan(Gate(WEB), {"command": None, "timeout": 60})

    assert list_requests(plan) == [("POST", "/agent/ping", {}, 60)]


@pytest.mark.parametrize("command", [[], [""]])
def test_a_command_names_a_program(command):
    with pytest.raises(PveError, match="command of health is empty"):
        Health().plan(Gate(WEB), {"command": command, "timeout": 60})


def test_a_container_has_no_agent_to_ask():
    with pytest.raises(PveError, match="is a container"):
        Health().plan(Gate(Guest(200, "box", "pve1", "lxc", "running")), {"command": None, "timeout": 60})


@pytest.mark.parametrize(
    ("waiting", "requests"),
    [
        (Waiting(WEB), []),
        (Waiting(WEB, ("cores",), running=False), []),
        (Waiting(WEB, ("cores",)), [("POST", "/status/reboot", {"timeout": 90}, 90)]),
    ],
)
def test_only_a_running_guest_with_changes_that_wait_is_restarted(waiting, requests):
    plan = Restart().plan(waiting, {"shutdown_timeout": 90})

    assert list_requests(plan) == requests
