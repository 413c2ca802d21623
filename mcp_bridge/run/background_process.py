# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process of a run in the background: `python -m mcp_bridge.run.background_process`, which `background` starts."""

from __future__ import annotations

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any

from mcp_bridge.auth.caller import Caller
from mcp_bridge.errors import LedgerError, PlayvisorError
from mcp_bridge.result import Failure, Result
from mcp_bridge.run.request import Request, unrecorded_result
from mcp_bridge.settings import Settings


def main() -> None:
    """The process itself."""
    # What it starts must not keep the pipes open.
    orders, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    for descriptor in (0, 1):
        os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    with orders:
        order = json.load(orders)
    caller = order["request"].pop("caller")
    caller = Caller(**{**caller, "roles": tuple(caller["roles"])})
    request = Request(**order["request"], caller=caller)
    cancel = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_dummy: cancel.set())
    _Child(answers, cancel).run(Settings(**order["settings"]), request)


class _Child:
    """Carries out one run, and reports on it as long as the other end of the pipe is open."""

    def __init__(self, answers: IO[str], cancel: threading.Event) -> None:
        self._answers = answers
        self._cancel = cancel

    def run(self, settings: Settings, request: Request) -> None:
        """Run it, and send the result, unless one was sent when its plan was about to be applied."""
        from mcp_bridge.run.factory import make_bridge

        try:
            bridge = make_bridge(settings)
            # In a thread, so that signals reach this one.
            with ThreadPoolExecutor(1) as threads:
                carried = threads.submit(bridge.run, request, self._progress, self._cancel, self._send_result)
                result = carried.result()
            bridge.close()
        except LedgerError as error:
            result = unrecorded_result(request.tool, error)
        except PlayvisorError as error:
            failure = Failure(code=error.code, message=error.message, hint=error.hint)
            result = Result(run_id="", tool=request.tool, status="failed", summary=error.message, failure=failure)
        self._send_result(result)

    def _progress(self, line: str) -> None:
        self._write({"progress": line})

    def _send_result(self, result: Result) -> None:
        """Send the one result, and close the pipe."""
        elicitable = result.plan is not None and result.plan.elicitable
        self._write({"result": result.model_dump(), "elicitable": elicitable})
        with suppress(OSError):
            self._answers.close()

    def _write(self, message: dict[str, Any]) -> None:
        # The reader may be gone; that is expected.
        with suppress(OSError, ValueError):
            self._answers.write(f"{json.dumps(message)}\n")
            self._answers.flush()


if __name__ == "__main__":
    main()
