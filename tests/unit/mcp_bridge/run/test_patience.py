"""A run that takes longer than its caller waits is answered before, and goes on."""

from __future__ import annotations

import threading

import pytest

from mcp_bridge.errors import LedgerError
from mcp_bridge.result import Result
from mcp_bridge.run import background
from mcp_bridge.run.patience import answer_in_time


def result(status, summary=""):
    return Result(run_id="r1", tool="stop_guest", status=status, summary=summary)


def test_a_run_that_ends_in_time_is_answered_with_its_result():
    assert answer_in_time(lambda note: result("ok"), 60.0).status == "ok"


def test_one_that_does_not_is_answered_with_what_is_known_and_its_end_is_still_noticed():
    goes_on, has_ended = threading.Event(), threading.Event()

    def run(note):
        note(result("running", "it has begun"))
        note(result("running", "its plan is applied"))
        goes_on.wait(60)
        return result("ok")

    answer = answer_in_time(run, 0.0)

    assert (answer.status, answer.summary) == ("running", "its plan is applied")
    background.call_when_ended("r1", has_ended.set)
    assert not has_ended.is_set()
    goes_on.set()
    assert has_ended.wait(60)


def test_nothing_is_answered_before_there_is_a_run_to_follow():
    def run(note):
        raise LedgerError("It can't be written.", "Look at it.")

    with pytest.raises(LedgerError):
        answer_in_time(run, 0.0)
