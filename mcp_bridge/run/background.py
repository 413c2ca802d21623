# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the background: each in a process of its own, which outlives the process that asked for it.

The process is given the settings, with their secrets, and the request on its standard input: neither its arguments nor
its environment have a secret in them. It answers with lines of JSON until its plan is about to be applied.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any

from pydantic import SecretStr

from mcp_bridge.executor import Progress
from mcp_bridge.result import Failure, Result
from mcp_bridge.run.request import Request
from mcp_bridge.settings import Settings

_LOOK_SECONDS = 0.25


def start(settings: Settings, request: Request, progress: Progress, cancel: threading.Event) -> Result:
    """Start a run; returns when its plan is about to be applied, or with what came of it when it isn't.

    Until then `cancel` stops it; afterwards only a message to it does.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "mcp_bridge.run.background_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    orders, answers = _open_pipes(child)
    with suppress(BrokenPipeError), orders:
        orders.write(json.dumps({"settings": _settings_for_child(settings), "request": asdict(request)}).encode())
    ended = Ended()

    def reap() -> None:
        """Wait for the process, so that it doesn't stay as a zombie."""
        child.wait()
        ended.set()

    threading.Thread(target=reap, name="detached", daemon=True).start()
    with answers:
        for message in _read_messages(answers, child, cancel):
            if "progress" in message:
                progress(message["progress"])
            else:
                result = _result(message)
                note_end(result.run_id, ended)
                return result
    failure = Failure(
        code="internal",
        message="The process that was to run it ended without an answer.",
        hint="`playvisor runs list` shows whether the run started; `playvisor doctor` checks the set-up.",
    )
    return Result(run_id="", tool=request.tool, status="failed", summary=failure.message, failure=failure)


def call_when_ended(run_id: str, function: Callable[[], None]) -> None:
    """Call a function when a run that goes on in the background has ended; at once when there is none."""
    ended = _ends.pop(run_id, None)
    if ended is None:
        function()
    else:
        ended.call(function)


def note_end(run_id: str, ended: Ended) -> None:
    """Let the end of a run that goes on in the background be known."""
    _ends[run_id] = ended


class Ended:
    """Whether a run in the background has ended, and what is to be called then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._functions: list[Callable[[], None]] = []

    def set(self) -> None:
        """Note that it has ended."""
        with self._lock:
            self._event.set()
        for function in self._functions:
            function()

    def wait(self, seconds: float) -> bool:
        """Wait for its end, for so many seconds at most; returns whether it has ended."""
        return self._event.wait(seconds)

    def call(self, function: Callable[[], None]) -> None:
        """Call a function when it has ended; at once when it has."""
        with self._lock:
            if not self._event.is_set():
                self._functions.append(function)
                return
        function()


# By run; taken out by who wants to know.
_ends: dict[str, Ended] = {}


def _open_pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None:
        raise ValueError("it was started without pipes")
    return child.stdin, child.stdout


def _read_messages(
    answers: IO[bytes], child: subprocess.Popen[bytes], cancel: threading.Event
) -> Iterator[dict[str, Any]]:
    """The messages of the process, line by line. Once `cancel` is set, it is terminated."""
    terminated = False
    unread = b""
    with selectors.DefaultSelector() as selector:
        selector.register(answers, selectors.EVENT_READ)
        while True:
            if cancel.is_set() and not terminated:
                child.terminate()
                terminated = True
            if not selector.select(_LOOK_SECONDS):
                continue
            part = os.read(answers.fileno(), 65536)
            if not part:
                return
            *lines, unread = (unread + part).split(b"\n")
            yield from (json.loads(line) for line in lines)


def _settings_for_child(settings: Settings) -> dict[str, Any]:
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {name: _in_clear_for_child(value) for name, value in values.items()}


def _in_clear_for_child(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _result(message: dict[str, Any]) -> Result:
    data = message["result"]
    if data.get("plan"):
        data["plan"]["elicitable"] = bool(message.get("elicitable"))
    return Result(**data)
