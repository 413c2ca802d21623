"""`playvisor call`: one tool, once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mcp_bridge import catalogue, native, version
from mcp_bridge.app import make_bridge
from mcp_bridge.catalogue.native import TOOLS
from mcp_bridge.cli import console, results, values
from mcp_bridge.executor import Progress
from mcp_bridge.models import Result
from mcp_bridge.run import Request
from mcp_bridge.settings import Settings, load_settings

if TYPE_CHECKING:
    from mcp_bridge.run import Bridge

CLIENT = "playvisor-cli"
INTERRUPTED = 130


def call_tool(name: str, words: list[str], *, check: bool, as_json: bool) -> int:
    """Call a tool and print its result; returns the exit status."""
    tool = catalogue.load().get(name) or TOOLS.get(name)
    return call_with(name, values.parse(words, tool.input_schema if tool else {}), check=check, as_json=as_json)


def call_with(name: str, arguments: dict[str, Any], *, check: bool = False, as_json: bool) -> int:
    """Call a tool with these arguments, as `call_tool` does."""
    settings = load_settings()
    result = run_interruptibly(make_bridge(settings), _request(settings, name, arguments, check), quiet=as_json)
    return _shown(result, as_json=as_json)


def watch_with(name: str, arguments: dict[str, Any], *, every: float, as_json: bool) -> int:
    """Call a tool that reads again and again, `every` so many seconds, until it fails or Ctrl-C; each is a run."""
    settings = load_settings()
    bridge = make_bridge(settings, lasting=True)
    stop = threading.Event()
    status = 0
    with _stopping(stop):
        while not stop.is_set() and status == 0:
            result = native.call(bridge, _request(settings, name, arguments), lambda _line: None, stop)
            if stop.is_set():
                break
            console.out().clear()
            status = _shown(result, as_json=as_json)
            sys.stdout.flush()
            stop.wait(every if status == 0 else 0)
    return status


def _request(settings: Settings, name: str, arguments: dict[str, Any], check: bool = False) -> Request:
    return Request(
        tool=name,
        arguments=arguments,
        mode=settings.mode or "apply",
        check=check,
        client_name=CLIENT,
        client_version=version(),
        kind="person",
    )


def _shown(result: Result, *, as_json: bool) -> int:
    if as_json:
        console.print_json(result.as_dict())
    else:
        results.show(result)
    return exit_status(result)


def exit_status(result: Result) -> int:
    """That of the result; a command that was interrupted ends as shells expect it."""
    return INTERRUPTED if result.status == "cancelled" else result.exit_status


def run_interruptibly(bridge: Bridge, request: Request, *, quiet: bool = False) -> Result:
    """Run a request; Ctrl-C cancels it and still waits for what came of it."""
    cancel = threading.Event()
    ended: dict[str, Any] = {}
    with _progress(quiet=quiet) as progress:

        def work() -> None:
            try:
                ended["result"] = native.call(bridge, request, progress, cancel)
            except Exception as error:
                # It is raised again in the main thread.
                ended["error"] = error

        thread = threading.Thread(target=work, name="run")
        with _stopping(cancel):
            thread.start()
            thread.join()
    if "error" in ended:
        raise ended["error"]
    result: Result = ended["result"]
    return result


@contextmanager
def _stopping(cancel: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set the event, and end nothing by themselves."""
    before = {number: signal.signal(number, lambda *_: cancel.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    """A line on stderr that says what is going on, where a person looks at it."""
    if quiet or not console.err().is_terminal:
        yield lambda _line: None
        return
    with console.err().status("Starting") as status:
        yield status.update
