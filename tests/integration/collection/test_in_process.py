"""What a module returns does not depend on whether the action plugin runs it in the playbook's process."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import ansible_runner
import pytest
import yaml
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from scenarios import Place, all_scenarios
from scenarios.running import prepare

from pve_simulator import Simulator, build_cluster

# One run of ansible-playbook each way serves all of these tests.
pytestmark = [pytest.mark.flow, pytest.mark.thorough, pytest.mark.xdist_group("in-process")]

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("pve_*.py"))
PLACE = Place(
    node="pve1",
    other_node="pve2",
    storage="local-lvm",
    bridge="vmbr0",
    backups="local",
    ostemplate="local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst",
    first_vmid=9100,
    last_vmid=9199,
)
SCENARIOS = {one.module: one for one in reversed(all_scenarios(PLACE))}
# Enough to see what an ansible-core makes of it; each module costs a second.
ON_EVERY_CORE = {"pve_guest_info", "pve_guest_state", "pve_snapshot"}
ACTION = "ansible_collections.playvisor.proxmox.plugins.action.pve_task"
WAYS = {"in process": True, "normal": False}
# Of a module that runs in the worker itself, the worker does not outlive the first, and nothing interrupts the second.
NOT_LAST = {"kill", "hang"}
NOON = 1767268800.0
ODD = Path(__file__).with_name("odd")


def _odd(how, /, **task):
    return {"name": how, "test.odd.odd": {"how": how, "hidden": "pssst", **task.pop("options", {})}, **task}


DEEDS = [
    *map(_odd, ("crash", "exit", "return", "kill", "noise", "warn", "fail", "spoil", "look", "temporary")),
    {**_odd("look", environment={"GIVEN": "{{ 1 + 1 }}"}, check_mode=True, diff=True), "name": "look again"},
    _odd("hang", timeout=1),
]
# Whether a task runs in the playbook's process when nothing forbids it.
ROADS = [
    ({}, True),
    ({"vars": {"pve_in_process": False}}, False),
    ({"vars": {"ansible_python_interpreter": "{{ other_python }}"}}, False),
    ({"vars": {"ansible_python_interpreter": sys.executable}}, True),
    ({"vars": {"ansible_pipelining": True}}, True),
    ({"environment": {"PYTHONPATH": "/nowhere"}}, False),
    ({"environment": {"NO_PROXY": "*"}}, True),
    ({"async": 30, "poll": 0}, "not reached"),
    ({"delegate_to": "elsewhere"}, "not reached"),
    ({"delegate_to": "localhost"}, True),
    ({"become": True, "vars": {"ansible_become_exe": "{{ sudo }}"}}, False),
]


@pytest.fixture(scope="module")
def collections(tmp_path_factory):
    """A collection whose module misbehaves, and whose tasks the action plugin serves, too."""
    path = tmp_path_factory.mktemp("collections")
    collection = path / "ansible_collections/test/odd"
    for name, text in {
        "plugins/modules/odd.py": (ODD / "odd.py").read_text(),
        "plugins/action/odd.py": f"from {ACTION} import ActionModule as ActionModule\n",
    }.items():
        (collection / name).parent.mkdir(parents=True, exist_ok=True)
        (collection / name).write_text(text)
    return f"{path}:{ROOT / '.collections'}"


class Literal(str):
    """A string that no template may be looked for in, as the bridge marks what it is given."""


yaml.SafeDumper.add_representer(Literal, lambda dumper, text: dumper.represent_scalar("!unsafe", text))


def literal(value):
    if isinstance(value, dict):
        return {key: literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [literal(item) for item in value]
    return Literal(value) if isinstance(value, str) else value


def connection_options(simulator):
    return {
        "url": simulator.url,
        "user": simulator.user,
        "token_id": simulator.token_id,
        "token_secret": simulator.token_secret,
        "fingerprint": simulator.fingerprint,
    }


def prepared(simulator, module):
    """The module's first scenario, whose situation is there now; None where it has none."""
    connection = Connection(
        host="127.0.0.1",
        port=simulator.port,
        user=simulator.user,
        token_id=simulator.token_id,
        token_secret=simulator.token_secret,
        fingerprint=simulator.fingerprint.replace(":", "").lower(),
    )
    return prepare(Client(connection), SCENARIOS[module]) if module in SCENARIOS else None


def module_tasks(module, scenario, simulator):
    """A module's tasks: its scenario planned and applied, or a call without any options."""
    environment = {f"PROXMOX_{name.upper()}": value for name, value in connection_options(simulator).items()}
    phases = {"plan": True, "apply": False} if scenario else {"call": False}
    return [
        {
            "name": f"{module}: {phase}",
            f"playvisor.proxmox.{module}": literal(scenario.options) if scenario else {},
            "environment": environment,
            "check_mode": check,
            "diff": True,
        }
        for phase, check in phases.items()
    ]


def road_tasks():
    return [
        {"name": f"road {number}", "test.odd.odd": {"how": "road"}, **task}
        for number, (task, _here) in enumerate(ROADS)
    ]


def grouped_tasks(simulator):
    options = {f"api_{name}": value for name, value in connection_options(simulator).items()}
    options["fingerprint"] = options.pop("api_fingerprint")
    by_name = {
        "playvisor.proxmox.pve_guest_info": {**options, "vmid": 101},
        "playvisor.proxmox.pve_pool_info": options,
    }
    return [
        {
            "name": "defaults of the group",
            "playvisor.proxmox.pve_guest_info": {},
            "module_defaults": {"group/playvisor.proxmox.pve": options},
        },
        {
            "name": "defaults of the module",
            "playvisor.proxmox.pve_guest_info": {},
            "module_defaults": by_name,
        },
        {
            "name": "defaults of another module",
            "playvisor.proxmox.pve_pool_info": {},
            "module_defaults": by_name,
        },
    ]


@pytest.fixture(scope="module")
def results(collections, request):
    """`results["normal"]["pve_pool: plan"]`: what each task returned, each way, without what may well differ."""
    chosen = {item.callspec.params.get("module") for item in request.session.items if hasattr(item, "callspec")}
    modules = [module for module in MODULES if module in chosen]
    with ThreadPoolExecutor() as threads:
        last = threads.submit(play_last, collections)
        played = threads.map(lambda here: play_all(modules, here, collections), WAYS.values())
        return {**dict(zip(WAYS, played, strict=True)), "last": last.result()}


def play_last(collections):
    """The tasks of the odd module, each in a worker that is there for nothing else."""
    tasks = [task for task in DEEDS if task["name"] not in NOT_LAST]
    with tempfile.TemporaryDirectory() as folder:
        return play(tasks, True, collections, folder, PVE_ONE_TASK="1")


def play_all(modules, here, collections):
    """All tasks, each module's on a cluster of its own, at noon."""
    tasks = [*DEEDS, *(road_tasks() if here else ())]
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        for module in [*modules, "none"]:
            simulator = Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0)
            simulator.world.clock.set_speed(0)
            simulator.world.clock.set_time(NOON)
            stack.enter_context(simulator)
            scenario = prepared(simulator, module)
            tasks += module_tasks(module, scenario, simulator) if module in MODULES else grouped_tasks(simulator)
        return play(tasks, here, collections, folder)


def play(tasks, here, collections, folder, **environment):
    variables = {"pve_in_process": here, "other_python": f"{folder}/python", "sudo": f"{folder}/sudo"}
    Path(variables["other_python"]).symlink_to(sys.executable)
    Path(variables["sudo"]).write_text('#!/bin/sh\nwhile [ "$1" != /bin/sh ]; do shift; done; exec "$@"\n')
    Path(variables["sudo"]).chmod(0o755)
    # Who makes it warns of that.
    Path(folder, "temporary").mkdir()
    host = {"ansible_python_interpreter": sys.executable, "ansible_connection": "local"}
    other = {**host, "ansible_connection": "ssh", "ansible_host": "192.0.2.1", "ansible_ssh_executable": "/bin/false"}
    head = {"hosts": "localhost", "gather_facts": False, "ignore_errors": True, "ignore_unreachable": True}
    playbook = Path(folder, "play.yml")
    playbook.write_text(yaml.safe_dump([{**head, "vars": variables, "tasks": tasks}]))
    runner = ansible_runner.run(
        private_data_dir=folder,
        playbook=str(playbook),
        inventory={"all": {"hosts": {"localhost": host, "elsewhere": other}}},
        envvars={
            **{key: value for key, value in os.environ.items() if not key.startswith("PROXMOX_")},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": collections,
            "ANSIBLE_REMOTE_TEMP": f"{folder}/temporary",
            "ANSIBLE_ASYNC_DIR": f"{folder}/async",
            **environment,
        },
        quiet=True,
    )
    kinds = ("runner_on_ok", "runner_on_failed", "runner_on_unreachable")
    events = [event["event_data"] for event in runner.events if event["event"] in kinds]
    assert [event["task"] for event in events] == [task["name"] for task in tasks], runner.stdout.read()
    # What a module itself makes for its time is gone with it.
    assert list(Path(folder, "temporary").glob("ansible-moduletmp-*")) == []
    return {event["task"]: plain(event["res"], folder) for event in events}


def plain(result, folder):
    """A result without ports, digests, ids, tickets, folders, loads, and with the last line of each traceback only."""
    text = json.dumps(result, sort_keys=True).replace(folder, "FOLDER")
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8006", text)
    text = re.sub(r"(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}|\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b", "DIGEST", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r'"(ticket|password|websocket)": "[^"]+"', r'"\1": "SECRET"', text)
    found = json.loads(re.sub(r'"(cpu|mem|load|loadavg|uptime)": (\[[^\]]*\]|[0-9.e-]+)', r'"\1": 0', text))
    for key in ("exception", "module_stderr"):
        lines = str(found.get(key) or "").strip().splitlines()
        if lines:
            found[key] = lines[-1]
    return found


def comparable(name, result):
    # A shell says that a process was killed; there is none in between here.
    # And where a task was when its time was over, is told by a frame's address.
    unlike = {"here", "timedout", *(["module_stderr"] if name == "kill" else ())}
    return {key: value for key, value in result.items() if key not in unlike}


def test_every_module_is_led_to_the_action_plugin():
    routes = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["plugin_routing"]["modules"]

    assert routes == {name: {"action_plugin": "playvisor.proxmox.pve_task"} for name in MODULES}


@pytest.mark.parametrize(
    "module",
    [pytest.param(name, marks=[pytest.mark.every_core] if name in ON_EVERY_CORE else []) for name in MODULES],
)
def test_a_module_returns_the_same_either_way(results, module):
    for phase in ("plan", "apply") if module in SCENARIOS else ("call",):
        here, normal = (results[way][f"{module}: {phase}"] for way in WAYS)
        assert here == normal
        assert not (module in SCENARIOS and here.get("failed"))
        assert here.get("changed") == (module in SCENARIOS)


@pytest.mark.every_core
@pytest.mark.parametrize("name", [task["name"] for task in DEEDS])
def test_a_module_that_misbehaves_does_so_either_way(results, name):
    here, normal = (results[way][name] for way in WAYS)

    assert comparable(name, here) == comparable(name, normal)
    assert (here.get("here"), normal.get("here")) in ((True, False), (None, None))
    assert "pssst" not in json.dumps(here)


@pytest.mark.every_core
@pytest.mark.parametrize("name", [task["name"] for task in DEEDS if task["name"] not in NOT_LAST])
def test_a_module_that_misbehaves_in_the_worker_itself_does_so_all_the_same(results, name):
    last, normal = (comparable(name, results[way][name]) for way in ("last", "normal"))

    assert last == normal


@pytest.mark.every_core
def test_a_task_s_environment_and_a_module_s_deeds_end_with_it(results):
    assert results["in process"]["spoil"]["seen"][2] == "1"
    assert results["in process"]["look"]["seen"][2:] == [None, None, ""]
    assert results["in process"]["look again"]["seen"][2:] == [None, "2", ""]


@pytest.mark.every_core
@pytest.mark.parametrize(
    "number", range(len(ROADS)), ids=[str(task).replace(sys.executable, "python") for task, _here in ROADS]
)
def test_a_module_runs_in_process_where_it_may(results, number):
    assert results["in process"][f"road {number}"].get("here", "not reached") == ROADS[number][1]


@pytest.mark.every_core
def test_module_defaults_of_the_action_group_reach_the_module_either_way(results):
    for way in WAYS:
        assert len(results[way]["defaults of the group"]["guests"]) == 8


@pytest.mark.every_core
def test_module_defaults_of_a_module_reach_it_alone_either_way(results):
    for way in WAYS:
        assert [guest["vmid"] for guest in results[way]["defaults of the module"]["guests"]] == [101]
        # It has no option vmid.
        assert "pools" in results[way]["defaults of another module"]
