# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals and failures as `application/problem+json` (RFC 9457), with our failure codes, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from mcp_bridge.catalogue.hints import name_tools
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.result import Failure, Result
from mcp_bridge.text.plain import dump_json

MEDIA_TYPE = "application/problem+json"

STATUS_OF_CODE: Mapping[str, int] = {
    "auth_failed": 502,
    "permission_denied": 403,
    "not_found": 404,
    "ambiguous": 409,
    "invalid_parameter": 422,
    "guest_locked": 409,
    "digest_conflict": 409,
    "task_failed": 502,
    "timeout": 504,
    "node_offline": 503,
    "no_quorum": 503,
    "tls_untrusted": 502,
    "unreachable": 502,
    "drifted": 409,
    "protected": 403,
    "unsupported": 422,
    "refused": 403,
    "approval_required": 403,
    "frozen": 409,
    "cancelled": 409,
    "busy": 429,
    "internal": 500,
}
"""The HTTP status for each failure code of a run."""


class Problem(Exception):
    """An answer that is a refusal or a failure: a status, one sentence, and what to do next."""

    def __init__(
        self,
        status: int,
        detail: str,
        hint: str | None = None,
        *,
        code: str = "refused",
        headers: Mapping[str, str] | None = None,
        is_noted: bool = False,
        **further: Any,
    ) -> None:
        super().__init__(detail)
        # Whether the authority has recorded it as a refused log-in.
        self.is_noted = is_noted
        self.status = status
        self.headers = dict(headers or {})
        known = {"hint": hint, "code": code, **further}
        self.body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
        self.body |= {name: value for name, value in known.items() if value not in (None, "", [], {})}

    def make_response(self) -> Response:
        """Make the HTTP response."""
        headers = {"cache-control": "no-store", **self.headers}
        return Response(dump_json(self.body), self.status, headers, media_type=MEDIA_TYPE)


def describe_error(error: PlayvisorError) -> Problem:
    """Make the problem of an error of ours; a name that does not exist is 404."""
    status = STATUS_OF_CODE.get(error.code, 500)
    if error.code == "internal":
        # The ledger, most of all: nothing runs without it, and it may be back soon.
        status = 503
    return Problem(status, error.message, error.hint, code=error.code, details=dict(error.details))


def describe_failure(result: Result) -> Problem:
    """Make the problem of a result that is not one of success; the result itself stands in it."""
    failure = result.failure or Failure(code="internal", message=result.summary)
    return Problem(
        STATUS_OF_CODE.get(failure.code, 500),
        failure.message,
        name_tools(failure.hint) if failure.hint else None,
        code=failure.code,
        fields=failure.fields,
        run_id=result.run_id,
        result=result.as_dict(),
    )
