# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a client's lines on stdio, and answers those that are no message, which the SDK leaves without an answer.

It also takes batches apart, which the SDK does not know: clients of 2025-03-26 may send several messages as one array.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import mcp_types
from pydantic import ValidationError

from mcp_bridge.text.plain import clean

_PARSE_ERROR = -32700
_INVALID_REQUEST = -32600
_BYTE_ORDER_MARK = "\ufeff"
_ID = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?[0-9]{1,18})(?=\s*[,}])')


class Streams(Protocol):
    """The streams of a process that serves: lines of the client, and where to write to it."""

    def __aiter__(self) -> AsyncIterator[str]:
        """Yield the client's lines."""

    async def write(self, text: str) -> None:
        """Send text to the client."""

    async def flush(self) -> None:
        """Let the client have what was written."""


@dataclass
class _Batch:
    """What a client sent as one: the ids that have still to be answered, and the answers so far."""

    waiting: set[str | int] = field(default_factory=set)
    answers: list[dict[str, Any]] = field(default_factory=list)


class CheckedStreams:
    """Streams of which only lines are read that are messages; the others are answered here.

    The messages of a batch are read one by one, and answered together.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        # The batches that are not answered yet, by the ids that each waits for.
        self._batches: dict[Any, _Batch] = {}

    async def __aiter__(self) -> AsyncIterator[str]:
        async for line in self._streams:
            line = line.removeprefix(_BYTE_ORDER_MARK)
            entries = split_batch(line)
            batch = _Batch() if entries != [line] else None
            messages = []
            for entry in entries:
                errors = find_errors(entry) if entry.strip() else []
                if batch is not None:
                    batch.answers += errors
                for error in errors if batch is None else []:
                    await self._streams.write(f"{json.dumps(error)}\n")
                if not errors and entry.strip():
                    messages.append(entry)
            if batch is not None:
                self._expect_answers(batch, messages)
                await self._answer_if_complete(batch)
            await self._streams.flush()
            for message in messages:
                await self._forget_cancelled(message)
                yield message

    async def write(self, text: str) -> None:
        """Send the server's message; an answer to a part of a batch once all are there."""
        message = json.loads(text) if self._batches else {}
        is_answer = "id" in message and "method" not in message
        batch = self._batches.pop(message["id"], None) if is_answer else None
        if batch is None:
            await self._streams.write(text)
            return
        batch.waiting.discard(message["id"])
        batch.answers.append(message)
        await self._answer_if_complete(batch)

    async def flush(self) -> None:
        """Let the client have what was written."""
        await self._streams.flush()

    def _expect_answers(self, batch: _Batch, messages: list[str]) -> None:
        requests = [message for message in map(json.loads, messages) if "method" in message and "id" in message]
        batch.waiting = {request["id"] for request in requests}
        self._batches |= dict.fromkeys(batch.waiting, batch)

    async def _answer_if_complete(self, batch: _Batch) -> None:
        if batch.answers and not batch.waiting:
            await self._streams.write(f"{json.dumps(batch.answers)}\n")

    async def _forget_cancelled(self, message: str) -> None:
        """Wait no more for the answer to a request that the client cancels, which gets none."""
        if not self._batches or "notifications/cancelled" not in message:
            return
        number: Any = (json.loads(message).get("params") or {}).get("requestId")
        batch = self._batches.pop(number, None) if _is_id(number) else None
        if batch is not None:
            batch.waiting.discard(number)
            await self._answer_if_complete(batch)


def split_batch(line: str) -> list[str]:
    """The messages of a batch, a line each; the line itself when it is none. Pure."""
    if not line.lstrip().startswith("["):
        return [line]
    try:
        entries = json.loads(line)
    except (ValueError, RecursionError):
        return [line]
    return [f"{json.dumps(entry)}\n" for entry in entries] or [line]


def find_errors(line: str) -> list[dict[str, Any]]:
    """The answer to a line that is no message; none for a message. Pure."""
    try:
        message = mcp_types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError as error:
        invalid = error.errors()[0]
    else:
        has_wrong_id = isinstance(message, mcp_types.JSONRPCNotification) and "id" in json.loads(line)
        return [_make_error(None, _INVALID_REQUEST, "The id must be text or a whole number.")] if has_wrong_id else []
    try:
        value = json.loads(line)
    except RecursionError:
        return [_make_error(_find_id(line), _INVALID_REQUEST, "The message is nested too deeply.")]
    except ValueError as error:
        return [_make_error(_find_id(line), _PARSE_ERROR, f"The line is no JSON: {error}")]
    if isinstance(value, list):
        return [_make_error(None, _INVALID_REQUEST, "A batch needs messages, and none of them may be a batch.")]
    number = value.get("id") if isinstance(value, dict) else None
    known = number if _is_id(number) else None
    if invalid["type"] == "json_invalid":
        return [_make_error(known, _PARSE_ERROR, f"{invalid['msg']}.")]
    return [_make_error(known, _INVALID_REQUEST, f"It is no message of JSON-RPC 2.0{_find_fault(value)}.")]


def _find_fault(value: Any) -> str:
    """What keeps a JSON value from being a message, where one thing does."""
    if not isinstance(value, dict):
        return ", which is an object"
    if value.get("jsonrpc") != "2.0":
        return ', in which jsonrpc is "2.0"'
    return "" if isinstance(value.get("params", {}), dict) else ", in which params is an object"


def _make_error(number: str | int | None, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": clean(message)}}


def _find_id(line: str) -> str | int | None:
    """The id of a message that can't be read, if only one thing in it looks like one."""
    found = set(_ID.findall(line))
    number: str | int | None = json.loads(found.pop()) if len(found) == 1 else None
    return number


def _is_id(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)
