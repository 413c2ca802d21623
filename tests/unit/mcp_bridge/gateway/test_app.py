"""What the gateway reads from an answer of the cluster, whatever is in it."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from mcp_bridge.gateway.app import _find_upid
from mcp_bridge.gateway.credentials import Answer

UPID = "UPID:pve1:000003FE:00089254:6B00E968:qmshutdown:101:root@pam!mcp:"


@pytest.mark.parametrize(
    ("body", "upid"),
    [
        (f'{{"data": "{UPID}"}}', UPID),
        ('{"data": null}', None),
        ('{"data": ["UPID:"]}', None),
        ("[]", None),
        ("nonsense", None),
        ("", None),
        ('{"data":' + "[" * 100_000, None),
        ("[" * 100_000 + "]" * 100_000, None),
        ("1" * 100_000, None),
    ],
    ids=["task", "null", "list", "no object", "nonsense", "nothing", "open", "deep", "long number"],
)
def test_a_task_is_found_where_there_is_one(body, upid):
    assert _find_upid(Answer(200, b"OK", {}, body.encode())) == upid


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_answer_is_read_like_another(encoding, compress):
    body = compress(json.dumps({"data": UPID}).encode())

    assert _find_upid(Answer(200, b"OK", {"content-encoding": encoding}, body)) == UPID


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b'{"data": "UPID:"}')[:-12]),
        ("gzip", b'{"data": "UPID:"}'),
        ("br", b'{"data": "UPID:"}'),
    ],
    ids=["cut off", "not gzip", "never asked for"],
)
def test_a_body_that_can_not_be_unpacked_is_no_task(encoding, body):
    assert _find_upid(Answer(200, b"OK", {"content-encoding": encoding}, body)) is None
