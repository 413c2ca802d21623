"""What `make test-cluster` runs, on a simulated cluster in place of a live one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import wait_for_task
from cluster.detection import Unusable, Wishes, find_place, has_kvm
from scenarios import Place

ROOT = Path(__file__).resolve().parents[3]
RANGE = (9200, 9299)


@pytest.fixture
def client(simulator):
    connection = Connection(
        host=simulator.host,
        port=simulator.port,
        user=simulator.user,
        token_id=simulator.token_id,
        token_secret=simulator.token_secret,
        fingerprint=simulator.fingerprint.replace(":", "").lower(),
    )
    return Client(connection)


@pytest.fixture
def cluster_run(connection_env):
    def start(*options):
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-m", "cluster", "tests/cluster", *options],
            cwd=ROOT,
            env={**os.environ, **connection_env},
            stdout=subprocess.PIPE,
            text=True,
        )

    return start


def single(simulator, **config):
    """Leave one node with one storage."""
    cluster = simulator.cluster
    cluster.nodes.pop("pve2")
    cluster.guests, cluster.pools = {}, {}
    cluster.storages = {"local": cluster.storages["local"]}
    cluster.storages["local"].config.update(config)


def test_the_place_is_found_on_a_cluster(client):
    found = find_place(client, Wishes(RANGE))

    assert found.place == Place(
        node="pve1",
        storage="local-lvm",
        bridge="vmbr0",
        other_node="pve2",
        backups="local",
        ostemplate="local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst",
        offers=frozenset({"snapshots", "container_snapshots"}),
        first_vmid=9200,
        last_vmid=9299,
    )


def test_the_place_is_found_on_a_single_node_with_a_directory(client, simulator):
    single(simulator, content="images,rootdir,iso,vztmpl,backup")

    place = find_place(client, Wishes(RANGE)).place

    assert (place.storage, place.disk_format, place.other_node) == ("local", "qcow2", None)
    assert place.offers == {"snapshots"}


def test_containers_without_a_storage_are_left_out_with_the_reason(client, simulator):
    single(simulator, content="images,vztmpl")

    found = find_place(client, Wishes(RANGE))

    assert (found.place.ostemplate, found.place.backups) == (None, None)
    assert "takes no containers" in found.reasons["ostemplate"]


def test_backups_of_ids_in_the_range_are_not_touched(client, simulator):
    web = next(guest for guest in simulator.cluster.guests.values() if guest.type == "qemu")
    upid = client.request("POST", f"/nodes/{web.node}/vzdump", {"vmid": web.vmid, "storage": "shared"})
    wait_for_task(client, upid, time.monotonic() + 10)
    simulator.cluster.guests.clear()

    found = find_place(client, Wishes((web.vmid, web.vmid + 9), backups="shared"))

    assert found.place.backups is None
    assert f"vzdump-qemu-{web.vmid}-" in found.reasons["backups"]


@pytest.mark.parametrize(
    ("wishes", "named"),
    [
        (Wishes((101, 199)), "101 (web-01)"),
        (Wishes(RANGE, node="pve9"), "pve9"),
        (Wishes(RANGE, storage="tank"), "tank"),
    ],
)
def test_a_place_that_is_not_there_or_not_free_is_refused(client, wishes, named):
    with pytest.raises(Unusable) as caught:
        find_place(client, wishes)

    assert named in str(caught.value)


@pytest.mark.parametrize("kvm", [True, False])
def test_hardware_virtualization_is_found_out_with_a_temporary_guest(client, simulator, kvm):
    simulator.cluster.nodes["pve1"].kvm = kvm
    before = set(simulator.cluster.guests)

    assert has_kvm(client, find_place(client, Wishes(RANGE)).place) is kvm
    assert set(simulator.cluster.guests) == before


@pytest.mark.flow
def test_scenarios_run_in_a_free_range_and_what_could_not_run_is_said(cluster_run, simulator):
    single(simulator, content="images,rootdir,iso,vztmpl,backup")
    run = cluster_run("-k", "members and deleted or stopped and guest and moved")

    printed, unused = run.communicate(timeout=60)

    assert run.returncode == 0, printed
    assert "no other online node has storage local" in printed
    assert "1 passed" in printed
    assert simulator.cluster.guests == {}
    assert simulator.cluster.pools == {}


@pytest.mark.flow
@pytest.mark.thorough
def test_a_run_that_is_ended_removes_what_it_made(cluster_run, simulator):
    simulator.world.settings.task_seconds = 0.5
    before = set(simulator.cluster.guests)
    run = cluster_run("-k", "pve_snapshot", "--pve-vmids", "9200-9299")
    while set(simulator.cluster.guests) == before:
        assert run.poll() is None
        time.sleep(0.05)

    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=60)

    assert run.returncode == pytest.ExitCode.INTERRUPTED
    assert set(simulator.cluster.guests) == before
