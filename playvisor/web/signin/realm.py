# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in with a user of Proxmox VE: the cluster proves who it is, the roles are given here."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mcp_bridge.auth.principals import BY_REALM
from mcp_bridge.errors import PlayvisorError
from playvisor.web.problems import Problem
from playvisor.web.signin.people import Person, make_known_person
from playvisor.web.signin.roles import map_roles

if TYPE_CHECKING:
    from mcp_bridge.run import Bridge

REALMS_SECONDS = 60.0
"""For so long the list of realms is shown as it was read."""
REALMS_PATIENCE_SECONDS = 2.0
"""For so long, whoever lets it be read waits for it."""
GROUP = "@"
_log = logging.getLogger(__name__)
_REFUSALS = ("auth_failed", "otp_needed")


class RealmLogIn:
    """The log-in by the realms of one cluster; `roles` are those of each user, and of each group as `@name`."""

    def __init__(
        self, bridge: Bridge, roles: Mapping[str, tuple[str, ...]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bridge = bridge
        self._roles = roles
        self._clock = clock
        self._lock = threading.Lock()
        self._realms: list[dict[str, Any]] = []
        self._asked_at: float | None = None

    def list_realms(self) -> list[dict[str, Any]]:
        """The realms as they were read last: a cluster that doesn't answer keeps nobody from signing in another way.

        They are read at most once in a minute, so that who has not signed in yet can't keep the cluster busy.
        """
        with self._lock:
            now = self._clock()
            is_due = self._asked_at is None or now - self._asked_at >= REALMS_SECONDS
            if is_due:
                self._asked_at = now
        if is_due:
            reading = threading.Thread(target=self._read_realms, name="realms", daemon=True)
            reading.start()
            reading.join(REALMS_PATIENCE_SECONDS)
        return self._realms

    def _read_realms(self) -> None:
        # The server may end meanwhile.
        with suppress(CancelledError):
            self._realms = self._bridge.authority.list_realms() or self._realms

    def prove(self, username: str, realm: str, password: str, otp: str | None) -> Person:
        """Let the cluster prove who somebody is. Raises Problem: 401, and 502 when it can't be asked."""
        try:
            user = self._bridge.authority.prove_user(f"{username}@{realm}", password, otp)
        except PlayvisorError as error:
            status = 401 if error.code in _REFUSALS else 502
            raise Problem(status, error.message, error.hint, code=error.code) from None
        return make_known_person(f"{BY_REALM}{user}", self.find_roles(user), "realm", user)

    def find_roles(self, user: str) -> tuple[str, ...]:
        """The roles of a user of the cluster, by their name and by their groups."""
        names = [user]
        if any(name.startswith(GROUP) for name in self._roles):
            try:
                names += [f"{GROUP}{group}" for group in self._bridge.authority.list_groups_of(user)]
            except PlayvisorError as error:
                _log.warning("%s %s", error.message, error.hint)
        return map_roles(names, self._roles)
