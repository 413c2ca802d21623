# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has come in, as the ways to sign in make them. Pure, but for the user of this process."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mcp_bridge import version
from mcp_bridge.auth.caller import Caller, make_person, make_remote_person
from mcp_bridge.auth.principals import Proof
from mcp_bridge.text.plain import one_line
from playvisor.web.signin.roles import RIGHTS

CLIENT = "playvisor-web"
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Person:
    """Who has proven to be `caller`; `name` is what people call them, `roles` are what the session gives."""

    caller: Caller
    roles: tuple[str, ...]
    name: str = ""


def make_local_person() -> Person:
    """The person who runs this process, with every role."""
    return Person(replace(make_person(CLIENT, version()), sees_files=False), tuple(RIGHTS))


def make_known_person(identity: str, roles: tuple[str, ...], proof: Proof, name: str = "") -> Person:
    """A person whose identity something else than this process proves."""
    return Person(make_remote_person(identity, roles, proof, CLIENT, version()), roles, one_line(name)[:_LONGEST_NAME])
