"""What Proxmox VE has measured, as lines of numbers."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.measured import build_series


@pytest.mark.parametrize(
    ("kind", "entry", "values"),
    [
        (
            "node",
            {"memused": 5.0, "rootused": 6, "cpu": 0.123456789, "loadavg": 1},
            {"cpu": 0.123457, "mem": 5, "disk": 6},
        ),
        ("guest", {"cpu": 0.5, "mem": 7, "maxmem": 8, "netin": 0}, {"cpu": 0.5, "mem": 7, "netin": 0}),
        ("volumes", {"used": 9, "total": 10}, {"disk": 9}),
    ],
)
def test_numbers_have_the_names_that_lists_have(kind, entry, values):
    series = build_series(kind, [{"time": 120}, {"time": 180, **entry}])

    assert series == {
        "step": 60,
        "since": 60,
        "times": [180],
        "values": {name: [value] for name, value in values.items()},
    }


def test_where_nothing_was_measured_there_is_no_number():
    entries = [{"time": 300, "cpu": 1}, {"time": 100}, {"time": 200, "mem": 3}]

    series = build_series("guest", entries)

    assert (series["since"], series["times"]) == (0, [200, 300])
    assert series["values"] == {"cpu": [None, 1], "mem": [3, None]}


@pytest.mark.parametrize("entries", [[], [{"time": 60, "cpu": 1}]])
def test_without_intervals_there_are_no_numbers(entries):
    series = build_series("guest", entries)

    assert (series["step"], series["times"], series["values"]) == (0, [], {})
