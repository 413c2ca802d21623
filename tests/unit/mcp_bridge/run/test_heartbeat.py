"""Whoever waits for a run hears of it every few seconds, and never more often than that."""

from __future__ import annotations

from mcp_bridge.run.heartbeat import SECONDS, Heartbeat, describe_waits


def test_it_speaks_only_when_nothing_else_was_said_for_some_time():
    heard = []
    heartbeat = Heartbeat(heard.append, lambda: "qmshutdown 109: 40 of 180 s")
    began = heartbeat._said

    heartbeat.beat(began + SECONDS - 1)
    assert heard == []
    heartbeat.beat(began + SECONDS)
    assert heard == ["qmshutdown 109: 40 of 180 s"]
    heartbeat.beat(heartbeat._said + SECONDS - 1)
    assert len(heard) == 1


def test_where_nothing_says_what_is_waited_for_the_last_line_does():
    heard = []
    heartbeat = Heartbeat(heard.append, lambda: "")
    heartbeat.say("Planning: Stop guests")

    heartbeat.beat(heartbeat._began + 30)

    assert heard == ["Planning: Stop guests", "Planning: Stop guests (30 s)"]


def test_of_many_waits_some_are_named():
    assert describe_waits([]) == ""
    assert describe_waits(["a", "b"]) == "a, b"
    assert describe_waits(list("abcde")) == "a, b, c, and 2 more"
