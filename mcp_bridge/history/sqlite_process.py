# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries on SQLite, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine

from mcp_bridge.history.functions import SQLITE_FUNCTIONS
from mcp_bridge.history.refusals import refuse
from mcp_bridge.history.view_queries import BASES, build_queries

MOST_MEMORY = 512 * 2**20
"""Bytes of memory of the process of one query."""
_END_SECONDS = 3.0
_PROGRAM = Path(__file__).with_name("sqlite_reader.py")


def read(
    engine: Engine, sql: str, rows: int, seconds: float, size: int
) -> tuple[list[str], list[list[Any]], str | None]:
    """The columns and rows of a query, and which limit cut them off. Raises UsageError."""
    request = {
        "path": quote(os.path.abspath(str(engine.url.database))),
        "sql": sql,
        "views": build_queries("sqlite", sql),
        "bases": BASES,
        "functions": SQLITE_FUNCTIONS,
        "rows": rows,
        "seconds": seconds,
        "bytes": size,
        "memory": MOST_MEMORY,
    }
    answer = run_process(request)
    if "error" in answer:
        raise refuse(answer["error"], answer["detail"])
    return answer["columns"], answer["rows"], answer["truncated"]


def run_process(request: dict[str, Any]) -> dict[str, Any]:
    """Have a new process answer a request. Raises UsageError when it is ended."""
    # Without the environment, which may hold more than a query needs to know.
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(_PROGRAM)]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            input=json.dumps(request).encode("utf-8", "replace"),
            capture_output=True,
            env={},
            cwd="/",
            timeout=request["seconds"] + _END_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise refuse("time") from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        if done.returncode < 0:
            # It was ended by the system: for its memory, or for the time that it computed.
            raise refuse("memory") from None
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise refuse("sql", reason[0] if reason else "its process ended early") from None
    return answer
