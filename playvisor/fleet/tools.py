# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tool render_fleet: from what an AI client hands over to a plain document. It is data, and never templated."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from mcp_bridge.catalogue import run_tools
from mcp_bridge.catalogue.run_tools import BridgeTool

if TYPE_CHECKING:
    from mcp_bridge.executor import Progress
    from mcp_bridge.result import Result
    from mcp_bridge.run import Request

_RENDER = BridgeTool(
    "render_fleet",
    "Render a fleet",
    "Makes the plain document that plan_fleet takes of a fleet with profiles ({profiles: {web: {cores: 2}}, guests: "
    "{web-01: {profiles: [web]}}}) and ranges of guests (web-{01..12}). Checks every option, and names everything that "
    "is wrong. It reads nothing of the cluster.",
    {
        "type": "object",
        "properties": {"fleet": {"type": "object", "x-fleet": True, "description": "As plan_fleet takes it"}},
        "additionalProperties": False,
        "required": ["fleet"],
    },
    toolset="fleet",
)


def declare_tools() -> None:
    """Put the tools of fleets that the bridge itself has not into the catalogue, without loading what they take."""
    run_tools.register(_RENDER)


@cache
def register_tools() -> None:
    """Let every face offer them, and answer calls of them."""
    from mcp_bridge.run.call import register

    register(_RENDER, _render)


def _render(_engine: Any, request: Request, _progress: Progress, _cancel: threading.Event) -> Result:
    from mcp_bridge.result import Failure
    from mcp_bridge.run.tools.results import failed_result, make_result
    from playvisor.fleet.render import FleetError, expand_document

    try:
        document = expand_document(request.arguments["fleet"]).document
    except FleetError as error:
        fields = {problem.path: problem.message for problem in error.problems}
        failure = Failure(code="invalid_parameter", message=error.message, hint=error.hint, fields=fields)
        return failed_result(request, failure)
    guests = len(document.get("guests") or ())
    summary = f"Fleet {document['fleet']} with {guests} guest{'' if guests == 1 else 's'}."
    return make_result(request, "ok", summary, document=document)
