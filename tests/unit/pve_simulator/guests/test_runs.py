"""rrddata: how far it goes back, and that nothing was measured of a guest while it did not run."""

from __future__ import annotations

import pytest

WEB, CONTAINER = "/nodes/pve1/qemu/101", "/nodes/pve2/lxc/200"


@pytest.mark.parametrize(
    ("timeframe", "step", "count"),
    [("hour", 60, 60), ("day", 60, 1440), ("week", 1800, 336), ("month", 1800, 1440), ("year", 21600, 1440)],
)
def test_timeframes_have_their_steps_and_end_now(api, timeframe, step, count):
    now = api.driver.world.clock.time()

    for path in (WEB, "/nodes/pve1", "/nodes/pve1/storage/local"):
        entries = api.data(f"{path}/rrddata", timeframe=timeframe)

        times = [entry["time"] for entry in entries]
        assert times == list(range(times[0], times[0] + count * step, step))
        assert 0 <= now - times[-1] < step
        assert len(entries[0]) > 1


def test_nodes_have_a_decade(api):
    assert len(api.data("/nodes/pve1/rrddata", timeframe="decade")) == 570
    assert api.get(f"{WEB}/rrddata", timeframe="decade")[0] == 400


@pytest.mark.parametrize(("path", "never"), [(WEB, "/nodes/pve1/qemu/105"), (CONTAINER, "/nodes/pve2/lxc/201")])
def test_a_guest_that_was_stopped_keeps_what_was_measured_before(api, path, never):
    def count_measured(path):
        return sum(len(entry) > 1 for entry in api.data(f"{path}/rrddata", timeframe="hour"))

    assert count_measured(path) == 60
    assert count_measured(never) == 0

    api.task(f"{path}/status/stop")
    clock = api.driver.world.clock
    clock.set_time(clock.time() + 600)

    assert 45 <= count_measured(path) <= 55
    api.task(f"{path}/status/start")
    clock.set_time(clock.time() + 300)
    assert 50 <= count_measured(path) < 60
