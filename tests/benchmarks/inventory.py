"""An inventory of 10,000 guests on 16 nodes, beside the inventory plugin of community.proxmox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness import peers
from harness.cluster import BIN, Cluster, simulated
from harness.commands import output
from harness.options import Options
from harness.results import Outcome
from harness.timing import Way, in_turns

GUESTS, NODES = 10_000, 16
_OURS = "`playvisor.proxmox.pve`"
_ROUNDS = 3


def measure(options: Options) -> Outcome:
    """`ansible-inventory --list` with each plugin, in turns."""
    outcome = Outcome(f"{GUESTS:,} guests on {NODES} nodes as an inventory")
    with simulated(GUESTS, nodes=NODES) as cluster:
        ours = _source(cluster, "ours.pve.yml", {"plugin": "playvisor.proxmox.pve"})
        ways: dict[str, Way] = {_OURS: lambda: _listed(BIN, ours, cluster.environment())}
        theirs = None
        try:
            environment, programs = peers.ansible_environment(cluster), peers.ansible()
            source = _source(cluster, "theirs.proxmox.yml", _community(cluster.connection))
            theirs = f"`community.proxmox.proxmox`, of ansible {peers.version(programs, 'ansible')}"
            ways[theirs] = lambda: _listed(programs, source, environment)
        except peers.Missing as error:
            outcome.notes.append(str(error))
        samples = in_turns(ways, _ROUNDS)
        cluster.requests()
        requests = []
        for way in ways.values():
            way()
            requests.append(len(cluster.requests()))
    outcome.compare(samples)
    outcome.figure("`ansible-inventory --list`, p50", samples[_OURS].p50, "s", 3)
    outcome.figure("API requests", requests[0], "requests", 1)
    if theirs:
        outcome.ratio("community.proxmox / Playvisor, p50", samples[theirs].p50 / samples[_OURS].p50)
        outcome.figure("API requests of community.proxmox", requests[1], "requests")
    return outcome


def _source(cluster: Cluster, name: str, content: Mapping[str, Any]) -> Path:
    path = cluster.home / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _community(known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "plugin": "community.proxmox.proxmox",
        "url": known["url"],
        "user": known["user"],
        "token_id": known["token_id"],
        "token_secret": known["token_secret"],
        "validate_certs": True,
        "want_facts": False,
    }


def _listed(programs: Path, source: Path, environment: Mapping[str, str]) -> None:
    own = {**environment, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    hosts = json.loads(output([programs / "ansible-inventory", "-i", source, "--list"], own))["_meta"]["hostvars"]
    # Templates are no hosts.
    if not GUESTS - 100 <= len(hosts) <= GUESTS + NODES:
        raise SystemExit(f"{len(hosts)} hosts of {GUESTS} guests; the time means nothing.")
