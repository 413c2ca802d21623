"""The small world, with disks to back up."""

from __future__ import annotations

import pytest

from pve_simulator.storage.volumes import Volumes

GIB = 1024**3


@pytest.fixture
def api(api):
    cluster = api.driver.world.cluster
    storage = cluster.storages["local"]
    storage.config["content"] = "images,rootdir,iso,vztmpl,backup,snippets,import"
    for vmid in (101, 105):
        volume = Volumes(cluster, "pve1").allocate("local", vmid, GIB, "qcow2")
        cluster.guests[vmid].config |= {
            "scsi0": f"{volume.volid},size=1G",
            "net0": f"virtio=BC:24:11:00:00:{vmid - 100:02},bridge=vmbr0",
        }
    for vmid in (200, 201):
        volume = Volumes(cluster, "pve2").allocate("local", vmid, GIB, "raw", content="rootdir")
        cluster.guests[vmid].config["rootfs"] = f"{volume.volid},size=1G"
    return api
