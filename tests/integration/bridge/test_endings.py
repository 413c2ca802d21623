"""Runs that do not end by themselves leave a truthful row and nothing running."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading

import pytest

from mcp_bridge.executor import PlaybookRun
from mcp_bridge.executor.cold import ColdExecutor
from mcp_bridge.system import processes

pytestmark = pytest.mark.flow


@pytest.fixture
def slow_start(request, env, simulator, guest, ledger, eventually):
    """Starts a guest by the command line and waits until Proxmox VE works on it, which will take minutes."""
    env = {**env, "PLAYVISOR_EXECUTOR": getattr(request, "param", "")}
    simulator.world.settings.task_seconds = 300.0
    off = guest(running=False)
    command = [sys.executable, "-m", "playvisor", "call", "start_guest", f"vmid={off.vmid}", "--json"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        eventually(lambda: any("/tasks/UPID" in request[1] for request in simulator.requests), "a look at its task")
        yield process
        process.kill()


def test_ctrl_c_stops_the_run_and_says_what_that_means(slow_start, ledger):
    slow_start.send_signal(signal.SIGINT)
    stdout, stderr = slow_start.communicate(timeout=20)

    assert slow_start.returncode == 130, stdout + stderr
    assert '"status": "cancelled"' in stdout
    assert "its task still runs" in stdout
    assert "Traceback" not in stderr
    (row,) = ledger.recent()
    assert (row.outcome, row.failure_code, row.changed) == ("cancelled", "cancelled", True)
    assert ["qmstart" in upid for upid in row.upids] == [True]
    assert processes.find_run_processes(ledger.folder(row.run_id)) == []
    assert ledger.verify().faults == []


@pytest.mark.parametrize("slow_start", ["cold"], indirect=True)
def test_the_next_process_closes_what_a_killed_one_left_open(slow_start, ledger, playvisor, eventually):
    slow_start.kill()
    slow_start.wait()
    (row,) = ledger.recent()
    assert row.outcome is None
    folder = ledger.folder(row.run_id)
    assert processes.find_run_processes(folder) != []

    runs = playvisor("runs", "list", "--json").json

    assert [(run["outcome"], run["decision"], run["changed"]) for run in runs] == [("interrupted", "allowed", True)]
    assert ["qmstart" in upid for upid in runs[0]["upids"]] == [True]
    eventually(lambda: not processes.find_run_processes(folder), "the end of its playbook")
    assert ledger.verify().faults == []


def test_a_server_that_is_told_to_end_stops_its_runs_and_records_them(env, simulator, guest, ledger, eventually):
    simulator.world.settings.task_seconds = 300.0
    off = guest(running=False)
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "0"}}
    call = {"name": "start_guest", "arguments": {"vmid": off.vmid}}
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]
    command = [sys.executable, "-m", "playvisor", "mcp", "--mode", "apply"]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        server.stdin.write("".join(f"{json.dumps(message)}\n" for message in messages))
        server.stdin.flush()
        path = f"/nodes/{off.node}/qemu/{off.vmid}/status/start"
        eventually(lambda: ("POST", path, 200) in simulator.requests, "the request to start it")
        server.terminate()
        assert server.wait(20) == 128 + signal.SIGTERM

    (row,) = ledger.recent()
    assert (row.outcome, row.changed) == ("cancelled", True)
    assert processes.find_run_processes(ledger.folder(row.run_id)) == []


@pytest.mark.thorough
def test_a_run_that_takes_too_long_is_stopped(playvisor, simulator, guest, ledger):
    simulator.world.settings.task_seconds = 300.0

    done = playvisor("call", "start_guest", f"vmid={guest(running=False).vmid}", "--json", PLAYVISOR_RUN_TIMEOUT="5")

    assert (done.status, done.json["failure"]["code"]) == (1, "timeout")
    assert done.json["changed"]
    (row,) = ledger.recent()
    assert (row.outcome, row.failure_code) == ("failed", "timeout")
    assert processes.find_run_processes(ledger.folder(row.run_id)) == []


@pytest.fixture(scope="module", params=["cold", "warm"])
def executor(request, warm):
    return ColdExecutor({}) if request.param == "cold" else warm({})


class TestTheExecutor:
    """Playbooks that no tool has, run by the executor itself."""

    @pytest.fixture
    def play(self, tmp_path, executor):
        def run(task, *, cancel=None, timeout=60, progress=lambda _line: None, **variables):
            playbook = tmp_path / "play.yml"
            head = "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n"
            playbook.write_text(f"{head}    - name: Work\n      {task}\n")
            wanted = PlaybookRun(tmp_path / "run", playbook, "ansible.builtin.command", variables, timeout=timeout)
            return executor.run(wanted, progress, cancel or threading.Event())

        return run

    def test_a_playbook_that_is_none_ends_without_a_result(self, play):
        outcome = play("ansible.builtin.command: [")

        assert outcome.status == "ended"
        assert outcome.result is None
        assert any("YAML" in line for line in outcome.output)

    def test_a_module_that_does_not_exist_ends_without_a_result(self, play):
        assert play("playvisor.proxmox.no_such_module:").result is None

    def test_a_failed_module_is_a_failed_result(self, play):
        outcome = play("ansible.builtin.command: 'false'")

        assert outcome.result["failed"]

    def test_the_user_s_own_configuration_is_not_read(self, play, tmp_path, monkeypatch):
        (tmp_path / "ansible.cfg").write_text("[defaults]\nthis is no configuration")
        monkeypatch.setenv("ANSIBLE_CONFIG", str(tmp_path / "ansible.cfg"))
        monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", "/nowhere")

        assert play("ansible.builtin.command: 'true'").result["failed"] is False

    def test_cancelling_ends_every_process(self, play, tmp_path, eventually):
        cancel = threading.Event()
        started = threading.Event()
        ended = {}

        def work():
            ended["outcome"] = play(
                "ansible.builtin.command: sleep 300", cancel=cancel, progress=lambda _: started.set()
            )

        thread = threading.Thread(target=work)
        thread.start()
        assert started.wait(30)
        # The playbook, its worker, the module and the command itself.
        eventually(lambda: len(processes.find_run_processes(tmp_path / "run")) >= 4, "the command's start")
        cancel.set()
        thread.join(20)

        assert ended["outcome"].status == "cancelled"
        assert processes.find_run_processes(tmp_path / "run") == []
