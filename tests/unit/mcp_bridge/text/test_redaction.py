"""Secrets in what people and files get to see."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import shlex
from urllib.parse import quote, urlencode

import pytest

from mcp_bridge.text.redaction import REDACTED, Redactor, describe_unkept, is_redacted, is_shortened, shorten

SECRET = "6f1c2a9e-0000-4444-8888-abcdefabcdef"


def test_a_known_secret_is_hidden_wherever_it_stands():
    data = {"a": [f"x {SECRET} y", {SECRET: 1}], "b": 3, "c": None}

    assert Redactor([SECRET]).redact(data) == {"a": [f"x {REDACTED} y", {REDACTED: 1}], "b": 3, "c": None}


# Characters that each way of writing treats differently.
ODD = "p/+ä\"s'w&rd =x"


@pytest.mark.parametrize(
    "written",
    [
        ODD,
        quote(ODD),
        quote(ODD, safe=""),
        urlencode({"password": ODD}),
        json.dumps({"a": ODD}),
        json.dumps({"a": ODD}, ensure_ascii=False),
        shlex.quote(ODD),
        repr([ODD]),
        html.escape(ODD),
        ODD.encode().hex(),
        *(
            base64.b64encode(f"{'u' * before}{ODD}{'t' * after}".encode()).decode()
            for before in (0, 1, 2, 5, 9)
            for after in (0, 1, 2)
        ),
        base64.urlsafe_b64encode(f"??{ODD}".encode()).decode(),
    ],
)
def test_a_known_secret_is_hidden_however_it_is_written(written):
    shown = Redactor([ODD]).redact({"x": [f"before {written} after"]})["x"][0]

    assert REDACTED in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert len(shown) < len("before  after") + len(REDACTED) + 30


@pytest.mark.parametrize(
    "name", ["password-store", "token", "secret", "api_key", "ticket", "cipassword", "cookie", "private.key"]
)
def test_a_name_alone_makes_nothing_a_secret(name):
    guest = {"name": name, "tags": [name], "description": f"{name}: see the wiki", "config": {name: "anything"}}

    assert Redactor([SECRET]).redact(guest) == guest


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"Authorization: PVEAPIToken=root@pam!a={SECRET}", SECRET),
        (f"the token ops@pve!deploy={SECRET} does", SECRET),
        ("cookie: PVEAuthCookie=PVE%3Aroot%40pam%3A66", "PVE%3Aroot%40pam%3A66"),
        ("ticket PVE:root@pam:66AB12CD::c2lnbmF0dXJl/+== is old", "c2lnbmF0dXJl"),
        ("ticket PVEVNC:66AB12CD::c2lnbmF0dXJl==", ""),
        ("Authorization: Basic dTpw", "dTpw"),
        ("no connection to postgresql://me:hunter@db/x", "hunter"),
        ("bearer pv_0123abcd_c2VjcmV0LXNlY3JldA", "c2VjcmV0LXNlY3JldA"),
    ],
)
def test_what_has_the_shape_of_a_secret_is_hidden(text, hidden):
    shown = Redactor().redact_text(text)

    assert not hidden or hidden not in shown
    assert Redactor().redact_text(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "ops@pve!deploy",
        "https://pve1:8006/x",
        "https://me@host/",
        "a=b",
        "UPID:pve1:0000AB12:1:2:qmstart:1:root@pam!x:",
    ],
)
def test_what_only_names_somebody_is_shown(text):
    assert Redactor([SECRET]).redact_text(text) == text


def test_secrets_too_short_to_be_any_do_not_spoil_sentences():
    assert Redactor(["a", "guest"]).redact_text("a guest") == "a guest"


def test_of_what_is_not_kept_hash_and_length_are():
    kept = describe_unkept("grüße")

    assert kept == f"sha256:{hashlib.sha256('grüße'.encode()).hexdigest()} (7 bytes)"
    assert is_redacted(kept)
    assert not is_redacted(f"{kept} and more")


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
