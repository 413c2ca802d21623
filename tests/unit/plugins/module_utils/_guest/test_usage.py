from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.usage import METRICS, describe_history

BUSY = {"cpu": 0.25, "mem": 1024.4, "diskread": 10, "diskwrite": 0, "netin": 3.6, "netout": 1, "maxmem": 2048}


def test_a_history_has_its_average_its_peak_and_its_course():
    told = describe_history("hour", [{"time": 120, **BUSY, "cpu": 0.75}, {"time": 60, **BUSY}], 60)
    usage = told["usage"]

    assert [point["time"] for point in told["history"]] == [60, 120]
    assert (usage["timeframe"], usage["cpu_average"], usage["cpu_peak"], usage["mem_average"]) == (
        "hour",
        0.5,
        0.75,
        1024,
    )
    assert {f"{name}_peak" for name in METRICS} < set(usage)


def test_times_at_which_a_guest_was_off_count_for_nothing():
    told = describe_history("day", [{"time": 60}, {"time": 120, **BUSY}], 60)

    assert told["history"][0] == {"time": 60, **dict.fromkeys(METRICS)}
    assert told["usage"]["cpu_average"] == 0.25


def test_a_guest_that_was_never_measured_has_no_figures():
    usage = describe_history("year", [], 60)["usage"]

    assert usage.pop("timeframe") == "year"
    assert set(usage.values()) == {None}


@pytest.mark.parametrize(("most", "size"), [(1, 1), (12, 12), (60, 60), (1000, 720), (2000, 1440)])
def test_a_long_course_is_thinned_to_what_is_asked_for(most, size):
    measured = [{"time": 60 * number, "cpu": float(number % 2)} for number in range(1440)]

    told = describe_history("day", measured, most)

    assert len(told["history"]) == size
    assert told["history"][0]["cpu"] == (0.0 if most == 2000 else 0.5)


def test_the_figures_are_those_of_all_that_was_measured():
    """Averages of neighbours hide a peak."""
    cpu = [0.1, 0.1, 0.9, 0.0, 0.2, None]
    measured = [{"time": 60 * number, **({} if share is None else {"cpu": share})} for number, share in enumerate(cpu)]

    usage = describe_history("hour", measured, 1)["usage"]

    figures = {name: usage[f"cpu_{name}"] for name in ("average", "min", "peak", "peak_time", "last")}
    assert figures == {"average": 0.26, "min": 0.0, "peak": 0.9, "peak_time": 120, "last": 0.2}
