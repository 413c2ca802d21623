# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests with an `Idempotency-Key`: a repeated one gets the answer of the first, and nothing is done again.

As draft-ietf-httpapi-idempotency-key says: 409 while the first one is under way, 422 for the key of another request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from starlette.responses import Response

from mcp_bridge.ledger.repeats import Named, Repeat, Repeats
from mcp_bridge.text.plain import dump_json
from playvisor.web.problems import MEDIA_TYPE, Problem
from playvisor.web.rest.endpoints import PREFIX, Answer, Ask

HEADER = "idempotency-key"
PATTERN = "^[!-~]{1,128}$"
"""What a key is: characters that are seen."""
REPLAYED = "idempotency-replayed"
_KEPT_HEADERS = ("location",)


def answer_once(ask: Ask, answer: Callable[[Ask], Answer]) -> Answer:
    """Answer a request that names itself, unless it was answered before; then repeat that answer.

    Raises Problem 400 for what is no key, 409 and 422 as above. What is raised for a request that was not carried out
    is not kept: it may be repeated.
    """
    key = ask.request.headers.get(HEADER)
    if key is None:
        return answer(ask)
    if not re.fullmatch(PATTERN, key):
        hint = "Give a new UUID for each write, and the same one for its repetitions."
        raise Problem(400, "The Idempotency-Key is not 1 to 128 visible characters.", hint, code="invalid_parameter")
    caller = ask.caller.caller
    asked = json.dumps([ask.request.method, ask.request.url.path, ask.body], sort_keys=True)
    named = Named(f"{caller.kind} {caller.identity}", key, asked)
    repeats = Repeats(ask.context.bridge.ledger.database)
    known = repeats.begin(named)
    if known is not None:
        return _repeat(known)
    try:
        answered = answer(ask)
    except Problem as problem:
        if "run_id" not in problem.body:
            repeats.forget(named)
        else:
            repeats.end(named, problem.status, {}, dump_json(problem.body))
        raise
    except BaseException:
        repeats.forget(named)
        raise
    headers = {name: value for name, value in answered.headers.items() if name in _KEPT_HEADERS}
    repeats.end(named, answered.status, headers, dump_json(answered.data))
    return answered


def _repeat(known: Repeat) -> Answer:
    if not known.is_same:
        raise Problem(
            422,
            "This Idempotency-Key was given to another request.",
            "Give each write a key of its own.",
            code="invalid_parameter",
        )
    if not known.is_answered:
        raise Problem(
            409,
            f"The first request with this Idempotency-Key has begun at {known.begun_at}, and has not been answered.",
            f"Wait for it. If its server ended meanwhile, GET {PREFIX}/runs says what came of it.",
            code="busy",
            headers={"retry-after": "1"},
        )
    if known.answer is None:
        raise Problem(
            409,
            f"The first request with this Idempotency-Key was answered with {known.status}; the answer is too large to "
            "be repeated.",
            f"GET {PREFIX}/runs says what came of it.",
            code="too_large",
        )
    media = MEDIA_TYPE if known.status >= 400 else "application/json"
    headers = {"cache-control": "no-store", **(known.headers or {}), REPLAYED: "true"}
    return Answer(response=Response(known.answer, known.status, headers, media_type=media))
