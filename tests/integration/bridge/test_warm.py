"""The fork server changes how long a run takes, and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from scenarios import Place, all_scenarios

from mcp_bridge import collection
from mcp_bridge.executor import PlaybookRun
from mcp_bridge.executor.cold import ColdExecutor
from mcp_bridge.executor.warm import WarmExecutor
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Settings
from mcp_bridge.system import processes
from pve_simulator import Simulator, build_cluster

pytestmark = pytest.mark.flow

PLAYBOOKS = sorted(path.stem for path in (collection.root() / "playbooks").glob("*.yml"))
PLACE = Place(node="pve1", storage="local-lvm", bridge="vmbr0", other_node="pve2", backups="local", ostemplate="none")
ON_EVERY_CORE = {"connection_info", "guest_state", "snapshot"}
OPTIONS = {scenario.module: dict(scenario.options) for scenario in reversed(all_scenarios(PLACE))}
# Playbooks that are named otherwise than their modules.
MODULES = {"move_disk": "guest"}
# Options that fit this cluster. Of others, modules would warn; a warning of a fork is an event of its own.
FITTING = {
    "access": {"roles": [{"role": "pv-test", "privileges": ["VM.Audit"]}], "groups": [{"group": "pv-test"}]},
    "backup_job": {"id": "pv-test", "schedule": "sat 03:00", "all": True, "storage": "local"},
    "firewall": {"level": "cluster", "aliases": [{"name": "pv-test", "cidr": "192.0.2.0/24"}]},
    "move_disk": {"vmid": 9000, "disks": [{"slot": "scsi0", "storage": "local-lvm"}]},
}


@pytest.fixture(scope="module")
def cluster():
    simulator = Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0)
    simulator.world.clock.set_speed(0)
    with simulator:
        yield simulator


@pytest.fixture(scope="module")
def connection(cluster, tmp_path_factory):
    secret = tmp_path_factory.mktemp("secret") / "token"
    secret.write_text(cluster.token_secret)
    return {
        "PROXMOX_URL": cluster.url,
        "PROXMOX_USER": cluster.user,
        "PROXMOX_TOKEN_ID": cluster.token_id,
        "PROXMOX_FINGERPRINT": cluster.fingerprint,
        "PROXMOX_TOKEN_SECRET_FILE": str(secret),
    }


@pytest.fixture(scope="module")
def executors(connection, warm):
    return {"cold": ColdExecutor(connection), "warm": warm(connection)}


def run(executor, folder, playbook="connection_info", **variables):
    module = f"playvisor.proxmox.pve_{MODULES.get(playbook, playbook)}"
    wanted = PlaybookRun(folder, collection.playbook_path(playbook), module, variables, check=True)
    return executor.run(wanted, lambda _line: None, threading.Event())


def kill_server(executor):
    server = executor.supervisor._server.process
    server.kill()
    server.wait()


def sleeping(folder):
    playbook = folder / "play.yml"
    task = {"ansible.builtin.command": "sleep 300"}
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    return playbook


def was_forked(folder):
    """Whether a run's playbook came from the server: only then is its own folder not the first on its PATH."""
    (command,) = folder.glob("artifacts/*/command")
    return "/playvisor-" in json.loads(command.read_text())["env"]["PATH"].split(os.pathsep)[0]


def artifacts(folder):
    """Everything that a run has left behind, by path, without what differs from run to run."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", str(path.relative_to(folder)))
        found[name] = plain(path.read_text(), folder) if path.is_file() else path.stat().st_mode
    return found


def plain(text, folder):
    for pattern, word in (
        (re.escape(str(folder)), "FOLDER"),
        (r"/[^\":]*/playvisor-[^/\":]*:", ""),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d+(\+00:00)?", "TIME"),
        (r'"(duration|pid|cpu|mem)": [0-9.e-]+', r'"\1": 0'),
        (r'"loadavg": \[[^]]*\]', '"loadavg": []'),
    ):
        text = re.sub(pattern, word, text)
    return text


@pytest.mark.parametrize(
    "playbook",
    [
        pytest.param(name, marks=pytest.mark.every_core if name in ON_EVERY_CORE else pytest.mark.thorough)
        for name in PLAYBOOKS
    ],
)
def test_a_run_leaves_the_same_artifacts_and_the_same_result(executors, tmp_path, playbook):
    options = FITTING.get(playbook) or OPTIONS.get(f"pve_{playbook}", {})
    variables = {f"pve_{name}": value for name, value in options.items()}

    outcomes = {name: run(one, tmp_path / name, playbook, **variables) for name, one in executors.items()}

    assert was_forked(tmp_path / "warm")
    assert not was_forked(tmp_path / "cold")
    assert artifacts(tmp_path / "warm") == artifacts(tmp_path / "cold")
    cold, warm = (json.loads(plain(json.dumps(vars(outcomes[name])), tmp_path / name)) for name in ("cold", "warm"))
    assert warm == cold
    assert cold["result"]


@pytest.mark.every_core
@pytest.mark.parametrize("kind", ["cold", "warm"])
def test_text_that_yaml_would_take_for_something_else_reaches_the_module(executors, tmp_path, kind):
    outcome = run(executors[kind], tmp_path / "run", "guest_info", pve_guests={"names": ["*"]})

    assert len(outcome.result["guests"]) == 8


@pytest.mark.parametrize(
    ("lasting", "setting", "kind"),
    [
        (False, None, ColdExecutor),
        (True, None, WarmExecutor),
        (True, "cold", ColdExecutor),
        (False, "warm", WarmExecutor),
    ],
)
def test_a_server_is_kept_where_more_than_one_call_is_expected(cluster, tmp_path, lasting, setting, kind):
    login = {"user": cluster.user, "token_id": cluster.token_id, "token_secret": cluster.token_secret}
    settings = Settings(url=cluster.url, **login, state_dir=tmp_path, executor=setting)

    executor = make_bridge(settings, lasting=lasting)._means.executor.executor

    assert executor.__class__ is kind
    if isinstance(executor, WarmExecutor):
        executor.close()


def test_no_secret_is_in_the_server_or_in_what_a_run_leaves(executors, cluster, tmp_path):
    outcome = run(executors["warm"], tmp_path / "run")

    assert outcome.result["failed"] is False
    server = Path("/proc", str(executors["warm"].supervisor.pid))
    left = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    shown = [(server / name).read_bytes() for name in ("cmdline", "environ")]
    assert not any(cluster.token_secret.encode() in content for content in [*left, *shown])


def test_a_server_that_dies_is_followed_by_another_and_missed_by_no_run(connection, warm, tmp_path, eventually, caplog):
    executor = warm(connection)
    dead = executor.supervisor.pid
    # As if it had served for long.
    executor.supervisor._server.started_at -= 3600
    kill_server(executor)

    assert run(executor, tmp_path / "one").result["failed"] is False
    eventually(lambda: executor.supervisor.pid not in (None, dead), "another server")
    assert run(executor, tmp_path / "two").result["failed"] is False
    assert was_forked(tmp_path / "two")
    assert caplog.records == []


def test_a_server_that_can_not_live_is_missed_once_and_loudly(connection, warm, tmp_path, caplog):
    executor = warm(connection)
    kill_server(executor)

    for number in range(2):
        assert run(executor, tmp_path / str(number)).result["failed"] is False
        assert not was_forked(tmp_path / str(number))
    assert ["fork server" in record.getMessage() for record in caplog.records] == [True]


def test_a_run_whose_server_dies_before_the_fork_uses_ansible_playbook(connection, warm, tmp_path, monkeypatch):
    executor = warm(connection)
    folder = executor.supervisor.find_program_folder()
    monkeypatch.setattr(executor.supervisor, "find_program_folder", lambda: folder)
    kill_server(executor)

    assert run(executor, tmp_path / "run").result["failed"] is False


def test_beyond_the_bound_playbooks_are_run_by_ansible_playbook_itself(connection, warm, tmp_path):
    executor = warm(connection, max_playbooks=0)

    assert run(executor, tmp_path / "run").result["failed"] is False


@pytest.fixture
def own_collection(tmp_path, monkeypatch):
    """A copy of the collection, which no other test uses."""
    copy = tmp_path / "collections/ansible_collections/playvisor/proxmox"
    for part in ("plugins", "meta", "playbooks"):
        shutil.copytree(collection.root() / part, copy / part, symlinks=True)
    shutil.copy(collection.root() / "galaxy.yml", copy)
    monkeypatch.setattr(collection, "collections_path", lambda: tmp_path / "collections")
    return copy


@pytest.mark.parametrize("changed", ["environment", "collection"])
def test_a_server_is_replaced_when_what_it_has_loaded_is_no_longer_so(
    connection, warm, tmp_path, eventually, monkeypatch, own_collection, changed
):
    executor = warm(connection)
    former = executor.supervisor.pid
    if changed == "environment":
        monkeypatch.setenv("TZ", "Asia/Tokyo")
    else:
        os.utime(own_collection / "plugins/modules/pve_pool.py")

    executor.supervisor.find_program_folder()
    pid = eventually(lambda: executor.supervisor.pid, "another server")
    assert pid != former
    eventually(lambda: not processes.read_start_time(former), "the end of the former one")
    assert run(executor, tmp_path / "run").result["failed"] is False


def running(executor, folder, tmp_path):
    """A run that does not end by itself, in a thread."""
    wanted = PlaybookRun(folder, sleeping(tmp_path), "none", {})
    thread = threading.Thread(target=executor.run, args=(wanted, lambda _line: None, threading.Event()))
    thread.start()
    return thread


def children(pid):
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if processes.read_parent(int(entry.name)) == pid]


def command_line(pid):
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes()
    except OSError:
        # It has ended.
        return b""


@pytest.mark.every_core
def test_a_run_is_one_fork_of_the_server_and_no_worker_of_it(connection, warm, tmp_path, eventually):
    executor = warm(connection)
    server, folder = executor.supervisor.pid, tmp_path / "run"
    thread = running(executor, folder, tmp_path)
    eventually(
        lambda: b"sleep" in b"".join(map(command_line, processes.find_run_processes(folder))), "the command's start"
    )

    (playbook,) = set(processes.find_run_processes(folder)) & set(children(server))
    forked = [pid for pid in processes.find_run_processes(folder) if command_line(pid) == command_line(server)]
    processes.kill_run(folder)
    thread.join(30)

    assert forked == [playbook]


def test_a_spare_that_is_killed_is_missed_by_no_run(connection, warm, tmp_path, eventually):
    executor = warm(connection)
    server = executor.supervisor.pid
    assert run(executor, tmp_path / "one").result["failed"] is False
    for spare in eventually(lambda: children(server), "a spare"):
        os.kill(spare, signal.SIGKILL)

    assert run(executor, tmp_path / "two").result["failed"] is False
    assert was_forked(tmp_path / "two")
    eventually(lambda: len(children(server)) == 1, "another spare, and no more")


def test_what_ansible_writes_is_written_to_folders_of_the_run_or_the_server(connection, warm, tmp_path):
    executor = warm(connection)
    folder = executor.supervisor.find_program_folder()
    told = Path("/proc", str(executor.supervisor.pid), "environ").read_bytes().decode().split("\0")
    settings = dict(variable.split("=", 1) for variable in told if "=" in variable)
    run(executor, tmp_path / "run")

    assert all(Path(settings[f"ANSIBLE_{kind}_TEMP"]).is_relative_to(folder) for kind in ("LOCAL", "REMOTE"))
    assert [path.name for path in Path(settings["ANSIBLE_HOME"]).iterdir()] == ["ansible.cfg"]
    assert not (tmp_path / "run/temporary").exists()


def test_a_run_whose_server_is_killed_ends_with_it(warm, tmp_path, eventually):
    executor = warm({})
    ended = []

    def work(folder):
        wanted = PlaybookRun(folder, sleeping(tmp_path), "none", {})
        ended.append(executor.run(wanted, lambda _line: None, threading.Event()))

    def begin(number):
        """Start a run that has come from the server: tests beside this one may touch what makes it be replaced."""
        eventually(executor.supervisor.find_program_folder, "a server's start")
        folder = tmp_path / f"run{number}"
        thread = threading.Thread(target=work, args=(folder,))
        thread.start()
        eventually(lambda: len(processes.find_run_processes(folder)) >= 4, "the command's start")
        if was_forked(folder):
            return folder, thread
        processes.kill_run(folder)
        thread.join()
        ended.clear()
        return begin(number + 1)

    folder, thread = begin(0)
    kill_server(executor)
    thread.join(30)

    assert [(outcome.status, outcome.result) for outcome in ended] == [("ended", None)]
    assert processes.find_run_processes(folder) == []


def test_nothing_is_left_of_a_server_whose_bridge_is_killed_while_it_starts(tmp_path, eventually):
    program = (
        "from mcp_bridge.executor.warm import WarmExecutor; WarmExecutor({}).supervisor.find_program_folder(); input()"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stdin=subprocess.PIPE) as bridge:
        folder = eventually(lambda: list(tmp_path.glob("playvisor-*/socket")), "a server's start")[0].parent
        bridge.kill()

    eventually(lambda: not folder.exists(), "the end of the server")


PARENT = """
import sys, threading
from pathlib import Path
from mcp_bridge.executor import PlaybookRun
from mcp_bridge.executor.warm import WarmExecutor
executor = WarmExecutor({})
while not executor.supervisor.find_program_folder():
    threading.Event().wait(0.05)
print(executor.supervisor.pid, executor.supervisor.find_program_folder(), flush=True)
folder, playbook = map(Path, sys.argv[1:])
executor.run(PlaybookRun(folder, playbook, "none", {}), lambda _line: None, threading.Event())
"""


def test_nothing_is_left_when_the_bridge_is_killed(tmp_path, eventually):
    command = [sys.executable, "-c", PARENT, str(tmp_path / "run"), str(sleeping(tmp_path))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bridge:
        server, programs = bridge.stdout.readline().split()
        eventually(lambda: len(processes.find_run_processes(tmp_path / "run")) >= 4, "the command's start")
        bridge.kill()

    eventually(lambda: not processes.read_start_time(int(server)), "the end of the server")
    assert not Path(programs).exists()
    eventually(lambda: not processes.find_run_processes(tmp_path / "run"), "the end of its run")
