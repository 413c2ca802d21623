"""Numbers: means and highest values of hours and days, rates from counters, and what Proxmox VE has itself."""

from __future__ import annotations

import pytest
from observations import complete, guest, metrics, moment

from mcp_bridge.history.metrics import DAY, HOUR, SAMPLE_SECONDS


@pytest.fixture
def sample(observe):
    def take(at, **points):
        observe(at, guest(101), complete(), metrics(101, at, **points))

    return take


def read(history, step=HOUR):
    (found,) = history.find_objects("101")
    return history.read_metrics(found.id, moment(-9 * DAY), step)


def test_an_hour_has_the_mean_and_the_highest_of_its_values(sample, history):
    for number, cpu in enumerate((0.1, 0.5, 0.3)):
        sample(number * SAMPLE_SECONDS, cpu=cpu, mem=100)
    sample(HOUR, cpu=0.9)

    first, second = read(history)

    assert (first["cpu"], first["cpu_max"], first["mem"], first["samples"]) == (pytest.approx(0.3), 0.5, 100, 3)
    assert (second["cpu"], second["at"]) == (0.9, "2027-01-15T09:00:00.000000Z")
    assert [(day["samples"], day["cpu_max"]) for day in read(history, DAY)] == [(4, 0.9)]


def test_bytes_become_bytes_a_second_and_a_counter_may_begin_anew(sample, history):
    for number, netin in enumerate((1000, 1000 + 50 * SAMPLE_SECONDS, 500)):
        sample(number * SAMPLE_SECONDS, netin=netin)

    (hour,) = read(history)

    assert hour["netin"] == 50


def test_numbers_are_taken_at_their_own_pace(sample, history):
    sample(0, cpu=0.1)
    sample(SAMPLE_SECONDS - 1, cpu=0.9)

    assert [hour["cpu_max"] for hour in read(history)] == [0.1]
