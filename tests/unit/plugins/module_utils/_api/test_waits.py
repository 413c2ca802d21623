"""What is told of waiting: only what lasts, and that it has ended."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import waits

from mcp_bridge.executor import WAITS, read_waits


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

    monkeypatch.setattr(waits.time, "monotonic", lambda: Clock.now)
    monkeypatch.setattr(waits.time, "time", lambda: Clock.now)
    return Clock


def test_a_wait_is_told_while_it_lasts(tmp_path, monkeypatch, clock):
    monkeypatch.setenv("PVE_WAITS", str(tmp_path / WAITS))

    with waits.Wait("qmshutdown 109", 180.0) as wait:
        wait.note()
        assert read_waits(tmp_path) == []
        clock.now += 5
        wait.note()
        wait.note()
        assert [found.describe(1040.0) for found in read_waits(tmp_path)] == ["qmshutdown 109: 40 of 180 s"]
    assert read_waits(tmp_path) == []
    assert len((tmp_path / WAITS).read_text(encoding="utf-8").splitlines()) == 2


def test_where_nobody_wants_to_know_nothing_is_written(tmp_path, monkeypatch, clock):
    monkeypatch.delenv("PVE_WAITS", raising=False)
    monkeypatch.chdir(tmp_path)

    with waits.Wait("qmshutdown 109", 180.0) as wait:
        clock.now += 5
        wait.note()

    assert list(tmp_path.iterdir()) == []


def test_what_is_half_written_tells_nothing_wrong(tmp_path):
    (tmp_path / WAITS).write_text(
        '{"id": "1", "what": "a", "since": 1, "seconds": 9}\n{"id": "2", "wh', encoding="utf-8"
    )

    assert [wait.what for wait in read_waits(tmp_path)] == ["a"]
