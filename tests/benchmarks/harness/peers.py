"""What users would use instead, each in an environment of its own below .work, made when it is first needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from harness.clients import Session, over_stdio
from harness.cluster import ROOT, Cluster

_PLACE = ROOT / ".work" / "peers"
_PROXMOX_MCP = ("proxmox-mcp-plus",)
# The collection community.proxmox comes with the distribution `ansible`.
_ANSIBLE = ("ansible", "proxmoxer", "requests")


class Missing(Exception):
    """A peer that can't be had here, and why."""


def proxmox_mcp() -> Path:
    """The folder of the programs of proxmox-mcp-plus, an MCP server for Proxmox VE. Raises Missing."""
    return _environment("proxmox-mcp-plus", _PROXMOX_MCP)


def ansible() -> Path:
    """The folder of the programs of Ansible with the collections of its community. Raises Missing."""
    return _environment("ansible", _ANSIBLE)


def version(programs: Path, distribution: str) -> str:
    """The version of a distribution in a peer's environment."""
    say = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    return subprocess.run([programs / "python", "-c", say], capture_output=True, text=True, check=True).stdout.strip()


def _environment(name: str, packages: tuple[str, ...]) -> Path:
    place = _PLACE / name
    ready = place / ".ready"
    if not ready.exists():
        print(f"Installing {', '.join(packages)} for comparison", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        install = [place / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", *packages]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            raise Missing(f"{packages[0]} can't be installed here: {last}")
        ready.touch()
    return place / "bin"


def proxmox_mcp_session(cluster: Cluster) -> AbstractContextManager[Session]:
    """A client of proxmox-mcp-plus over stdio. Raises Missing."""
    programs, known = proxmox_mcp(), cluster.connection
    config = {
        "proxmox": {"host": known["host"], "port": known["port"], "verify_ssl": True},
        "auth": {
            "user": known["user"],
            "token_name": known["token_id"],
            "token_value": known["token_secret"],
        },
        "logging": {"level": "WARNING"},
        "mcp": {"transport": "STDIO"},
        "jobs": {"sqlite_path": str(cluster.home / "jobs.db")},
    }
    file = cluster.home / "proxmox-mcp.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    own = cluster.environment(PROXMOX_MCP_CONFIG=str(file), REQUESTS_CA_BUNDLE=known["ca_path"])
    return over_stdio([str(programs / "proxmox-mcp-plus")], own)


def ansible_environment(cluster: Cluster) -> dict[str, str]:
    """The environment for the programs of that Ansible, which trust the cluster. Raises Missing."""
    programs = ansible()
    own = cluster.environment(REQUESTS_CA_BUNDLE=cluster.connection["ca_path"])
    own["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    # Its own collections are found without it.
    del own["ANSIBLE_COLLECTIONS_PATH"]
    return own
