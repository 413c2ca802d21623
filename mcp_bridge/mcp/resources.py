# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources: the cluster, its nodes and guests, runs and plans, read like any tool reads them: recorded."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import anyio
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from mcp_bridge import catalogue
from mcp_bridge.catalogue.offer import Offer
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.evidence import events, export
from mcp_bridge.mcp.subscriptions import Changes
from mcp_bridge.mcp.uris import KINDS, Kind, address, parsed
from mcp_bridge.result import Failure, Result
from mcp_bridge.run import Bridge, Request, unrecorded_result
from mcp_bridge.text.plain import one_line

Context = ServerRequestContext[Any, Any]
Call = Callable[[Context, str, Mapping[str, Any]], Awaitable[Result]]
"""Calls a tool of this server, as the client whose request this is."""

# What is not read with a tool is in the ledger as this.
READING = "read_resource"
_MOST_EVENTS = 500
_LISTED_RUNS = 50
_NOT_THERE = ("not_found", "ambiguous", "invalid_parameter")


class Resources:
    """The resources of one server: those whose tool it offers."""

    def __init__(
        self, bridge: Bridge, offer: Offer, changes: Changes, call: Call, request: Callable[..., Request]
    ) -> None:
        self._bridge = bridge
        self._changes = changes
        self._kinds = [kind for kind in KINDS.values() if kind.tool in offer.names]
        self._call = call
        self._request = request
        self._lists_runs = "list_runs" in offer.names

    async def list_templates(
        self, _ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """The kinds of resources of which there are many."""
        several = [kind for kind in self._kinds if kind.variables]
        templates = [types.ResourceTemplate(uri_template=kind.template, **_described(kind)) for kind in several]
        return types.ListResourceTemplatesResult(resource_templates=templates)

    async def list_resources(
        self, ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """The cluster, and the newest runs that changed something or would have."""
        await self._changes.listed(ctx)
        found = [types.Resource(uri=kind.template, **_described(kind)) for kind in self._kinds if not kind.variables]
        if self._lists_runs:
            runs = (await self._call(ctx, "list_runs", {"limit": _LISTED_RUNS})).data.get("runs") or []
            found += [_run(row) for row in runs if _writes(row["tool"])]
        return types.ListResourcesResult(resources=found)

    async def subscribe(self, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        """Tell a client of the older era when a resource changes."""
        self._require_known(params.uri)
        await self._changes.subscribe(ctx, params.uri)
        return types.EmptyResult()

    async def unsubscribe(self, ctx: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        """Tell it no longer."""
        self._changes.unsubscribe(ctx, params.uri)
        return types.EmptyResult()

    def _require_known(self, uri: str) -> tuple[Kind, dict[str, str]]:
        """The kind and values of an address. Raises MCPError for one that is no resource of this server."""
        found = parsed(uri)
        if found is None or found[0] not in self._kinds:
            known = ", ".join(kind.template for kind in self._kinds) or "none"
            raise MCPError(
                types.INVALID_PARAMS, f"There is no resource {uri[:200]!r}. This server has: {known}.", {"uri": uri}
            )
        return found

    async def read_resource(self, ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        """What a resource holds now. Raises MCPError that says why not."""
        uri = params.uri
        kind, values = self._require_known(uri)
        text: str | None = None
        if kind.name in _FROM_THE_LEDGER:
            reading = partial(self._from_the_ledger, self._request(ctx, READING, {"uri": uri}), kind, values["id"])
            try:
                result = await anyio.to_thread.run_sync(reading)
            except LedgerError as error:
                result = unrecorded_result(READING, error)
            text = result.data.get("text")
        else:
            result = await self._call(ctx, kind.tool, _arguments(kind, values))
        if result.failure:
            raise _not_read(uri, result)
        if text is None:
            content = result.data["content"] if kind.name in _FROM_THE_LEDGER else result.as_dict()
            text = json.dumps(content, ensure_ascii=False)
        return types.ReadResourceResult(
            contents=[types.TextResourceContents(uri=uri, mime_type=kind.mime_type, text=text)]
        )

    def _from_the_ledger(self, request: Request, kind: Kind, prefix: str) -> Result:
        """Read, and record that; like get_run, it shows every client's runs, and no secrets."""
        run_id = str(uuid.uuid4())
        try:
            found = self._bridge.redact(_FROM_THE_LEDGER[kind.name](self._bridge, prefix))
        except UsageError as error:
            failure = Failure(code="not_found", message=error.message, hint=error.hint)
            failed = Result(run_id=run_id, tool=READING, status="failed", summary=error.message, failure=failure)
            return self._bridge.answer(request, failed)
        result = Result(run_id=run_id, tool=READING, status="ok", summary=f"Read {request.arguments['uri']}.")
        self._bridge.answer(request, result)
        return result.model_copy(update=found)


def _playbook(bridge: Bridge, prefix: str) -> dict[str, Any]:
    row = bridge.ledger.find(prefix)
    exported = export.playbook([row])
    if exported.left_out:
        raise UsageError(
            f"This run can't be repeated by a playbook: {exported.left_out[0]}.",
            f"{address('run', id=row['run_id'])} shows what it was.",
        )
    return {"text": exported.text}


def _events(bridge: Bridge, prefix: str) -> dict[str, Any]:
    row = bridge.ledger.find(prefix)
    every = [_event(event) for event in events.events(bridge.ledger.folder(row["run_id"]))]
    told = {"run_id": row["run_id"], "outcome": row["outcome"], "events": every[:_MOST_EVENTS]}
    return {"content": {**told, "left_out": max(0, len(every) - _MOST_EVENTS)}}


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    data = event.get("event_data") or {}
    facts = {
        "phase": event["phase"],
        "number": event.get("counter"),
        "time": event.get("created"),
        "event": event.get("event"),
        "task": data.get("task"),
        "said": one_line(event.get("stdout") or ""),
    }
    return {name: value for name, value in facts.items() if value}


def _plan(bridge: Bridge, prefix: str) -> dict[str, Any]:
    kept = bridge.ledger.plans.find(prefix)
    return {"content": {name: value for name, value in kept.as_dict().items() if value is not None}}


_FROM_THE_LEDGER: dict[str, Callable[[Bridge, str], dict[str, Any]]] = {
    "run_playbook": _playbook,
    "run_events": _events,
    "plan": _plan,
}


def _arguments(kind: Kind, values: Mapping[str, str]) -> dict[str, Any]:
    if kind.name == "run":
        return {"run_id": values["id"]}
    # What is no number is told by the tool itself.
    return {name: int(value) if name == "vmid" and value.isdecimal() else value for name, value in values.items()}


def _not_read(uri: str, result: Result) -> MCPError:
    failure = result.failure or Failure(code="internal", message=result.summary)
    code = types.INVALID_PARAMS if failure.code in _NOT_THERE else types.INTERNAL_ERROR
    data = {"uri": uri, "code": failure.code, "hint": failure.hint, "run_id": result.run_id}
    return MCPError(code, f"{failure.message} {failure.hint or ''}".strip(), data)


def _described(kind: Kind) -> dict[str, Any]:
    return {"name": kind.name, "title": kind.title, "description": kind.description, "mime_type": kind.mime_type}


def _writes(name: str) -> bool:
    tool = catalogue.load().get(name)
    return tool is not None and tool.writes


def _run(row: Mapping[str, Any]) -> types.Resource:
    return types.Resource(
        uri=address("run", id=row["run_id"]),
        name=f"{row['tool']} {row['run_id'][:8]}",
        description=one_line(row["summary"] or "It has not ended."),
        mime_type=KINDS["run"].mime_type,
        annotations=types.Annotations(last_modified=row["opened_at"]),
    )
