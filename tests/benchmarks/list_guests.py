"""Listing 100 guests: an audited call through MCP, beside what else people use for it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import ansible_runner
from environments import CantInstall
from harness import clients, machine, peers
from harness.cluster import BIN, ROOT, Cluster, simulated
from harness.commands import output
from harness.options import Options
from harness.results import Outcome
from harness.timing import Way, in_turns, timed

GUESTS = 100
_COMPUTED = 10
_OURS = "Playvisor, `list_guests` through MCP"
_RUNNER = "ansible-runner, the same playbook in plain Ansible"
_RUNNER_IN_PROCESS = "ansible-runner, its module run in process"
_API = "proxmoxer, kept connection"
_PLAYBOOK = "ansible-playbook"
_CALL = "`playvisor call`, nothing runs yet"


def measure(options: Options) -> Outcome:
    """Every way in turns."""
    outcome = Outcome(f"{GUESTS} guests listed")
    with ExitStack() as stack:
        cluster = stack.enter_context(simulated(GUESTS))
        session = stack.enter_context(clients.playvisor(cluster))
        api = cluster.api()
        ways: dict[str, Way] = {
            _OURS: lambda: _all(len(clients.answer(session.call("list_guests"))["guests"])),
            _API: lambda: _all(len(api.cluster.resources.get(type="vm"))),
            "proxmoxer, new connection": lambda: _all(len(cluster.api().cluster.resources.get(type="vm"))),
        }
        try:
            peer = stack.enter_context(peers.proxmox_mcp_session(cluster))
            virtual = len([guest for guest in api.cluster.resources.get(type="vm") if guest["type"] == "qemu"])
            name = f"proxmox-mcp-plus {peers.version(peers.proxmox_mcp(), 'proxmox-mcp-plus')}, `get_vms`"
            ways[name] = lambda: _all(clients.text(peer.call("get_vms")).count("(ID: "), virtual)
            outcome.notes.append(f"`get_vms` lists the {virtual} virtual machines among them, and no containers.")
        except CantInstall as error:
            outcome.notes.append(str(error))
        ways[_RUNNER] = lambda: _all(by_runner(cluster, in_process=False))
        ways[_RUNNER_IN_PROCESS] = lambda: _all(by_runner(cluster))
        ways[_PLAYBOOK] = lambda: _all(_by_command(_playbook(), cluster.environment()))
        lonely = cluster.environment(PLAYVISOR_STATE_DIR=str(cluster.home / "other"), XDG_RUNTIME_DIR="/nonexistent")
        ways[_CALL] = lambda: _all(_by_command(_call(), lonely))
        lent = cluster.environment(PLAYVISOR_STATE_DIR=str(cluster.home / "other"))
        ways["`playvisor call` while a server runs"] = lambda: _all(_by_command(_call(), lent))
        samples = in_turns(ways, options.rounds)
        answered = timed(lambda: clients.initialize(cluster), options.rounds // 3 or 1)
        connected = timed(lambda: _connect(cluster), options.rounds // 3 or 1)
        computed = {name: _computed(ways[name]) for name in (_OURS, _RUNNER, _RUNNER_IN_PROCESS)}
    outcome.compare(samples)
    ours, runner, api_call = (samples[name].p50 for name in (_OURS, _RUNNER, _API))
    outcome.ratio("ansible-runner / Playvisor, p50", runner / ours, 10, at_most=False)
    outcome.figure("Playvisor above the bare API call, p50", ours - api_call, "s", 0.09)
    in_process = samples[_RUNNER_IN_PROCESS].p50 / ours
    outcome.ratio("ansible-runner, its module run in process / Playvisor, p50", in_process, at_most=False)
    outcome.ratio("ansible-runner / Playvisor, processor time", computed[_RUNNER] / computed[_OURS], at_most=False)
    outcome.figure("processor time of a call through MCP, with the simulator's", computed[_OURS], "s")
    outcome.ratio("`playvisor call` / ansible-playbook, p50", samples[_CALL].p50 / samples[_PLAYBOOK].p50, 1.3)
    outcome.figure("`playvisor mcp` started, until it has answered `initialize`, p50", answered.p50, "s", 0.8)
    outcome.figure("`playvisor mcp` started and connected to by the SDK's client, p50", connected.p50, "s")
    lent_call = samples["`playvisor call` while a server runs"].p50
    outcome.figure("`playvisor call` while a server runs, p50", lent_call, "s", 0.4)
    return outcome


def _connect(cluster: Cluster) -> None:
    with clients.playvisor(cluster) as session:
        session.client.server_info.name  # noqa: B018 - there is one only once both have greeted each other


def _computed(way: Way) -> float:
    """Processor time of one way, whatever else the machine has to do; of all processes that take part."""
    before = machine.processor_seconds(os.getpid())
    timed(way, _COMPUTED)
    return (machine.processor_seconds(os.getpid()) - before) / _COMPUTED


def _all(found: int, expected: int = GUESTS) -> None:
    if found != expected:
        raise SystemExit(f"{found} guests instead of {expected}; its time means nothing.")


def by_runner(cluster: Cluster, *, in_process: bool = True) -> int:
    """As a program does that uses ansible-runner by itself: the connection in the environment, no gateway.

    `in_process` leaves it to the collection's action plugin how the module is run, as Playvisor does; without, it is
    packed and run by an interpreter of its own, as Ansible does with every other collection.
    """
    folder = tempfile.mkdtemp(dir=cluster.home)
    run = ansible_runner.run(
        private_data_dir=folder,
        playbook=str(ROOT / "playbooks" / "guest_info.yml"),
        extravars={"pve_guests": {"names": ["*"]}, "pve_in_process": in_process},
        envvars=cluster.environment(),
        quiet=True,
    )
    results = [event["event_data"]["res"] for event in run.events if event["event"] == "runner_on_ok"]
    shutil.rmtree(folder)
    return len(results[0]["guests"]) if results else 0


def _playbook() -> list[str | Path]:
    options = ("-e", json.dumps({"pve_guests": {"names": ["*"]}}))
    return [BIN / "ansible-playbook", ROOT / "playbooks" / "guest_info.yml", *options]


def _call() -> list[str | Path]:
    return [clients.PLAYVISOR, "call", "list_guests", "--json"]


def _by_command(command: list[str | Path], environment: Mapping[str, str]) -> int:
    own = {**environment, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal"}
    answer = output(command, own)
    # The minimal callback prints one line before the result: localhost | SUCCESS => {
    return len(json.loads(answer[answer.index("{") :])["guests"])
