# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves resources: the cluster, its nodes and guests, runs and plans. Each reading is recorded like a tool's."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import Caller
from mcp_bridge.catalogue.hints import render_hint
from mcp_bridge.catalogue.offer import Offer
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.evidence import events, export
from mcp_bridge.mcp.subscriptions import Subscriptions
from mcp_bridge.mcp.untrusted import mark
from mcp_bridge.mcp.uris import KINDS, Kind, make_address, parse_address
from mcp_bridge.result import Failure, Result
from mcp_bridge.run import Bridge, Request, unrecorded_result
from mcp_bridge.run.visibility import may_see_contents, may_see_plan
from mcp_bridge.text.plain import clean_data, dump_json, one_line

if TYPE_CHECKING:
    from mcp_bridge.ledger.records import RunRow

Context = ServerRequestContext[Any, Any]
CallTool = Callable[[Context, str, Mapping[str, Any]], Awaitable[Result]]
"""Calls a tool of this server, as the client whose request this is."""

# The tool's name in the ledger for what is not read with a tool.
READ_TOOL = "read_resource"
_MOST_EVENTS = 500
_LISTED_RUNS = 50
_NOT_FOUND_CODES = ("not_found", "ambiguous", "invalid_parameter")


class Resources:
    """The resources of one server: those whose tool it offers."""

    def __init__(
        self, bridge: Bridge, offer: Offer, changes: Subscriptions, call: CallTool, request: Callable[..., Request]
    ) -> None:
        self._bridge = bridge
        self._subscriptions = changes
        self._kinds = [kind for kind in KINDS.values() if kind.tool in offer.names]
        self._call_tool = call
        self._make_request = request
        self._lists_runs = "list_runs" in offer.names

    async def list_templates(
        self, _ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """List the kinds of resources whose address has variables."""
        with_variables = [kind for kind in self._kinds if kind.variables]
        templates = [
            types.ResourceTemplate(uri_template=kind.template, **_describe_kind(kind)) for kind in with_variables
        ]
        return types.ListResourceTemplatesResult(resource_templates=templates)

    async def list_resources(
        self, ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """List the cluster, and the newest runs of tools that change something."""
        await self._subscriptions.subscribe_to_list(ctx)
        resources = [
            types.Resource(uri=kind.template, **_describe_kind(kind)) for kind in self._kinds if not kind.variables
        ]
        if self._lists_runs:
            runs = (await self._call_tool(ctx, "list_runs", {"limit": _LISTED_RUNS})).data.get("runs") or []
            resources += [_describe_run(run) for run in runs if catalogue.is_writing(run["tool"])]
        return types.ListResourcesResult(resources=resources)

    async def subscribe(self, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        """Subscribe a client of the older era to changes of a resource."""
        self._require_known(params.uri)
        await self._subscriptions.subscribe(ctx, params.uri)
        return types.EmptyResult()

    async def unsubscribe(self, ctx: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        """Unsubscribe it."""
        self._subscriptions.unsubscribe(ctx, params.uri)
        return types.EmptyResult()

    def _require_known(self, uri: str) -> tuple[Kind, dict[str, str]]:
        """Return the kind and values of an address. Raises MCPError for one that is no resource of this server."""
        parsed = parse_address(uri)
        if parsed is None or parsed[0] not in self._kinds:
            templates = ", ".join(kind.template for kind in self._kinds) or "none"
            raise MCPError(
                types.INVALID_PARAMS, f"There is no resource {uri[:200]!r}. This server has: {templates}.", {"uri": uri}
            )
        return parsed

    async def read_resource(self, ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        """Read what a resource holds now. Raises MCPError that says why it can't be read."""
        uri = params.uri
        kind, values = self._require_known(uri)
        text: str | None = None
        if kind.name in _LEDGER_READERS:
            read = partial(self._read_ledger, self._make_request(ctx, READ_TOOL, {"uri": uri}), kind, values["id"])
            try:
                result = await anyio.to_thread.run_sync(read)
            except LedgerError as error:
                result = unrecorded_result(READ_TOOL, error)
            text = result.data.get("text")
        else:
            result = await self._call_tool(ctx, kind.tool, _make_arguments(kind, values))
        if result.failure:
            raise _make_error(uri, result)
        if text is None:
            content = result.data["content"] if kind.name in _LEDGER_READERS else result.as_dict()
            text = dump_json(clean_data(mark(content)))
        return types.ReadResourceResult(
            contents=[types.TextResourceContents(uri=uri, mime_type=kind.mime_type, text=text)]
        )

    def _read_ledger(self, request: Request, kind: Kind, prefix: str) -> Result:
        """Read, and record the reading; like get_run, it shows every client's runs, without secrets.

        What other clients said to guests is not shown.
        """
        run_id = str(uuid.uuid4())
        try:
            data = self._bridge.redact(_LEDGER_READERS[kind.name](self._bridge, prefix, request.caller))
        except UsageError as error:
            failure = Failure(code="not_found", message=error.message, hint=error.hint)
            failed = Result(run_id=run_id, tool=READ_TOOL, status="failed", summary=error.message, failure=failure)
            return self._bridge.answer(request, failed)
        result = Result(run_id=run_id, tool=READ_TOOL, status="ok", summary=f"Read {request.arguments['uri']}.")
        self._bridge.answer(request, result)
        return result.model_copy(update=data)


def _read_playbook(bridge: Bridge, prefix: str, caller: Caller) -> dict[str, Any]:
    row = _find_visible(bridge, prefix, caller)
    exported = export.export_playbook([row])
    if exported.left_out:
        raise UsageError(
            f"This run can't be repeated by a playbook: {exported.left_out[0]}.",
            f"{make_address('run', id=row.run_id)} shows what it was.",
        )
    return {"text": exported.text}


def _find_visible(bridge: Bridge, prefix: str, caller: Caller) -> RunRow:
    """The run of this id. Raises UsageError when there is none, or this caller may not see what was said to guests."""
    row = bridge.ledger.find(prefix)
    if not may_see_contents(row, caller):
        raise _make_hidden_error(f"Run {row.run_id[:8]}")
    return row


def _make_hidden_error(name: str) -> UsageError:
    return UsageError(f"{name} is not this client's, and says what was run in guests.", "Ask the person whose it is.")


def _read_events(bridge: Bridge, prefix: str, caller: Caller) -> dict[str, Any]:
    row = _find_visible(bridge, prefix, caller)
    entries = [events.describe_event(event) for event in events.read_events(bridge.ledger.folder(row.run_id))]
    content = {"run_id": row.run_id, "outcome": row.outcome, "events": entries[:_MOST_EVENTS]}
    return {"content": {**content, "left_out": max(0, len(entries) - _MOST_EVENTS)}}


def _read_plan(bridge: Bridge, prefix: str, caller: Caller) -> dict[str, Any]:
    plan = bridge.ledger.plans.find(prefix)
    if not may_see_plan(plan, caller):
        raise _make_hidden_error(f"Plan {plan.plan_id[:8]}")
    return {"content": {name: value for name, value in plan.as_dict().items() if value is not None}}


_LEDGER_READERS: dict[str, Callable[[Bridge, str, Caller], dict[str, Any]]] = {
    "run_playbook": _read_playbook,
    "run_events": _read_events,
    "plan": _read_plan,
}


def _make_arguments(kind: Kind, values: Mapping[str, str]) -> dict[str, Any]:
    if kind.name == "run":
        return {"run_id": values["id"]}
    # The tool itself refuses a vmid that is no number.
    return {name: int(value) if name == "vmid" and value.isdecimal() else value for name, value in values.items()}


def _make_error(uri: str, result: Result) -> MCPError:
    failure = result.failure or Failure(code="internal", message=result.summary)
    code = types.INVALID_PARAMS if failure.code in _NOT_FOUND_CODES else types.INTERNAL_ERROR
    hint = render_hint(failure.hint) if failure.hint else ""
    data = {"uri": uri, "code": failure.code, "hint": hint or None, "run_id": result.run_id}
    return MCPError(code, f"{failure.message} {hint}".strip(), data)


def _describe_kind(kind: Kind) -> dict[str, Any]:
    return {"name": kind.name, "title": kind.title, "description": kind.description, "mime_type": kind.mime_type}


def _describe_run(run: Mapping[str, Any]) -> types.Resource:
    return types.Resource(
        uri=make_address("run", id=run["run_id"]),
        name=f"{run['tool']} {run['run_id'][:8]}",
        description=one_line(run["summary"] or "It has not ended."),
        mime_type=KINDS["run"].mime_type,
        annotations=types.Annotations(last_modified=run["opened_at"]),
    )
