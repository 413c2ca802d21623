"""Bulk actions: on all nodes or one, in order, one bad guest for itself."""

from __future__ import annotations

import pytest


def log(api, upid, node="pve1"):
    return [line["t"] for line in api.data(f"/nodes/{node}/tasks/{upid}/log", limit=500)]


def bulk(api, path, **params):
    status, reason, body = api.post(path, **params)
    assert status == 200, reason
    api.run(api.driver.finish(body["data"]))
    return log(api, body["data"])


def test_guests_start_in_their_order(api):
    cluster = api.driver.world.cluster
    for vmid, startup in ((101, "order=2"), (102, "1,up=7"), (201, None)):
        cluster.guests[vmid].running = False
        if startup:
            cluster.guests[vmid].config["startup"] = startup

    lines = bulk(api, "/cluster/bulk-action/guest/start", vms=[101, 102, 201])

    assert lines == [
        "Starting guests: 101, 102, 201",
        "Starting VM 102",
        "Waiting for 7 seconds (startup delay)",
        "Starting VM 101",
        "Starting CT 201",
        "TASK OK",
    ]
    assert all(cluster.guests[vmid].running for vmid in (101, 102, 201))


@pytest.mark.parametrize(
    ("what", "params", "lines"),
    [
        (
            "start",
            {"vms": [101, 103, 999]},
            [
                "Starting guests: 101, 103, 999",
                "WARN: Skipping VM 101, already running.",
                "Starting VM 103",
                "TASK WARNINGS: 1",
            ],
        ),
        (
            "start",
            {"vms": [105]},
            [
                "Starting guests: 105",
                "Starting VM 105",
                "WARN: Starting VM 105 failed: VM is locked (backup)",
                "TASK ERROR: Some guests failed to start: 105",
            ],
        ),
        (
            "shutdown",
            {"vms": [102], "timeout": 9, "force-stop": 0},
            [
                "Shutting down guests: 102",
                "Shutting down VM 102 (Timeout = 9 seconds)",
                "WARN: Stopping VM 102 failed: VM quit/powerdown failed - got timeout",
                "TASK ERROR: Some guests failed to shutdown 102",
            ],
        ),
        (
            "shutdown",
            {"vms": [201]},
            ["Shutting down guests: 201", "WARN: Skipping CT 201, not running.", "TASK WARNINGS: 1"],
        ),
        (
            "suspend",
            {"vms": [101, 200]},
            [
                "Suspending guests: 101, 200",
                "Suspending VM 101",
                "WARN: skipping 200, only VMs can be suspended",
                "TASK WARNINGS: 1",
            ],
        ),
        (
            "migrate",
            {"vms": [201], "target": "nope"},
            [
                "Migrating guests to nope: 201",
                "Migrating CT 201",
                "WARN: 500 no such cluster node 'nope'",
                "TASK ERROR: Some guests failed to migrate 201",
            ],
        ),
        (
            "migrate",
            {"vms": [201], "target": "pve2"},
            ["Migrating guests to pve2: 201", "WARN: CT 201 already on pve2, skipping.", "TASK WARNINGS: 1"],
        ),
    ],
)
def test_each_guest_is_told_of_in_the_log(api, what, params, lines):
    assert bulk(api, f"/cluster/bulk-action/guest/{what}", **params) == lines


def test_everything_means_all_but_templates_managed_and_paused_guests(api):
    lines = bulk(api, "/cluster/bulk-action/guest/shutdown", timeout=1)

    assert lines[0] == "Shutting down all guests"
    named = {int(line.split()[3]) for line in lines if line.startswith("Shutting down ") and "(" in line}
    assert named == {101, 102, 108, 200}


def test_a_node_starts_what_starts_at_boot(api):
    cluster = api.driver.world.cluster
    cluster.guests[101].running = cluster.guests[102].running = False
    cluster.guests[102].config["onboot"] = "1"

    assert bulk(api, "/nodes/pve1/startall") == ["Starting VM 102", "TASK OK"]
    assert not cluster.guests[101].running


def test_a_node_stops_its_own_guests_the_last_first(api):
    lines = bulk(api, "/nodes/pve1/stopall", timeout=3)

    assert [line for line in lines if line.startswith("Stopping")] == [
        f"Stopping VM {vmid} (timeout = 3 seconds)" for vmid in (103, 102, 101)
    ]
    assert api.driver.world.cluster.guests[200].running


def test_suspending_skips_what_does_not_run(api):
    assert bulk(api, "/nodes/pve1/suspendall", vms="105") == [
        "VM 105 not running, skipping suspension",
        "TASK OK",
    ]


@pytest.mark.parametrize(
    ("params", "status", "reason"),
    [
        ({"target": "nope"}, 500, "no such cluster node 'nope'"),
        ({"target": "pve1"}, 400, "Parameter verification failed."),
    ],
)
def test_a_node_does_not_send_its_guests_nowhere(api, params, status, reason):
    assert api.post("/nodes/pve1/migrateall", **params)[:2] == (status, reason)
