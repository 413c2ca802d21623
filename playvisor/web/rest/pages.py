# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of long lists: how many, and an opaque cursor to go on from. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from playvisor.web.problems import Problem

MOST_ITEMS = 500
QUERY: Mapping[str, Mapping[str, Any]] = {
    "limit": {"type": "integer", "default": 50, "minimum": 1, "maximum": MOST_ITEMS},
    "cursor": {"type": "string", "description": "`next` of the answer before"},
}
"""The parameters of an endpoint that answers in pages."""


def make_cursor(position: int) -> str:
    """Make the cursor that goes on after a position."""
    return base64.urlsafe_b64encode(f"{position}".encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> int | None:
    """Read a position from a cursor; None without one. Raises Problem 422 for what is none."""
    if text is None:
        return None
    try:
        return int(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        raise Problem(
            422,
            "The cursor is not one of this server's.",
            "Give `next` of an answer, or leave it out.",
            code="invalid_parameter",
            fields={"cursor": "is not a cursor"},
        ) from None
