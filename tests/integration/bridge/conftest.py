"""Runs the bridge's front ends, as their users do, against a simulated cluster."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import ElicitResult, Implementation
from trust.lab import Lab

from mcp_bridge.authority import Authority
from mcp_bridge.executor.warm import WarmExecutor
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.settings import Settings
from pve_simulator import Simulator, build_cluster

PLAYVISOR = (sys.executable, "-m", "playvisor")


@dataclass
class Done:
    """What a command came to."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Two nodes with eight guests, whose tasks end at once."""
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0) as running:
        yield running


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def ledger(state_dir: Path) -> Ledger:
    return Ledger(state_dir)


@pytest.fixture
def authority(state_dir: Path) -> Authority:
    """The authority of the state directory, for what needs no cluster."""
    return Authority(Settings(state_dir=state_dir))


@pytest.fixture
def clean_env(state_dir: Path) -> dict[str, str]:
    """This process's environment without any cluster."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROXMOX_", "PLAYVISOR_"))}
    return {**kept, "PLAYVISOR_STATE_DIR": str(state_dir)}


@pytest.fixture
def env(clean_env: dict[str, str], simulator: Simulator) -> dict[str, str]:
    """The environment of somebody who uses the simulated cluster."""
    return {
        **clean_env,
        **simulator.environment,
        # The users of these tests' clients answer at once.
        "PLAYVISOR_READING_SECONDS": "0",
    }


@pytest.fixture(scope="module")
def warm() -> Iterator[Callable[..., WarmExecutor]]:
    """`warm(connection)`: an executor whose fork server is ready."""
    made = []

    def make(connection: dict[str, str], **options: Any) -> WarmExecutor:
        executor = WarmExecutor(connection, **options)
        made.append(executor)
        executor.start()
        wait_until(lambda: executor.supervisor.pid, "a fork server")
        return executor

    yield make
    for executor in made:
        executor.close()


@pytest.fixture(scope="session")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The XDG_RUNTIME_DIR of a `playvisor serve`, which makes commands of these tests faster."""
    runtime = tmp_path_factory.mktemp("runtime")
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}
    with subprocess.Popen([*PLAYVISOR, "serve"], env=environment, stderr=subprocess.DEVNULL) as serving:
        wait_until(lambda: list(runtime.glob("playvisor/*")), "somebody who lends")
        yield str(runtime)
        serving.terminate()


@pytest.fixture
def lab(simulator: Simulator, state_dir: Path, warm: Callable[..., WarmExecutor]) -> Iterator[Lab]:
    """The bridges of one state directory."""
    lab = Lab(simulator, state_dir, warm({}))
    yield lab
    lab.close()


@pytest.fixture
def playvisor(request: pytest.FixtureRequest, lent: str) -> Callable[..., Done]:
    """`playvisor("call", "list_guests", PROXMOX_PORT="1")`: one command, with changes to the environment.

    It is run by a fork of a `playvisor serve`, as it would run by itself; test_lending.py shows that. Threads give
    the `environment`: pytest makes fixtures in one thread only.
    """

    def run(*arguments: str, environment: dict[str, str] | None = None, **changes: str | None) -> Done:
        base = environment if environment is not None else request.getfixturevalue("env")
        changed = {"XDG_RUNTIME_DIR": lent, **changes}
        changed = {**base, **changed}
        used = {name: value for name, value in changed.items() if value is not None}
        done = subprocess.run([*PLAYVISOR, *arguments], env=used, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    return run


async def approving(_context: Any, _params: Any) -> ElicitResult:
    """The user of a client, who approves whatever is asked."""
    return ElicitResult(action="accept", content={"approve": True})


@pytest.fixture
def converse(env: dict[str, str]) -> Callable[..., Any]:
    """`converse(steps, mode="apply")`: connects a real MCP client over stdio and returns what `steps(client)` does.

    Its user approves every plan, or does what `user` does; with None there is nobody to ask. `hear` gets what the
    server says unasked. `options` are further ones of the server's.
    """

    def run(
        steps: Callable[[Client], Awaitable[Any]],
        *,
        mode: str = "apply",
        protocol: str = "auto",
        toolsets: str = "",
        aliases: str = "",
        user: Any = approving,
        hear: Any = None,
        name: str = "test-client",
        options: tuple[str, ...] = (),
    ) -> Any:
        options = ("--mode", mode, "--toolsets", toolsets, "--aliases", aliases, *options)
        server = StdioServerParameters(command=PLAYVISOR[0], args=[*PLAYVISOR[1:], "mcp", *options], env=env)

        async def connected() -> Any:
            info = Implementation(name=name, version="7")
            heard = {"elicitation_callback": user, "message_handler": hear}
            async with Client(server, client_info=info, mode=protocol, **heard) as client:
                return await steps(client)

        return anyio.run(connected)

    return run


@pytest.fixture
def writes(simulator: Simulator) -> Callable[[], list[tuple[str, str]]]:
    """Every request so far that was not a GET."""
    return lambda: [(method, path) for method, path, _status in simulator.requests if method != "GET"]


@pytest.fixture
def guest(simulator: Simulator) -> Callable[..., Any]:
    """`guest(running=True)`: the first such guest of the simulated cluster."""

    def find(*, running: bool, kind: str = "qemu") -> Any:
        every = simulator.cluster.guests.values()
        return next(one for one in every if one.type == kind and one.running == running and not one.template)

    return find


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
    """Look until something is so; returns what the condition did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")


@pytest.fixture
def eventually() -> Callable[..., Any]:
    return wait_until


@pytest.fixture
def serving(env):
    """`with serving("--mode", "apply") as url`: the server on a free port of this machine."""

    @contextmanager
    def serve(*options):
        command = ["playvisor", "mcp", "--transport", "http", "--port", "0", *options]
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as server:
            try:
                yield re.search(r"http://\S+", server.stderr.readline())[0]
            finally:
                server.terminate()
                assert server.wait(20) == 0

    return serve


@pytest.fixture
def talk():
    """`talk(url, secret, steps)`: what `steps(client)` does, as an MCP client with this token."""

    async def connected(url, secret, steps, *, protocol="auto", name="test-client", user=None):
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        async with create_mcp_http_client(headers=headers) as http:
            transport = streamable_http_client(url, http_client=http)
            info = Implementation(name=name, version="7")
            async with Client(transport, client_info=info, mode=protocol, elicitation_callback=user) as client:
                return await steps(client)

    return connected
