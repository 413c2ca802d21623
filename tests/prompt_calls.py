"""The calls that a prompt tells a model to make, as far as its text says their arguments."""

from __future__ import annotations

import re
from typing import Any

from mcp_bridge.mcp.prompts import Prompt

# A tool in backticks, and what stands between it and the next one or the end of the sentence.
_CALL = re.compile(r"`([a-z]+(?:_[a-z]+)+)`([^`;]*?)(?=[.:;] |`|$)", re.S)
_PAIR = re.compile(r"\b([a-z_]+(?:\.[a-z]+)?)=([A-Za-z0-9{}-]+)")
_VALUES = {"guest": "101", "node": "pve1"}
_MEANT = {"its vmid": "vmid=101", "its node": "node=pve1"}


def list_calls(prompt: Prompt) -> list[tuple[str, dict[str, Any]]]:
    """List tool and arguments of each call; a guest is 101 on pve1."""
    given = {argument.name: _VALUES.get(argument.kind, "x") for argument in prompt.arguments if argument.required}
    text = " ".join(prompt.render(given).split())
    calls = []
    for name, rest in _CALL.findall(text):
        for words, pair in _MEANT.items():
            rest = rest.replace(f"={words}", f"={pair.partition('=')[2]}").replace(words, pair)
        arguments: dict[str, Any] = {}
        for path, value in _PAIR.findall(rest if rest.lstrip().startswith(("with ", "has ")) else ""):
            option, _dot, inner = path.partition(".")
            arguments[option] = {**arguments.get(option, {}), inner: value} if inner else value
        calls.append((name, arguments))
    return calls
