"""A fleet planned on a cluster of its size: nothing to be done, every guest to be changed, all of them to be made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from harness.cluster import BIN, Cluster, simulated
from harness.commands import output
from harness.options import Options
from harness.results import Outcome
from harness.timing import timed

# Guests, with the seconds that a plan of them may take.
SIZES = {1_000: 5.0, 10_000: 30.0}
NODES = 16
_PLAYBOOK = [BIN / "ansible-playbook", "playvisor.proxmox.fleet", "--check"]
_NEW: dict[str, Any] = {
    "type": "qemu",
    "state": "started",
    "memory": 512,
    "disks": [{"slot": "scsi0", "storage": "local-lvm", "size": 4}],
    "nics": [{"slot": "net0", "bridge": "vmbr0"}],
    "cloudinit": {"user": "admin"},
}


def measure(options: Options) -> Outcome:
    """Each plan once, by ansible-playbook in check mode, with the simulator on the same machine."""
    outcome = Outcome("one plan of a fleet")
    for size, goal in SIZES.items():
        with simulated(size, nodes=NODES) as cluster:
            entries = [entry for entry in cluster.api().cluster.resources.get(type="vm") if not entry.get("template")]
            met = {entry["name"]: _declare(entry) for entry in entries}
            changed = {name: {**entry, "cores": 64} for name, entry in met.items()}
            new = {f"{name}-new": _NEW for name in met}
            fleets = {"as declared": (met, 0), "all changed": (changed, len(met)), "all new": (new, 3 * len(met))}
            for name, (guests, steps) in fleets.items():
                cluster.requests()
                taken = timed(partial(_plan, cluster, guests, steps))
                what = f"{len(guests):,} guests, {name}"
                outcome.figure(what, taken.p50, "s", goal if name == "as declared" else None)
                outcome.figure(f"{what}: API requests", len(cluster.requests()), "requests")
    return outcome


def _declare(entry: Mapping[str, Any]) -> dict[str, Any]:
    state = "started" if entry["status"] == "running" else "stopped"
    return {"vmid": entry["vmid"], "state": state, "memory": entry["maxmem"] // 1024**2}


def _plan(cluster: Cluster, guests: Mapping[str, Any], steps: int) -> None:
    variables = cluster.home / "fleet.json"
    variables.write_text(json.dumps({"pve_fleet": {"fleet": "bench", "guests": guests}}), encoding="utf-8")
    own = cluster.environment(ANSIBLE_STDOUT_CALLBACK="ansible.builtin.minimal")
    answer = output([*_PLAYBOOK, "-e", f"@{variables}"], own)
    found = len(json.loads(answer[answer.index("{") :])["plan"]["steps"])
    if found != steps:
        raise SystemExit(f"{found} steps instead of {steps}; the time means nothing.")
