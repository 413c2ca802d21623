"""What an audited run costs over the bare ways to the same list of guests.

    python tests/benchmarks/bench_run.py [--rounds N] [--guests N]

The ways take turns on one simulated cluster within one run, so that the ratios hold on any machine; the
seconds are those of this machine. Each answer is checked to hold every guest.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from proxmoxer import ProxmoxAPI

from mcp_bridge.executor.cold import ColdExecutor
from mcp_bridge.executor.warm import WarmExecutor
from mcp_bridge.gateway.service import Gateway
from mcp_bridge.run import Bridge, Request
from mcp_bridge.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".collections"
BIN = Path(sys.executable).parent

Way = Callable[[], int]
"""Lists the guests once; returns how many there are."""


@contextmanager
def simulated_cluster(guests: int) -> Iterator[dict[str, Any]]:
    """A simulator in its own process, so that it competes with no client for the interpreter."""
    command = [sys.executable, "-m", "pve_simulator", "--port", "0", "--guests", str(guests), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            assert simulator.stdout is not None
            yield json.loads(simulator.stdout.readline())
        finally:
            simulator.terminate()


def connection_environment(cluster: dict[str, Any], home: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PROXMOX_", "XDG_"))}
    return {
        **clean,
        "HOME": home,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PROXMOX_URL": cluster["url"],
        "PROXMOX_USER": cluster["user"],
        "PROXMOX_TOKEN_ID": cluster["token_id"],
        "PROXMOX_TOKEN_SECRET": cluster["token_secret"],
        "PROXMOX_CA_PATH": cluster["ca_path"],
    }


def api_client(cluster: dict[str, Any]) -> ProxmoxAPI:
    return ProxmoxAPI(
        cluster["host"],
        port=cluster["port"],
        user=cluster["user"],
        token_name=cluster["token_id"],
        token_value=cluster["token_secret"],
        verify_ssl=cluster["ca_path"],
    )


def count_by_api(client: ProxmoxAPI) -> int:
    return len(client.cluster.resources.get(type="vm"))


def kept_bridge(kind: str, environment: dict[str, str]) -> Bridge:
    """A bridge as the MCP server keeps one, ready to run."""
    os.environ.update(environment)
    settings = load_settings()
    if kind == "cold":
        return Bridge(settings, ColdExecutor(settings.connection_env()), Gateway(settings))
    executor = WarmExecutor(settings.connection_env())
    executor.start()
    while executor.supervisor.pid is None:
        time.sleep(0.01)
    return Bridge(settings, executor, Gateway(settings))


def ways(cluster: dict[str, Any], environment: dict[str, str]) -> dict[str, Way]:
    """The ways to be compared, the cheapest first."""

    def output(*command: str | Path) -> str:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def by_playbook() -> int:
        options = ("-e", json.dumps({"pve_guests": {"names": ["*"]}}))
        answer = output(BIN / "ansible-playbook", ROOT / "playbooks/guest_info.yml", *options)
        # The minimal callback prints one line before the result: localhost | SUCCESS => {
        return len(json.loads(answer[answer.index("{") :])["guests"])

    def by_playvisor() -> int:
        answer = output(BIN / "playvisor", "call", "list_guests", "--json")
        return len(json.loads(answer)["guests"])

    def by_bridge(bridge: Bridge) -> int:
        result = bridge.run(Request("list_guests", {}, "read"), lambda _line: None, threading.Event())
        if result.status != "ok":
            raise SystemExit(f"The run failed: {result.summary}")
        return len(result.guests or [])

    kept = api_client(cluster)
    bridges = {kind: kept_bridge(kind, environment) for kind in ("warm", "cold")}
    return {
        "API call, kept connection": lambda: count_by_api(kept),
        "API call, new connection": lambda: count_by_api(api_client(cluster)),
        "audited run, warm": lambda: by_bridge(bridges["warm"]),
        "audited run, cold": lambda: by_bridge(bridges["cold"]),
        "ansible-playbook": by_playbook,
        "playvisor call": by_playvisor,
    }


def measure(compared: dict[str, Way], rounds: int, guests: int) -> dict[str, float]:
    """Median seconds of each way. The first round only warms caches."""
    seconds: dict[str, list[float]] = {name: [] for name in compared}
    for turn in range(rounds + 1):
        for name, way in compared.items():
            started = time.perf_counter()
            found = way()
            elapsed = time.perf_counter() - started
            if found != guests:
                raise SystemExit(f"{name}: {found} guests instead of {guests}; its time means nothing.")
            if turn:
                seconds[name].append(elapsed)
    return {name: statistics.median(values) for name, values in seconds.items()}


def report(medians: dict[str, float]) -> str:
    api, playbook = medians["API call, kept connection"], medians["ansible-playbook"]
    lines = [f"{'':<28}{'median':>10}{'x API call':>12}{'x playbook':>12}"]
    lines += [
        f"{name:<28}{median * 1000:>7.1f} ms{median / api:>12.1f}{median / playbook:>12.2f}"
        for name, median in medians.items()
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare an audited run with the bare ways to the same answer.")
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds (default 5)")
    parser.add_argument("--guests", type=int, default=100, help="guests of the simulated cluster (default 100)")
    chosen = parser.parse_args()
    # It silently overrides the CA that a client names.
    os.environ.pop("REQUESTS_CA_BUNDLE", None)
    with tempfile.TemporaryDirectory() as home, simulated_cluster(chosen.guests) as cluster:
        environment = connection_environment(cluster, home)
        environment |= {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_STDOUT_CALLBACK": "minimal"}
        medians = measure(ways(cluster, environment), chosen.rounds, chosen.guests)
    print(f"Listing {chosen.guests} guests, {chosen.rounds} rounds\n\n{report(medians)}")


if __name__ == "__main__":
    main()
