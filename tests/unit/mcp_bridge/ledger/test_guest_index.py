"""Runs are found by the ids and names in them, exactly as a search through their texts finds them."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_bridge.ledger import guest_index
from mcp_bridge.ledger.records import Closing, Opening, Who
from mcp_bridge.ledger.writer import LedgerWriter

# No guest made of these has the name of an argument.
NAMES = st.text("ab1\u00e9._-", min_size=1, max_size=3)
TEXTS = st.text("ab1\u00e9._- ,:/()\"\\'", max_size=30) | NAMES
ARGUMENTS = st.dictionaries(
    st.sampled_from(["vmid", "name", "guests"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-11, 111) | st.floats(0, 11) | TEXTS,
        lambda inner: st.lists(inner) | st.dictionaries(st.just("node"), inner),
        max_leaves=5,
    ),
)


def searched(guest, *texts):
    """Whether a search finds a guest: its id or name is there, and not as a part of another one."""
    whole = re.compile(rf"(?<![\w.-]){re.escape(guest)}(?![\w-]|\.\w)")
    return any(whole.search(text) for text in texts)


def as_json(arguments):
    return json.dumps(arguments, ensure_ascii=False)


@given(ARGUMENTS, TEXTS, NAMES.filter(guest_index.is_word))
def test_the_words_are_what_a_search_finds(arguments, summary, guest):
    text = as_json(arguments)

    found = guest in (*guest_index.find_in_arguments(text), *guest_index.find_in_summary(summary))

    assert found == searched(guest, text, summary)


def test_a_ledger_finds_what_a_search_finds(tmp_path, ledger_url):
    ledger = LedgerWriter(tmp_path, ledger_url)
    guests = ["101", "1101", "web-1", "web-10", "web", "web.a", "Web-1", "\u00e9-1"]
    chosen = random.Random(4711)
    for number in range(100):
        one, two, three = (chosen.choice(guests) for _place in range(3))
        given_one = chosen.choice(
            [{"name": one}, {"guests": [one, two]}, {"vmid": 101}, {"description": f"not {one}."}]
        )
        ledger.open(Opening(f"run {number}", "stop_guest", given_one, "apply", Who("c"), "0.1.0"))
        if number % 5:
            ledger.close(f"run {number}", Closing("ok", "allowed", True, f"Changed {two} ({three})."))
    every = ledger.recent(100)

    for guest in [*guests, "we", "10", "changed"]:
        found = [row for row in every if searched(guest, as_json(row.arguments), row.summary or "")]
        assert ledger.recent(100, guest=guest) == found
        assert ledger.recent(3, guest=guest, outcome="ok") == [row for row in found if row.outcome][:3]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"vmid": 101, "check": True, "node": None}, ["101"]),
        ({"guests": ["web-01", "web-02", "web-01"]}, ["web-01", "web-02"]),
        ({"description": "like web-01\nand web-02.", "name": "db"}, ["db", "like", "web-01", "and", "web-02"]),
        ({"config": {"net0": "virtio,bridge=vmbr0"}}, ["virtio", "bridge", "vmbr0"]),
        ({"key": "x" * 254, "-": ".", "text": f"y {'z' * 254}"}, ["y"]),
        ({}, []),
    ],
)
def test_words_are_those_of_values_ids_and_names_first(arguments, found):
    assert guest_index.find_in_arguments(as_json(arguments)) == found


def test_a_run_has_so_many_words_however_much_is_written_into_it():
    many = " ".join(f"word{number}" for number in range(10_000))
    guests = [f"web-{number}" for number in range(10_000)]

    found = guest_index.find_in_arguments(as_json({"description": many, "guests": guests, "notes": many[::-1]}))

    assert (len(found), found[:2000], found[2000:]) == (2200, guests[:2000], many.split()[:200])
    assert guest_index.find_in_summary(f"word0 {many}") == many.split()[:200]


@pytest.mark.parametrize("text", ["tampered", "", "[" * 100_000])
def test_arguments_that_somebody_has_spoiled_have_no_words(text):
    assert guest_index.find_in_arguments(text) == []
