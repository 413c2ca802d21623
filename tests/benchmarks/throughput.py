"""32 MCP clients that read at once over HTTP: calls a second, their 95th percentile, and memory at rest and at work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import anyio
from harness import clients, machine
from harness.cluster import Cluster, simulated
from harness.options import Options
from harness.results import Outcome, Timing
from harness.timing import Samples
from list_guests import by_runner

GUESTS, CLIENTS = 100, 32
_SECONDS = 30.0
_SOON_SECONDS = 5.0
# Longer than a fork waits for the next playbook.
_REST_SECONDS = 32.0
_LOOKS = 0.5


def measure(options: Options) -> Outcome:
    """Playvisor, plain ansible-runner as many at once as there are cores, and proxmoxer, one after the other."""
    outcome = Outcome(f"{CLIENTS} clients that list {GUESTS} guests at once, over HTTP")
    with simulated(GUESTS) as cluster:
        with clients.playvisor_over_http(cluster) as (url, pid):
            anyio.run(_clients, url, 1, 3.0)
            time.sleep(_SOON_SECONDS)
            ready = machine.pss_mib(machine.family(pid))
            time.sleep(_REST_SECONDS)
            at_rest, most = machine.pss_mib(machine.family(pid)), [0.0]
            with _watching(pid, most):
                ours = anyio.run(_clients, url, CLIENTS, _SECONDS)
        by_api = _threads(CLIENTS, lambda: _api_call(cluster))
        cores = int(machine.described()["cores"])
        runner = _threads(cores, lambda: lambda: by_runner(cluster))
    for way, (samples, rate) in {
        f"Playvisor, {CLIENTS} clients over HTTP": ours,
        f"proxmoxer, {CLIENTS} threads, kept connections": by_api,
        f"ansible-runner, the same playbook, {cores} at once": runner,
    }.items():
        timing = Timing(way, samples.p50, samples.p95, len(samples.seconds), samples.p50 / ours[0].p50)
        outcome.timings.append(timing)
        outcome.figure(way, rate, "calls/s")
    outcome.ratio("Playvisor / ansible-runner, calls a second", ours[1] / runner[1], at_most=False)
    outcome.figure("memory at rest: bridge, gateway and fork server (PSS)", at_rest, "MiB", 180)
    outcome.figure("memory soon after a call, with a fork that waits for the next one (PSS)", ready, "MiB")
    outcome.figure("memory at work, with the playbooks that run (PSS)", most[0], "MiB")
    return outcome


async def _clients(url: str, count: int, seconds: float) -> tuple[Samples, float]:
    samples, ends = Samples(), time.perf_counter() + seconds

    async def one() -> None:
        async with clients.http_client(url) as client:
            while time.perf_counter() < ends:
                started = time.perf_counter()
                found = clients.checked(await client.call_tool("list_guests", {}))
                samples.seconds.append(time.perf_counter() - started)
                if len(clients.answer(found)["guests"]) != GUESTS:
                    raise SystemExit("Guests are missing; the figures mean nothing.")

    began = time.perf_counter()
    async with anyio.create_task_group() as group:
        for _client in range(count):
            group.start_soon(one)
    return samples, len(samples.seconds) / (time.perf_counter() - began)


def _threads(count: int, make: Callable[[], Callable[[], object]]) -> tuple[Samples, float]:
    """As many threads, each of which does what it has made again and again."""
    samples, ends, began = Samples(), time.perf_counter() + _SECONDS, time.perf_counter()

    def one() -> None:
        act = make()
        while time.perf_counter() < ends:
            samples.take(act)

    with ThreadPoolExecutor(count) as pool:
        for thread in [pool.submit(one) for _thread in range(count)]:
            thread.result()
    return samples, len(samples.seconds) / (time.perf_counter() - began)


def _api_call(cluster: Cluster) -> Callable[[], object]:
    resources = cluster.api().cluster.resources
    return lambda: resources.get(type="vm")


@contextmanager
def _watching(pid: int, most: list[float]) -> Iterator[None]:
    """Keep the most memory that a process and its descendants take meanwhile."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_LOOKS):
            most[0] = max(most[0], machine.pss_mib(machine.family(pid)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
