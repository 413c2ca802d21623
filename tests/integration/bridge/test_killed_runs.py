"""What a killed process leaves: no key that is good for anything, and none on the disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcp_bridge.system.processes import find_run_processes

pytestmark = pytest.mark.flow

CALL = {"name": "start_guest", "arguments": {}}


@pytest.fixture
def runtime(env):
    """The folder for sockets of all processes of this test; its path has to be short."""
    folder = Path(tempfile.mkdtemp(prefix="pv-"))
    env["XDG_RUNTIME_DIR"] = str(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def starting(env, guest, simulator, runtime, eventually, state_dir):
    """`with starting() as (server, key)`: an MCP server whose run applies a slow task, and its key's file."""

    @contextmanager
    def start():
        simulator.world.settings.task_seconds = 60.0
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "0"}}
        messages = (
            {"id": 1, "method": "initialize", "params": hello},
            {"method": "notifications/initialized"},
            {"id": 2, "method": "tools/call", "params": {**CALL, "arguments": {"vmid": guest(running=False).vmid}}},
        )
        command = ["playvisor", "mcp", "--mode", "apply"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, env=env, **pipes) as server:
            for message in messages:
                server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            server.stdin.flush()
            eventually(lambda: any(method != "GET" for method, _path, _status in simulator.requests), "a write")
            key = eventually(lambda: next(runtime.glob("playvisor-gateway-*/*.key"), None), "a key")
            try:
                yield server, key
            finally:
                server.kill()
                for pid in find_run_processes(state_dir / "runs"):
                    os.kill(pid, signal.SIGKILL)

    return start


def ask(folder, key):
    """The status of the answer to a request with this key."""
    with socket.socket(socket.AF_UNIX) as gateway:
        gateway.connect(str(folder / "socket"))
        request = f"GET /api2/json/version HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {key}\r\n\r\n"
        gateway.sendall(request.encode())
        return int(gateway.recv(65536).split(b" ")[1])


def test_the_key_of_a_run_that_is_killed_is_good_for_nothing(starting, eventually, ledger):
    with starting() as (server, file):
        key = file.read_text()
        assert ask(file.parent, key) == 200
        for pid in find_run_processes(ledger.folder(ledger.recent(1)[0].run_id)):
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not file.exists(), "the end of the key's file")

        assert ask(file.parent, key) == 401
        assert server.poll() is None


@pytest.mark.thorough
def test_the_keys_of_a_server_that_is_killed_are_gone_with_it_and_at_the_next_start(starting, env):
    with starting() as (server, file):
        key = file.read_text()
        server.kill()
        server.wait()

        with pytest.raises(ConnectionError):
            ask(file.parent, key)
        subprocess.run(["playvisor", "call", "list_guests"], env=env, capture_output=True, check=True)
        assert not file.parent.exists()
