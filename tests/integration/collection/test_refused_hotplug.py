"""pve_guest and a running guest that does not let go of a device: the change waits for a restart, and is no failure."""

from __future__ import annotations

import time

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import is_upid, wait_for_task
from scenarios.running import run_module

VM = "/nodes/pve1/qemu/500"


@pytest.fixture
def send(client):
    """A request of somebody else, with its task."""

    def run(method, path, **params):
        data = client.request(method, path, params)
        if is_upid(data):
            wait_for_task(client, data, time.monotonic() + 30)

    return run


@pytest.fixture
def machine(simulator, send):
    """A running machine whose system does not react to anything."""
    disks = {"scsi0": "local-lvm:1", "scsi1": "local-lvm:1"}
    nics = {"net0": "virtio,bridge=vmbr0", "net1": "virtio,bridge=vmbr0"}
    send("POST", "/nodes/pve1/qemu", vmid=500, name="deaf", scsihw="virtio-scsi-single", **disks, **nics)
    send("POST", f"{VM}/status/start")
    simulator.cluster.guests[500].acpi = False


@pytest.mark.parametrize(
    ("wish", "waiting"),
    [
        pytest.param({"nics": [{"slot": "net0", "mtu": 1400}], "cores": 2}, {"net0", "cores"}, id="nic"),
        pytest.param({"nics": [{"slot": "net1", "state": "absent"}]}, {"net1"}, id="nic that goes"),
        pytest.param({"disks": [{"slot": "scsi1", "state": "detached"}]}, {"scsi1"}, id="disk that goes"),
    ],
)
@pytest.mark.usefixtures("machine")
def test_what_a_running_guest_does_not_release_waits_for_its_restart(connection_env, send, client, wish, waiting):
    options = {"vmid": 500, **wish}

    first, second = (run_module("pve_guest", options, connection_env) for _time in range(2))

    assert [(done.get("msg"), done["changed"]) for done in (first, second)] == [(None, True), (None, False)]
    assert set(first["guests"][0]["pending"]) == waiting
    assert first["guests"][0]["restart_required"]
    told = str(first["warnings"])
    assert "500 (deaf): It did not take this while it runs, so it waits for a restart" in told
    assert "still busy in guest" in told

    send("POST", f"{VM}/status/stop")
    send("POST", f"{VM}/status/start")

    assert run_module("pve_guest", options, connection_env)["changed"] is False
    assert [entry["key"] for entry in client.get(f"{VM}/pending") if "pending" in entry] == []
