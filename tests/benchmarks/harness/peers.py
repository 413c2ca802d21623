"""What users would use instead, each in an environment of its own below .work, made when it is first needed."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from environments import make_python_environment

from harness.clients import Session, over_stdio
from harness.cluster import Cluster

_PROXMOX_MCP = ("proxmox-mcp-plus",)
# The collection community.proxmox comes with the distribution `ansible`.
_ANSIBLE = ("ansible", "proxmoxer", "requests")


def proxmox_mcp() -> Path:
    """The folder of the programs of proxmox-mcp-plus, an MCP server for Proxmox VE. Raises CantInstall."""
    return make_python_environment("proxmox-mcp-plus", _PROXMOX_MCP)


def ansible() -> Path:
    """The folder of the programs of Ansible with the collections of its community. Raises CantInstall."""
    return make_python_environment("ansible", _ANSIBLE)


def version(programs: Path, distribution: str) -> str:
    """The version of a distribution in a peer's environment."""
    say = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    return subprocess.run([programs / "python", "-c", say], capture_output=True, text=True, check=True).stdout.strip()


def proxmox_mcp_session(cluster: Cluster) -> AbstractContextManager[Session]:
    """A client of proxmox-mcp-plus over stdio. Raises CantInstall."""
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
    """The environment for the programs of that Ansible, which trust the cluster. Raises CantInstall."""
    programs = ansible()
    own = cluster.environment(REQUESTS_CA_BUNDLE=cluster.connection["ca_path"])
    own["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    # Its own collections are found without it.
    del own["ANSIBLE_COLLECTIONS_PATH"]
    return own


def connection_of_community(cluster: Cluster) -> dict[str, Any]:
    """The options by which modules of community.proxmox reach the cluster."""
    known = cluster.connection
    return {
        "api_host": known["host"],
        "api_port": known["port"],
        "api_user": known["user"],
        "api_token_id": known["token_id"],
        "api_token_secret": known["token_secret"],
        "validate_certs": True,
    }
