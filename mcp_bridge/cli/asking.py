"""A person at the command line asks: the request, and waiting for what comes of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mcp_bridge import native, version
from mcp_bridge.cli import console, progress, results
from mcp_bridge.models import Result
from mcp_bridge.run import Request
from mcp_bridge.settings import Settings

if TYPE_CHECKING:
    from mcp_bridge.run import Bridge

CLIENT = "playvisor-cli"
INTERRUPTED = 130


def request(settings: Settings, tool: str, arguments: Mapping[str, Any], **more: Any) -> Request:
    """What the person who typed this command asks for, in the mode that they may use at most."""
    asked = {"mode": settings.mode or "apply", "client_name": CLIENT, "client_version": version(), "kind": "person"}
    return Request(tool=tool, arguments=arguments, **{**asked, **more})


def run_interruptibly(bridge: Bridge, asked: Request, *, quiet: bool = False) -> Result:
    """Run a request; Ctrl-C cancels it and still waits for what came of it."""
    cancel = threading.Event()
    ended: dict[str, Any] = {}
    with progress.shown(quiet=quiet) as report:

        def work() -> None:
            try:
                ended["result"] = native.call(bridge, asked, report, cancel)
            except Exception as error:
                # It is raised again in the main thread.
                ended["error"] = error

        thread = threading.Thread(target=work, name="run")
        with stopping(cancel):
            thread.start()
            thread.join()
    if "error" in ended:
        raise ended["error"]
    result: Result = ended["result"]
    return result


@contextmanager
def stopping(cancel: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set the event, and end nothing by themselves."""
    before = {number: signal.signal(number, lambda *_: cancel.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def shown(result: Result, *, as_json: bool) -> int:
    """Print a result; returns the exit status."""
    if as_json:
        console.print_json(result.as_dict())
    else:
        results.show(result)
    return exit_status(result)


def exit_status(result: Result) -> int:
    """That of the result; a command that was interrupted ends as shells expect it."""
    return INTERRUPTED if result.status == "cancelled" else result.exit_status
