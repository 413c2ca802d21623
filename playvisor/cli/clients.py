# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an AI client's configuration must hold to start Playvisor. Pure, except for reading the data file."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from mcp_bridge.errors import UsageError
from mcp_bridge.settings import SECRETS, list_secrets, list_variables, profiles
from mcp_bridge.text.redaction import Redactor, redact_shapes
from mcp_bridge.text.yaml import load_yaml

_FILE = Path(__file__).with_suffix(".yml")
_PATH = re.compile(r"_(FILE|PATH|DIR|POLICY)$")


@dataclass(frozen=True)
class Client:
    """One client, as clients.yml describes it."""

    name: str
    title: str
    file: Mapping[str, str]
    servers: str
    next: str
    reference: str | None = None
    inherits: bool = False
    entry: Mapping[str, Any] = field(default_factory=dict)

    def find_path(self, environment: Mapping[str, str], platform: str = sys.platform) -> Path:
        """Path of its configuration on this kind of system. Raises UsageError where that is not known."""
        where = self.file.get(platform)
        if where is None:
            raise UsageError(
                f"Where {self.title} keeps its configuration on {platform} is not known.",
                "Name the file with --file, or copy what --print shows into it.",
            )
        for name, usual in _get_defaults().items():
            where = where.replace(f"${name}", environment.get(name) or usual)
        return Path(where).expanduser()


@dataclass(frozen=True)
class Connection:
    """The variables for a client's file, the names of those with secrets, and of those that may hold one."""

    variables: dict[str, str]
    secrets: list[str]
    left_out: list[str]


def load_clients() -> dict[str, Client]:
    """All clients by name."""
    return {name: Client(name, **facts) for name, facts in _load_data()["clients"].items()}


def find_client(name: str) -> Client:
    """The client of that name. Raises UsageError, which lists all names, when there is none."""
    client = load_clients().get(name.lower())
    if client is None:
        near = get_close_matches(name.lower(), load_clients(), n=1)
        guess = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"There is no client {name!r}.", f"{guess}There are: {', '.join(load_clients())}.")
    return client


def read_connection(environment: Mapping[str, str], redactor: Redactor, client: Client) -> Connection:
    """The variables of this environment that describe the cluster and Playvisor's settings, without secrets.

    A secret becomes a reference where the client has references, or is left out, and so does every variable that is
    none of Playvisor's. Paths become absolute, because the client starts Playvisor elsewhere. When a profile is set, no
    PROXMOX_ variable is taken.
    """
    connection = Connection({}, [], [])
    prefixes = ("PLAYVISOR_",) if environment.get(profiles.VARIABLE) else ("PROXMOX_", "PLAYVISOR_")
    known = list_variables()
    for name, value in sorted(environment.items()):
        if not name.startswith(prefixes) or not value:
            continue
        if name in SECRETS:
            # The file that NAME_FILE points to is enough.
            if environment.get(f"{name}_FILE"):
                continue
            connection.secrets.append(name)
            if client.reference:
                connection.variables[name] = client.reference.replace("NAME", name)
        elif name not in known or redactor.has_secret(value) or redact_shapes(value) != value or list_secrets(value):
            connection.left_out.append(name)
        else:
            connection.variables[name] = str(Path(value).expanduser().absolute()) if _PATH.search(name) else value
    return connection


def make_entry(client: Client, command: list[str], variables: Mapping[str, str], old: Any) -> dict[str, Any]:
    """The server's new entry; keeps what else the old one holds."""
    old_entry = old if isinstance(old, dict) else {}
    old_env = old_entry.get("env")
    kept_env = old_env if isinstance(old_env, dict) else {}
    # An old reference to a secret would take precedence over a file that is named now.
    env = {name: value for name, value in kept_env.items() if not (name in SECRETS and str(value).startswith("$"))}
    env |= variables
    return {**old_entry, **client.entry, "command": command[0], "args": command[1:], "env": env}


@cache
def _load_data() -> dict[str, Any]:
    data: dict[str, Any] = load_yaml(_FILE.read_text(encoding="utf-8"))
    return data


def _get_defaults() -> dict[str, str]:
    return dict(_load_data()["defaults"])
