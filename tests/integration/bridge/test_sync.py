"""How the history is synced: what each look asks for, that one looks at a time, and that looks are few."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta

import pytest

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.history.metrics import STEPS
from mcp_bridge.history.store import History
from mcp_bridge.run import Request, sync
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.run.sync import Manner, sync_history, tick
from mcp_bridge.settings import Settings
from pve_simulator import Simulator, build_cluster

pytestmark = pytest.mark.flow
TICK = Manner()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A cluster with more guests than one look reads in full, and a bridge to it."""
    with Simulator(build_cluster(nodes=3, guests=40), port=0, task_seconds=0.0) as simulator:
        simulator.world.settings.resources_lag = 0.0
        values = {name.removeprefix("PROXMOX_").lower(): value for name, value in simulator.environment.items()}
        bridge = make_bridge(Settings(state_dir=tmp_path_factory.mktemp("state"), executor="warm", **values))
        yield simulator, bridge
        bridge.close()


def look(lab, manner=TICK):
    """One sync, which guests it read in full, and all that it asked for."""
    simulator, bridge = lab
    before = len(simulator.requests)
    synced = sync_history(bridge, Request("", {}, "read"), lambda _line: None, threading.Event(), manner)
    paths = [path for _method, path, _status in simulator.requests[before:]]
    return synced, {path.split("/")[4] for path in paths if path.endswith("/pending")}, paths


@pytest.mark.thorough
def test_a_cluster_is_looked_at_again_and_again(lab):
    simulator, bridge = lab
    every = set(map(str, simulator.cluster.guests))
    first, read, _paths = look(lab)
    assert (first.is_first, first.left, list(first.changes)) == (True, 0, [])
    assert read == every

    # Guests take turns, those first that were not read for longest.
    second, some, _paths = look(lab)
    third, others, _paths = look(lab)
    assert [len(some), len(others)] == [25, 25]
    assert some | others == every
    assert [list(second.changes), list(third.changes)] == [[], []]

    # One that a task names, and one whose overview shows that it was changed, do not wait for their turn.
    history = History(bridge.ledger.database)
    cluster = bridge.authority.identify_cluster()
    last = str(history.due_details(cluster, 1, history.find_last_observation(cluster))[0])
    simulator.cluster.guests[int(last)].config["name"] = "renamed"
    named, _read, _paths = look(lab, Manner(rounds=2))
    assert {change.key: [field.path for field in change.fields] for change in named.changes}.keys() == {last}
    assert {field.path for change in named.changes for field in change.fields} == {"overview.name", "config.name"}

    # A look at a cluster that does not change costs a few requests beside the turns.
    seen, read, paths = look(lab)
    measured = [path for path in paths if path.endswith("/rrddata")]
    assert len(measured) <= 2 * sync._MOST_UNFILLED
    details = [path for path in paths if any(f"/{vmid}/" in path for vmid in read) and path not in measured]
    assert seen.requests - len(details) - len(measured) <= 20
    assert json.loads(json.dumps(history.get_cursor(cluster)))["wanted"] == []


@pytest.mark.thorough
def test_of_several_servers_one_looks(lab):
    simulator, bridge = lab
    look(lab)
    before = len(simulator.requests)
    assert tick(bridge, threading.Event()) == bridge.settings.history_seconds
    assert not any(path == "/cluster/resources" for _method, path, _status in simulator.requests[before:])

    cluster = bridge.authority.identify_cluster()
    with bridge.authority.hold_history(cluster, threading.Event(), may_wait=True, on_wait=print) as is_alone:
        assert is_alone
        assert look(lab)[0] is None
    assert look(lab)[0].requests


@pytest.mark.thorough
def test_the_first_look_is_bounded_and_goes_on_where_it_was(lab, tmp_path, monkeypatch):
    simulator, bridge = lab
    monkeypatch.setattr(sync, "_MOST_REQUESTS", 120)
    monkeypatch.setattr(sync, "_MOST_GUESTS", 10)
    other = make_bridge(bridge.settings.model_copy(update={"state_dir": tmp_path}))
    try:
        first, read, _paths = look((simulator, other))
        assert 0 < len(read) < len(simulator.cluster.guests)
        assert first.left == len(simulator.cluster.guests) - len(read)

        # What happens meanwhile is not lost.
        simulator.cluster.guests[101].config["name"] = "meanwhile"
        rest, others, _paths = look((simulator, other), Manner(all_parts=True, rounds=20))
    finally:
        other.close()
    assert (rest.left, rest.result.failure) == (0, None)
    assert read | others == set(map(str, simulator.cluster.guests))
    assert {(change.key, change.what) for change in rest.changes} == {("101", "changed")}


@pytest.mark.thorough
def test_what_was_measured_before_is_asked_for_once(lab, tmp_path, monkeypatch):
    simulator, bridge = lab
    monkeypatch.setattr(sync, "_MOST_UNFILLED", 20)
    other = make_bridge(bridge.settings.model_copy(update={"state_dir": tmp_path}))
    try:
        asked = []
        for _number in range(6):
            _synced, _read, paths = look((simulator, other))
            asked.append([path.removesuffix("/rrddata") for path in paths if path.endswith("/rrddata")])
        history = History(other.ledger.database)
        guest = next(guest for guest in simulator.cluster.guests.values() if guest.running)
        (found,) = history.find_objects(str(guest.vmid), "guest")
        hours, days = (history.read_metrics(found.id, found.first_seen - timedelta(days=400), step) for step in STEPS)
    finally:
        other.close()

    assert asked[0] == []
    assert {path for path in asked[1] if path.count("/") == 2} == {f"/nodes/{node}" for node in simulator.cluster.nodes}
    every = [path for paths in asked for path in paths]
    assert [every.count(path) for path in set(every)] == [2] * len(set(every))
    assert {path.split("/")[4] for path in every if "/qemu/" in path or "/lxc/" in path} == set(
        map(str, simulator.cluster.guests)
    )
    assert [len(paths) for paths in asked[1:3]] == [40, 40]
    assert asked[-1] == []
    assert (len(hours) >= 14 * 24, len(days) >= 355) == (True, True)
    assert all(0 < day["cpu"] <= day["cpu_max"] <= 1 for day in days if day["cpu"])


@pytest.mark.thorough
def test_a_look_by_a_clock_that_is_behind_is_skipped_and_told(lab, tmp_path):
    simulator, bridge = lab
    clock = simulator.world.clock
    other = make_bridge(bridge.settings.model_copy(update={"state_dir": tmp_path}))
    try:
        look((simulator, other))
        history = History(other.ledger.database)
        cluster = other.authority.identify_cluster()
        seen = history.find_last_observation(cluster)
        clock.set_time(clock.time() - 7200)
        skipped, _read, _paths = look((simulator, other))
        assert (skipped.is_behind, list(skipped.changes)) == (True, [])
        assert "check the time of its nodes" in skipped.summary
        assert history.find_last_observation(cluster) == seen
        history.set_cursor(cluster, {**history.get_cursor(cluster), "looked": 0.0, "turned": 0.0})
        with pytest.raises(PlayvisorError, match="check the time of its nodes"):
            tick(other, threading.Event())
        clock.set_time(clock.time() + 7200)

        # By a clock that was a day ahead, it was looked at tomorrow.
        cursor = history.get_cursor(cluster)
        ahead = {name: at + 86_400 for name, at in cursor["parts"].items()}
        tomorrow = time.time() + 86_400
        history.set_cursor(cluster, {**cursor, "looked": tomorrow, "turned": tomorrow, "parts": ahead})
        again, _read, _paths = look((simulator, other), Manner(fresh_seconds=270))
        assert again.result.status == "ok"
        assert max(history.get_cursor(cluster)["parts"].values()) <= time.time()
    finally:
        other.close()
