"""What one API request costs a run: on a connection of its own to the cluster, on a kept one, and through the gateway.

    python tests/benchmarks/bench_gateway.py [--rounds N]

A run has a new client, so a run without the gateway pays for a new TLS connection first. The ways take turns.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench_run import COLLECTIONS, simulated_cluster
from pydantic import SecretStr

from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.service import Gateway
from mcp_bridge.settings import Settings

sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.playvisor.proxmox.plugins.module_utils._client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._connection import Connection


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare direct requests with those through the gateway.")
    parser.add_argument("--rounds", type=int, default=50, help="measured rounds (default 50)")
    rounds = parser.parse_args().rounds
    with simulated_cluster(10) as cluster, tempfile.TemporaryDirectory() as folder:
        direct = Connection(
            host=cluster["host"],
            port=cluster["port"],
            user=cluster["user"],
            token_id=cluster["token_id"],
            token_secret=cluster["token_secret"],
            ca_path=cluster["ca_path"],
        )
        settings = Settings(
            url=cluster["url"],
            user=cluster["user"],
            token_id=cluster["token_id"],
            token_secret=SecretStr(cluster["token_secret"]),
            ca_path=cluster["ca_path"],
        )
        gateway = Gateway(settings)
        with gateway.admit(Grant(), Path(folder)) as admission:
            key = Path(admission.environment["PROXMOX_GATEWAY_KEY_FILE"]).read_text(encoding="ascii")
            socket = admission.environment["PROXMOX_GATEWAY"]
            through = Connection(host="", user="", gateway=socket, gateway_key=key)
            kept, kept_through = Client(direct), Client(through)
            ways = {
                "direct, new client": lambda: Client(direct).get("/version"),
                "direct, kept connection": lambda: kept.get("/version"),
                "gateway, new client": lambda: Client(through).get("/version"),
                "gateway, kept connection": lambda: kept_through.get("/version"),
            }
            seconds: dict[str, list[float]] = {name: [] for name in ways}
            for turn in range(rounds + 1):
                for name, way in ways.items():
                    started = time.perf_counter()
                    way()
                    if turn:
                        seconds[name].append(time.perf_counter() - started)
        gateway.close()
    for name, values in seconds.items():
        print(f"{name:<26}{statistics.median(values) * 1000:>8.2f} ms")


if __name__ == "__main__":
    main()
