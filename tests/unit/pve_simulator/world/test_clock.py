"""The virtual clock."""

from __future__ import annotations

import asyncio

from pve_simulator.world.clock import Clock


def test_sleepers_wake_in_order_at_their_own_moments_while_time_jumps():
    async def scenario() -> list[tuple[str, float]]:
        clock = Clock(1000.0, speed=0)
        woken: list[tuple[str, float]] = []

        async def sleeper(name: str, *naps: float) -> None:
            for nap in naps:
                await clock.sleep(nap)
                woken.append((name, clock.time()))

        jobs = [asyncio.create_task(sleeper("a", 5, 1)), asyncio.create_task(sleeper("b", 2))]
        await clock.run_until_idle()
        await clock.advance(10)
        await asyncio.gather(*jobs)
        return woken

    assert asyncio.run(scenario()) == [("b", 1002.0), ("a", 1005.0), ("a", 1006.0)]


def test_a_frozen_clock_stands_still():
    clock = Clock(1000.0, speed=0)

    assert clock.time() == clock.time() == 1000.0


def test_a_fast_clock_wakes_sleepers_early_in_real_time():
    async def scenario() -> float:
        clock = Clock(1000.0, speed=10_000)
        await asyncio.wait_for(clock.sleep(60), timeout=5)
        return clock.time()

    assert asyncio.run(scenario()) >= 1060.0
