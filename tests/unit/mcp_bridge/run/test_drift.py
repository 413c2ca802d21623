"""Why a plan that somebody has seen is another one by now."""

from __future__ import annotations

import pytest

from mcp_bridge.run.drift import describe_drift

PUT = {"method": "PUT", "path": "/nodes/pve1/qemu/101/config", "params": {"memory": 4096, "digest": "a"}}
POST = {"method": "POST", "path": "/nodes/pve1/qemu/101/status/start", "params": {}}
BEFORE = {"before": {"101 web-01": {"memory": 2048}}}


@pytest.mark.parametrize(
    ("steps", "diff", "told"),
    [
        ([PUT], {"before": {"101 web-01": {"memory": 3072}}}, "101 web-01 memory was 2048 and is 3072."),
        ([{**PUT, "params": {"memory": 8192, "digest": "b"}}], BEFORE, "memory was 4096 and is 8192 in PUT"),
        ([PUT, POST], BEFORE, "POST /nodes/pve1/qemu/101/status/start would be sent as well."),
        ([POST], BEFORE, "PUT /nodes/pve1/qemu/101/config would not be sent any more; POST"),
        ([{**PUT, "params": {"memory": 4096, "digest": "b"}}], BEFORE, "the configuration that it was made from"),
    ],
)
def test_the_difference_is_named(steps, diff, told):
    assert told in describe_drift({"steps": [PUT], "diff": BEFORE}, steps, diff)


def test_what_is_long_or_hostile_is_shown_short_and_on_one_line():
    steps = [{**PUT, "params": {"memory": "x" * 500 + "\n\x1b[2J"}}]

    told = describe_drift({"steps": [PUT], "diff": BEFORE}, steps, BEFORE)

    assert len(told) < 250
    assert told.isprintable()
