"""Runs in the background: each in a process of its own, which outlives whoever has asked for it.

The process is given the settings, with their secrets, and the request on its standard input: neither its arguments nor
its environment have a secret in them. It answers with lines of JSON until its plan is about to be applied.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any

from pydantic import SecretStr

from mcp_bridge.errors import LedgerError, PlayvisorError
from mcp_bridge.executor import Progress
from mcp_bridge.models import Failure, Result
from mcp_bridge.run.request import Request, unrecorded
from mcp_bridge.settings import Settings

_LOOK_SECONDS = 0.25


def start(settings: Settings, request: Request, progress: Progress, cancel: threading.Event) -> Result:
    """Start a run; returns when its plan is about to be applied, or with what came of it when it isn't.

    Until then `cancel` stops it; afterwards only a message to it does.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "mcp_bridge.run.detached"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    asked, answers = _pipes(child)
    with suppress(BrokenPipeError), asked:
        asked.write(json.dumps({"settings": _plain(settings), "request": asdict(request)}).encode())
    # Who has ended is to be no zombie, which would look alive to nobody but the system.
    threading.Thread(target=child.wait, name="detached", daemon=True).start()
    with answers:
        for message in _messages(answers, child, cancel):
            if "progress" in message:
                progress(message["progress"])
            else:
                return _result(message)
    failure = Failure(
        code="internal",
        message="The process that was to run it ended without a word.",
        hint="`playvisor runs list` shows whether it came to start; `playvisor doctor` checks the set-up.",
    )
    return Result(run_id="", tool=request.tool, status="failed", summary=failure.message, failure=failure)


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None:
        raise ValueError("it was started without pipes")
    return child.stdin, child.stdout


def _messages(answers: IO[bytes], child: subprocess.Popen[bytes], cancel: threading.Event) -> Iterator[dict[str, Any]]:
    """What the process says, line by line; it is told when whoever waits for it gives up."""
    told = False
    unread = b""
    with selectors.DefaultSelector() as selector:
        selector.register(answers, selectors.EVENT_READ)
        while True:
            if cancel.is_set() and not told:
                child.terminate()
                told = True
            if not selector.select(_LOOK_SECONDS):
                continue
            part = os.read(answers.fileno(), 65536)
            if not part:
                return
            *lines, unread = (unread + part).split(b"\n")
            yield from (json.loads(line) for line in lines)


def _plain(settings: Settings) -> dict[str, Any]:
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {name: _shown(value) for name, value in values.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _result(message: dict[str, Any]) -> Result:
    result = Result(**message["result"])
    if result.plan:
        result.plan.elicitable = bool(message.get("elicitable"))
    return result


def main() -> None:
    """The process itself."""
    # What it starts must not keep the pipes open.
    given, said = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    for descriptor in (0, 1):
        os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    with given:
        asked = json.load(given)
    request = Request(**asked["request"])
    cancel = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_dummy: cancel.set())
    _Child(said, cancel).run(Settings(**asked["settings"]), request)


class _Child:
    """Says what becomes of a run for as long as somebody wants to hear it."""

    def __init__(self, said: IO[str], cancel: threading.Event) -> None:
        self._said = said
        self._cancel = cancel

    def run(self, settings: Settings, request: Request) -> None:
        """Run it, and say how it ended unless that is no longer asked."""
        from mcp_bridge.app import make_bridge

        try:
            bridge = make_bridge(settings)
            # In a thread, so that signals reach this one.
            with ThreadPoolExecutor(1) as threads:
                carried = threads.submit(bridge.run, request, self._progress, self._cancel, self._tell)
                result = carried.result()
            bridge.close()
        except LedgerError as error:
            result = unrecorded(request.tool, error)
        except PlayvisorError as error:
            failure = Failure(code=error.code, message=error.message, hint=error.hint)
            result = Result(run_id="", tool=request.tool, status="failed", summary=error.message, failure=failure)
        self._tell(result)

    def _progress(self, line: str) -> None:
        self._write({"progress": line})

    def _tell(self, result: Result) -> None:
        """The one result that whoever asked gets."""
        elicitable = result.plan is not None and result.plan.elicitable
        self._write({"result": result.model_dump(), "elicitable": elicitable})
        with suppress(OSError):
            self._said.close()

    def _write(self, message: dict[str, Any]) -> None:
        # Nobody may be there to hear it any more; that is what it is for.
        with suppress(OSError, ValueError):
            self._said.write(f"{json.dumps(message)}\n")
            self._said.flush()


if __name__ == "__main__":
    main()
