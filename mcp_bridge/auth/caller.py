# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mcp_bridge.system.identity import local_user
from mcp_bridge.text.redaction import make_writable

_LONGEST_NAME = 128


@dataclass(frozen=True)
class Caller:
    """Who asks: a `person` at the command line, or a `client` such as an AI's, with any further roles.

    Policies, plans and approvals know the caller by `name`. `local_user` is the user of the operating system that the
    caller's process runs as. `program` and `version` are those of the program that asks, by its own account.
    """

    name: str
    kind: Literal["person", "client"] = "client"
    roles: tuple[str, ...] = ()
    local_user: str = ""
    program: str = ""
    version: str | None = None


def make_person(program: str, version: str | None = None) -> Caller:
    """The person who runs this process: people are themselves, whatever program they use."""
    user = local_user()
    return Caller(user, "person", (), user, program, version)


def make_client(name: str, version: str | None = None, roles: tuple[str, ...] = ()) -> Caller:
    """A client by its name, as whoever let it in knows it or as it calls itself."""
    return Caller(make_writable(name)[:_LONGEST_NAME], "client", roles, local_user(), name, version)
