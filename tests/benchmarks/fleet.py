"""A fleet planned on a cluster of its size: nothing to be done, every guest to be changed, all of them to be made.

Beside it, tasks of community.proxmox, whose module has no check mode. So what is measured is the least that it can be
asked: a run over machines that run already, which looks at that and at nothing else of them, and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from environments import CantInstall
from harness import peers
from harness.cluster import BIN, Cluster, simulated
from harness.commands import loop, output, play
from harness.options import Options
from harness.results import Outcome
from harness.timing import Samples, timed

# Guests, with the seconds that a plan of them may take.
SIZES = {1_000: 5.0, 10_000: 30.0}
NODES = 16
# Machines that tasks are measured with, one after the other; then they are scaled to all guests.
LOOPED = 20
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
            times = {}
            for name, (guests, steps) in fleets.items():
                cluster.requests()
                times[name] = timed(partial(_plan, cluster, guests, steps))
                what = f"{len(guests):,} guests, {name}"
                outcome.figure(what, times[name].p50, "s", goal)
                outcome.figure(f"{what}: API requests", len(cluster.requests()), "requests")
            if size == min(SIZES):
                _compare(outcome, cluster, entries, times["as declared"])
    return outcome


def _compare(outcome: Outcome, cluster: Cluster, entries: Sequence[Mapping[str, Any]], ours: Samples) -> None:
    """Add the time of tasks of community.proxmox beside that of the plan."""
    vmids = [entry["vmid"] for entry in entries if entry["type"] == "qemu" and entry["status"] == "running"][:LOOPED]
    try:
        programs = peers.ansible()
    except CantInstall as error:
        outcome.notes.append(str(error))
        return
    playbook = loop(
        cluster.home / "community.yml",
        "community.proxmox.proxmox_kvm",
        {"state": "started", **peers.connection_of_community(cluster)},
    )
    taken = timed(lambda: play(programs, playbook, {"vmids": vmids}, peers.ansible_environment(cluster)))
    scaled = Samples([one / len(vmids) * len(entries) for one in taken.seconds])
    name = f"a loop over `community.proxmox.proxmox_kvm`, of ansible {peers.version(programs, 'ansible')}"
    outcome.compare({f"Playvisor's plan of {len(entries):,} guests as declared": ours, name: scaled})
    outcome.ratio(f"{name} / Playvisor", scaled.p50 / ours.p50, at_most=False)
    outcome.notes.append(
        f"The loop looks whether {len(vmids)} machines run, scaled to {len(entries):,}: its module has no check mode. "
        "Terraform with bpg's provider is not measured, since the registry of providers was not in reach."
    )


def _declare(entry: Mapping[str, Any]) -> dict[str, Any]:
    state = "started" if entry["status"] == "running" else "stopped"
    return {"vmid": entry["vmid"], "state": state, "memory": entry["maxmem"] // 1024**2}


def _plan(cluster: Cluster, guests: Mapping[str, Any], steps: int) -> None:
    variables, results = cluster.home / "fleet.json", cluster.home / "results"
    variables.write_text(json.dumps({"pve_fleet": {"fleet": "bench", "guests": guests}}), encoding="utf-8")
    # The result goes where Playvisor has it, and not into the output, in which it is no part of a plan.
    output([*_PLAYBOOK, "-e", f"@{variables}"], cluster.environment(PVE_RESULTS=str(results)))
    result = json.loads((results / "playvisor.proxmox.pve_fleet.json").read_text(encoding="utf-8"))
    found = len(result["plan"]["steps"])
    if found != steps:
        raise SystemExit(f"{found} steps instead of {steps}; the time means nothing.")
