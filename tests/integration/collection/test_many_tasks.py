"""Waiting for many tasks costs hardly more requests than starting them."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import wait_for_task

from pve_simulator import Simulator, build_cluster


class Counting(Client):
    """A client that counts what it asks for."""

    def __init__(self, connection):
        super().__init__(connection)
        self.asked = Counter()

    def request(self, method, path, *args, **kwargs):
        self.asked[path.rpartition("/")[2]] += 1
        return super().request(method, path, *args, **kwargs)


def counting(simulator):
    return Counting(
        Connection(
            host="127.0.0.1",
            port=simulator.port,
            fingerprint=simulator.fingerprint.replace(":", "").lower(),
            user=simulator.user,
            token_id=simulator.token_id,
            token_secret=simulator.token_secret,
            pool_size=60,
        )
    )


def test_of_many_tasks_each_is_looked_at_once():
    with Simulator(build_cluster(nodes=1, guests=60), port=0, task_seconds=0.5) as simulator:
        client = counting(simulator)
        listed = client.get("/cluster/resources", type="vm")
        paths = [f"/nodes/pve1/{one['id']}" for one in listed if one["status"] == "running" and one["type"] == "qemu"]

        def stop(path):
            upid = client.request("POST", f"{path}/status/stop")
            return wait_for_task(client, upid, time.monotonic() + 60).exitstatus

        with ThreadPoolExecutor(len(paths)) as threads:
            assert set(threads.map(stop, paths)) == {"OK"}
    assert client.asked["stop"] == len(paths) > 20
    # The first ones do not know yet how many come after them.
    assert len(paths) <= client.asked["status"] <= len(paths) + 10
    assert client.asked["tasks"] < len(paths)
