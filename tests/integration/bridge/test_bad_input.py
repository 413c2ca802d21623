"""Every kind of bad input gets its failure code, a sentence, a hint and its exit status, and changes nothing unsaid."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace

import pytest

from mcp_bridge.auth.caller import make_person
from mcp_bridge.run import Request
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import load_settings
from pve_simulator.state.access import AclEntry, Token, User
from pve_simulator.world.faults import FaultRule

pytestmark = pytest.mark.flow

SECRET = "7d9f1c1e-0f5e-4b52-9c0e-3c3f0a4d7b11"


@pytest.fixture
def refused(playvisor, simulator, writes):
    """`refused("stop_guest", "vmid=1", code=…, status=…)`: a call that fails so, having changed nothing."""

    def call(*words, code, status, **changes):
        before = {vmid: one.running for vmid, one in simulator.cluster.guests.items()}
        done = playvisor("call", *words, "--json", **changes)
        failure = done.json["failure"]
        assert (failure["code"], done.status) == (code, status), done.stdout
        assert done.json["status"] in ("failed", "refused")
        assert failure["message"]
        assert failure["hint"]
        assert not done.json["changed"]
        assert writes() == []
        assert {vmid: one.running for vmid, one in simulator.cluster.guests.items()} == before
        assert "Traceback" not in done.stderr
        return failure

    return call


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["stop_gest"], "There is no tool 'stop_gest'", "Did you mean stop_guest"),
        (["stop_guest", "nme=x"], "There is no option nme", "Did you mean name?"),
        (["stop_guest", "vmid=web"], "vmid must be a whole number, not 'web'", "100"),
        (["stop_guest", "vmid=99"], "vmid is 99", "100 to 999999999"),
        (["stop_guest", "force=true"], "stop_guest needs vmid or name or guests", "Give vmid"),
        (["list_guests", "guests.type=vm"], "guests.type can't be 'vm'", "qemu, lxc"),
        (["list_guests", "api_token_secret=x"], "There is no option api_token_secret", "Allowed: guests"),
        (["cluster_overview", "x=1"], "There is no option x", "no options"),
        # Playvisor's own tools are not for its callers.
        (["check_connection"], "There is no tool 'check_connection'", "list_guests"),
    ],
)
def test_wrong_arguments_are_told_before_anything_runs(refused, ledger, words, message, hint):
    failure = refused(*words, code="invalid_parameter", status=2)

    assert message in failure["message"]
    assert hint in failure["hint"]
    (row,) = ledger.recent()
    assert (row.outcome, row.failure_code) == ("failed", "invalid_parameter")
    assert not ledger.folder(row.run_id).exists()


def test_a_guest_that_does_not_exist(refused):
    failure = refused("stop_guest", "name=nobody", code="not_found", status=1)

    assert "nobody" in failure["message"]


def test_a_guest_whose_name_and_id_do_not_belong_together(refused, guest):
    web = guest(running=True)

    failure = refused("stop_guest", f"vmid={web.vmid}", "name=other", code="not_found", status=1)

    assert f"Guest {web.vmid} is named {web.name}, not other" in failure["message"]


def test_two_guests_of_one_name(refused, simulator):
    one, other = [g for g in simulator.cluster.guests.values() if g.type == "qemu"][:2]
    other.config["name"] = one.name

    failure = refused("stop_guest", f"name={one.name}", code="ambiguous", status=1)

    assert str(one.vmid) in failure["message"]
    assert str(other.vmid) in failure["message"]


def test_a_node_that_is_offline(refused, simulator, guest):
    web = guest(running=True)
    simulator.cluster.nodes[web.node].online = False

    failure = refused("stop_guest", f"vmid={web.vmid}", code="node_offline", status=1)

    assert web.node in failure["message"]


def test_a_wrong_token(refused):
    refused("list_guests", code="auth_failed", status=4, PROXMOX_TOKEN_SECRET="wrong")


def test_a_token_without_the_privilege(playvisor, simulator, guest):
    access = simulator.cluster.access
    access.users["eve@pve"] = User(tokens={"look": Token(secret=SECRET, privsep=False)})
    access.acl.append(AclEntry("/", "user", "eve@pve", "PVEAuditor"))
    web = guest(running=True)
    eve = {"PROXMOX_USER": "eve@pve", "PROXMOX_TOKEN_ID": "look", "PROXMOX_TOKEN_SECRET": SECRET}

    done = playvisor("call", "stop_guest", f"vmid={web.vmid}", "--json", **eve)

    assert (done.status, done.json["failure"]["code"]) == (1, "permission_denied")
    assert f"VM.PowerMgmt on /vms/{web.vmid}" in done.json["failure"]["message"]
    assert not done.json["changed"]
    assert web.running


def test_a_certificate_that_is_not_trusted(refused):
    # Whatever this machine trusts otherwise must not matter.
    nothing = {"PROXMOX_FINGERPRINT": None, "REQUESTS_CA_BUNDLE": None}

    refused("list_guests", code="tls_untrusted", status=4, **nothing)
    refused("list_guests", code="tls_untrusted", status=4, PROXMOX_FINGERPRINT=":".join(["00"] * 32))


def test_a_dead_port(refused):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    failure = refused("list_guests", code="unreachable", status=4, PROXMOX_URL=f"https://127.0.0.1:{port}")

    assert f"127.0.0.1:{port}" in failure["message"]


def test_a_task_that_fails(playvisor, simulator, guest):
    simulator.world.faults.rules.append(FaultRule(task="qmstart", action="fail", message="no memory left"))
    off = guest(running=False)

    done = playvisor("call", "start_guest", f"vmid={off.vmid}", "--json")

    assert (done.status, done.json["failure"]["code"]) == (1, "task_failed")
    assert "no memory left" in done.json["failure"]["message"]
    assert done.json["failure"]["task_log"]
    assert done.json["upids"]
    assert not done.json["changed"]
    assert not off.running


def test_a_task_that_outlives_its_timeout(playvisor, simulator, guest):
    simulator.world.settings.task_seconds = 60.0
    off = guest(running=False)

    done = playvisor("call", "start_guest", f"vmid={off.vmid}", "timeout=1", "--json")

    assert (done.status, done.json["failure"]["code"]) == (1, "timeout")
    # It goes on, so it is not called unchanged.
    assert done.json["changed"]
    assert done.json["upids"][0] in done.json["failure"]["message"]


def test_a_tool_that_changes_something_in_mode_read(refused, guest):
    refused("stop_guest", f"vmid={guest(running=True).vmid}", code="refused", status=3, PLAYVISOR_MODE="read")


def test_a_tool_that_changes_something_in_mode_check_only_plans(playvisor, guest, writes):
    done = playvisor("call", "stop_guest", f"vmid={guest(running=True).vmid}", "--json", PLAYVISOR_MODE="check")

    assert (done.status, done.json["status"]) == (0, "planned")
    assert writes() == []


@pytest.mark.thorough
def test_a_guest_that_changes_before_a_plan_that_was_seen_is_applied_is_left_alone(env, monkeypatch, guest, writes):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    web = guest(running=True)

    def rename_once_planned(line):
        if line.startswith("Applying"):
            web.config["name"] = "renamed"

    request = Request("stop_guest", {"vmid": web.vmid}, "apply", make_person("pytest"))
    bridge = make_bridge(load_settings())
    planned = bridge.call(replace(request, check=True), print, threading.Event())
    request = Request("apply_plan", {"plan_id": planned.plan.id}, "apply", make_person("pytest"))
    result = bridge.call(request, rename_once_planned, threading.Event())

    assert result.failure.code == "drifted"
    assert not result.changed
    assert writes() == []


def test_the_connections_own_secret_is_refused_as_an_argument_and_kept_nowhere(playvisor, simulator, state_dir):
    done = playvisor("call", "stop_guest", f"name={simulator.token_secret}", "--json")

    assert done.status == 2
    assert done.json["failure"]["code"] == "invalid_parameter"
    kept = [
        path for path in state_dir.rglob("*") if path.is_file() and simulator.token_secret.encode() in path.read_bytes()
    ]
    assert kept == []


def test_a_byte_that_is_no_text_is_an_argument_that_is_wrong(playvisor):
    done = playvisor("call", "stop_guest", b"name=a\xff".decode("utf-8", "surrogateescape"), "--json")

    assert done.status == 2
    assert done.json["failure"]["code"] == "invalid_parameter"
