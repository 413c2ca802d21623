# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests are signed: with an API token, or with a ticket that is got with a password and renewed in time."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from mcp_bridge import collection
from mcp_bridge.gateway.faults import Fault

LARGEST_ANSWER = 256 * 1024 * 1024
# Reads gzip and zlib, whichever it is.
_ANY_HEADER = 32 + zlib.MAX_WBITS
# Tickets are valid for two hours.
_RENEW_SECONDS = 3600.0
FORM = {"content-type": "application/x-www-form-urlencoded"}
TICKET_PATH = "/api2/json/access/ticket"


@dataclass(frozen=True)
class Answer:
    """An answer of the API, byte for byte; `headers` are those that say how to read the body."""

    status: int
    reason: bytes
    headers: dict[str, str]
    body: bytes

    def parse(self) -> Any:
        """The body as JSON, whether it is compressed or not. Raises ValueError, or RecursionError when too deep."""
        encoding = self.headers.get("content-encoding", "identity").lower()
        if encoding == "identity":
            return json.loads(self.body)
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise ValueError(f"a body in an encoding that nobody asked for: {encoding}")
        try:
            unpacking = zlib.decompressobj(_ANY_HEADER)
            body = unpacking.decompress(self.body, LARGEST_ANSWER)
        except zlib.error as error:
            raise ValueError(f"a body that is not {encoding}") from error
        if not unpacking.eof:
            raise ValueError("half a body, or too large a one")
        return json.loads(body)


Exchange = Callable[[str, str, dict[str, str], bytes], Awaitable[Answer]]
"""Sends one request: method, path, headers, body."""


class LoginRefused(Exception):
    """The cluster refused the login itself; its answer says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Login(Protocol):
    """The credentials that sign requests."""

    async def sign(self, exchange: Exchange, method: str) -> dict[str, str]:
        """The headers that sign a request. Raises LoginRefused, or Fault, when they can't be had."""

    def note_refusal(self, headers: dict[str, str]) -> bool:
        """Note that a request with these headers was answered with 401; returns whether to try again."""


class Token:
    """An API token."""

    def __init__(self, identity: str, secret: str) -> None:
        self._headers = {"authorization": f"PVEAPIToken={identity}={secret}"}

    async def sign(self, exchange: Exchange, method: str) -> dict[str, str]:
        return self._headers

    def note_refusal(self, headers: dict[str, str]) -> bool:
        return False


class Password:
    """A user with a password, logged in when first needed and before the ticket gets too old."""

    def __init__(
        self, user: str, password: str, clock: Callable[[], float] = time.monotonic, *, otp: str | None = None
    ) -> None:
        self._password = password
        self._otp = otp
        self._user = user
        self._clock = clock
        self._ticket = self._csrf = ""
        self._logged_in_at = 0.0
        self._renewing = asyncio.Lock()

    async def sign(self, exchange: Exchange, method: str) -> dict[str, str]:
        async with self._renewing:
            if not self._ticket or self._clock() - self._logged_in_at > _RENEW_SECONDS:
                await self._log_in(exchange)
        headers = {"cookie": f"PVEAuthCookie={self._ticket}"}
        return headers if method == "GET" else {**headers, "csrfpreventiontoken": self._csrf}

    def note_refusal(self, headers: dict[str, str]) -> bool:
        if headers["cookie"] == f"PVEAuthCookie={self._ticket}":
            self._ticket = ""
        return True

    async def _log_in(self, exchange: Exchange) -> None:
        form = {"username": self._user, "password": self._password}
        if self._otp and self._ticket:
            # The one-time password is used up; a ticket that is still valid renews itself.
            form["password"] = self._ticket
        elif self._otp:
            form["otp"] = self._otp
        answer = await exchange("POST", TICKET_PATH, FORM, urlencode(form).encode())
        if answer.status >= 400:
            raise LoginRefused(answer)
        try:
            data = answer.parse()["data"]
            ticket, csrf = data["ticket"], data["CSRFPreventionToken"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Fault("unreachable", "it answered the login with something that is not the API") from None
        other = collection.load_rules("plugins/module_utils/_api/trust.py").describe_other_product(str(ticket))
        if other:
            raise Fault("unreachable", other)
        if data.get("NeedTFA"):
            raise Fault("auth_failed", f"{self._user} needs a second factor to log in.")
        self._ticket, self._csrf, self._logged_in_at = ticket, csrf, self._clock()
