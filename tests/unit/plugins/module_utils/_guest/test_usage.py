from __future__ import annotations

from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.usage import METRICS, describe_history

BUSY = {"cpu": 0.25, "mem": 1024.4, "diskread": 10, "diskwrite": 0, "netin": 3.6, "netout": 1, "maxmem": 2048}


def test_a_history_has_its_average_its_peak_and_its_course():
    told = describe_history("hour", [{"time": 120, **BUSY, "cpu": 0.75}, {"time": 60, **BUSY}])
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
    told = describe_history("day", [{"time": 60}, {"time": 120, **BUSY}])

    assert told["history"][0] == {"time": 60, **dict.fromkeys(METRICS)}
    assert told["usage"]["cpu_average"] == 0.25


def test_a_guest_that_was_never_measured_has_no_figures():
    usage = describe_history("year", [])["usage"]

    assert usage.pop("timeframe") == "year"
    assert set(usage.values()) == {None}


def test_a_long_course_is_thinned_to_what_can_be_looked_at():
    measured = [{"time": 60 * number, "cpu": float(number % 2)} for number in range(1440)]

    told = describe_history("day", measured)

    assert len(told["history"]) == 60
    assert {point["cpu"] for point in told["history"]} == {0.5}
    assert told["usage"]["cpu_average"] == 0.5
