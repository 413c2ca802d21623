# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading much of a cluster: many C(GET) requests, of which some fail."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.concurrency import bounded_map
from .._api.errors import AUTH_FAILED, NODE_OFFLINE, TIMEOUT, TLS_UNTRUSTED, UNREACHABLE, PveError

if TYPE_CHECKING:
    from .._api.client import Client

OVERVIEW = "/cluster/resources"

_NODE = re.compile(r"/nodes/([^/]+)/")


@dataclass(frozen=True)
class Request:
    """One C(GET)."""

    path: str
    params: dict[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.path, *sorted(self.params.items())))


class Reader:
    """Sends requests, at most I(throttle) at the same time, and counts them.

    A node that does not answer one request is not asked again, since each would take as long as the first.
    """

    def __init__(self, client: Client, throttle: int) -> None:
        self.client = client
        self.sent = 0
        self._throttle = throttle
        self._silent: dict[str, PveError] = {}
        self._lock = threading.Lock()

    def read(self, path: str, **params: Any) -> Any:
        """The data of one answer, without which nothing else can be read."""
        return self._send(Request(path, params))

    def read_all(self, requests: Sequence[Request]) -> list[Any]:
        """The data of each answer, or its failure (C(PveError)); a failure that all would meet is raised."""
        return bounded_map(self._throttle, self._try, requests)

    def _try(self, request: Request) -> Any:
        match = _NODE.match(request.path)
        node = match[1] if match else None
        if node in self._silent:
            return self._silent[node]
        try:
            return self._send(request)
        except PveError as error:
            if is_fatal(error):
                raise
            if node is not None and _is_silence(error):
                self._silent[node] = error
            return error

    def _send(self, request: Request) -> Any:
        with self._lock:
            self.sent += 1
        return self.client.get(request.path, **request.params)


def list_firewall_follow_ups(path: str, data: Sequence[dict[str, Any]]) -> list[Request]:
    """The requests for each IP set or security group in a list."""
    if path.endswith("/firewall/ipset"):
        return [Request(f"{path}/{segment(entry['name'])}") for entry in data]
    if path == "/cluster/firewall/groups":
        return [Request(f"{path}/{segment(entry['group'])}") for entry in data]
    return []


def is_fatal(error: PveError) -> bool:
    """Whether every other request would fail, too."""
    return error.code in (AUTH_FAILED, TLS_UNTRUSTED) or (error.code == UNREACHABLE and error.http_status is None)


def is_online(entry: dict[str, Any]) -> bool:
    """Whether a node of C(/cluster/resources) may answer."""
    # Without Sys.Audit the status of a node is not shown; then the node is asked.
    return entry.get("status", "unknown") != "offline"


def _is_silence(error: PveError) -> bool:
    """Whether a node has not answered: the one that was asked says so, or says nothing."""
    if error.http_status is None:
        return error.code == TIMEOUT
    return error.code == NODE_OFFLINE or 595 <= error.http_status <= 599
