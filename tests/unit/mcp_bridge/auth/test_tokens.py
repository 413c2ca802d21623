"""Tokens: made once, verified by their hash, and refused when they are out of date; and how often they may come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mcp_bridge.auth import tokens as module
from mcp_bridge.auth.addresses import is_loopback
from mcp_bridge.auth.middleware import RateLimit
from mcp_bridge.authority.token_writer import TokenWriter
from mcp_bridge.database.open import Database
from mcp_bridge.errors import UsageError
from mcp_bridge.mcp.http import ListenOptions
from mcp_bridge.system.identity import format_timestamp


@pytest.fixture
def tokens(tmp_path):
    return TokenWriter(Database(tmp_path / "state"))


def test_a_token_is_known_by_its_secret_which_is_nowhere_kept(tokens, tmp_path):
    made, secret = tokens.create("ci", ["ops", "ops"])

    assert tokens.verify(secret) == made
    assert made.roles == ("ops",)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir() if path.is_file())
    assert made.key.encode() in kept
    assert secret.split("_", 2)[2].encode() not in kept


@pytest.mark.parametrize("wrong", ["", "pv", "pv__", "nonsense", "pv_00000000_x", "pv_%_%", "\udcff"])
def test_what_is_no_token_is_not_known(tokens, wrong):
    tokens.create("ci")

    assert tokens.verify(wrong) is None


def test_an_expired_token_is_not_known_and_its_name_is_free_again(tokens, monkeypatch):
    made, secret = tokens.create("ci", days=1)
    assert tokens.verify(secret) == made

    monkeypatch.setattr(module, "current_timestamp", lambda: format_timestamp(datetime(2100, 1, 1, tzinfo=UTC)))

    assert tokens.verify(secret) is None
    assert tokens.create("ci")[0].key != made.key


@pytest.mark.parametrize(
    ("name", "roles"), [("", ()), ("Ci", ()), ("a b", ()), ("a" * 41, ()), ("ci", ["person"]), ("ci", ["x y"])]
)
def test_names_and_roles_that_could_mean_something_else_are_refused(tokens, name, roles):
    with pytest.raises(UsageError):
        tokens.create(name, roles)


def test_a_name_is_for_one_valid_token_only(tokens):
    tokens.create("ci")
    with pytest.raises(UsageError, match="already"):
        tokens.create("ci")

    tokens.revoke("ci")
    tokens.create("ci")
    tokens.revoke("ci")
    with pytest.raises(UsageError, match="no valid token"):
        tokens.revoke("ci")


def test_a_bucket_gives_what_is_in_it_and_fills_again():
    time = [0.0]
    buckets = RateLimit(60, clock=lambda: time[0])

    assert [buckets.consume("ci") for dummy in range(60)] == [0.0] * 60
    assert buckets.consume("ci") == pytest.approx(1.0)
    assert buckets.consume("other") == 0.0
    time[0] = 1.1
    assert buckets.consume("ci") == 0.0
    assert buckets.consume("ci") > 0


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("pve1", False)],
)
def test_loopback_is_told_from_what_others_reach(host, loopback):
    assert is_loopback(host) == loopback


@pytest.mark.parametrize(
    ("listen", "tokens", "safe"),
    [
        (ListenOptions(), True, True),
        (ListenOptions(), False, False),
        (ListenOptions(auth=False), False, True),
        (ListenOptions(host="0.0.0.0"), True, True),
        (ListenOptions(host="0.0.0.0"), False, False),
        (ListenOptions(host="0.0.0.0", auth=False), True, False),
    ],
)
def test_a_server_listens_only_where_callers_are_known_and_can_be(listen, tokens, safe):
    if safe:
        listen.require_safe(tokens=tokens)
    else:
        with pytest.raises(UsageError):
            listen.require_safe(tokens=tokens)
