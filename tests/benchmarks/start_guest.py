"""Starting one guest whose task takes 0.3 s: what planning, policy, ledger and applying add to it."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import Any

from environments import CantInstall
from harness import clients, peers
from harness.clients import Session
from harness.cluster import Cluster, simulated, stopped_guests
from harness.options import Options
from harness.results import Outcome
from harness.timing import Way, in_turns
from proxmoxer.tools import Tasks

TASK_SECONDS = 0.3
VMID, NODE, NAME = 101, "pve1", "web-00000"
_OURS = "Playvisor, `start_guest` through MCP: planned, judged, applied, recorded"
_BY_NAME = "the same, by the guest's name"
_CONFIRMING = "what confirms a guest: its own configuration, by proxmoxer"
_POLLED = "proxmoxer, status asked every 50 ms"
_POLL_SECONDS = 0.05


def measure(options: Options) -> Outcome:
    """Every way in turns on one guest, which loses its power before each."""
    outcome = Outcome(f"one guest started, by a task of {TASK_SECONDS} s")
    with ExitStack() as stack:
        cluster = stack.enter_context(simulated(seed=stopped_guests(20), task_seconds=TASK_SECONDS))
        session = stack.enter_context(clients.playvisor(cluster))
        api = cluster.api()
        ways: dict[str, Way] = {
            _OURS: lambda: _started(clients.answer(session.call("start_guest", {"vmid": VMID}))["changed"]),
            _BY_NAME: lambda: _started(clients.answer(session.call("start_guest", {"name": NAME}))["changed"]),
            _CONFIRMING: api.nodes(NODE).qemu(VMID).config.get,
            _POLLED: lambda: _started(_by_api(api, _POLL_SECONDS)),
            "proxmoxer, its own `Tasks.blocking_status`": lambda: _started(_by_api(api, 1)),
        }
        try:
            peer = stack.enter_context(peers.proxmox_mcp_session(cluster))
            name = f"proxmox-mcp-plus {peers.version(peers.proxmox_mcp(), 'proxmox-mcp-plus')}"
            ways[f"{name}, `start_vm`, then `poll_job` every 50 ms"] = lambda: _started(_by_peer(peer))
            outcome.notes.append("`start_vm` itself does not wait for the task.")
        except CantInstall as error:
            outcome.notes.append(str(error))
        samples = in_turns(ways, options.rounds, before=lambda: cluster.stop(VMID))
        sent = _requests(cluster, ways[_OURS])
    outcome.compare(samples)
    outcome.figure("API requests of one start, planned and applied, without looks at its task", len(sent), "requests")
    outcome.figure("of these, to confirm who the guest is", sum(path.endswith("/config") for path in sent), "requests")
    outcome.figure("above the task's own time, p50", samples[_OURS].p50 - TASK_SECONDS, "s", 0.25)
    outcome.figure("the same of proxmoxer, asking every 50 ms", samples[_POLLED].p50 - TASK_SECONDS, "s")
    outcome.ratio("Playvisor / proxmoxer, asking every 50 ms", samples[_OURS].p50 / samples[_POLLED].p50)
    return outcome


def _requests(cluster: Cluster, start: Way) -> list[str]:
    """The API requests of one start."""
    cluster.stop(VMID)
    cluster.requests()
    start()
    return [request for request in cluster.requests() if "/tasks/" not in request]


def _started(done: bool) -> None:
    if not done:
        raise SystemExit("The guest was not started; the time means nothing.")


def _by_api(api: Any, interval: float) -> bool:
    upid = api.nodes(NODE).qemu(VMID).status.start.post()
    return bool(Tasks.blocking_status(api, upid, polling_interval=interval)["exitstatus"] == "OK")


def _by_peer(peer: Session) -> bool:
    # The last block of its answer is JSON.
    submitted = json.loads(clients.text(peer.call("start_vm", {"node": NODE, "vmid": str(VMID)})).splitlines()[-1])
    asked = {"job_id": submitted["job_id"], "include_audit": False, "force": True}
    while (status := json.loads(clients.text(peer.call("poll_job", asked)))["status"]) == "running":
        time.sleep(_POLL_SECONDS)
    return bool(status == "completed")
