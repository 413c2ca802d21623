# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an AI client's configuration has to say to start Playvisor. Pure, but for the data file."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mcp_bridge.errors import UsageError
from mcp_bridge.settings import SECRETS, profiles
from mcp_bridge.text.redaction import Redactor
from mcp_bridge.text.yaml import load_yaml

_FILE = Path(__file__).with_suffix(".yml")
_SECRET = re.compile(r"(SECRET|PASSWORD|TOKEN|KEY)$")
_PATH = re.compile(r"_(FILE|PATH|DIR|POLICY)$")


@dataclass(frozen=True)
class Client:
    """One client: as clients.yml says it."""

    name: str
    title: str
    file: Mapping[str, str]
    servers: str
    next: str
    reference: str | None = None
    inherits: bool = False
    entry: Mapping[str, Any] = field(default_factory=dict)

    def path(self, environment: Mapping[str, str], platform: str = sys.platform) -> Path:
        """Where its configuration is on this kind of system. Raises UsageError where that is not known."""
        where = self.file.get(platform)
        if where is None:
            raise UsageError(
                f"Where {self.title} keeps its configuration on {platform} is not known.",
                "Name the file with --file, or put into it by hand what --print shows.",
            )
        for name, usual in _defaults().items():
            where = where.replace(f"${name}", environment.get(name) or usual)
        return Path(where).expanduser()


@dataclass(frozen=True)
class Connection:
    """The variables for a client's file; those with secrets, which are not in it; and why others were left out."""

    variables: dict[str, str]
    secrets: list[str]
    left_out: list[str]


def known() -> dict[str, Client]:
    """The clients by name."""
    return {name: Client(name, **facts) for name, facts in _data()["clients"].items()}


def named(name: str) -> Client:
    """One client. Raises UsageError that lists them all."""
    found = known().get(name.lower())
    if found is None:
        near = get_close_matches(name.lower(), known(), n=1)
        guess = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"There is no client {name!r}.", f"{guess}There are: {', '.join(known())}.")
    return found


def connection(environment: Mapping[str, str], redactor: Redactor, client: Client) -> Connection:
    """What of this environment describes the cluster and Playvisor's settings; secrets become references, or nothing.

    Paths are made absolute, since the client starts it elsewhere. A profile that is asked for says all of the cluster.
    """
    told = Connection({}, [], [])
    prefixes = ("PLAYVISOR_",) if environment.get(profiles.VARIABLE) else ("PROXMOX_", "PLAYVISOR_")
    for name, value in sorted(environment.items()):
        if not name.startswith(prefixes) or not value:
            continue
        if name in SECRETS:
            # The file that the variable beside it names is enough.
            if environment.get(f"{name}_FILE"):
                continue
            told.secrets.append(name)
            if client.reference:
                told.variables[name] = client.reference.replace("NAME", name)
        elif _SECRET.search(name) or redactor.has_secret(value) or urlsplit(value).password:
            told.left_out.append(name)
        else:
            told.variables[name] = str(Path(value).expanduser().absolute()) if _PATH.search(name) else value
    return told


def entry(client: Client, command: list[str], variables: Mapping[str, str], old: Any) -> dict[str, Any]:
    """The server's entry: what is new in it, and what else its old one has."""
    before = old if isinstance(old, dict) else {}
    given = before.get("env")
    kept = given if isinstance(given, dict) else {}
    # A reference of an earlier time would go before a file that is named now.
    env = {name: value for name, value in kept.items() if not (name in SECRETS and str(value).startswith("$"))}
    env |= variables
    return {**before, **client.entry, "command": command[0], "args": command[1:], "env": env}


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = load_yaml(_FILE.read_text(encoding="utf-8"))
    return data


def _defaults() -> dict[str, str]:
    return dict(_data()["defaults"])
