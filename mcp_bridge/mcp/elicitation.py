# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the user of a client to approve a held plan, in both eras of the protocol.

Since 2026-07-28 the call itself is answered with the question, and the client sends it again with the answer; before,
the server asks in the middle of the call.
"""

from __future__ import annotations

from typing import Any, Literal

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import is_version_at_least

from mcp_bridge.result import Failure, Result
from mcp_bridge.text.plain import clean, one_line

Context = ServerRequestContext[Any, Any]
Answer = Literal["accept", "decline", "cancel"]

_INPUT_REQUIRED_VERSION = "2026-07-28"
_KEY = "approve"
_SHOWN_STEPS = 20
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        _KEY: {"type": "boolean", "title": "Approve", "description": "Apply exactly this plan, once.", "default": False}
    },
    "required": [_KEY],
}


def can_ask(ctx: Context) -> bool:
    """Whether the client said that it can show a form to its user."""
    capabilities = ctx.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def is_asked_in_result(ctx: Context) -> bool:
    """Whether the protocol version wants the question as the answer to the call."""
    return is_version_at_least(ctx.protocol_version, _INPUT_REQUIRED_VERSION)


def make_question(result: Result) -> types.InputRequiredResult:
    """Make the question as the answer to the call; the plan's id comes back with the next call."""
    plan_id = result.plan.id if result.plan else None
    return types.InputRequiredResult(input_requests={_KEY: _make_form(result)}, request_state=plan_id)


def read_answer(params: types.CallToolRequestParams) -> tuple[str, Answer] | None:
    """Return the plan's id and the user's answer that a call carries; None when it carries none."""
    reply = (params.input_responses or {}).get(_KEY)
    if params.request_state is None or not isinstance(reply, types.ElicitResult):
        return None
    return params.request_state, _parse_reply(reply)


async def ask(ctx: Context, result: Result) -> Answer:
    """Ask in the middle of a call; a client that can't ask after all counts as one that cancelled."""
    form = _make_form(result).params
    try:
        reply = await ctx.session.elicit_form(clean(form.message), _FORM, related_request_id=ctx.request_id)
    except MCPError:
        return "cancel"
    return _parse_reply(reply)


def make_declined_result(tool: str, plan_id: str) -> Result:
    """Make the result of a call whose plan the user declined."""
    failure = Failure(
        code="refused",
        message="The user declined the plan; nothing was changed.",
        hint="Do not ask for the same again unless the user wants it.",
    )
    return Result(run_id=plan_id, tool=tool, status="refused", summary=failure.message, failure=failure)


def _parse_reply(reply: types.ElicitResult) -> Answer:
    if reply.action == "accept" and not (reply.content or {}).get(_KEY):
        return "decline"
    return reply.action


def _make_form(result: Result) -> types.ElicitRequest:
    steps = result.plan.steps if result.plan else []
    step_lines = [f"- {step['method']} {step['path']}: {one_line(str(step['why']))}" for step in steps[:_SHOWN_STEPS]]
    rest = [f"- and {len(steps) - _SHOWN_STEPS} more"] if len(steps) > _SHOWN_STEPS else []
    lines = [f"{one_line(result.summary)}", "", f"{result.tool} would send to Proxmox VE:", *step_lines, *rest]
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message="\n".join(lines), requested_schema=_FORM))
