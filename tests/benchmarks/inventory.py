"""An inventory of 10,000 guests on 16 nodes, beside the inventory plugin of community.proxmox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from environments import CantInstall
from harness import peers
from harness.cluster import BIN, Cluster, simulated
from harness.commands import output
from harness.options import Options
from harness.results import Outcome
from harness.timing import Way, in_turns

GUESTS, NODES = 10_000, 16
_READ, _PRINTED = "`ansible all --list-hosts`", "`ansible-inventory --list`"
_OURS = "`playvisor.proxmox.pve`"
_ROUNDS = 3
_STRICT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}


def measure(options: Options) -> Outcome:
    """What a play waits for before its first task, and every host printed with its variables; in turns."""
    outcome = Outcome(f"{GUESTS:,} guests on {NODES} nodes as an inventory")
    with simulated(GUESTS, nodes=NODES) as cluster:
        plugins = {
            _OURS: (BIN, _source(cluster, "o.pve.yml", {"plugin": "playvisor.proxmox.pve"}), cluster.environment())
        }
        try:
            environment, programs = peers.ansible_environment(cluster), peers.ansible()
            source = _source(cluster, "c.proxmox.yml", _community(cluster.connection))
            theirs = f"`community.proxmox.proxmox` of ansible {peers.version(programs, 'ansible')}"
            plugins[theirs] = (programs, source, environment)
        except CantInstall as error:
            outcome.notes.append(str(error))
        ways: dict[str, Way] = {f"{_READ}, {name}": partial(_read, *plugin) for name, plugin in plugins.items()}
        ways |= {f"{_PRINTED}, {name}": partial(_listed, *plugin) for name, plugin in plugins.items()}
        samples = in_turns(ways, _ROUNDS)
        outcome.compare(samples)
        for name, plugin in plugins.items():
            cluster.requests()
            _read(*plugin)
            sent, goal = len(cluster.requests()), 1 if name == _OURS else None
            outcome.figure(f"API requests, {name}", sent, "requests", goal)
    outcome.figure(f"{_READ}, {_OURS}, p50", samples[f"{_READ}, {_OURS}"].p50, "s", 3)
    for name in list(plugins)[1:]:
        for command in (_READ, _PRINTED):
            faster = samples[f"{command}, {name}"].p50 / samples[f"{command}, {_OURS}"].p50
            outcome.ratio(f"{command}, {name} / {_OURS}", faster, at_most=False)
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


def _read(programs: Path, source: Path, environment: Mapping[str, str]) -> None:
    hosts = output([programs / "ansible", "all", "-i", source, "--list-hosts"], {**environment, **_STRICT}).splitlines()
    # The first line says how many follow.
    _all(len(hosts) - 1)


def _listed(programs: Path, source: Path, environment: Mapping[str, str]) -> None:
    printed = output([programs / "ansible-inventory", "-i", source, "--list"], {**environment, **_STRICT})
    _all(len(json.loads(printed)["_meta"]["hostvars"]))


def _all(hosts: int) -> None:
    # Templates are no hosts.
    if not GUESTS - 100 <= hosts <= GUESTS + NODES:
        raise SystemExit(f"{hosts} hosts of {GUESTS} guests; the time means nothing.")
