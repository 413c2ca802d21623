"""Parameters of requests as clients mean them, and what is said of those that can't be read."""

from __future__ import annotations

import pytest
from mcp import types
from pydantic import ValidationError

from mcp_bridge.mcp.params import describe_error, read_params


@pytest.mark.parametrize(
    ("method", "arguments", "meant"),
    [
        ("tools/call", {"vmid": 101}, {"vmid": 101}),
        ("tools/call", '{"vmid": 101}', {"vmid": 101}),
        ("tools/call", "", {}),
        ("tools/call", [], {}),
        ("tools/call", None, None),
        ("tools/call", "[1]", "[1]"),
        ("tools/call", "vmid=101", "vmid=101"),
        ("tools/call", [101], [101]),
        ("tools/call", {"name": None}, {"name": None}),
        ("prompts/get", {"guest": 101, "hours": None, "deep": True}, {"guest": "101", "deep": "true"}),
        ("prompts/get", {"guest": ""}, {"guest": ""}),
        ("prompts/get", '{"guest": 101}', {"guest": "101"}),
        ("resources/read", [], []),
    ],
)
def test_arguments_are_read_as_they_are_meant(method, arguments, meant):
    assert read_params(method, {"name": "a", "arguments": arguments}) == {"name": "a", "arguments": meant}


@pytest.mark.parametrize("params", [None, {}, {"name": "a"}])
def test_what_has_no_arguments_stays_as_it_is(params):
    assert read_params("tools/call", params) == params


def test_an_error_names_the_parameter_and_not_its_value():
    with pytest.raises(ValidationError) as caught:
        types.CallToolRequestParams.model_validate({"arguments": "hunter2"})

    told = describe_error(caught.value)
    assert "name: Field required" in told
    assert "arguments: Input should be a valid dictionary" in told
    assert "hunter2" not in told
