# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Completing arguments of prompts and addresses: guests, nodes and storages of the cluster, runs, and tools."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import anyio
from mcp import types
from mcp.server.context import ServerRequestContext

from mcp_bridge.catalogue.completions import SOURCES, filter_by_prefix
from mcp_bridge.catalogue.offer import Offer
from mcp_bridge.mcp import prompts
from mcp_bridge.mcp.resources import Call
from mcp_bridge.mcp.uris import KINDS
from mcp_bridge.result import Result

Context = ServerRequestContext[Any, Any]

# Somebody types: what was read a moment ago will do.
_FRESH_SECONDS = 15.0
_MOST = 100
# What completes the variables of addresses.
_VARIABLES = {"vmid": "vmid", "node": "node", "id": "run"}


class Completions:
    """Completes for the clients of one server, from what its tools tell them."""

    def __init__(self, offer: Offer, call: Call, clock: Callable[[], float] = time.monotonic) -> None:
        self._offer = offer
        self._call = call
        self._clock = clock
        self._read: dict[str, tuple[float, Result]] = {}
        # One reading at a time: further keystrokes wait for it, and find it done.
        self._lock = anyio.Lock()

    async def complete(self, ctx: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        """The values that begin as the given one does; none for what can't be completed."""
        kind = _kind(params.ref, params.argument.name)
        values = await self._values(ctx, kind) if kind else []
        return types.CompleteResult(completion=matching(values, params.argument.value))

    async def _values(self, ctx: Context, kind: str) -> list[str]:
        if kind == "tool":
            return list(self._offer.names)
        reading = SOURCES.get(kind)
        if reading is None or reading.tool not in self._offer.names:
            return []
        async with self._lock:
            when, result = self._read.get(reading.tool, (0.0, None))
            if result is None or self._clock() - when > _FRESH_SECONDS:
                result = await self._call(ctx, reading.tool, reading.arguments)
                # A failure is kept, too: an unreachable cluster is not asked at every keystroke.
                self._read[reading.tool] = (self._clock(), result)
        return reading.values(result)


def matching(values: Iterable[str], begun: str) -> types.Completion:
    """At most 100 of the values that begin so, in whichever case, without repeats, in their order. Pure."""
    found = filter_by_prefix(values, begun)
    return types.Completion(values=found[:_MOST], total=len(found), has_more=len(found) > _MOST)


def _kind(ref: types.ResourceTemplateReference | types.PromptReference, name: str) -> str | None:
    if isinstance(ref, types.PromptReference):
        prompt = prompts.load().get(ref.name)
        return next((argument.kind for argument in prompt.arguments if argument.name == name), None) if prompt else None
    known = any(ref.uri == kind.template and name in kind.variables for kind in KINDS.values())
    return _VARIABLES.get(name) if known else None
