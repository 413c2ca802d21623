"""Calling one tool, once or again and again: `playvisor call`, and the commands of every noun."""

from __future__ import annotations

import sys
import threading
from typing import Any

from mcp_bridge import catalogue, native
from mcp_bridge.app import make_bridge
from mcp_bridge.catalogue.native import TOOLS
from mcp_bridge.cli import asking, console, values
from mcp_bridge.settings import load_settings


def call_tool(name: str, words: list[str], *, check: bool, as_json: bool) -> int:
    """Call a tool and print its result; returns the exit status."""
    tool = catalogue.load().get(name) or TOOLS.get(name)
    return call_with(name, values.parse(words, tool.input_schema if tool else {}), check=check, as_json=as_json)


def call_with(name: str, arguments: dict[str, Any], *, check: bool = False, as_json: bool) -> int:
    """Call a tool with these arguments, as `call_tool` does."""
    settings = load_settings()
    asked = asking.request(settings, name, arguments, check=check)
    return asking.shown(asking.run_interruptibly(make_bridge(settings), asked, quiet=as_json), as_json=as_json)


def watch_with(name: str, arguments: dict[str, Any], *, every: float, as_json: bool) -> int:
    """Call a tool that reads again and again, `every` so many seconds, until it fails or Ctrl-C; each is a run."""
    settings = load_settings()
    bridge = make_bridge(settings, lasting=True)
    stop = threading.Event()
    status = 0
    with asking.stopping(stop):
        while not stop.is_set() and status == 0:
            result = native.call(bridge, asking.request(settings, name, arguments), lambda _line: None, stop)
            if stop.is_set():
                break
            console.out().clear()
            status = asking.shown(result, as_json=as_json)
            sys.stdout.flush()
            stop.wait(every if status == 0 else 0)
    return status
