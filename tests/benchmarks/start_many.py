"""Starting 500 guests whose tasks take 1 s, 50 at a time, beside loops that start one after the other."""

from __future__ import annotations

from environments import CantInstall
from harness import peers
from harness.cluster import BIN, ROOT, Cluster, simulated, stopped_guests
from harness.commands import loop, play
from harness.options import Options
from harness.results import Outcome
from harness.timing import Samples, timed

GUESTS, AT_ONCE, LOOPED = 500, 50, 20
_IDEAL = GUESTS / AT_ONCE
_OURS = f"Playvisor's playbook `guest_state`, throttle {AT_ONCE}"


def measure(options: Options) -> Outcome:
    """All guests at once three times; loops over 20 guests once, scaled to all."""
    outcome = Outcome(f"{GUESTS} guests started, by tasks of 1 s")
    vmids = list(range(101, 101 + GUESTS))
    with simulated(seed=stopped_guests(GUESTS), task_seconds=1.0) as cluster:
        many = timed(lambda: _at_once(cluster, vmids), 3, before=lambda: cluster.stop(*vmids))
        samples = {_OURS: many}
        cluster.stop(*vmids)
        samples["a loop over `pve_guest_state` in plain Ansible"] = _scaled(timed(lambda: _looped(cluster, vmids)))
        try:
            programs = peers.ansible()
            cluster.stop(*vmids)
            name = f"a loop over `community.proxmox.proxmox_kvm`, of ansible {peers.version(programs, 'ansible')}"
            samples[name] = _scaled(timed(lambda: _by_community(cluster, vmids)))
        except CantInstall as error:
            outcome.notes.append(str(error))
    outcome.compare(samples)
    outcome.ratio(f"Playvisor / the ideal {_IDEAL:.0f} s", many.p50 / _IDEAL, 1.25)
    for name, taken in list(samples.items())[1:]:
        outcome.ratio(f"{name} / Playvisor", taken.p50 / many.p50, 40, at_most=False)
    outcome.notes.append(f"The loops were measured over {LOOPED} guests and scaled to {GUESTS}.")
    return outcome


def _at_once(cluster: Cluster, vmids: list[int]) -> None:
    variables = {"pve_guests": {"vmids": vmids}, "pve_state": "started", "pve_throttle": AT_ONCE}
    play(BIN, ROOT / "playbooks" / "guest_state.yml", variables, cluster.environment())
    _all_run(cluster, len(vmids))


def _looped(cluster: Cluster, vmids: list[int]) -> None:
    playbook = loop(cluster.home / "loop.yml", "playvisor.proxmox.pve_guest_state", {"state": "started"})
    play(BIN, playbook, {"vmids": vmids[:LOOPED]}, cluster.environment())
    _all_run(cluster, LOOPED)


def _by_community(cluster: Cluster, vmids: list[int]) -> None:
    options = {"state": "started", **peers.connection_of_community(cluster)}
    playbook = loop(cluster.home / "community.yml", "community.proxmox.proxmox_kvm", options)
    play(peers.ansible(), playbook, {"vmids": vmids[:LOOPED]}, peers.ansible_environment(cluster))
    _all_run(cluster, LOOPED)


def _all_run(cluster: Cluster, expected: int) -> None:
    running = sum(guest["status"] == "running" for guest in cluster.api().cluster.resources.get(type="vm"))
    if running != expected:
        raise SystemExit(f"{running} guests run instead of {expected}; the time means nothing.")


def _scaled(taken: Samples) -> Samples:
    return Samples([one / LOOPED * GUESTS for one in taken.seconds])
