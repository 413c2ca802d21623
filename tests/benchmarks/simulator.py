"""What the simulator can carry: 10,000 guests on 16 nodes.

How long the cluster takes to be up, resident memory, the time that /cluster/resources takes on the server (without TLS
and sockets), and requests a second of status/current over kept TLS connections to a server process of its own.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import ssl
import statistics
import sys
import time
from typing import Any

from harness.cluster import simulated
from harness.commands import output
from harness.options import Options
from harness.results import Outcome

from pve_simulator import build_cluster
from pve_simulator.guests.feed import Feed
from pve_simulator.http.message import Request
from pve_simulator.server.app import Application
from pve_simulator.state.access import AclEntry, Token, User
from pve_simulator.world.world import World

GUESTS, NODES = 10_000, 16
_READINGS = 21
_REQUESTS = 1500


def measure(options: Options) -> Outcome:
    """Over the wire first, and then inside of a process that does nothing else."""
    outcome = Outcome(f"a simulated cluster of {GUESTS:,} guests on {NODES} nodes")
    began = time.perf_counter()
    with simulated(GUESTS, nodes=NODES) as cluster:
        outcome.figure("process start to first connection", time.perf_counter() - began, "s", 4)
        connection = dict(cluster.connection)
        rate, wire = _status_rate(connection), _resources_over_the_wire(connection)
        outcome.figure("resident memory after the run", _resident_mib(cluster.pid), "MiB", 400)
    served = json.loads(output([sys.executable, __file__], os.environ))
    outcome.figure("/cluster/resources on the server, p50", served["fresh"], "ms", 150)
    outcome.figure("/cluster/resources while guests change, p50", served["changing"], "ms", 150)
    outcome.figure("/cluster/resources after a broadcast, p50", served["broadcast"], "ms", 300)
    outcome.figure("a broadcast of all guests, p50", served["telling"], "ms", 50)
    outcome.figure("/cluster/resources as an audit token, p50", served["limited"], "ms", 300)
    outcome.figure("/cluster/resources over TLS, p50", wire, "ms", 300)
    outcome.figure("status/current over TLS", rate, "requests/s", 300, at_most=False)
    return outcome


def _header(connection: dict[str, Any]) -> dict[str, str]:
    secret = f"{connection['user']}!{connection['token_id']}={connection['token_secret']}"
    return {"Authorization": f"PVEAPIToken={secret}"}


def _open(connection: dict[str, Any]) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=connection["ca_path"])
    return http.client.HTTPSConnection(connection["host"], connection["port"], context=context, timeout=60)


def _status_rate(connection: dict[str, Any]) -> float:
    wire, headers = _open(connection), _header(connection)
    wire.request("GET", "/api2/json/cluster/resources?type=vm", headers=headers)
    listed = json.loads(wire.getresponse().read())["data"]
    paths = [f"/api2/json/nodes/{entry['node']}/{entry['id']}/status/current" for entry in listed]
    began = time.perf_counter()
    for number in range(_REQUESTS):
        wire.request("GET", paths[number * 37 % len(paths)], headers=headers)
        answer = wire.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {answer.reason}")
    return _REQUESTS / (time.perf_counter() - began)


def _resources_over_the_wire(connection: dict[str, Any]) -> float:
    wire, headers = _open(connection), _header(connection)
    taken: list[float] = []
    while len(taken) < _READINGS:
        began = time.perf_counter()
        wire.request("GET", "/api2/json/cluster/resources", headers=headers)
        wire.getresponse().read()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


async def _resources() -> dict[str, float]:
    """Milliseconds inside a server: unchanged, with guests changing and nodes broadcasting in between, and as somebody
    with few rights; and how long a broadcast takes itself.
    """
    cluster = build_cluster(NODES, GUESTS)
    cluster.access.users["root@pam"].tokens["bench"] = Token(privsep=False)
    cluster.access.users["audit@pve"] = User(tokens={"bench": Token(privsep=False)})
    cluster.access.acl.append(AclEntry("/vms", "user", "audit@pve", "PVEAuditor"))
    world = World(cluster)
    application = Application(world)
    changing = list(cluster.guests.values())

    broadcasts = []

    def broadcast() -> None:
        began = time.perf_counter()
        world.part(Feed).catch_up(world)
        broadcasts.append(time.perf_counter() - began)

    async def median(userid: str, *, change: bool = False, tell: bool = False) -> float:
        token = cluster.access.users[userid].tokens["bench"]
        headers = {"authorization": f"PVEAPIToken={userid}!bench={token.secret}"}
        taken = []
        for number in range(_READINGS):
            if change:
                for guest in changing[number::500]:
                    guest.running = not guest.running
            if tell:
                broadcast()
            request = Request.from_target("GET", "/api2/json/cluster/resources", dict(headers), b"")
            began = time.perf_counter()
            response = await application(request)
            taken.append(time.perf_counter() - began)
            listed = sum(entry["type"] in ("qemu", "lxc") for entry in json.loads(response.body)["data"])
            if response.status != 200 or listed != GUESTS:
                raise RuntimeError(f"{response.status} {response.reason}, {listed} guests")
        return statistics.median(taken) * 1000

    return {
        "fresh": await median("root@pam"),
        "changing": await median("root@pam", change=True),
        "broadcast": await median("root@pam", change=True, tell=True),
        "telling": statistics.median(broadcasts) * 1000,
        "limited": await median("audit@pve"),
    }


def _resident_mib(pid: int) -> float:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_resources())))
