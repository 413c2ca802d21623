"""When a cluster counts as down."""

from __future__ import annotations

import pytest

from mcp_bridge.gateway.circuit_breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def broken(clock):
    breaker = Breaker(clock)
    for _turn in range(3):
        assert breaker.may_connect()
        breaker.record_failure("Connection refused")
    return breaker


def test_after_three_failures_nothing_is_tried_for_a_while(broken):
    assert not broken.may_connect()
    assert broken.cause == "Connection refused"


def test_then_one_request_is_tried_and_the_others_wait_for_it(broken, clock):
    clock.now = 2.1

    assert [broken.may_connect() for _turn in range(3)] == [True, False, False]


def test_what_worked_opens_it_for_all(broken, clock):
    clock.now = 2.1
    broken.may_connect()
    broken.record_success()

    assert all(broken.may_connect() for _turn in range(3))


def test_failures_between_which_something_worked_do_not_count(clock):
    breaker = Breaker(clock)
    for _turn in range(10):
        breaker.record_failure("reset")
        breaker.record_failure("reset")
        breaker.record_success()

    assert breaker.may_connect()
