# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a client's lines on stdio, and answers those that are no message, which the SDK leaves without an answer."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any, Protocol

import mcp_types
from pydantic import ValidationError

from mcp_bridge.text.plain import clean

_PARSE_ERROR = -32700
_INVALID_REQUEST = -32600
_ID = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?[0-9]{1,18})(?=\s*[,}])')


class Streams(Protocol):
    """The streams of a process that serves: lines of the client, and where to write to it."""

    def __aiter__(self) -> AsyncIterator[str]:
        """Yield the client's lines."""

    async def write(self, text: str) -> None:
        """Send text to the client."""

    async def flush(self) -> None:
        """Let the client have what was written."""


class CheckedStreams:
    """Streams of which only lines are read that are messages; the others are answered here."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def __aiter__(self) -> AsyncIterator[str]:
        async for line in self._streams:
            errors = find_errors(line) if line.strip() else []
            for error in errors:
                await self._streams.write(f"{json.dumps(error)}\n")
            await self._streams.flush()
            if not errors and line.strip():
                yield line

    async def write(self, text: str) -> None:
        """Send the server's message."""
        await self._streams.write(text)

    async def flush(self) -> None:
        """Let the client have what was written."""
        await self._streams.flush()


def find_errors(line: str) -> list[dict[str, Any]]:
    """The answers to a line that is no message, one for each request in it; none for a message. Pure."""
    try:
        mcp_types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        pass
    else:
        return []
    try:
        value = json.loads(line)
    except RecursionError:
        return [_make_error(_find_id(line), _INVALID_REQUEST, "The message is nested too deeply.")]
    except ValueError as error:
        return [_make_error(_find_id(line), _PARSE_ERROR, f"The line is no JSON: {error}")]
    if isinstance(value, list):
        numbers = [entry["id"] for entry in value if isinstance(entry, dict) and _is_id(entry.get("id"))]
        message = "Batches are not taken: send each message on a line of its own."
        return [_make_error(number, _INVALID_REQUEST, message) for number in numbers or [None]]
    number = value.get("id") if isinstance(value, dict) else None
    return [_make_error(number if _is_id(number) else None, _INVALID_REQUEST, "It is no message of JSON-RPC 2.0.")]


def _make_error(number: str | int | None, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": clean(message)}}


def _find_id(line: str) -> str | int | None:
    """The id of a message that can't be read, if only one thing in it looks like one."""
    found = set(_ID.findall(line))
    number: str | int | None = json.loads(found.pop()) if len(found) == 1 else None
    return number


def _is_id(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)
