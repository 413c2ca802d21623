# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MCP server: lists the offered tools, and runs each call through the bridge."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import anyio
import pydantic
from anyio.abc import ObjectReceiveStream
from mcp import types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from mcp_bridge import catalogue, version
from mcp_bridge.catalogue import Tool, run_tools
from mcp_bridge.catalogue.lenient import read_arguments
from mcp_bridge.catalogue.offer import Offer
from mcp_bridge.catalogue.run_tools import BridgeTool
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.evidence.plan_view import render_text, seal
from mcp_bridge.executor import Progress
from mcp_bridge.mcp import callers, elicitation, first_answers, opening, tools
from mcp_bridge.mcp.callers import CallKey
from mcp_bridge.mcp.completions import Completions
from mcp_bridge.mcp.content import View, make_view
from mcp_bridge.mcp.elicitation import Question, Questions, Reply
from mcp_bridge.mcp.instructions import render_instructions
from mcp_bridge.mcp.params import describe_error, read_params
from mcp_bridge.mcp.prompting import Prompts
from mcp_bridge.mcp.resources import Resources
from mcp_bridge.mcp.shares import Shares, TooMany, make_busy_result, make_withdrawn_result
from mcp_bridge.mcp.stdio import CheckedStreams
from mcp_bridge.mcp.subscriptions import Subscriptions
from mcp_bridge.mcp.tool_list import make_input_schema
from mcp_bridge.result import Result
from mcp_bridge.run import Bridge, Request, background, unrecorded_result
from mcp_bridge.run.failures import invalid_arguments
from mcp_bridge.settings import Mode
from mcp_bridge.system.bounded_stderr import bound_stderr
from mcp_bridge.text.plain import clean, clean_data, one_line

_MOST_STOP_SECONDS = 10
_LOOK_SECONDS = 0.05
# A run says something sooner; what comes before and after it may not.
_SILENT_SECONDS = 9.5
# Runs mostly wait for the cluster; runs that touch the same guest wait for each other.
MOST_RUNS_AT_ONCE = 64
# Waiting for runs, and asking for and ending them, must work while all of those are taken.
_MOST_WAITS_AT_ONCE = 64
_MOST_LOOKS_AT_ONCE = 32
# Of each client, of each of the three.
_MOST_IN_LINE = 64
_MOST_LINE_SECONDS = 60
_WAITING = ("wait_run",)
_LOOKING = ("list_runs", "get_run", "cancel_run")
# What the SDK says to whatever comes before `initialize`.
_REFUSED_BY_SDK = "Invalid request parameters"
_NOT_INITIALIZED = "This session is not open yet: send initialize first."
_TOO_LONG = "It is too long to be asked about in a form, where a person could not read all of it."

Context = ServerRequestContext[Any, Any]


class _Server(Server[Any]):
    """The SDK's server, which announces notifications of changed lists on every transport."""

    def create_initialization_options(
        self, notification_options: NotificationOptions | None = None, *args: Any, **kwargs: Any
    ) -> InitializationOptions:
        options = notification_options or NotificationOptions(resources_changed=True)
        return super().create_initialization_options(options, *args, **kwargs)


class McpServer:
    """Serves the offered tools of one bridge to MCP clients in one mode; `is_shared` by clients that are told apart."""

    def __init__(
        self, bridge: Bridge, mode: Mode, offer: Offer, *, is_shared: bool = False, most_runs: int = MOST_RUNS_AT_ONCE
    ) -> None:
        self._bridge = bridge
        self._mode = mode
        self._offer = offer
        # The cancel events of running calls.
        self._running: dict[CallKey, threading.Event] = {}
        # The calls that wait for their turn.
        self._in_line: dict[CallKey, anyio.CancelScope] = {}
        self._runs, self._waits, self._looks = (
            Shares(slots, _MOST_IN_LINE, _MOST_LINE_SECONDS, is_shared=is_shared)
            for slots in (most_runs, _MOST_WAITS_AT_ONCE, _MOST_LOOKS_AT_ONCE)
        )
        self._threads = anyio.CapacityLimiter(most_runs + _MOST_WAITS_AT_ONCE + _MOST_LOOKS_AT_ONCE)
        self._settings = bridge.settings
        self._questions = Questions()
        self._subscriptions = Subscriptions(bridge)
        resources = Resources(bridge, offer, self._subscriptions, self._call_reading_tool, self._make_request)
        prompts = Prompts(offer)
        self.server: Server[Any] = _Server(
            first_answers.NAME,
            version=version(),
            title=first_answers.TITLE,
            instructions=render_instructions(mode),
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=resources.list_resources,
            on_list_resource_templates=resources.list_templates,
            on_read_resource=resources.read_resource,
            on_subscribe_resource=resources.subscribe,
            on_unsubscribe_resource=resources.unsubscribe,
            on_subscriptions_listen=self._subscriptions.listen,
            on_list_prompts=prompts.list_prompts,
            on_get_prompt=prompts.get_prompt,
            on_completion=Completions(offer, self._call_reading_tool).complete,
            lifespan=self._run_watch,
        )
        self.server.middleware += [_clean_answers, _read_params, self._handle_cancelled]

    async def serve_stdio(self) -> None:
        """Serve the client on stdin and stdout until it closes them, or until SIGINT or SIGTERM."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._exit_on_signal)
            # The types want anyio's files, of which the transport uses these three methods.
            streams: Any = CheckedStreams(opening.streams) if opening.streams else None
            async with stdio_server(streams, streams) as (reader, writer):
                await self.server.run(reader, writer, self.server.create_initialization_options())
            # Runs that were answered before their end go on; nobody waits for a look at the cluster.
            await anyio.to_thread.run_sync(self._bridge.stop_ticks)
            while self._bridge.has_runs:
                await anyio.sleep(_LOOK_SECONDS)
            group.cancel_scope.cancel()

    async def _list_tools(self, _ctx: Context, _params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tools.describe_tool(entry) for entry in self._offer.tools])

    async def _call_tool(
        self, ctx: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        entry = self._find_entry(params.name)
        given = self._read_arguments(entry, params.arguments or {})
        arguments, options, problems = tools.split_page_options(entry, given)
        seconds = self._settings.answer_seconds or None
        request = replace(self._make_request(ctx, params.name, arguments), answer_seconds=seconds)
        try:
            if problems:
                refused = await anyio.to_thread.run_sync(self._bridge.refuse, request, invalid_arguments(problems))
                return tools.make_call_result(refused)
            view = make_view(entry, options)
            async with _open_progress(ctx):
                return await self._call_or_ask(ctx, request, params, view)
        except LedgerError as error:
            return tools.make_call_result(unrecorded_result(request.tool, error))

    async def _call_or_ask(
        self, ctx: Context, request: Request, params: types.CallToolRequestParams, view: View
    ) -> types.CallToolResult | types.InputRequiredResult:
        if elicitation.has_answer(params):
            question = self._take_question(ctx, request, params.request_state)
            answer = elicitation.read_answer(params)
            if isinstance(question, Question):
                reply = Reply(answer, time.monotonic() - question.asked)
                return tools.make_call_result(await self._act_on_reply(ctx, request, question, reply))
            await self._record_ignored(request, None, answer, question)
        result = await self._run_with_progress(ctx, request)
        if not (result.plan and result.plan.id and result.plan.elicitable and self._may_ask(ctx)):
            return tools.make_call_result(result, view)
        question = await anyio.to_thread.run_sync(self._make_question, ctx, request, result, result.plan.id)
        if not elicitation.fits_form(question.text):
            return tools.make_call_result(elicitation.add_note(result, _TOO_LONG))
        if elicitation.is_asked_in_result(ctx):
            return elicitation.make_question(question, self._questions.add(question))
        async with _open_progress(ctx) as report:
            report("Waits for the user's answer")
            reply = await elicitation.ask(ctx, question)
        return tools.make_call_result(await self._act_on_reply(ctx, request, question, reply))

    def _may_ask(self, ctx: Context) -> bool:
        """Whether the client's user is asked at all: the server may be told not to, and not every client can."""
        return self._settings.elicitation == "on" and elicitation.can_ask(ctx)

    def _take_question(self, ctx: Context, request: Request, state: str | None) -> Question | str:
        """Take the question that a call answers; or say why there is none."""
        if not self._may_ask(ctx) or not elicitation.is_asked_in_result(ctx):
            return "This client's user is not asked in this way."
        session = callers.identify_session(ctx)
        return self._questions.take(state, request.caller, session, elicitation.hash_call(request))

    def _make_question(self, ctx: Context, request: Request, result: Result, plan_id: str) -> Question:
        text = render_text(self._bridge.show_plan(plan_id))
        return Question(
            text=text,
            seen=seal(text),
            result=result,
            caller=request.caller,
            session=callers.identify_session(ctx),
            call=elicitation.hash_call(request),
            expires=time.monotonic() + self._settings.plan_seconds,
        )

    async def _act_on_reply(self, ctx: Context, request: Request, question: Question, reply: Reply) -> Result:
        """Return what a call comes to once its question was answered.

        An approved plan is made and judged anew. Nobody is asked twice: the result says how things stand.
        """
        doubt = elicitation.find_doubt(question, reply, self._settings.reading_seconds)
        if doubt:
            await self._record_ignored(request, question.plan_id, reply.answer, doubt)
            return elicitation.add_note(question.result, doubt)
        if reply.answer == "cancel":
            return question.result
        approve = reply.answer == "accept"

        def decide() -> None:
            self._bridge.decide_plan(
                question.plan_id,
                request,
                approve=approve,
                seen=question.seen,
                approval="elicitation",
                session=question.session,
            )

        # One that can't be decided on any more is held anew, or not at all.
        with suppress(UsageError):
            await anyio.to_thread.run_sync(decide)
        if approve:
            return await self._run_with_progress(ctx, request)
        return elicitation.make_declined_result(request.tool, question.plan_id)

    async def _record_ignored(self, request: Request, plan_id: str | None, answer: str, why: str) -> None:
        await anyio.to_thread.run_sync(self._bridge.record_ignored_answer, request, plan_id, answer, why)

    @asynccontextmanager
    async def _run_watch(self, _server: Server[Any]) -> AsyncIterator[dict[str, Any]]:
        """Run the watch for changes beside the clients' requests."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._subscriptions.watch)
            yield {}
            self._subscriptions.close()
            group.cancel_scope.cancel()

    def _find_entry(self, name: str) -> Tool | BridgeTool | None:
        """The tool of this name, unless it is an alias, whose arguments are another server's."""
        return None if name in self._offer.aliases else run_tools.TOOLS.get(name) or catalogue.load().get(name)

    @staticmethod
    def _read_arguments(entry: Tool | BridgeTool | None, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if entry is None:
            return arguments
        exclusive = entry.constraints.exclusive if isinstance(entry, Tool) else ()
        return read_arguments(make_input_schema(entry), arguments, exclusive)

    def _make_request(self, ctx: Context, tool: str, arguments: Mapping[str, Any]) -> Request:
        name, own_arguments = self._offer.resolve(tool, arguments)
        return Request(
            name, own_arguments, self._mode, callers.identify_caller(ctx), offered=self._offer.callable_names
        )

    async def _call_reading_tool(self, ctx: Context, tool: str, arguments: Mapping[str, Any]) -> Result:
        """Call a tool that only reads, under its name or an alias."""
        return await self._run_with_progress(ctx, self._make_request(ctx, tool, arguments))

    async def _run_with_progress(self, ctx: Context, request: Request) -> Result:
        """Run, and report progress to the client; a failing ledger becomes a result."""
        async with _open_progress(ctx) as report:
            try:
                return await self._run(ctx, request, report)
            except LedgerError as error:
                return unrecorded_result(request.tool, error)

    async def _run(self, ctx: Context, request: Request, report: Progress) -> Result:
        """Run in a thread. When the client gives up, the run is stopped, and its row in the ledger still completed.

        Over HTTP a broken connection does not cancel: the run goes on to its end, unless the client cancels it.
        """
        cancel, key, began = threading.Event(), callers.identify_call(ctx), time.monotonic()
        identity = request.caller.identity
        shares = self._find_shares(request.tool)
        try:
            with anyio.CancelScope() as scope:
                self._in_line[key] = scope
                give_back = await shares.acquire(identity)
        except TooMany:
            return make_busy_result(request.tool, *shares.count(identity))
        finally:
            self._in_line.pop(key, None)
        if scope.cancelled_caught:
            return make_withdrawn_result(request.tool)
        self._running[key] = cancel
        if request.answer_seconds is not None:
            left = request.answer_seconds - (time.monotonic() - began)
            request = replace(request, answer_seconds=max(0.0, left))
        loop, has_begun = asyncio.get_running_loop(), False

        def end() -> None:
            # The loop may be gone before a run in the background is.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(give_back)

        def work() -> Result:
            nonlocal has_begun
            has_begun, run_id = True, ""
            try:
                result = self._bridge.call(request, report, cancel)
                run_id = result.run_id
            finally:
                self._running.pop(key, None)
                # What goes on in the background still has its share.
                background.call_when_ended(run_id, end)
            return result

        try:
            return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._threads)
        except anyio.get_cancelled_exc_class():
            if not has_begun:
                self._running.pop(key, None)
                give_back()
            if ctx.request is None:
                cancel.set()
            raise
        finally:
            self._subscriptions.look_now()
            self._bridge.follow_up_interrupted()

    def _find_shares(self, tool: str) -> Shares:
        if tool in _WAITING:
            return self._waits
        return self._looks if tool in _LOOKING else self._runs

    async def _handle_cancelled(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Stop the run of a call that the client cancels; the SDK itself only stops waiting for it."""
        if ctx.method == "notifications/cancelled":
            key = callers.identify_call(ctx, (ctx.params or {}).get("requestId"))
            if key in self._in_line:
                self._in_line[key].cancel()
            elif key in self._running:
                self._running[key].set()
        return await call_next(ctx)

    async def stop_runs(self) -> None:
        """Stop every run, and give them time to write how they ended."""
        for scope in list(self._in_line.values()):
            scope.cancel()
        for cancel in list(self._running.values()):
            cancel.set()
        self._bridge.cancel_runs()
        await anyio.to_thread.run_sync(self._bridge.stop_ticks)
        with anyio.move_on_after(_MOST_STOP_SECONDS):
            while self._running or self._bridge.has_runs:
                await anyio.sleep(_LOOK_SECONDS)

    async def _exit_on_signal(self) -> None:
        """Exit on a signal. Reading stdin can't be interrupted, so the process does not wait for it."""
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for number in signals:
                await self.stop_runs()
                self._bridge.close()
                os._exit(128 + number)


async def _clean_answers(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Clean every answer on its way to the client: results of whatever kind, and errors."""
    try:
        answer = await call_next(ctx)
    except pydantic.ValidationError as error:
        raise MCPError(types.INVALID_PARAMS, clean(describe_error(error))) from None
    except MCPError as error:
        message = _NOT_INITIALIZED if error.message == _REFUSED_BY_SDK else error.message
        raise MCPError(error.code, clean(message), clean_data(error.data)) from None
    if isinstance(answer, pydantic.BaseModel):
        answer = answer.model_dump(by_alias=True, mode="json", exclude_none=True)
    cleaned: HandlerResult = clean_data(answer)
    return cleaned


async def _read_params(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Read what a client sends as it was meant, before the SDK validates it."""
    return await call_next(replace(ctx, params=read_params(ctx.method, ctx.params)))


_PROGRESS: ContextVar[Progress | None] = ContextVar("progress", default=None)


@asynccontextmanager
async def _open_progress(ctx: Context) -> AsyncIterator[Progress]:
    """Yield a function for any thread that reports progress to the client, in order, without waiting for it.

    A call has one, whatever it comes to: its numbers have to grow.
    """
    opened = _PROGRESS.get()
    if opened is not None:
        yield opened
        return
    send, receive = anyio.create_memory_object_stream[str](max_buffer_size=1000)
    loop = asyncio.get_running_loop()

    def put(line: str) -> None:
        # Progress is best effort: a full buffer, or a client that is gone, must not delay the run.
        with suppress(anyio.WouldBlock, anyio.ClosedResourceError, anyio.BrokenResourceError):
            send.send_nowait(line)

    def report(line: str) -> None:
        # The loop may be gone before a run is.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(put, line)

    async with anyio.create_task_group() as group:
        group.start_soon(_forward, ctx, receive)
        token = _PROGRESS.set(report)
        try:
            async with send:
                yield report
        finally:
            _PROGRESS.reset(token)


async def _forward(ctx: Context, lines: ObjectReceiveStream[str]) -> None:
    """Report each line; where nobody says anything, say how long the last one has been true."""
    number, line, began = 0, "Waits for its turn", time.monotonic()
    while True:
        said = ""
        try:
            with anyio.move_on_after(_SILENT_SECONDS):
                said = await lines.receive()
        except anyio.EndOfStream:
            return
        if said:
            line, began = said, time.monotonic()
        number += 1
        report = one_line(line) if said else f"{one_line(line)} ({time.monotonic() - began:.0f} s)"
        await ctx.session.report_progress(number, None, report)


def serve(bridge: Bridge, mode: Mode, offer: Offer) -> None:
    """Serve on stdio until the client leaves."""
    with bound_stderr():
        anyio.run(McpServer(bridge, mode, offer).serve_stdio)
