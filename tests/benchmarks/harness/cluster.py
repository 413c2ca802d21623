"""A simulated cluster in a process of its own, so that it competes with no client for an interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proxmoxer import ProxmoxAPI
from requests import Session

ROOT = Path(__file__).resolve().parents[3]
COLLECTIONS = ROOT / ".collections"
BIN = Path(sys.executable).parent
_OTHERS = ("PROXMOX_", "PLAYVISOR_", "ANSIBLE_", "XDG_", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class Cluster:
    """A running simulator; `connection` is what it printed about itself, `home` a folder for whoever uses it."""

    connection: Mapping[str, Any]
    home: Path
    pid: int
    _control: Session = field(default_factory=Session)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.connection['host']}:{self.connection['port']}"

    def environment(self, **more: str) -> dict[str, str]:
        """The whole environment of somebody who uses this cluster with Playvisor or Ansible, and `more`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
        return {
            **kept,
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "PROXMOX_URL": self.connection["url"],
            "PROXMOX_USER": self.connection["user"],
            "PROXMOX_TOKEN_ID": self.connection["token_id"],
            "PROXMOX_TOKEN_SECRET": self.connection["token_secret"],
            "PROXMOX_CA_PATH": self.connection["ca_path"],
            **more,
        }

    def api(self) -> ProxmoxAPI:
        """A proxmoxer client, which keeps its connection."""
        return ProxmoxAPI(
            self.connection["host"],
            port=self.connection["port"],
            user=self.connection["user"],
            token_name=self.connection["token_id"],
            token_value=self.connection["token_secret"],
            verify_ssl=self.connection["ca_path"],
        )

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use a control of the simulator, such as POST /guests."""
        url, ca_path = f"{self.connection['url']}/sim{path}", self.connection["ca_path"]
        answer = self._control.request(method, url, json=body, verify=ca_path, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def stop(self, *vmids: int) -> None:
        """Take the power of guests away at once, as no API call can; lists say so at once, too."""
        for vmid in vmids:
            self.control("POST", "/guests", {"vmid": vmid, "running": False})
        self.control("POST", "/catch-up")

    def requests(self) -> list[str]:
        """The API requests since the last look, such as `GET /version`."""
        answered = self.control("GET", "/requests")
        self.control("DELETE", "/requests")
        return [f"{entry['method']} {entry['path']}" for entry in answered]


@contextmanager
def simulated(
    guests: int = 100, *, nodes: int = 3, task_seconds: float = 1.0, seed: Mapping[str, Any] | None = None
) -> Iterator[Cluster]:
    """A cluster of so many guests, or the one of a seed, over TLS on loopback."""
    with tempfile.TemporaryDirectory(prefix="pv-") as home:
        command = [sys.executable, "-m", "pve_simulator", "--port", "0", "--json", "--task-seconds", str(task_seconds)]
        if seed is None:
            command += ["--nodes", str(nodes), "--guests", str(guests)]
        else:
            Path(home, "seed.json").write_text(json.dumps(seed), encoding="utf-8")
            command += ["--seed", f"{home}/seed.json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
            try:
                assert simulator.stdout is not None
                yield Cluster(json.loads(simulator.stdout.readline()), Path(home), simulator.pid)
            finally:
                simulator.terminate()


def stopped_guests(count: int, nodes: int = 4, first: int = 101) -> dict[str, Any]:
    """The seed of a cluster of stopped guests, evenly over its nodes."""
    names = [f"pve{number + 1}" for number in range(nodes)]
    guests = [
        {"vmid": first + number, "name": f"web-{number:05}", "node": names[number % nodes], "status": "stopped"}
        for number in range(count)
    ]
    return {"name": "bench", "nodes": names, "guests": guests}
