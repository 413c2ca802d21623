"""Slots are shared by all who ask: nobody gets all of them, and who waits is next in turn."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_bridge.mcp.shares import Shares, TooMany


def test_one_client_leaves_something_for_the_next_ones():
    async def ask():
        shares = Shares(8, 2, 60)
        got = {}
        for who in ("a", "b", "c", "d"):
            async with anyio.create_task_group() as group:
                for _dummy in range(2 + 8):
                    group.start_soon(try_to_get, shares, who)
                await anyio.wait_all_tasks_blocked()
                got[who] = shares.count(who)
                group.cancel_scope.cancel()
        return got

    async def try_to_get(shares, who):
        try:
            await shares.acquire(who)
        except TooMany:
            return

    assert anyio.run(ask) == {"a": (4, 2), "b": (2, 2), "c": (1, 2), "d": (1, 2)}


def test_a_lone_client_whose_slots_nobody_shares_gets_all_and_waits_for_more():
    async def ask():
        shares = Shares(3, 0, 0, is_shared=False)
        back = [await shares.acquire("a") for _dummy in range(3)]
        async with anyio.create_task_group() as group:
            group.start_soon(shares.acquire, "a")
            await anyio.wait_all_tasks_blocked()
            assert shares.count("a") == (3, 1)
            back[0]()
        return shares.count("a")

    assert anyio.run(ask) == (3, 0)


def test_those_who_wait_take_turns_however_many_times_each_asked():
    order = []

    async def ask():
        shares = Shares(1, 8, 60)
        back = await shares.acquire("first")

        async def use(who):
            give_back = await shares.acquire(who)
            order.append(who)
            give_back()

        async with anyio.create_task_group() as group:
            for who in ("greedy", "greedy", "greedy", "modest", "other"):
                group.start_soon(use, who)
                await anyio.wait_all_tasks_blocked()
            back()

    anyio.run(ask)
    assert order == ["greedy", "modest", "other", "greedy", "greedy"]


def test_waiting_too_long_or_being_cancelled_leaves_nothing_behind():
    async def ask():
        shares = Shares(1, 8, 0)
        back = await shares.acquire("a")
        with pytest.raises(TooMany):
            await shares.acquire("b")
        patient = Shares(1, 8, 60)
        taken = await patient.acquire("a")
        async with anyio.create_task_group() as group:
            group.start_soon(patient.acquire, "b")
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        assert patient.count("b") == (0, 0)
        for give_back in (back, taken, taken):
            give_back()
        await patient.acquire("b")
        return shares.count("a"), shares.count("b"), patient.count("a"), patient.count("b")

    assert anyio.run(ask) == ((0, 0), (0, 0), (0, 0), (1, 0))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), max_size=30))
def test_slots_are_never_more_than_there_are_and_all_are_given_back(slots, calls):
    async def ask():
        shares, most = Shares(slots, 100, 60), 0

        async def use(who, rounds):
            nonlocal most
            give_back = await shares.acquire(who)
            most = max(most, sum(shares.count(one)[0] for one in "abcd"))
            for _dummy in range(rounds):
                await anyio.lowlevel.checkpoint()
            give_back()

        async with anyio.create_task_group() as group:
            for who, rounds in calls:
                group.start_soon(use, who, rounds)
        return most, [shares.count(who) for who in "abcd"]

    most, left = anyio.run(ask)
    assert most <= slots
    assert left == [(0, 0)] * 4
