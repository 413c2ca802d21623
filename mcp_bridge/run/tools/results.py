# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results of what runs no playbook."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from mcp_bridge.result import Failure, Result, Status
from mcp_bridge.run.request import Request


def failed_result(request: Request, failure: Failure) -> Result:
    """The result of a request that can't be answered for this reason."""
    statuses: Mapping[str, Status] = {"refused": "refused", "frozen": "refused", "approval_required": "held"}
    return make_result(request, statuses.get(failure.code, "failed"), failure.message, failure=failure)


def make_result(request: Request, status: Status, summary: str, **more: Any) -> Result:
    """A result with an id of its own."""
    return Result(run_id=str(uuid.uuid4()), tool=request.tool, status=status, summary=summary, **more)
