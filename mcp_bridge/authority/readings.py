# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the authority reads of the cluster itself, so that it need not believe what a run says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_bridge.gateway.service import Gateway


@dataclass(frozen=True)
class Reading:
    """What a path of the API holds; or, with `error`, why that is not known. `status` is None without an answer."""

    status: int | None
    data: Any = None
    error: str = ""


Reader = Callable[[Sequence[str]], list[Reading]]
"""Reads paths below /api2/json, all at once."""


def make_reader(gateway: Gateway) -> Reader:
    """Make a reader that goes through the gateway, which has the credentials."""

    def read(paths: Sequence[str]) -> list[Reading]:
        from mcp_bridge.gateway.faults import Fault

        return [
            Reading(None, error=str(found)) if isinstance(found, Fault) else _parse(found)
            for found in gateway.read(paths)
        ]

    return read


def _parse(answer: Any) -> Reading:
    reason = answer.reason.decode("latin-1").strip()
    try:
        body = answer.parse()
    except (ValueError, RecursionError):
        return Reading(answer.status, error=f"{answer.status} {reason or 'an answer that is no JSON'}")
    if answer.status != 200 or not isinstance(body, dict):
        return Reading(answer.status, error=f"{answer.status} {reason}".strip())
    return Reading(answer.status, body.get("data"))
