"""Migrations of containers, as calls."""

from __future__ import annotations

import pytest

from pve_simulator.state.guest import Guest
from pve_simulator.state.storage import GIB, Volume

LXC = "pve1/lxc/110"
ON_NAS = "nas:110/vm-110-disk-1.raw"
VOLUME = "thin:vm-110-disk-0"


@pytest.fixture
def container(lab) -> Guest:
    lab.cluster.storages["thin"].volumes_on("pve1")[VOLUME] = Volume(VOLUME, "rootdir", "raw", GIB, 4096, 110)
    config = {"hostname": "box", "memory": "256", "rootfs": f"{VOLUME},size=1G", "ostype": "debian"}
    guest = lab.cluster.guests[110] = Guest(110, "lxc", "pve1", config)
    return guest


def test_a_stopped_container_goes_with_its_volumes(lab, container):
    status, log = lab.migrate(LXC)
    assert status == "OK"
    assert log[:2] == [
        "starting migration of CT 110 to node 'pve2' (10.0.0.2)",
        f"found local volume '{VOLUME}' (in current VM config)",
    ]
    assert log[-3] == "start final cleanup"
    assert container.node == "pve2"
    assert VOLUME not in lab.volumes("thin", "pve1")
    assert VOLUME in lab.volumes("thin", "pve2")


def test_a_running_container_is_started_over_there_by_a_task_of_the_node(lab, container):
    container.running = True
    status, log = lab.migrate(LXC, restart=1)
    assert status == "OK"
    assert log[0] == "shutdown CT 110"
    assert "start container on target node" in log
    started = lab.driver.world.tasks.list_finished("pve2")[0].upid
    assert (started.type, started.user, container.running) == ("vzstart", "root@pam", True)


def test_volumes_of_a_container_go_to_mapped_storages(lab, container):
    assert lab.migrate(LXC, target_storage="files")[0] == "OK"
    assert container.config["rootfs"] == "files:110/vm-110-disk-0.raw,size=1G"


def test_a_container_that_cannot_go_runs_again_where_it_was(lab, container):
    assert lab.task("POST", f"{LXC}/snapshot", snapname="aa")[0] == "OK"
    container.running = True
    status, log = lab.migrate(LXC, restart=1)
    assert status == "migration aborted"
    assert log[-6:-2] == [
        "ERROR: can't migrate CT - check log",
        "aborting phase 1 - cleanup resources",
        "start final cleanup",
        "start container on source node",
    ]
    assert f"can't migrate local volume '{VOLUME}': non-migratable snapshot exists" in log
    assert (container.node, container.running, container.lock) == ("pve1", True, None)


@pytest.mark.parametrize(
    ("mount", "reason"),
    [
        ("/srv/data,mp=/data", "cannot migrate local bind mount point 'mp0'"),
        (f"{ON_NAS},mp=/data", f"{ON_NAS}: content type 'rootdir' is not available on storage 'nas'"),
    ],
)
def test_mount_points_that_keep_a_container_where_it_is(lab, container, mount, reason):
    container.config["mp0"] = mount
    status, log = lab.migrate(LXC)
    assert status == "migration aborted"
    assert log[0].endswith(f"): {reason}")


def test_shared_bind_mounts_stay_in_the_configuration(lab, container):
    container.config["mp0"] = "/srv/data,mp=/data,shared=1"
    status, log = lab.migrate(LXC)
    assert status == "OK"
    assert "ignoring shared 'bind' mount point 'mp0' ('/srv/data')" in log
