"""The result, and its exit status."""

from __future__ import annotations

import pytest

from mcp_bridge.result import FAILURE_CODES, Failure, Plan, Result

EXPECTED = {
    "invalid_parameter": 2,
    "refused": 3,
    "auth_failed": 4,
    "tls_untrusted": 4,
    "unreachable": 4,
}


def result(status="ok", **fields):
    return Result(run_id="r", tool="t", status=status, summary="s", **fields)


@pytest.mark.parametrize("code", FAILURE_CODES)
def test_every_failure_code_has_its_exit_status(code):
    failed = result("failed", failure=Failure(code=code, message="m"))

    assert failed.exit_status == EXPECTED.get(code, 1)


@pytest.mark.parametrize(("status", "expected"), [("ok", 0), ("planned", 0), ("refused", 3), ("cancelled", 1)])
def test_every_status_has_its_exit_status(status, expected):
    assert result(status).exit_status == expected


def test_what_a_module_returned_stands_beside_what_every_result_has():
    data = result(guests=[{"vmid": 101, "pool": None}], plan=Plan(digest="d")).as_dict()

    assert data["guests"] == [{"vmid": 101, "pool": None}]
    assert data["plan"] == {"digest": "d", "steps": []}
    assert "failure" not in data
