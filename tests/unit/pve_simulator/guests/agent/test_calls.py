"""The guest agent as the API offers it."""

from __future__ import annotations

import pytest

from pve_simulator.guests.agent.systems import answers_acpi, answers_agent, find_system
from pve_simulator.state.agent import ScriptedRun
from pve_simulator.state.guest import Guest

ISO = "local:iso/tiny-linux.iso,media=cdrom"


def test_the_agent_tells_of_its_system(inside):
    assert inside.ask("/ping", "POST") == {"result": {}}
    assert inside.ask("/get-osinfo")["result"]["id"] == "debian"
    assert inside.ask("/get-host-name") == {"result": {"host-name": "web-01"}}
    assert inside.ask("/get-timezone") == {"result": {"zone": "UTC", "offset": 0}}
    assert inside.ask("/get-time")["result"] == int(inside.clock.time()) * 10**9
    assert [cpu["can-offline"] for cpu in inside.ask("/get-vcpus")["result"]] == [False, True]
    assert len(inside.ask("/get-memory-blocks")["result"]) == 4
    assert inside.ask("", "POST", command="get-host-name") == {"result": {"host-name": "web-01"}}


def test_interfaces_have_the_configured_mac_addresses(inside):
    lo, eth0 = inside.ask("/network-get-interfaces")["result"]

    assert lo["ip-addresses"][0] == {"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8}
    assert eth0["hardware-address"] == "bc:24:11:00:00:01"
    assert [entry["ip-address"] for entry in eth0["ip-addresses"]] == ["10.99.0.102", "fe80::be24:11ff:fe00:1"]


def test_scripted_replies_errors_and_programs_come_first(inside):
    inside.script.addresses["eth0"] = ["192.0.2.7/24"]
    inside.script.replies["get-users"] = [{"user": "ann", "login-time": 1.5}]
    inside.script.errors["get-fsinfo"] = "no such luck"
    inside.script.runs.append(ScriptedRun("systemctl is-active *", exitcode=3, out="inactive\n"))

    assert inside.ask("/network-get-interfaces")["result"][1]["ip-addresses"][0]["ip-address"] == "192.0.2.7"
    assert inside.ask("/get-users") == {"result": [{"user": "ann", "login-time": 1.5}]}
    assert inside.ask("/get-fsinfo") == {"result": {"error": {"class": "GenericError", "desc": "no such luck"}}}
    assert inside.execute("systemctl", "is-active", "nginx") == {
        "exited": 1,
        "exitcode": 3,
        "out-data": "inactive\n",
        "out-truncated": 0,
    }


def test_a_program_runs_until_it_ends_and_is_told_of_once(inside):
    pid = inside.ask("/exec", "POST", command=["sleep", "30"])["pid"]
    assert inside.ask("/exec-status", pid=pid) == {"exited": 0}

    inside.api.run(inside.clock.advance(30))

    assert inside.ask("/exec-status", pid=pid) == {"exited": 1, "exitcode": 0}
    assert inside.call("GET", "/exec-status", pid=pid)[1] == "Agent error: PID ld does not exist"


def test_a_single_text_is_one_program_and_a_missing_one_loses_the_connection(inside):
    assert inside.execute("uname")["out-data"] == "Linux\n"
    assert inside.call("POST", "/exec", command="uname -a")[:2] == (596, "Broken pipe")
    assert inside.execute("cat", stdin="from stdin")["out-data"] == "from stdin"


def test_files_hold_bytes(inside):
    assert inside.call("POST", "/file-write", file="/tmp/x", content="héllo\n") == (200, "OK", {"data": None})
    assert inside.ask("/file-read", file="/tmp/x") == {"content": "héllo\n", "bytes-read": 6}
    inside.call("POST", "/file-write", file="/tmp/y", content="aGVsbG8=", encode=0)
    assert inside.ask("/file-read", file="/tmp/y") == {"content": "hello", "bytes-read": 5}


@pytest.mark.parametrize(
    ("method", "path", "params", "reason"),
    [
        (
            "GET",
            "/file-read",
            {"file": "/nosuch"},
            "failed to open file '/nosuch' (mode: 'r'): No such file or directory",
        ),
        (
            "POST",
            "/file-write",
            {"file": "/nosuch/x", "content": "a"},
            "failed to open file '/nosuch/x' (mode: 'wb'): No such file or directory",
        ),
        (
            "POST",
            "/file-write",
            {"file": "/tmp", "content": "a"},
            "failed to open file '/tmp' (mode: 'wb'): Is a directory",
        ),
        (
            "POST",
            "/set-user-password",
            {"username": "nosuch", "password": "secret12"},
            "child process has failed to set user password: chpasswd: line 1: user 'nosuch' does not exist",
        ),
    ],
)
def test_what_the_agent_itself_refuses(inside, method, path, params, reason):
    assert inside.call(method, path, **params)[:2] == (500, f"Agent error: {reason}")


def test_frozen_file_systems_allow_little(inside):
    assert inside.ask("/fsfreeze-freeze", "POST") == {"result": 1}
    assert inside.ask("/fsfreeze-status", "POST") == {"result": "frozen"}
    frozen = "has been disabled: the agent is in frozen state"
    assert inside.call("POST", "/exec", command="ls")[1] == f"Agent error: Command guest-exec {frozen}"
    assert inside.ask("/get-osinfo") == {
        "result": {"error": {"class": "CommandNotFound", "desc": f"Command guest-get-osinfo {frozen}"}}
    }
    assert inside.ask("/fsfreeze-thaw", "POST") == {"result": 1}
    assert inside.ask("/fsfreeze-status", "POST") == {"result": "thawed"}


def test_an_agent_can_shut_its_machine_down(inside):
    assert inside.ask("/shutdown", "POST") == {"result": None}

    assert not inside.guest.running


def test_a_sleeping_machine_does_not_answer_any_more(inside):
    assert inside.call("POST", "/suspend-ram")[1] == "VM 101 qga command 'guest-suspend-ram' failed - got timeout"
    assert inside.call("POST", "/ping")[1] == "QEMU guest agent is not running"


@pytest.mark.parametrize(
    ("changes", "reason", "seconds"),
    [
        ({"config": {}}, "No QEMU guest agent configured", 0),
        ({"running": False}, "VM 101 is not running", 0),
        ({"config": {"agent": "0"}}, "QEMU guest agent is not running", 3),
        ({"agent_alive": False}, "QEMU guest agent is not running", 3),
        ({"paused": True}, "QEMU guest agent is not running", 3),
        ({"acpi": False}, "QEMU guest agent is not running", 3),
    ],
)
def test_a_call_without_an_agent_says_why(inside, changes, reason, seconds):
    for name, value in changes.items():
        setattr(inside.guest, name, value)
    before = inside.clock.time()

    assert inside.call("POST", "/ping")[:2] == (500, reason)
    assert inside.clock.time() - before == seconds


@pytest.mark.parametrize(
    ("config", "acpi", "found", "agent"),
    [
        ({"scsi0": "local:1/vm-1-disk-0.raw"}, True, True, True),
        ({"scsi0": "local:1/vm-1-disk-0.raw"}, False, False, False),
        ({"scsi0": "local:1/vm-1-disk-0.raw", "ide2": ISO, "boot": "order=ide2;scsi0"}, False, True, True),
        ({"scsi0": "local:1/vm-1-disk-0.raw", "ide2": ISO, "boot": "order=scsi0;ide2"}, False, False, False),
        ({"ide2": "local:iso/debian-13.iso,media=cdrom", "boot": "order=ide2"}, False, True, False),
        ({"ide2": "none,media=cdrom", "boot": "order=ide2"}, False, False, False),
    ],
)
def test_what_runs_inside_depends_on_what_is_booted(config, acpi, found, agent):
    guest = Guest(101, "qemu", "pve1", {"agent": "1", **config}, running=True, acpi=acpi, agent_alive=acpi)

    assert (find_system(guest) is not None) is found
    assert answers_acpi(guest) is found
    assert answers_agent(guest) is agent
