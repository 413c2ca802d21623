"""Of what is asked again and again, only the newest goes on."""

from __future__ import annotations

from playvisor.web.fleets.underway import Underway


def test_what_is_newer_cancels_what_is_under_way_and_nothing_else():
    underway = Underway()

    with underway.replace("mine") as first, underway.replace("theirs") as other, underway.replace("mine") as second:
        assert (first.is_set(), other.is_set(), second.is_set()) == (True, False, False)
        with underway.replace("mine"):
            assert second.is_set()


def test_what_has_ended_is_not_cancelled():
    underway = Underway()
    with underway.replace("mine") as first:
        pass

    with underway.replace("mine"):
        assert not first.is_set()


def test_an_end_of_what_was_replaced_leaves_the_newer_one_to_be_replaced():
    underway = Underway()
    first = underway.replace("mine")
    first.__enter__()
    with underway.replace("mine") as second:
        first.__exit__(None, None, None)
        with underway.replace("mine"):
            assert second.is_set()
