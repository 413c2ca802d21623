"""What the browser application says in words of its own about what the server has."""

from __future__ import annotations

import re
from pathlib import Path

from mcp_bridge.policy import EFFECTS
from playvisor.fleet.tools import register_tools
from playvisor.web.tools import list_all

WORDS = Path(__file__).resolve().parents[4] / "web/src/words"


def test_every_tool_has_a_title_in_french():
    register_tools()
    titles = set(re.findall(r"^  (\w+): \"", (WORDS / "toolTitles.ts").read_text(encoding="utf-8"), re.MULTILINE))

    assert {tool.name for tool in list_all()} - titles == set()


def test_every_effect_has_a_word_in_every_language():
    for language in ("en", "fr"):
        text = (WORDS / f"{language}.ts").read_text(encoding="utf-8")
        words = set(re.findall(r"^    \"?([a-z ]+)\"?: \"", text, re.MULTILINE))
        assert set(EFFECTS) - words == set(), language
