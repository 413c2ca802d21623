"""How often somebody may ask."""

from __future__ import annotations

from mcp_bridge.auth import rate_limit
from mcp_bridge.auth.rate_limit import RateLimit


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_one_request_too_many_waits_for_its_turn():
    clock = Clock()
    limit = RateLimit(2, clock)

    assert [limit.consume("a") for _time in range(3)] == [0, 0, 30]
    assert limit.consume("b") == 0
    clock.now = 30
    assert limit.consume("a") == 0


def test_keys_without_end_take_no_memory_without_end(monkeypatch):
    clock = Clock()
    limit = RateLimit(2, clock)
    monkeypatch.setattr(rate_limit, "MOST_KEYS", 10)
    for number in range(100):
        limit.consume(f"{number}")
    assert len(limit._levels) <= 10

    clock.now = 61
    for _time in range(20):
        limit.consume("a")
    assert list(limit._levels) == ["a"]


def test_so_many_may_come_at_once_and_what_is_given_back_counts_again():
    clock = Clock()
    limit = RateLimit(2, clock, burst=3)

    assert [limit.consume("a") for _time in range(4)] == [0, 0, 0, 30]
    limit.give_back("a")
    assert [limit.consume("a") for _time in range(2)] == [0, 30]
    clock.now = 60
    assert limit.consume("b") == 0
    assert [limit.consume("a") for _time in range(3)] == [0, 0, 30], "a minute does not fill it again"
