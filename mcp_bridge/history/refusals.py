# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a query was not answered, for people and models. Pure."""

from __future__ import annotations

import re
from difflib import get_close_matches

from mcp_bridge.errors import UsageError
from mcp_bridge.history.views import VIEWS

_VIEWS = f"The views are {', '.join(VIEWS)}."
_ONE = "Write one SELECT."
# How alike a word and a view are that is meant by it, of 1.
_NEAR = 0.8


def advise(error: UsageError, statement: str) -> UsageError:
    """The error of a query, of which the hint names what the statement may have meant: columns, or another view."""
    if error.hint == _VIEWS:
        words = re.findall(r"\w+", statement.lower())
        named = [f"{name} has {', '.join(view.columns)}" for name, view in VIEWS.items() if name in words]
        near = [match for word in words if word not in VIEWS for match in get_close_matches(word, VIEWS, 1, _NEAR)]
        if "column" in error.message and named:
            error.hint = f"{'; '.join(named)}."
        elif near:
            error.hint = f"Do you mean {near[0]}? {_VIEWS}"
    return error


class QueryRefused(UsageError):
    """A query that does something else than reading views."""

    code = "refused"


def refuse(why: str, detail: str = "") -> UsageError:
    """The error for what a query did: it was refused, it failed, or it took too much."""
    match why:
        case "word":
            what = f"{detail} is not" if detail else "What does not begin with SELECT, WITH or VALUES is not"
            return QueryRefused(f"Queries only read: {what} allowed.", _ONE)
        case "statement":
            return QueryRefused("Queries only read: this one does something else.", _ONE)
        case "several":
            return QueryRefused("There is more than one statement.", _ONE)
        case "table":
            return QueryRefused(f"There is no view {detail}, and nothing else can be read.", _VIEWS)
        case "function":
            return QueryRefused(f"The function {detail} can't be used in queries.", "Do without it.")
        case "type":
            return QueryRefused(f"The type {detail} can't be used in queries.", "Do without it.")
        case "text":
            return QueryRefused("The query has characters that no text has.", "Leave them out.")
        case "recursive":
            return QueryRefused("WITH RECURSIVE can't be used in queries.", "Do without it.")
        case "lock":
            return QueryRefused("FOR UPDATE and FOR SHARE can't be used in queries.", "Leave it out.")
        case "length":
            return QueryRefused(f"A query has at most {detail} characters, and none is NUL.", "Shorten it.")
        case "time":
            return UsageError("The query took too long.", "Narrow it by time, kind or name, or count less at once.")
        case "memory":
            return UsageError("The query needs too much memory.", "Narrow it, or sort and join less at once.")
    return UsageError(f"The query can't be run: {detail}.", _VIEWS)
