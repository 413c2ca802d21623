"""Ages count by the cluster's clock, which may go otherwise than that of the machine that modules run on."""

from __future__ import annotations

import time

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import wait_for_task
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.ages import read_period
from ansible_collections.playvisor.proxmox.plugins.modules import (
    pve_backup,
    pve_snapshot,
    pve_task_info,
)
from simulated import make_client

HOUR = 3600
CHOSEN = {"vmid": None, "name": None, "node": None, "guests": {"names": ["*"]}, "throttle": 4}
LISTED = {"upid": None, "started_by": None, "node": None, "vmid": None, "running": False, "errors": False, "limit": 50}
SNAPSHOTS = {
    "state": "present",
    "snapname": None,
    "description": None,
    "vmstate": False,
    "retention": {"names": "*", "keep": None, "max_age": "1h"},
}


@pytest.fixture
def client(simulator):
    """A client of a cluster whose clock is five hours behind."""
    simulator.world.clock.set_time(time.time() - 5 * HOUR)
    return make_client(simulator)


def test_a_period_counts_from_the_time_there(client):
    since, until = read_period(client, {"since": "1h", "until": "2026-01-01T00:00Z"})

    assert abs(since - (time.time() - 6 * HOUR)) < HOUR / 2
    assert until == 1767225600


def test_what_began_there_a_moment_ago_is_found(client, simulator):
    stopped = next(guest for guest in simulator.cluster.guests.values() if guest.type == "qemu" and not guest.running)
    upid = client.request("POST", f"/nodes/{stopped.node}/qemu/{stopped.vmid}/status/start")
    wait_for_task(client, upid, time.monotonic() + 30)

    found = pve_task_info.gather(client, {**LISTED, "since": "1h", "until": None, "user": None})

    assert upid in [task["upid"] for task in found["tasks"]]


def test_a_snapshot_of_a_moment_ago_is_kept(client, simulator):
    guest = next(guest for guest in simulator.cluster.guests.values() if guest.type == "qemu" and not guest.running)
    upid = client.request("POST", f"/nodes/{guest.node}/qemu/{guest.vmid}/snapshot", {"snapname": "new"})
    wait_for_task(client, upid, time.monotonic() + 30)

    trees = pve_snapshot.Snapshots().observe(client, {**CHOSEN, **SNAPSHOTS, "guests": None, "vmid": guest.vmid})

    assert pve_snapshot.find_expired(trees[0], SNAPSHOTS["retention"]) == []


def test_backups_are_as_old_as_they_are_there(client):
    made = {"state": "present", "max_age": "1h", "mode": "snapshot", "retention": None}
    (backups, *_more) = pve_backup.Backups("local").observe(client, {**CHOSEN, **made})

    assert abs(backups.now - (time.time() - 5 * HOUR)) < HOUR / 2
