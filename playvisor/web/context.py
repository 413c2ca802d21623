# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every part of the web application works with, and who asks for something."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import anyio

from mcp_bridge.auth.addresses import OwnAddresses
from mcp_bridge.auth.caller import Caller
from mcp_bridge.auth.rate_limit import RateLimit
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.run import Bridge
from mcp_bridge.settings import Mode
from playvisor.web.consoles.asked import AskedConsoles
from playvisor.web.fleets.sources import Fleets
from playvisor.web.reads import SharedReads
from playvisor.web.signin.attempts import Attempts
from playvisor.web.signin.links import Links
from playvisor.web.signin.roles import Right
from playvisor.web.signin.sessions import Session, Sessions
from playvisor.web.verifying import Verifier

if TYPE_CHECKING:
    from mcp_bridge.settings.web import Network, WebSettings
    from playvisor.web.signin.oidc import OidcLogIn
    from playvisor.web.signin.realm import RealmLogIn

RATE = 1200
"""Requests that each session, token or, of those who are not signed in, address may make within a minute."""
MOST_THREADS = 128
"""Requests that are answered at once, of everybody."""
MOST_PROMPT_THREADS = 16
"""The same of those that wait for nothing, such as the freeze: others leave room for them."""
_MOST_CHECKS = 8


@dataclass(frozen=True)
class Ways:
    """The ways to sign in apart from one-time links. Passkeys are one wherever some are enrolled."""

    oidc: OidcLogIn | None = None
    realm: RealmLogIn | None = None


@dataclass(frozen=True)
class WebContext:
    """One web server: its bridge, the most that it may do (`mode`), by which addresses it is reached, who is in."""

    bridge: Bridge
    mode: Mode
    addresses: OwnAddresses
    is_secure: bool = False
    # What it was started with, where that is more than this.
    options: WebSettings | None = None
    # Where people reach it, without a slash at the end.
    url: str = ""
    ways: Ways = field(default_factory=Ways)
    # Whose headers about clients are believed, and whether there is no other way to the server than through them.
    proxies: tuple[Network, ...] = ()
    is_behind_proxy: bool = False
    sessions: Sessions = field(default_factory=Sessions)
    attempts: Attempts = field(default_factory=Attempts)
    rate: RateLimit = field(default_factory=lambda: RateLimit(RATE))
    # How many requests of each visitor are answered right now.
    at_once: Counter[str] = field(default_factory=Counter)
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(MOST_THREADS))
    prompt_threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(MOST_PROMPT_THREADS))
    # Finding out who asks never waits for what is answered.
    checks: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_MOST_CHECKS))
    # What the cluster is called, once it has said so.
    cluster: dict[str, str] = field(default_factory=dict)

    def read_cluster(self) -> None:
        """Ask the cluster what it is called; where it does not answer, that stays unknown."""
        with suppress(PlayvisorError):
            name, _space, identity = self.bridge.authority.identify_cluster().partition(" ")
            self.cluster.update(name=name, identity=identity)

    @cached_property
    def links(self) -> Links:
        """The one-time links for this server."""
        return Links(self.bridge.settings.state_dir)

    @cached_property
    def reads(self) -> SharedReads:
        """The reads of the cluster that are under way."""
        return SharedReads(lambda: self.bridge.ledger)

    @cached_property
    def verifier(self) -> Verifier:
        """Verifies the ledger."""
        settings = self.bridge.settings
        # As it is: nothing is written before it is verified.
        return Verifier(lambda: Ledger(settings.state_dir, settings.ledger_url).verify())

    fleets: Fleets = field(default_factory=Fleets)
    consoles: AskedConsoles = field(default_factory=AskedConsoles)


@dataclass(frozen=True)
class Visitor:
    """Who asks: a person with a `session`, or a client with a token."""

    caller: Caller
    rights: frozenset[Right]
    session: Session | None = None
