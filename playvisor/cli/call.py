# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call a tool from the command line, once or repeatedly, and print the result."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from mcp_bridge import catalogue, version
from mcp_bridge.auth.caller import make_person
from mcp_bridge.catalogue.run_tools import TOOLS
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.executor import Progress
from mcp_bridge.result import Result
from mcp_bridge.run import Bridge, Request
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Mode, Settings, load_settings
from playvisor.cli import console, parsing, progress, results, speech
from playvisor.cli.output import Output
from playvisor.fleet.tools import register_tools

T = TypeVar("T")
CLIENT = "playvisor-cli"
INTERRUPTED = 130


def make_request(
    settings: Settings,
    tool: str,
    arguments: Mapping[str, Any],
    *,
    mode: Mode | None = None,
    program: str = CLIENT,
    check: bool = False,
    internal: bool = False,
) -> Request:
    """The request of the person who typed this command, in the highest mode that they may use, or in `mode`."""
    mode = mode or settings.mode or "apply"
    return Request(tool, arguments, mode, make_person(program, version()), check=check, internal=internal)


def run_interruptibly(bridge: Bridge, request: Request, *, quiet: bool = False) -> Result:
    """Run a request and return its result; Ctrl-C cancels the run, and its result is still waited for."""
    return work_interruptibly(lambda report, cancel: bridge.call(request, report, cancel), quiet=quiet)


def work_interruptibly(work: Callable[[Progress, threading.Event], T], *, quiet: bool = False) -> T:
    """Do what reports its progress; Ctrl-C only sets the event that cancels it, and what it comes to is waited for."""
    cancel = threading.Event()
    outcome: dict[str, Any] = {}
    with progress.show_progress(quiet=quiet) as report:

        def run() -> None:
            try:
                outcome["result"] = work(report, cancel)
            except Exception as error:
                # Raised again in the main thread.
                outcome["error"] = error

        thread = threading.Thread(target=run, name="run")
        with cancel_on_signals(cancel):
            thread.start()
            thread.join()
    if "error" in outcome:
        raise outcome["error"]
    result: T = outcome["result"]
    return result


@contextmanager
def cancel_on_signals(cancel: threading.Event) -> Iterator[None]:
    """Within the context, Ctrl-C and SIGTERM only set the event."""
    old_handlers = {
        number: signal.signal(number, lambda *_: cancel.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in old_handlers.items():
            signal.signal(number, handler)


def print_result(result: Result, *, output: Output, speak: results.Speak = speech.speak) -> int:
    """Print a result; returns the exit status."""
    results.print_result(result, output, speak)
    return get_exit_status(result)


def get_exit_status(result: Result) -> int:
    """The exit status of a result; 130 for a cancelled run, as shells expect after Ctrl-C."""
    return INTERRUPTED if result.status == "cancelled" else result.exit_status


def require_data(result: Result) -> Mapping[str, Any]:
    """The data of a result. Raises PlayvisorError, with the exit status of the result, where it is not ok."""
    if result.failure is None and result.status == "ok":
        return result.data
    failure = result.failure
    error = PlayvisorError(failure.message, failure.hint) if failure else PlayvisorError(result.summary)
    error.exit_status = get_exit_status(result)
    raise error


def call_with_words(name: str, words: list[str], *, check: bool, output: Output) -> int:
    """Call a tool with `name=value` words and print its result; returns the exit status."""
    register_tools()
    tool = catalogue.load().get(name) or TOOLS.get(name)
    arguments = parsing.parse(words, tool.input_schema if tool else {})
    # Whoever uses the names of tools and options is told of them.
    return call_with_arguments(name, arguments, check=check, output=output, speak=str)


def call_with_arguments(
    name: str,
    arguments: dict[str, Any],
    *,
    check: bool = False,
    output: Output,
    speak: results.Speak = speech.speak,
) -> int:
    """Call a tool with these arguments and print its result; returns the exit status."""
    settings = load_settings()
    request = make_request(settings, name, arguments, check=check)
    result = run_interruptibly(make_bridge(settings), request, quiet=output.is_quiet)
    return print_result(result, output=output, speak=speak)


def watch_tool(name: str, arguments: dict[str, Any], *, every: float, output: Output) -> int:
    """Repeat a call of a read tool `every` so many seconds, until it fails or Ctrl-C; each call is a run."""
    settings = load_settings()
    bridge = make_bridge(settings, lasting=True)
    stop = threading.Event()
    status = 0
    with cancel_on_signals(stop):
        while not stop.is_set() and status == 0:
            result = bridge.call(make_request(settings, name, arguments), lambda _line: None, stop)
            if stop.is_set():
                break
            console.get_stdout().clear()
            status = print_result(result, output=output)
            sys.stdout.flush()
            stop.wait(every if status == 0 else 0)
    return status
