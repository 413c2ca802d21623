# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Completing names of the cluster in the shell: each reading is a run like any other, and kept for a moment."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mcp_bridge.catalogue.completions import SOURCES, filter_by_prefix

# Somebody types: what was read a moment ago will do.
_FRESH_SECONDS = 30.0
_KINDS = {"guests": "guest", "node": "node", "target": "node", "drain": "node", "storage": "storage"}


def completer(option: str) -> Callable[[str], list[str]] | None:
    """What completes the values of an option; None when nothing does."""
    kind = _KINDS.get(option)
    return (lambda incomplete: _complete(kind, incomplete)) if kind else None


def _complete(kind: str, begun: str) -> list[str]:
    from mcp_bridge.errors import PlayvisorError

    # An error would land in the middle of what somebody types.
    with suppress(PlayvisorError, OSError, ValueError):
        return filter_by_prefix(_values(kind), begun)
    return []


def _values(kind: str) -> list[str]:
    from mcp_bridge.settings import load_settings

    settings = load_settings()
    kept = settings.state_dir / "completions.json"
    known = _kept(kept)
    key = f"{settings.cluster_url} {settings.identity} {kind}"
    if key not in known:
        known[key] = {"at": time.time(), "values": _read(settings, kind)}
        _keep(kept, known)
    values: list[str] = known[key]["values"]
    return values


def _read(settings: Any, kind: str) -> list[str]:
    from mcp_bridge.run.factory import make_bridge
    from playvisor.cli.call import make_request

    reading = SOURCES[kind]
    asked = make_request(settings, reading.tool, reading.arguments, mode="read", client_name="playvisor-completion")
    return reading.values(make_bridge(settings).call(asked, lambda _line: None, threading.Event()))


def _kept(path: Path) -> dict[str, Any]:
    """What is still fresh of what was read."""
    try:
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    oldest = time.time() - _FRESH_SECONDS
    return {key: one for key, one in known.items() if one["at"] > oldest}


def _keep(path: Path, known: dict[str, Any]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(known), encoding="utf-8")
    new.replace(path)
