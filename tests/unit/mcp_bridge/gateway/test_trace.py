"""The trace of a run's requests."""

from __future__ import annotations

import json

import pytest

from mcp_bridge.gateway.trace import TRACE, Trace, TraceClosed, read
from mcp_bridge.text.redaction import Redactor

SECRET = "0d8c8f16-3333-4444-9999-1234567890ab"


@pytest.fixture
def trace(tmp_path):
    return Trace(tmp_path / TRACE, Redactor([SECRET]))


def facts(folder):
    return [(one["nr"], one["method"], one["path"], one["status"], one["note"]) for one in read(folder)]


def test_every_request_is_told_with_what_came_of_it(trace, tmp_path):
    one, two = trace.begin("GET", "/version"), trace.begin("POST", "/nodes/pve1/qemu/101/status/start")
    trace.end(two, 200, 70)
    trace.end(one, None, note="timeout")
    trace.deny("DELETE", "/nodes/pve1/qemu/101")

    assert facts(tmp_path) == [
        (1, "GET", "/version", None, "timeout"),
        (2, "POST", "/nodes/pve1/qemu/101/status/start", 200, None),
        (3, "DELETE", "/nodes/pve1/qemu/101", 403, "denied"),
    ]
    assert [one["bytes"] for one in read(tmp_path)] == [0, 70, 0]
    assert (tmp_path / TRACE).stat().st_mode & 0o777 == 0o600


def test_what_changes_something_is_told_before_it_is_sent(trace, tmp_path):
    trace.begin("GET", "/version")
    trace.begin("POST", "/nodes/pve1/qemu/101/status/start")

    assert facts(tmp_path) == [(2, "POST", "/nodes/pve1/qemu/101/status/start", None, None)]


def test_what_is_under_way_at_the_end_is_told_and_then_nothing_more(trace, tmp_path):
    entry = trace.begin("GET", "/version")
    trace.close()
    before = (tmp_path / TRACE).read_bytes()

    trace.end(entry, 200, 10)
    trace.deny("POST", "/x")

    assert facts(tmp_path) == [(1, "GET", "/version", None, None)]
    assert (tmp_path / TRACE).read_bytes() == before


def test_no_file_is_made_of_a_run_that_sent_nothing(trace, tmp_path):
    trace.close()

    assert list(tmp_path.iterdir()) == []
    assert list(read(tmp_path)) == []


def test_a_secret_in_a_path_is_not_told(trace, tmp_path):
    trace.deny("GET", f"/access/users/{SECRET}")

    assert SECRET not in (tmp_path / TRACE).read_text()


def test_an_incomplete_line_is_left_out(trace, tmp_path):
    trace.deny("GET", "/a")
    with (tmp_path / TRACE).open("a") as file:
        file.write(json.dumps({"nr": 2})[:5])

    assert len(list(read(tmp_path))) == 1


def test_what_may_change_something_is_not_begun_once_the_run_has_ended(tmp_path):
    trace = Trace(tmp_path / TRACE, Redactor())
    trace.close()

    with pytest.raises(TraceClosed):
        trace.begin("POST", "/nodes/pve1/qemu/101/status/start")
    assert trace.begin("GET", "/version").method == "GET"
    assert list(read(tmp_path)) == []
