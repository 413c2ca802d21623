# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often somebody may ask, and letting them in."""

from __future__ import annotations

import anyio
from starlette.requests import HTTPConnection

from playvisor.web.context import Visitor, WebContext
from playvisor.web.problems import Problem
from playvisor.web.signin.attempts import shorten_address
from playvisor.web.signin.visitors import find_address, find_visitor


async def let_in(context: WebContext, connection: HTTPConnection) -> Visitor:
    """Find who asks, and count it. Raises Problem for nobody, and for one request too many."""
    try:
        visitor = await anyio.to_thread.run_sync(find_visitor, context, connection, limiter=context.checks)
    except Problem:
        # Who guesses is slowed down, too.
        require_rate(context, connection, None)
        raise
    require_rate(context, connection, visitor)
    return visitor


def require_rate(context: WebContext, connection: HTTPConnection, visitor: Visitor | None) -> None:
    """Count a request. Raises Problem 429 for one too many."""
    wait = context.rate.consume(name_visitor(connection, visitor))
    if wait:
        seconds = max(1, round(wait))
        raise Problem(
            429,
            f"There are too many requests: at most {context.rate.rate} within a minute.",
            f"Wait {seconds} s.",
            code="busy",
            headers={"retry-after": str(seconds)},
        )


def name_visitor(connection: HTTPConnection, visitor: Visitor | None) -> str:
    """Whose requests are counted together: those of a person in all sessions, of a token, or of an address."""
    return visitor.caller.identity if visitor else f"from {shorten_address(find_address(connection))}"
