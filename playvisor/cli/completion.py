# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Complete names of the cluster in the shell. Each reading is a run like any other, and is cached for a moment."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_bridge.catalogue.completions import SOURCES, filter_by_prefix

if TYPE_CHECKING:
    from mcp_bridge.settings import Settings

# While somebody types, names read a moment ago are good enough.
_FRESH_SECONDS = 30.0
_MOST_NAMED = 10
_KINDS = {
    "guests": "guest",
    "node": "node",
    "target": "node",
    "drain": "node",
    "return_to": "node",
    "storage": "storage",
    "upid": "task",
    "volid": "backup",
}


def make_completer(option: str) -> Callable[[str], list[str]] | None:
    """A function that completes the values of an option; None for options without completion."""
    kind = _KINDS.get(option)
    return (lambda incomplete: _complete(kind, incomplete)) if kind else None


def describe_candidates(option: str, settings: Settings | None = None) -> str:
    """A sentence that names what the cluster has for an option or argument; empty where it can't be asked."""
    kind = _KINDS.get(option)
    found = _complete(kind, "", settings) if kind else []
    more = " …" if len(found) > _MOST_NAMED else ""
    return f"There are these: {', '.join(found[:_MOST_NAMED])}{more}. " if found else ""


def _complete(kind: str, prefix: str, settings: Settings | None = None) -> list[str]:
    from mcp_bridge.errors import PlayvisorError

    # An error message would appear in the middle of what somebody types.
    with suppress(PlayvisorError, OSError, ValueError):
        return filter_by_prefix(_list_values(kind, settings), prefix)
    return []


def _list_values(kind: str, settings: Settings | None) -> list[str]:
    from mcp_bridge.settings import load_settings

    settings = settings or load_settings()
    settings.require_cluster()
    cache_file = settings.state_dir / "completions.json"
    cache = _read_cache(cache_file)
    key = f"{settings.endpoint.url} {settings.endpoint.identity} {kind}"
    if key not in cache:
        cache[key] = {"at": time.time(), "values": _read_from_cluster(settings, kind)}
        _write_cache(cache_file, cache)
    values: list[str] = cache[key]["values"]
    return values


def _read_from_cluster(settings: Any, kind: str) -> list[str]:
    from mcp_bridge.run.factory import make_bridge
    from playvisor.cli.call import make_request

    reading = SOURCES[kind]
    request = make_request(settings, reading.tool, reading.arguments, mode="read", program="playvisor-completion")
    return reading.values(make_bridge(settings).call(request, lambda _line: None, threading.Event()))


def _read_cache(path: Path) -> dict[str, Any]:
    """The cached readings that are still fresh."""
    try:
        cache: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    oldest = time.time() - _FRESH_SECONDS
    return {key: one for key, one in cache.items() if one["at"] > oldest}


def _write_cache(path: Path, cache: dict[str, Any]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(cache), encoding="utf-8")
    new.replace(path)
