from __future__ import annotations

from ansible_collections.playvisor.proxmox.plugins.module_utils._history import METRICS, describe_history

BUSY = {"cpu": 0.25, "mem": 1024.4, "diskread": 10, "diskwrite": 0, "netin": 3.6, "netout": 1, "maxmem": 2048}


def test_a_history_has_its_average_its_peak_and_its_course():
    history = describe_history("hour", [{"time": 120, **BUSY, "cpu": 0.75}, {"time": 60, **BUSY}])

    assert history["timeframe"] == "hour"
    assert [point["time"] for point in history["points"]] == [60, 120]
    assert (history["average"]["cpu"], history["peak"]["cpu"], history["average"]["mem"]) == (0.5, 0.75, 1024)
    assert set(history["peak"]) == set(METRICS)


def test_times_at_which_a_guest_was_off_count_for_nothing():
    history = describe_history("day", [{"time": 60}, {"time": 120, **BUSY}])

    assert history["points"][0] == {"time": 60, **dict.fromkeys(METRICS)}
    assert history["average"]["cpu"] == 0.25


def test_a_guest_that_was_never_measured_has_no_figures():
    assert describe_history("year", [])["average"] == dict.fromkeys(METRICS)


def test_a_long_course_is_thinned_to_what_can_be_looked_at():
    measured = [{"time": 60 * number, "cpu": float(number % 2)} for number in range(1440)]

    history = describe_history("day", measured)

    assert len(history["points"]) == 60
    assert {point["cpu"] for point in history["points"]} == {0.5}
    assert history["average"]["cpu"] == 0.5
