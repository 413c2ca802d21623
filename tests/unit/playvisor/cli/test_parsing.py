"""`name=value` words as arguments, as tables."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.errors import UsageError
from playvisor.cli.parsing import parse

SCHEMA = catalogue.load()["stop_guest"].input_schema


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["vmid=101"], {"vmid": 101}),
        (["name=101"], {"name": "101"}),
        (["name=a=b"], {"name": "a=b"}),
        (["force=yes", "check=off"], {"force": True, "check": False}),
        (["guests.tags=web,prod"], {"guests": {"tags": ["web", "prod"]}}),
        (["guests.tags=web", "guests.tags=prod"], {"guests": {"tags": ["web", "prod"]}}),
        (['guests.tags=["a,b"]'], {"guests": {"tags": ["a,b"]}}),
        (["guests.vmids=101,102", "guests.pool=p"], {"guests": {"vmids": [101, 102], "pool": "p"}}),
        (['guests={"type": "lxc"}'], {"guests": {"type": "lxc"}}),
        # What does not fit is left to validation, which says what is wrong with it.
        (["vmid=abc", "force=maybe", "nme=x"], {"vmid": "abc", "force": "maybe", "nme": "x"}),
        (["guests=web"], {"guests": "web"}),
        (["guests.vmids=101,x"], {"guests": {"vmids": [101, "x"]}}),
    ],
)
def test_values_are_read_by_the_type_of_their_option(words, arguments):
    assert parse(words, SCHEMA) == arguments


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["web-01"], "'web-01' is not an argument"),
        (["=x"], "is not an argument"),
        (["name=a", "name=b"], "name is given twice"),
        (["guests=web", "guests.tags=x"], "guests is given both"),
    ],
)
def test_words_that_make_no_sense_are_refused(words, message):
    with pytest.raises(UsageError, match=message):
        parse(words, SCHEMA)
