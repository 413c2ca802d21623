"""Whatever a playbook returns, and whatever goes wrong, a run has a result, and the ledger says how it ended."""

from __future__ import annotations

import threading

import pytest

from mcp_bridge.authority import Authority
from mcp_bridge.executor import PlaybookOutcome, RunError
from mcp_bridge.run import Bridge, Request
from mcp_bridge.settings import Settings


class Executor:
    """Ends every playbook in one way."""

    def __init__(self, outcome):
        self.outcome = outcome

    def run(self, run, progress, cancel):
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def close(self):
        pass


@pytest.fixture
def call(tmp_path):
    """`call(tool, outcome)`: the result, and the row of the ledger."""

    def run(tool, outcome):
        settings = Settings(url="https://pve.example.com:8006", token_secret="very-secret-indeed", state_dir=tmp_path)
        bridge = Bridge(settings, Executor(outcome), Authority(settings))
        result = bridge.call(Request(tool, {}, "read"), print, threading.Event())
        return result, bridge.ledger.recent(1)[0]

    return run


def test_a_result_that_makes_no_sense_is_a_failure_of_its_own(call):
    result, row = call("cluster_overview", PlaybookOutcome("ended", {"failed": False, "cluster": 5}))

    assert (result.status, result.changed, result.failure.code) == ("failed", False, "internal")
    assert result.summary.startswith("Playvisor could not run it: ")
    assert (row.outcome, row.failure_code, row.summary) == ("failed", "internal", result.summary)


def test_an_executor_that_fails_is_told_by_its_own_reason_with_what_it_was_not_granted(call):
    error = RunError(OSError("disk full"), ("POST /access/users",))

    result, row = call("list_guests", error)

    assert result.summary == "Playvisor could not run it: OSError: disk full"
    assert ["POST /access/users" in warning for warning in result.warnings] == [True]
    assert row.summary == f"{result.summary} {result.warnings[0]}"


def test_no_secret_is_in_a_result_or_in_the_ledger(call):
    outcome = PlaybookOutcome("ended", {"failed": False, "guests": [{"vmid": 101, "name": "very-secret-indeed"}]})

    result, row = call("list_guests", outcome)

    assert "very-secret-indeed" not in f"{result}{row}"
