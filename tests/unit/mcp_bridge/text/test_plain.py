"""Text from outside, made harmless."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from mcp_bridge.text.plain import CleanFormatter, clean, clean_data, dump_json, is_clean, one_line

HOSTILE = {
    "escape": "\x1b[31m",
    "title": "\x1b]0;x\x07",
    "c1": "\x9b31m",
    "delete": "\x7f",
    "backspace": "\x08",
    "nul": "\0",
    "override": "\u202e",
    "isolate": "\u2066",
    "mark": "\u200f",
    "arabic mark": "\u061c",
    "zero width": "\u200b",
    "joiner": "\u200d",
    "no-break": "\ufeff",
    "tags": "\U000e0049\U000e0067",
    "selectors": "\ufe01\U000e0101",
    "filler": "\u3164",
    "grapheme joiner": "\u034f",
    "surrogate": "\ud83d",
    "private": "\ue000",
    "unassigned": "\U000e0fff",
    "soft hyphen": "\xad",
    "return": "\r",
    "line": "\u2028",
    "paragraph": "\u2029",
    "next line": "\x85",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_seen_is_shown_as_an_escape(text):
    cleaned = clean(f"a{text}b")

    assert cleaned.startswith("a\\")
    assert cleaned.endswith("b")
    assert not set(cleaned) & set(text) - set("[31m]0;x")
    assert clean(cleaned) == cleaned
    assert is_clean(cleaned)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_json_is_of_the_same_data_and_harmless(text):
    data = {f"k{text}": [f"v{text}w", {"n": None}], "plain": 1}

    for indent in (None, 2):
        dumped = dump_json(data, indent)
        assert json.loads(dumped) == data
        assert is_clean(dumped)
        dumped.encode()


@pytest.mark.parametrize(
    "text",
    [
        "web-01",
        "Grüße, \u201cWelt\u201d — ok…",
        "日本語のゲスト",
        "क्षि",
        "naïve e\u0301",
        "⚠️ careful",
        "Привет",
        "שלום",
        "a\u00a0b",
    ],
)
def test_what_people_write_stays(text):
    assert clean(text) == text


def test_lines_and_columns_stay_in_texts_and_become_spaces_in_lines():
    assert clean("a\r\nb\tc\n") == "a\nb\tc\n"
    assert one_line(" a\r\nb\tc\u2028d\x85e\n") == "a b c d e"
    assert one_line("x" * 3000) == f"{'x' * 2000}…"


def test_marks_that_pile_up_are_cut_off():
    cleaned = clean(f"o{chr(0x301) * 30}k")

    assert cleaned.count(chr(0x301)) == 4
    assert cleaned.endswith("\\u0301k")


def test_no_character_that_python_can_not_print_gets_through():
    every = "".join(map(chr, [*range(0x11000), *range(0xE0000, 0xE0200), sys.maxunicode]))

    assert all(character.isprintable() or character in "\n\t" or character.isspace() for character in clean(every))


def test_names_in_data_are_cleaned_too():
    assert clean_data({"a\x1b": [("b\x9b", 1)], 2: None}) == {"a\\x1b": [["b\\x9b", 1]], 2: None}


def test_the_log_is_clean():
    record = logging.LogRecord("x", logging.WARNING, "x", 1, "client %s sent\n%s", ("\u202ea", "\x1b[2J"), None)

    assert CleanFormatter("%(message)s").format(record) == "client \\u202ea sent\n\\x1b[2J"
