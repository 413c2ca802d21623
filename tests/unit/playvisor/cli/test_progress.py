"""What a terminal shows of a run while it goes on."""

from __future__ import annotations

from playvisor.cli.progress import _Display


def test_a_wait_takes_one_line_however_long_it_lasts():
    display = _Display()

    for line in (
        "Applying: Stop the guests",
        "Applying: qmshutdown 109: 8 of 180 s",
        "Applying: qmshutdown 109: 16 of 180 s",
        "Waits for run 1a2b3c4d, which has guest 101",
        "Applying: qmshutdown 110: 8 of 180 s",
    ):
        display.add_line(line)

    assert list(display._lines)[:2] == ["Stop the guests", "qmshutdown 110: 8 of 180 s"]
    assert len(display._lines) == 2


def test_a_wave_takes_one_line_however_many_objects_it_has():
    display = _Display()

    for done in (40, 41, 120):
        display.add_line(f"Applying: Wave 4, guests: {done} of 120 done")

    assert list(display._lines) == ["Wave 4, guests: 120 of 120 done"]
    assert display._phase == "Applying"
