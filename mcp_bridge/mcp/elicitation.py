# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the user of a client to approve a held plan, in both eras of the protocol, and says which answers count.

Since 2026-07-28 the call itself is answered with the question, and the client sends it again with the answer; before,
the server asks in the middle of the call. Either way an answer counts only for a question that this server has asked.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import is_version_at_least
from pydantic import ValidationError

from mcp_bridge.auth.caller import Caller
from mcp_bridge.result import Failure, Result
from mcp_bridge.run import Request
from mcp_bridge.text.plain import clean

Context = ServerRequestContext[Any, Any]
Answer = Literal["accept", "decline", "cancel"]

_INPUT_REQUIRED_VERSION = "2026-07-28"
_KEY = "approve"
# What a person can still read in a form. A plan that takes more is not asked about: nothing of it may be cut.
_MOST_CHARACTERS = 4000
_MOST_LINES = 80
_CHARACTERS_PER_READING = 1000
# Clients that are known to decline by themselves when there is no person, by how their names begin.
_DECLINING_CLIENTS = ("codex",)
_MOST_OPEN = 256
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        _KEY: {"type": "boolean", "title": "Approve", "description": "Apply exactly this plan, once.", "default": False}
    },
    "required": [_KEY],
}


@dataclass(frozen=True)
class Question:
    """A question about a held plan: what was shown (`seen` is its seal), to whom, for which call, and until when.

    `result` is what the call comes to if the question is not answered. Times are those of a monotonic clock.
    """

    text: str
    seen: str
    result: Result
    caller: Caller
    session: str
    call: str
    expires: float
    asked: float = field(default_factory=time.monotonic)

    @property
    def plan_id(self) -> str:
        """The plan that is asked about."""
        return (self.result.plan and self.result.plan.id) or ""


@dataclass(frozen=True)
class Reply:
    """What came back, and how many seconds after the question."""

    answer: Answer
    seconds: float


class Questions:
    """The questions that wait for the next call, each by a random state that only its client was given.

    All that a question is bound to stays in this process: a client can neither read, make nor change a state, and each
    is good for one call, whatever that call comes to.
    """

    def __init__(self) -> None:
        self._open: dict[str, Question] = {}

    def add(self, question: Question) -> str:
        """Keep a question, and return its state; of too many, the oldest are forgotten."""
        state = secrets.token_urlsafe(32)
        self._open[state] = question
        while len(self._open) > _MOST_OPEN:
            del self._open[next(iter(self._open))]
        return state

    def take(self, state: str | None, caller: Caller, session: str, call: str) -> Question | str:
        """Return the question that a call answers, or why there is none; the state is used up."""
        question = self._open.pop(state, None) if state else None
        if question is None:
            return "This server has not asked this question, or it was answered already."
        if (question.caller, question.session) != (caller, session):
            return "The question was put to another client."
        if question.call != call:
            return "The question was about another call."
        if time.monotonic() >= question.expires:
            return "The question is out of date."
        return question


def can_ask(ctx: Context) -> bool:
    """Whether the client said that it can show a form to its user."""
    capabilities = ctx.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def is_asked_in_result(ctx: Context) -> bool:
    """Whether the protocol version wants the question as the answer to the call."""
    return is_version_at_least(ctx.protocol_version, _INPUT_REQUIRED_VERSION)


def fits_form(text: str) -> bool:
    """Whether a person can be expected to read all of it in a form."""
    return len(text) <= _MOST_CHARACTERS and text.count("\n") < _MOST_LINES


def hash_call(request: Request) -> str:
    """Return a hash of what a call asks for: the tool and all its arguments."""
    call = json.dumps([request.tool, request.arguments], sort_keys=True, default=str)
    return hashlib.sha256(call.encode("utf-8", "backslashreplace")).hexdigest()


def make_question(question: Question, state: str) -> types.InputRequiredResult:
    """Make the question as the answer to the call; the state comes back with the next call."""
    form = types.ElicitRequestFormParams(message=question.text, requested_schema=_FORM)
    return types.InputRequiredResult(input_requests={_KEY: types.ElicitRequest(params=form)}, request_state=state)


def has_answer(params: types.CallToolRequestParams) -> bool:
    """Whether a call claims to answer a question."""
    return params.request_state is not None or bool(params.input_responses)


def read_answer(params: types.CallToolRequestParams) -> Answer:
    """Return the user's answer that a call carries; one without an answer counts as a cancelled question."""
    reply = (params.input_responses or {}).get(_KEY)
    return _parse_reply(reply) if isinstance(reply, types.ElicitResult) else "cancel"


async def ask(ctx: Context, question: Question) -> Reply:
    """Ask in the middle of a call; a client that can't ask after all, or answer, counts as one that cancelled."""
    asked = time.monotonic()
    try:
        reply = await ctx.session.elicit_form(clean(question.text), _FORM, related_request_id=ctx.request_id)
    except (MCPError, ValidationError):
        return Reply("cancel", time.monotonic() - asked)
    return Reply(_parse_reply(reply), time.monotonic() - asked)


def find_doubt(question: Question, reply: Reply, reading_seconds: float) -> str | None:
    """Why an answer is not taken for a person's, or None.

    It takes `reading_seconds`, and as many again for every thousand characters, to read what was asked.
    """
    needed = reading_seconds * (1 + len(question.text) / _CHARACTERS_PER_READING)
    if reply.answer != "cancel" and reply.seconds < needed:
        return (
            f"The client answered by itself: {reply.answer} after {reply.seconds:.2f} s, sooner than a person reads it."
        )
    if reply.answer == "decline" and question.caller.label.lower().startswith(_DECLINING_CLIENTS):
        return "The client declined, which it is known to do by itself when there is nobody to ask."
    return None


def add_note(result: Result, note: str) -> Result:
    """Add to a held result why the client's user has not decided; the command that decides stays in its hint."""
    if result.failure is None:
        return result
    failure = result.failure.model_copy(update={"message": f"{result.failure.message} {note}"})
    return result.model_copy(update={"summary": failure.message, "failure": failure})


def make_declined_result(tool: str, plan_id: str) -> Result:
    """Make the result of a call whose plan the user declined."""
    failure = Failure(
        code="refused",
        message="The user declined the plan; nothing was changed.",
        hint="Do not ask for the same again unless the user wants it.",
    )
    return Result(run_id=plan_id, tool=tool, status="refused", summary=failure.message, failure=failure)


def _parse_reply(reply: types.ElicitResult) -> Answer:
    """The answer of a person; a form that comes back without what it asks for is none."""
    if reply.action != "accept":
        return reply.action
    approved = (reply.content or {}).get(_KEY)
    return "accept" if approved is True else "decline" if approved is False else "cancel"
