"""The feed of live events: what is kept, and from where one can go on."""

from __future__ import annotations

import asyncio

from playvisor.web.live.feed import MOST_EVENTS, Feed


def test_who_comes_back_gets_what_was_missed_and_who_missed_too_much_is_told_so():
    feed = Feed()
    for number in range(MOST_EVENTS + 10):
        feed.publish("run", {"n": number})

    assert [event.data["n"] for event in feed.list_after(MOST_EVENTS + 8)] == [MOST_EVENTS + 8, MOST_EVENTS + 9]
    assert len(feed.list_after(10)) == MOST_EVENTS
    assert feed.list_after(9) is None
    assert feed.list_after(MOST_EVENTS + 11) is None


def test_an_id_is_of_one_process():
    feed = Feed()

    assert feed.read_id(feed.render_id(7)) == 7
    assert [feed.read_id(text) for text in (Feed().render_id(7), "", "7", f"{feed.render_id(1)}x")] == [None] * 4


def test_who_waits_is_woken_by_the_next_event_and_by_no_event_after_its_time():
    async def wait() -> list[int]:
        feed = Feed()
        waiting = asyncio.create_task(feed.wait(0, 60))
        await asyncio.sleep(0)
        feed.publish("run", {})
        await waiting
        await feed.wait(1, 0.01)
        return [event.number for event in feed.list_after(0)]

    assert asyncio.run(wait()) == [1]
