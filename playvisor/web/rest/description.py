# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API's own description, as OpenAPI."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.responses import Response

from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.rest.openapi import make_openapi


def list_endpoints() -> list[Endpoint]:
    """The endpoint of the description, which is for everybody: it says nothing about this server."""
    return [
        Endpoint(
            "GET",
            "/openapi.json",
            "get_openapi",
            "Describe this API as OpenAPI 3.1",
            get_openapi,
            may=None,
            group="server",
        )
    ]


def _render(state: Any) -> bytes:
    """The document of an application, made once."""
    if not hasattr(state, "openapi"):
        state.openapi = json.dumps(make_openapi(state.endpoints), ensure_ascii=False, separators=(",", ":")).encode()
    return bytes(state.openapi)


def get_openapi(ask: Ask) -> Answer:
    """Answer with the document, or 304 to who has it."""
    body = _render(ask.request.app.state)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if ask.request.headers.get("if-none-match") == tag:
        return Answer(response=Response(status_code=304, headers=headers))
    return Answer(response=Response(body, 200, headers, media_type="application/json"))
