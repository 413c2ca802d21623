"""An agent that works with the MCP server's tools only, and counts what that takes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What one call came back with: the sizes of its two renderings, and facts that its text does not say."""

    tool: str
    text_bytes: int
    structured_bytes: int
    missing_in_text: tuple[str, ...]


@dataclass
class Agent:
    """`call` is a call of the agent's; a person approves what is held, and the agent applies it then."""

    client: Any
    approve: Callable[[str], Awaitable[None]]
    answers: list[Answer] = field(default_factory=list)
    approvals: int = 0

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool and return its structured content; a call that fails fails the job."""
        result = await self.client.call_tool(tool, arguments)
        text, content = result.content[0].text, result.structured_content
        # pytest shows the conversation of a job that fails.
        print(f"> {tool} {json.dumps(arguments)}\n{text}\n")
        assert not result.is_error, text
        structured = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        missing = tuple(find_missing(content, text))
        self.answers.append(Answer(tool, len(text.encode()), len(structured.encode()), missing))
        if content["status"] == "held":
            self.approvals += 1
            await self.approve(content["plan"]["id"])
            return await self.call("apply_plan", plan_id=content["plan"]["id"])
        return content

    @property
    def tools(self) -> list[str]:
        """The tools that the job took, each once."""
        return sorted({answer.tool for answer in self.answers})

    def count(self) -> dict[str, int]:
        """What the job took."""
        return {
            "calls": len(self.answers),
            "text": sum(answer.text_bytes for answer in self.answers),
            "structured": sum(answer.structured_bytes for answer in self.answers),
            "approvals": self.approvals,
        }


def find_missing(content: Mapping[str, Any], text: str) -> Iterator[str]:
    """The facts of structured content that the text does not say, as `path=value`."""
    unescaped = text.replace('\\"', '"')
    for path, value in _list_facts("", content):
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if path.startswith("/untrusted") or not said.strip() or path in ("/changed", "/tool"):
            continue
        if not all(part in text or part in unescaped for part in said.split()):
            yield f"{path}={said}"


def _list_facts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _list_facts(f"{path}/{name}", item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _list_facts(f"{path}/{number}", item)
    else:
        yield path, value
