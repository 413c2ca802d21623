"""What the simulator can carry: 10,000 guests on 16 nodes.

    python tests/benchmarks/bench_simulator.py [--json] [--nodes N] [--guests N]

Prints how long the cluster takes to be up, resident memory, the time that /cluster/resources takes on the
server (without TLS and sockets), and requests a second of status/current over kept TLS connections to a server
process of its own. Goals are those of the project; the exit status says whether they are met.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pve_simulator import build_cluster
from pve_simulator.app import Application
from pve_simulator.http.message import Request
from pve_simulator.state.access import AclEntry, Token, User
from pve_simulator.world import World

_GOALS = {"up": 4.0, "memory": 400.0, "resources_p50": 150.0, "status_rate": 300.0}
_READINGS = 21
_REQUESTS = 1500
_MEASURE = "--measure-inside"


@dataclass(frozen=True)
class Measure:
    """One figure and its goal."""

    name: str
    value: float
    unit: str
    goal: float
    at_most: bool

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.value <= self.goal if self.at_most else self.value >= self.goal


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when a goal is missed."""
    options = _parser().parse_args(arguments)
    if options.measure_inside:
        sys.stdout.write(json.dumps(asyncio.run(_resources(options.nodes, options.guests))))
        return 0
    measures = _measure(options.nodes, options.guests)
    if options.json:
        sys.stdout.write(json.dumps([{**asdict(item), "met": item.met} for item in measures], indent=1) + "\n")
    else:
        sys.stdout.write(f"{options.guests} guests on {options.nodes} nodes\n")
        for item in measures:
            sign = "<=" if item.at_most else ">="
            verdict = "met" if item.met else "MISSED"
            sys.stdout.write(f"{item.name:<42} {item.value:>9.1f} {item.unit:<5} {sign} {item.goal:<6g} {verdict}\n")
    return 0 if all(item.met for item in measures) else 1


def _measure(nodes: int, guests: int) -> list[Measure]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "pve_simulator", "--json", "--nodes", str(nodes), "--guests", str(guests)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        connection = json.loads(server.stdout.readline())
        up = time.perf_counter() - began
        rate = _status_rate(connection, nodes, guests)
        wire = _resources_over_the_wire(connection)
        memory = _resident_mib(server.pid)
        server.terminate()
    inside = [sys.executable, __file__, _MEASURE, "--nodes", str(nodes), "--guests", str(guests)]
    served = json.loads(subprocess.run(inside, check=True, capture_output=True, text=True).stdout)
    return [
        Measure("process start to first connection", up, "s", _GOALS["up"], True),
        Measure("resident memory after the run", memory, "MiB", _GOALS["memory"], True),
        Measure("/cluster/resources on the server, p50", served["fresh"], "ms", _GOALS["resources_p50"], True),
        Measure("/cluster/resources while guests change, p50", served["changing"], "ms", _GOALS["resources_p50"], True),
        Measure(
            "/cluster/resources as an audit token, p50", served["limited"], "ms", _GOALS["resources_p50"] * 2, True
        ),
        Measure("/cluster/resources over TLS, p50", wire, "ms", _GOALS["resources_p50"] * 2, True),
        Measure("status/current over TLS", rate, "1/s", _GOALS["status_rate"], False),
    ]


def _header(connection: dict[str, Any]) -> dict[str, str]:
    secret = f"{connection['user']}!{connection['token_id']}={connection['token_secret']}"
    return {"Authorization": f"PVEAPIToken={secret}"}


def _open(connection: dict[str, Any]) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=connection["ca_path"])
    return http.client.HTTPSConnection(connection["host"], connection["port"], context=context, timeout=60)


def _status_rate(connection: dict[str, Any], nodes: int, guests: int) -> float:
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


async def _resources(nodes: int, guests: int) -> dict[str, float]:
    """Milliseconds inside a server: unchanged, with guests changing in between, and as somebody with few rights."""
    cluster = build_cluster(nodes, guests)
    cluster.access.users["root@pam"].tokens["bench"] = Token(privsep=False)
    cluster.access.users["audit@pve"] = User(tokens={"bench": Token(privsep=False)})
    cluster.access.acl.append(AclEntry("/vms", "user", "audit@pve", "PVEAuditor"))
    application = Application(World(cluster))
    changing = list(cluster.guests.values())

    async def median(userid: str, change: bool) -> float:
        token = cluster.access.users[userid].tokens["bench"]
        headers = {"authorization": f"PVEAPIToken={userid}!bench={token.secret}"}
        taken = []
        for number in range(_READINGS):
            if change:
                for guest in changing[number::500]:
                    guest.running = not guest.running
            request = Request.from_target("GET", "/api2/json/cluster/resources", dict(headers), b"")
            began = time.perf_counter()
            response = await application(request)
            taken.append(time.perf_counter() - began)
            listed = sum(entry["type"] in ("qemu", "lxc") for entry in json.loads(response.body)["data"])
            if response.status != 200 or listed != guests:
                raise RuntimeError(f"{response.status} {response.reason}, {listed} guests")
        return statistics.median(taken) * 1000

    return {
        "fresh": await median("root@pam", change=False),
        "changing": await median("root@pam", change=True),
        "limited": await median("audit@pve", change=False),
    }


def _resident_mib(pid: int) -> float:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--nodes", type=int, default=16)
    parser.add_argument("--guests", type=int, default=10_000)
    parser.add_argument(_MEASURE, action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
