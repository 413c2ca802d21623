"""What every driver is told, and how it tells what its client has seen: JSON on stdin and stdout."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Server:
    """The MCP server: a command for stdio."""

    command: str
    args: list[str]
    env: dict[str, str]


def read_task() -> tuple[Server, list[tuple[str, dict[str, Any]]]]:
    """The server to start, and the calls to make: tool and arguments."""
    task = json.load(sys.stdin)
    return Server(**task["server"]), [(call["tool"], call["arguments"]) for call in task["calls"]]


def tell(tools: list[str], answers: list[dict[str, Any]]) -> None:
    """Print the tools that the client was offered, and what it made of each call.

    An answer is `text`, which a model would read, and `error`, whether the client takes it for a failure.
    """
    print(json.dumps({"tools": tools, "answers": answers}))


def answer(text: Any, *, error: bool) -> dict[str, Any]:
    """An answer as `tell` prints it."""
    return {"text": text if isinstance(text, str) else json.dumps(text, default=str), "error": error}
