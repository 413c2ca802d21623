"""Observing 10,000 guests on 16 nodes again and again, beside reading every configuration each time.

Also as a server does it, which keeps what was seen; without the guests that take turns at being read in full.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from harness.cluster import BIN, ROOT, Cluster, simulated
from harness.commands import output
from harness.options import Options
from harness.results import Outcome
from harness.timing import Way, in_turns, timed

from mcp_bridge.run import Request, sync
from mcp_bridge.run.call import Bridge
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Settings

GUESTS, NODES = 10_000, 16
_OURS = "`ansible-playbook playvisor.proxmox.observe`, nothing has happened"
_BUSY = "the same, tasks have changed 20 guests"
_KEPT = "a server, which keeps it in the history; nothing has happened"
_ALL = "proxmoxer, kept connection: the list and each configuration"
_DETAIL = re.compile(r"/(?:qemu|lxc)/\d+/")
_CHANGED, _ROUNDS = 20, 3


def measure(options: Options) -> Outcome:
    """A quiet time and a busy one, in turns; what others do takes long, and is done once."""
    outcome = Outcome(f"{GUESTS:,} guests on {NODES} nodes observed")
    with simulated(GUESTS, nodes=NODES, task_seconds=0.0) as cluster:
        first = _observe(cluster, guests=[], parts=[])
        busy = {"since": first["until"], "parts": []}
        _change_guests(cluster)
        quiet = {"since": first["until"] + 3600, "parts": []}
        ways: dict[str, Way] = {_OURS: partial(_observe, cluster, **quiet), _BUSY: partial(_observe, cluster, **busy)}
        with _serve(cluster) as bridge:
            samples = in_turns({**ways, _KEPT: partial(_look, bridge)}, _ROUNDS)
        sent = {name: _count_requests(cluster, wish) for name, wish in ((_OURS, quiet), (_BUSY, busy))}
        size = (cluster.home / "seen.jsonl").stat().st_size
        samples[_ALL] = timed(partial(_read_all, cluster), 1)
    outcome.compare(samples)
    outcome.figure("requests, nothing has happened", sent[_OURS][0], "requests", 20)
    outcome.figure("requests beside those for guests in full, tasks have changed 20", sent[_BUSY][0], "requests", 20)
    outcome.figure("requests for guests in full, tasks have changed 20", sent[_BUSY][1], "requests")
    outcome.figure("a playbook run, nothing has happened, p50", samples[_OURS].p50, "s", 3)
    outcome.figure("a look of a server, kept in the history, p50", samples[_KEPT].p50, "s", 3)
    outcome.figure("the file", size / 1024**2, "MiB")
    outcome.ratio("reading every configuration / observing, p50", samples[_ALL].p50 / samples[_OURS].p50, at_most=False)
    return outcome


def _observe(cluster: Cluster, **wish: Any) -> Mapping[str, Any]:
    """The module's result."""
    options = {f"pve_{name}": value for name, value in {"dest": str(cluster.home / "seen.jsonl"), **wish}.items()}
    command = [BIN / "ansible-playbook", ROOT / "playbooks" / "observe.yml", "-e", json.dumps(options)]
    answer = output(command, {**cluster.environment(), "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal"})
    # The minimal callback prints one line before the result: localhost | CHANGED => {
    found: Mapping[str, Any] = json.loads(answer[answer.index("{") :])
    if found["counts"]["guest"] != GUESTS:
        raise SystemExit(f"{found['counts']} instead of {GUESTS} guests; its time means nothing.")
    return found


@contextmanager
def _serve(cluster: Cluster) -> Iterator[Bridge]:
    """A bridge as a server has it, which has looked once and is ready to do so again."""
    known = {name: value for name, value in cluster.environment().items() if name.startswith("PROXMOX_")}
    values = {name.removeprefix("PROXMOX_").lower(): value for name, value in known.items()}
    bridge = make_bridge(Settings(state_dir=cluster.home / "state", **values), lasting=True)
    try:
        with patch.multiple(sync, _MOST_GUESTS=0, _MOST_REQUESTS=1):
            _look(bridge)
            yield bridge
    finally:
        bridge.close()


def _look(bridge: Bridge) -> None:
    request = Request("", {}, "read")
    seen = sync.sync_history(bridge, request, lambda _line: None, threading.Event(), sync.Manner())
    if seen is None or seen.result.failure:
        raise SystemExit(f"It did not look: {seen}")


def _change_guests(cluster: Cluster) -> None:
    """Have tasks stop guests on every node."""
    api = cluster.api()
    running = [entry for entry in api.cluster.resources.get(type="vm") if entry["status"] == "running"]
    for entry in sorted(running, key=lambda entry: int(entry["vmid"]))[:_CHANGED]:
        getattr(api.nodes(entry["node"]), entry["type"])(entry["vmid"]).status.stop.post()


def _count_requests(cluster: Cluster, wish: Mapping[str, Any]) -> tuple[int, int]:
    """How many requests an observation sends beside those for guests in full, and for them."""
    cluster.requests()
    _observe(cluster, **wish)
    sent = cluster.requests()
    details = [request for request in sent if _DETAIL.search(request)]
    return len(sent) - len(details), len(details)


def _read_all(cluster: Cluster) -> None:
    api = cluster.api()
    for entry in api.cluster.resources.get(type="vm"):
        getattr(api.nodes(entry["node"]), entry["type"])(entry["vmid"]).config.get()
