"""How cost grows: with the guests of one call, and with the calls in a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness import clients
from harness.clients import Session
from harness.cluster import BIN, Cluster, simulated, stopped_guests
from harness.commands import loop, play
from harness.options import Options
from harness.results import Outcome
from harness.timing import Samples, slope, timed

COUNTS, CALLS, LOOPED = (1, 10, 100, 1000), (1, 10, 100), (1, 20)
_TIMES = 5
_POLICY = 'permit (principal in Role::"client", action, resource);\n'
_Points = list[tuple[float, float]]


def measure(options: Options) -> Outcome:
    """Medians of five for each number of guests; calls in a row once."""
    outcome = Outcome("what one more guest, and one more call, costs")
    with simulated(seed=stopped_guests(max(COUNTS)), task_seconds=0.0) as cluster:
        policy = cluster.home / "all.cedar"
        policy.write_text(_POLICY, encoding="utf-8")
        with clients.playvisor(cluster, PLAYVISOR_POLICY=str(policy)) as session:
            for _warm_up in range(5):
                session.call("list_guests", {"guests": {"vmids": [101]}})
            listing = _growing(outcome, "`list_guests` of", lambda vmids: _list(session, vmids))
            starting = _growing(
                outcome, "`start_guest` of", lambda vmids: _start(session, vmids), lambda vmids: cluster.stop(*vmids)
            )
            rows = _in_a_row(outcome, session)
        looped = _loop_slope(cluster)
    outcome.figure("one more guest listed", slope(listing) * 1000, "ms")
    outcome.figure("one more guest started, tasks of 0 s", slope(starting) * 1000, "ms")
    outcome.figure("one more guest started by a loop in plain Ansible", looped * 1000, "ms")
    outcome.figure("one more call in a row", slope(rows) * 1000, "ms")
    outcome.ratio("a loop in plain Ansible / Playvisor, per guest started", looped / slope(starting))
    outcome.ratio("each start: from 100 to 1,000 / from 1 to 100", _bend(starting), 1.25)
    outcome.ratio("each call: from 10 to 100 / from 1 to 10", _bend(rows), 1.25)
    return outcome


def _growing(
    outcome: Outcome,
    title: str,
    act: Callable[[list[int]], None],
    prepare: Callable[[list[int]], None] = lambda vmids: None,
) -> _Points:
    taken: Mapping[int, Samples] = {}
    for count in COUNTS:
        vmids = list(range(101, 101 + count))
        taken = {**taken, count: timed(lambda v=vmids: act(v), _TIMES, before=lambda v=vmids: prepare(v))}
    outcome.compare({f"{title} {count:,}": samples for count, samples in taken.items()})
    return [(count, samples.p50) for count, samples in taken.items()]


def _in_a_row(outcome: Outcome, session: Session) -> _Points:
    def calls(count: int) -> None:
        for _call in range(count):
            session.call("list_guests", {"guests": {"vmids": [101]}})

    taken = {count: timed(lambda c=count: calls(c), _TIMES if count < 100 else 1) for count in CALLS}
    outcome.compare({f"{count:,} calls of `list_guests` in a row": samples for count, samples in taken.items()})
    return [(count, samples.p50) for count, samples in taken.items()]


def _list(session: Session, vmids: list[int]) -> None:
    _all(len(clients.answer(session.call("list_guests", {"guests": {"vmids": vmids}}))["guests"]), vmids)


def _start(session: Session, vmids: list[int]) -> None:
    started = clients.answer(session.call("start_guest", {"guests": {"vmids": vmids}}))
    _all(sum(bool(guest["changed"]) for guest in started["guests"]), vmids)


def _all(found: int, vmids: list[int]) -> None:
    if found != len(vmids):
        raise SystemExit(f"{found} guests instead of {len(vmids)}; the time means nothing.")


def _loop_slope(cluster: Cluster) -> float:
    playbook: Path = loop(cluster.home / "loop.yml", "playvisor.proxmox.pve_guest_state", {"state": "started"})
    points: _Points = []
    for count in LOOPED:
        vmids = list(range(101, 101 + count))
        taken = timed(
            lambda v=vmids: play(BIN, playbook, {"vmids": v}, cluster.environment()),
            3,
            before=lambda v=vmids: cluster.stop(*v),
        )
        points.append((count, taken.p50))
    return slope(points)


def _bend(points: _Points) -> float:
    """What one more costs in the last stretch, beside what it costs up to there: 1 on a straight line."""
    (first, start), *_between, (middle, half), (last, end) = points
    return ((end - half) / (last - middle)) / ((half - start) / (middle - first))
