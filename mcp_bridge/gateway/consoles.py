# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tickets of consoles, which the gateway takes out of the answers and keeps: nobody else sees them."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote, urlencode

from mcp_bridge.auth.caller import Caller
from mcp_bridge.gateway.credentials import Answer
from mcp_bridge.gateway.faults import Fault
from mcp_bridge.gateway.request import ROOT, ApiRequest, Path

KEPT_SECONDS = 10.0
"""For so long Proxmox VE waits for the client of a console."""
MOST_CONSOLES = 32
"""Of one process: those that are open, and those that wait for their client."""

Kind = Literal["vnc", "terminal"]
_PROXIES: dict[str, Kind] = {"vncproxy": "vnc", "vncshell": "vnc", "termproxy": "terminal"}


@dataclass(frozen=True)
class Console:
    """A console that waits for its client: a guest's, or a node's shell. `owner` is who may have it."""

    id: str
    kind: Kind
    place: Path
    port: int
    user: str
    upid: str
    owner: Caller | None
    ends_at: float
    ticket: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def target(self) -> str:
        """The path and query of its WebSocket."""
        path = "/".join(quote(part, safe="") for part in self.place)
        return f"{ROOT}{path}/vncwebsocket?{urlencode({'port': self.port, 'vncticket': self.ticket})}"

    @property
    def facts(self) -> dict[str, str | int]:
        """What the ledger keeps of it."""
        node, *guest = self.place[1:]
        of_guest: dict[str, str | int] = {"type": "node"}
        if len(guest) == 2:
            of_guest = {"type": guest[0], "vmid": int(guest[1])}
        return {"console": self.id, "kind": self.kind, "node": node, **of_guest, "upid": self.upid}


class Consoles:
    """The consoles that wait for their clients. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, Console] = {}
        self._open = 0

    def keep(self, request: ApiRequest, answer: Answer, owner: Caller | None) -> tuple[Answer, str | None]:
        """The answer that a run gets: of one that opens a console, without its secrets, and the task of its proxy.

        Raises Fault for an answer that can't be read, or when there are too many: then nobody gets its secrets.
        """
        kind = _PROXIES.get(request.path[-1]) if request.method == "POST" else None
        if kind is None or answer.status != 200:
            return answer, None
        try:
            data = answer.parse()["data"]
            port, ticket, upid = int(data["port"]), str(data["ticket"]), str(data["upid"])
            user = str(data["user"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Fault("gateway_failed", "the answer holds no ticket of a console", is_sent=True) from None
        password = str(data.get("password") or ticket)
        ends_at = self._clock() + KEPT_SECONDS
        place = request.path[:-1]
        console = Console(str(uuid.uuid4()), kind, place, port, user, upid, owner, ends_at, ticket, password)
        with self._lock:
            self._drop_old()
            if len(self._waiting) + self._open >= MOST_CONSOLES:
                raise Fault("gateway_failed", f"{MOST_CONSOLES} consoles are open already", is_sent=True)
            self._waiting[console.id] = console
        body = json.dumps({"data": {"console": console.id, "user": user, "port": port, "upid": upid}})
        headers = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        return replace(answer, headers=headers, body=body.encode()), upid

    def take(self, console_id: str, caller: Caller) -> Console | None:
        """Let a caller have the console that a run of theirs has opened; None when there is none (any more).

        `release` has to follow once it is closed.
        """
        with self._lock:
            self._drop_old()
            console = self._waiting.get(console_id)
            owner = console.owner if console else None
            if owner is None or (owner.identity, owner.kind) != (caller.identity, caller.kind):
                return None
            self._open += 1
            return self._waiting.pop(console_id)

    def release(self) -> None:
        """Note that a console was closed."""
        with self._lock:
            self._open -= 1

    def _drop_old(self) -> None:
        now = self._clock()
        self._waiting = {key: console for key, console in self._waiting.items() if console.ends_at > now}
