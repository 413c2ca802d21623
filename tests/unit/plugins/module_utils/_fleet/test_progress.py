"""What is told of an apply while it goes on."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import TIMEOUT, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.apply import Applied
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.progress import Progress
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.units import WAVES, Unit
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Plan, Step
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.guest import Guests
from ansible_collections.playvisor.proxmox.plugins.module_utils._run.resource import Outcome

STEP = Step("PUT", "/x", "differs")
GUESTS, CONFIGURATION = WAVES.index("guests"), WAVES.index("configuration")


def make(name, wave, aspect="config", *, steps=(STEP,)):
    plan = Plan({}, tuple(steps))
    return Applied(Unit(f"{name}/{aspect}", f"guests.{name}", wave, Guests({}), plan=plan), Outcome({}, plan))


@pytest.fixture
def read_lines(tmp_path, monkeypatch):
    file = tmp_path / "task_log"
    monkeypatch.setenv("PVE_TASK_LOG", str(file))
    return lambda: file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def test_of_each_wave_it_is_told_how_many_objects_are_done(read_lines):
    made, one, more, other, same = (
        make("web-01", GUESTS),
        make("web-01", CONFIGURATION),
        make("web-01", CONFIGURATION, "cloudinit"),
        make("db-01", CONFIGURATION),
        make("db-02", CONFIGURATION, steps=()),
    )
    clock = iter(range(100)).__next__
    progress = Progress([made, one, more, other, same], get_time=clock)
    other.outcome.failure = PveError(TIMEOUT, "too long")
    for state in (made, one, more, other, other):
        progress.note(state)

    assert read_lines() == [
        "Wave 4, guests: 1 of 1 done",
        # Of an object, all has to be done.
        "Wave 5, configuration: 0 of 2 done",
        "Wave 5, configuration: 1 of 2 done",
        "Wave 5, configuration: 1 of 2 done, 1 failed",
        "Wave 5, configuration: 1 of 2 done, 1 failed",
    ]


def test_many_that_are_done_at_once_are_told_by_few_lines(read_lines):
    states = [make(f"web-{number:03}", GUESTS) for number in range(120)]
    progress = Progress(states, get_time=lambda: 0.0)
    states[-1].skipped = "web-000 failed"
    for state in states:
        progress.note(state)

    assert read_lines() == ["Wave 4, guests: 119 of 120 done, 1 skipped"]
