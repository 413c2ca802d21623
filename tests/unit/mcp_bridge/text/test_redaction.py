"""Secrets in what people and files get to see."""

from __future__ import annotations

import json

import pytest

from mcp_bridge.text.redaction import REDACTED, Redactor, is_shortened, shorten

SECRET = "6f1c2a9e-0000-4444-8888-abcdefabcdef"


def test_a_known_secret_is_hidden_wherever_it_stands():
    data = {"a": [f"x {SECRET} y", {SECRET: 1}], "b": 3, "c": None}

    assert Redactor([SECRET]).redact(data) == {"a": [f"x {REDACTED} y", {REDACTED: 1}], "b": 3, "c": None}


@pytest.mark.parametrize(
    "name", ["api_token_secret", "password", "cipassword", "privateKey", "token", "api_key", "ticket"]
)
def test_a_value_whose_name_says_secret_is_hidden(name):
    assert Redactor().redact({"x": {name: "anything"}}) == {"x": {name: REDACTED}}


@pytest.mark.parametrize("name", ["name", "token_id", "auth", "tokens_used", "passes", "keyboard"])
def test_a_value_whose_name_says_no_secret_is_shown(name):
    assert Redactor().redact({name: "anything"}) == {name: "anything"}


@pytest.mark.parametrize(
    ("named", "hidden"),
    [("ops@pve!deploy", False), ("ops@pve!deploy=x", True), ("a b@c!d", True), (["ops@pve!a"], True)],
)
def test_the_name_of_an_api_token_is_no_secret(named, hidden):
    assert Redactor().redact({"token": named}) == {"token": REDACTED if hidden else named}
    assert Redactor().redact({"secret": named}) == {"secret": REDACTED}


def test_an_api_token_in_a_header_is_hidden():
    text = f"Authorization: PVEAPIToken=root@pam!a={SECRET}"

    assert SECRET not in Redactor().redact_text(text)


def test_secrets_too_short_to_be_any_do_not_spoil_sentences():
    assert Redactor(["a"]).redact_text("a guest") == "a guest"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("s3cret-value", True),
        ({"names": ["web", "xs3cret-valuex"]}, True),
        ({"s3cret-value": 1}, True),
        ({"names": ["web"], "vmid": 101}, False),
        ("s3cret", False),
    ],
)
def test_a_known_secret_is_found_wherever_it_stands(value, found):
    assert Redactor(["s3cret-value"]).has_secret(value) is found


def test_what_is_kept_can_be_written_down():
    deep: list[object] = []
    for unused in range(100):
        deep = [deep]

    kept = shorten({"name": "a\udcff", "deep": deep, "long": "x" * 5000})

    assert kept["name"] == "a?"
    assert len(kept["long"]) < 2100
    json.dumps(kept, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        ({"vmids": list(range(3000))}, "… (3000 entries)"),
        ({"tags": {str(number): "x" for number in range(3000)}}, "… (3000 entries)"),
        ({"content": "x" * 5000}, "… (5000 characters)"),
        ({"vmids": list(range(2000)), "content": "x" * 2000}, None),
        ({"description": "what (3000 entries) … are"}, None),
    ],
)
def test_what_is_not_kept_whole_is_marked(value, mark):
    kept = shorten(value)

    assert is_shortened(kept) is (mark is not None)
    assert kept == value if mark is None else mark in json.dumps(kept, ensure_ascii=False)
