"""`playvisor fleet import` refuses words that can't be meant before it asks the cluster anything."""

from __future__ import annotations

import pytest

from mcp_bridge.errors import UsageError
from playvisor.cli.fleet_import import Wish


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish(name="Web shop"), "Web shop can't be the name of a fleet"),
        (Wish(without=["guests.*.cores", " "]), "--without names nothing"),
    ],
)
def test_a_name_that_no_fleet_has_and_an_empty_path_are_refused(wish, message):
    with pytest.raises(UsageError, match=message):
        wish.require_words()
    Wish(name="web-shop", without=["guests.*.cores"]).require_words()
