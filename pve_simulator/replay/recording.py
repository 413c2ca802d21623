# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recordings: files of exchanges with a real server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the real server's answer."""

    method: str
    path: str
    query: str
    params: dict[str, Any]
    headers: dict[str, str] | None
    cookies: dict[str, str] | None
    auth: str | None
    status: int
    reason: str
    body: Any
    note: str

    @property
    def data(self) -> Any:
        """What stands under `data` in the answer."""
        return self.body.get("data") if isinstance(self.body, dict) else None


def load_recording(path: Path) -> list[Exchange]:
    """The exchanges of one file; raises ValueError when it is not a recording."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise ValueError(f"{path}: not a list of exchanges")
    return [_parse_exchange(entry) for entry in entries]


def _parse_exchange(entry: dict[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    path, dummy, query = request["path"].partition("?")
    return Exchange(
        method=request["method"],
        path=path,
        query=query,
        params=request.get("params") or {},
        headers=request.get("headers"),
        cookies=request.get("cookies"),
        auth=request.get("auth"),
        status=response["status_code"],
        reason=response["reason"],
        body=response["body"],
        note=str(entry.get("note", "")),
    )
