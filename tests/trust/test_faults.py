"""Whatever goes wrong on the way, what was written is in the ledger, and no result says that nothing was."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest
import requests

from mcp_bridge import catalogue
from mcp_bridge.evidence import events
from pve_simulator import Simulator, build_cluster
from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.state.appliances import Appliance, Appliances
from pve_simulator.state.guest import Snapshot
from trust.lab import Lab

pytestmark = pytest.mark.flow

ATTACK = "faults × tools"
# These make what others speak of: a guest that runs, a task to look at, a backup.
FIRST = ("start_guest", "exec_guest", "backup_guest")
TOOLS = sorted(
    # What only plans is applied by apply_plan; tests/integration/bridge/test_fleets.py shows how it is recorded.
    (tool for tool in catalogue.list_offered() if tool.writes and not tool.only_plans),
    key=lambda tool: FIRST.index(tool.name) if tool.name in FIRST else len(FIRST),
)
WRITING = {"POST", "PUT", "DELETE"}
# What happens to the first request that writes, or to its task.
FAULTS: dict[str, dict[str, Any]] = {
    "reset before": {"action": "reset"},
    "answer lost": {"action": "lost"},
    "answer cut": {"action": "bad_json"},
    "answer of a proxy": {"action": "html"},
    "answer slow": {"action": "slow", "seconds": 0.05},
    "delay": {"action": "delay", "seconds": 0.05},
    "lock": {"action": "lock", "seconds": 0.2},
    "digest": {"action": "digest"},
    "400": {"status": 400, "message": "Parameter verification failed."},
    "401": {"status": 401, "message": "No ticket"},
    "403": {"status": 403, "message": "Permission check failed"},
    "500": {"status": 500, "message": "got timeout"},
    "501": {"status": 501, "message": "not implemented"},
    "502": {"status": 502, "message": "Bad gateway"},
    "503": {"status": 503, "message": "busy"},
    "595": {"status": 595, "message": "No route to host"},
    "596": {"status": 596, "message": "Connection timed out"},
    "599": {"status": 599, "message": "Too many redirections"},
    "task fails": {"task": ".*", "action": "fail", "message": "no space left"},
    "task warns": {"task": ".*", "action": "warn", "message": "look out"},
    "task takes longer": {"task": ".*", "action": "hang", "seconds": 0.2},
}
# The cluster answers these itself, or not at all: the request was not carried out.
NOT_CARRIED_OUT = {name for name, fault in FAULTS.items() if fault.get("action") in ("reset", "bad_json", "html")} | {
    name for name, fault in FAULTS.items() if "status" in fault
}
LEAST = 704
AT_ONCE = 12


@pytest.fixture
def lab(make_lab, executor, tmp_path, monkeypatch):
    """What the examples of the tools speak of, for somebody whose policy holds nothing."""
    policy = tmp_path / "everything.cedar"
    policy.write_text("permit (principal, action, resource);\n", encoding="utf-8")
    (tmp_path / ".config" / "playvisor" / "secrets").mkdir(mode=0o700, parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    cluster = build_cluster(nodes=3, guests=12)
    cluster.guests[101].running = False
    cluster.guests[105].snapshots["old"] = Snapshot({**cluster.guests[105].config, "snaptime": "1700000000"})
    name = catalogue.load()["download_template"].example["template"]
    cluster.part(Appliances).templates[name] = Appliance(f"https://example.org/{name}", "alpine", section="system")
    with Simulator(cluster, port=0, task_seconds=0.0, resources_lag=0.0, status_cache=0.0) as simulator:
        made = Lab(simulator, tmp_path / "state", executor, {"policy": policy})
        yield made
        made.close()


class Control:
    """The simulator's own controls: its state, kept and brought back."""

    def __init__(self, simulator: Simulator) -> None:
        self._url = f"{simulator.url}/sim"
        self._session = requests.Session()
        self._ca = simulator.ca_path

    def read_state(self) -> Any:
        return self._send("GET", "state")

    def _send(self, method: str, what: str, **options: Any) -> Any:
        answer = self._session.request(method, f"{self._url}/{what}", timeout=30, verify=self._ca, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def build_arguments(tool: Any, results: dict[str, Any]) -> dict[str, Any]:
    arguments = dict(tool.example)
    if "volid" in arguments:
        arguments["volid"] = results["volid"]
    return arguments


def find_backup(lab: Lab) -> str:
    listed = lab.ask_as_person("list_backups", {}).as_dict()
    return str(listed["volumes"][0]["volid"])


def check(lab: Lab, name: str, result: Any, sent: list[tuple[str, str, int]]) -> list[str]:
    """What is wrong with what a result and the ledger say of the requests that were sent."""
    wrong = []
    row = lab.bridge.ledger.find(result.run_id)
    traced = [
        (entry["method"], unquote(entry["path"]))
        for entry in events.read_api_trace(lab.bridge.ledger.folder(result.run_id))
    ]
    for method, path, _status in sent:
        if (method, unquote(path)) not in traced:
            wrong.append(f"unrecorded: {method} {path}")
    if row.outcome is None:
        wrong.append("the row is open")
    if row.changed != result.changed:
        wrong.append(f"the row says changed {row.changed}, the result {result.changed}")
    carried_out = [entry for entry in sent if entry[2] == 200]
    if name in NOT_CARRIED_OUT and FAULTS[name].get("action") in ("bad_json", "html"):
        carried_out = carried_out[1:]
    is_undone_by_task = "task" in FAULTS[name] and FAULTS[name]["action"] != "warn"
    if carried_out and not is_undone_by_task and not result.changed:
        wrong.append(f"{len(carried_out)} carried out, and it says {result.status}, unchanged: {result.summary}")
    if not carried_out and result.status == "ok" and result.changed:
        wrong.append(f"nothing carried out, and it says changed: {result.summary}")
    return wrong


def collect_states(lab: Lab, tools: list[Any]) -> list[tuple[Any, dict[str, Any], Any]]:
    """Each tool with its arguments and the state that the tools before it leave."""
    control, states = Control(lab.simulator), []
    results: dict[str, Any] = {}
    for tool in tools:
        if "volid" in tool.example and "volid" not in results:
            results["volid"] = find_backup(lab)
        arguments = build_arguments(tool, results)
        state = control.read_state()
        done = lab.ask_as_person(tool.name, arguments)
        if tool.name == "return_node":
            # The ledger of another state directory does not know what was drained.
            arguments = lab.bridge.ledger.find(done.run_id).arguments
        states.append((tool, arguments, state))
        assert done.status == "ok", json.dumps(done.as_dict(), default=str)[:500]
        assert done.changed
    return states


def run_one(lab: Lab, name: str, tool: Any, arguments: dict[str, Any], state: Any) -> list[str]:
    """One tool with one fault on a cluster of its own; returns what is wrong with what is said of it."""
    state_dir = lab.state_dir.parent / f"{tool.name}-{list(FAULTS).index(name)}"
    if tool.name == "create_token":
        # Each secret has a file of its own.
        (token,) = arguments["tokens"]
        arguments = {"tokens": [{**token, "secret_file": f"deploy-{list(FAULTS).index(name)}"}]}
    cluster = cluster_from_data(state)
    with Simulator(cluster, port=0, task_seconds=0.0, resources_lag=0.0, status_cache=0.0) as simulator:
        own = Lab(simulator, state_dir, lab.executor, lab.changes)
        rule = {"count": 1, **FAULTS[name]}
        for method in [None] if "task" in rule else sorted(WRITING):
            simulator.inject(**(rule if method is None else {**rule, "method": method}))
        result = own.ask_as_person(tool.name, arguments)
        sent = [entry for entry in simulator.requests if entry[0] in WRITING]
        wrong = check(own, name, result, sent)
        wrong += [f"the ledger: {fault}" for fault in own.bridge.ledger.verify().faults]
        own.close()
    return [f"{tool.name}, {name}: {one}" for one in wrong]


def run_all(lab: Lab, counts: Any, faults: list[str], tools: list[Any]) -> list[str]:
    """Each tool with each fault; most of the time is spent waiting for what has become of a request."""
    jobs = [(name, *state) for state in collect_states(lab, tools) for name in faults]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(threads.map(lambda job: run_one(lab, *job), jobs))
    counts.tries += len(jobs)
    counts.unnoticed += sum(bool(wrong) for wrong in found)
    return [line for wrong in found for line in wrong]


def test_a_sample_is_recorded_as_it_was(lab, count):
    faults = ["answer lost", "task fails"]
    tools = [tool for tool in TOOLS if tool.name in ("start_guest", "set_guest_tags")]

    assert run_all(lab, count(ATTACK), faults, tools) == []


@pytest.mark.trust
@pytest.mark.parametrize("share", range(2))
def test_every_fault_of_every_tool_is_recorded_as_it_was(lab, count, share):
    faults = list(FAULTS)[share::2]
    assert len(FAULTS) * len(TOOLS) >= LEAST

    assert run_all(lab, count(ATTACK), faults, TOOLS) == []
