"""Starting and stopping guests, answered and ended as the real server does."""

from __future__ import annotations

import pytest

QEMU = "/nodes/pve1/qemu"
LXC = "/nodes/pve2/lxc"


@pytest.mark.parametrize(
    ("path", "params", "message"),
    [
        (f"{QEMU}/105/status/reset", {}, "VM 105 not running"),
        (f"{QEMU}/105/status/suspend", {}, "VM 105 not running"),
        (f"{QEMU}/105/status/resume", {}, "VM 105 not running"),
        (f"{QEMU}/105/status/reboot", {}, "VM 105 not running"),
        (f"{QEMU}/103/status/shutdown", {}, "VM is paused - cannot shutdown"),
        (f"{QEMU}/999/status/reset", {}, "unable to find configuration file for VM 999 on node 'pve1'"),
        (f"{LXC}/200/status/start", {}, "CT 200 already running"),
        (f"{LXC}/201/status/stop", {}, "CT 201 not running"),
        (f"{LXC}/201/status/shutdown", {}, "CT 201 not running"),
        (f"{LXC}/201/status/reboot", {}, "VM 201 not running"),
    ],
)
def test_a_refusal_at_once_is_a_500_with_its_text(api, path, params, message):
    status, reason, body = api.post(path, **params)

    assert (status, reason) == (500, message)
    assert body == {"data": None, "message": f"{message}\n"}


@pytest.mark.parametrize(
    ("path", "params", "exit_status"),
    [
        (f"{QEMU}/101/status/start", {}, "VM 101 already running"),
        (f"{QEMU}/105/status/start", {}, "VM is locked (backup)"),
        (f"{QEMU}/106/status/start", {}, "you can't start a vm if it's a template"),
        (f"{QEMU}/999/status/start", {}, "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist"),
        (f"{QEMU}/999/status/stop", {}, "unable to find configuration file for VM 999 on node 'pve1'"),
        (f"{QEMU}/105/status/stop", {}, "OK"),
        (f"{QEMU}/105/status/shutdown", {}, "OK"),
        (f"{QEMU}/102/status/shutdown", {"timeout": 5}, "VM quit/powerdown failed - got timeout"),
        (f"{QEMU}/102/status/shutdown", {"timeout": 5, "forceStop": 1}, "OK"),
        (f"{QEMU}/103/status/shutdown", {"forceStop": 1}, "OK"),
    ],
)
def test_a_late_refusal_is_the_exit_status(api, path, params, exit_status):
    assert api.task(path, **params) == exit_status


@pytest.mark.parametrize(
    ("path", "running", "paused"),
    [
        (f"{QEMU}/101/status/stop", False, False),
        (f"{QEMU}/101/status/shutdown", False, False),
        (f"{QEMU}/101/status/reboot", True, False),
        (f"{QEMU}/101/status/suspend", True, True),
        (f"{QEMU}/103/status/resume", True, False),
        (f"{QEMU}/104/status/start", True, False),
        (f"{QEMU}/104/status/resume", True, False),
        (f"{LXC}/200/status/shutdown", False, False),
        (f"{LXC}/201/status/start", True, False),
    ],
)
def test_a_task_that_ends_well_leaves_the_guest_as_asked(api, path, running, paused):
    vmid = int(path.split("/")[4])

    assert api.task(path) == "OK"

    guest = api.driver.world.cluster.guests[vmid]
    assert (guest.running, guest.paused) == (running, paused)


def test_a_guest_suspended_to_disk_is_locked_and_wakes_up_without_a_trace(api):
    before = dict(api.driver.world.cluster.guests[101].config)

    assert api.task(f"{QEMU}/101/status/suspend", todisk=1) == "OK"
    asleep = api.data(f"{QEMU}/101/status/current")
    assert api.task(f"{QEMU}/101/status/start") == "OK"

    assert (asleep["status"], asleep["qmpstatus"], asleep["lock"]) == ("stopped", "stopped", "suspended")
    assert api.driver.world.cluster.guests[101].config == before


def test_a_second_task_waits_ten_seconds_for_the_lock_and_gives_up(api):
    api.post(f"{QEMU}/102/status/shutdown", timeout=60)

    assert api.task(f"{QEMU}/102/status/stop") == "can't lock file '/var/lock/qemu-server/lock-102.conf' - got timeout"


def test_an_interrupted_shutdown_leaves_the_guest_running_and_frees_the_lock(api):
    upid = api.post(f"{QEMU}/102/status/shutdown", timeout=60)[2]["data"]

    assert api.run(api.driver.call("DELETE", f"/nodes/pve1/tasks/{upid}"))[0] == 200

    assert api.data(f"/nodes/pve1/tasks/{upid}/status")["exitstatus"] == "received interrupt"
    assert api.driver.world.cluster.guests[102].running
    assert api.task(f"{QEMU}/102/status/stop") == "OK"


def test_an_ha_managed_guest_starts_some_seconds_after_its_task_has_ended(api):
    upid = api.post(f"{QEMU}/107/status/start")[2]["data"]
    assert ":hastart:107:" in upid
    assert api.run(api.driver.finish(upid)) == "OK"
    asked = api.data(f"{QEMU}/107/status/current")["status"]

    api.run(api.driver.clock.advance(20))

    assert (asked, api.data(f"{QEMU}/107/status/current")["status"]) == ("stopped", "running")
