# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Completes arguments of prompts and addresses: guests, nodes and storages of the cluster, runs, and tools."""

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
from mcp_bridge.mcp.resources import CallTool
from mcp_bridge.mcp.uris import KINDS
from mcp_bridge.result import Result

Context = ServerRequestContext[Any, Any]

# While somebody types, values that were read a moment ago are fresh enough.
_FRESH_SECONDS = 15.0
_MOST_VALUES = 100
# The kinds of values that complete the variables of addresses.
_KIND_OF_VARIABLE = {"vmid": "vmid", "node": "node", "id": "run"}


class Completions:
    """Completes for the clients of one server, from the results of its tools."""

    def __init__(self, offer: Offer, call_tool: CallTool, clock: Callable[[], float] = time.monotonic) -> None:
        self._offer = offer
        self._call_tool = call_tool
        self._clock = clock
        self._cache: dict[str, tuple[float, Result]] = {}
        # One call at a time: further keystrokes wait for it, and use its result.
        self._lock = anyio.Lock()

    async def complete(self, ctx: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        """Return the values that start with the typed one; none for what can't be completed."""
        kind = _find_kind(params.ref, params.argument.name)
        values = await self._read_values(ctx, kind) if kind else []
        return types.CompleteResult(completion=make_completion(values, params.argument.value))

    async def _read_values(self, ctx: Context, kind: str) -> list[str]:
        if kind == "tool":
            return list(self._offer.names)
        source = SOURCES.get(kind)
        if source is None or source.tool not in self._offer.names:
            return []
        async with self._lock:
            read_at, result = self._cache.get(source.tool, (0.0, None))
            if result is None or self._clock() - read_at > _FRESH_SECONDS:
                result = await self._call_tool(ctx, source.tool, source.arguments)
                # A failure is cached, too: an unreachable cluster is not asked at every keystroke.
                self._cache[source.tool] = (self._clock(), result)
        return source.values(result)


def make_completion(values: Iterable[str], prefix: str) -> types.Completion:
    """Return at most 100 of the values that start with `prefix`, ignoring case, without duplicates, in order. Pure."""
    matching = filter_by_prefix(values, prefix)
    return types.Completion(values=matching[:_MOST_VALUES], total=len(matching), has_more=len(matching) > _MOST_VALUES)


def _find_kind(ref: types.ResourceTemplateReference | types.PromptReference, name: str) -> str | None:
    if isinstance(ref, types.PromptReference):
        prompt = prompts.load().get(ref.name)
        return next((argument.kind for argument in prompt.arguments if argument.name == name), None) if prompt else None
    is_variable = any(ref.uri == kind.template and name in kind.variables for kind in KINDS.values())
    return _KIND_OF_VARIABLE.get(name) if is_variable else None
