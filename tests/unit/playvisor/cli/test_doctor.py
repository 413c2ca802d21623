"""What the doctor says of a policy of one's own."""

from __future__ import annotations

import pytest

from mcp_bridge.settings import Settings
from playvisor.cli.doctor import _check_policy

PERMIT = "permit (principal{}, action, resource);"


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        (PERMIT.format(""), "ok", "1 rule"),
        (PERMIT.format(' == Client::"claude-code"'), "warning", "claude-code"),
        ("permit (principal", "failed", "is not valid"),
    ],
)
def test_a_policy_that_can_not_match_any_more_is_told(tmp_path, text, state, said):
    file = tmp_path / "own.cedar"
    file.write_text(text)

    check = _check_policy(Settings(policy=file, state_dir=tmp_path))

    assert (check.state, said in check.found) == (state, True), check.found
