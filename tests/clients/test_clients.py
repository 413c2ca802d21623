"""Clients that others wrote, from PyPI and npm, against the MCP server: what they offer a model, and what it reads.

`make clients` runs this; each client is installed below .work in an environment of its own when it is first needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from environments import CantInstall, make_node_environment, make_python_environment

from mcp_bridge.catalogue.offer import make_offer
from pve_simulator import Simulator, build_cluster

DRIVERS = Path(__file__).parent / "drivers"
PLAYVISOR = (sys.executable, "-m", "playvisor")

pytestmark = [pytest.mark.clients, pytest.mark.flow]


@dataclass(frozen=True)
class Client:
    """A client: its driver, and the packages that it needs.

    `reads_schemas`: it checks arguments itself, and passes on only what the schema knows.
    """

    driver: str
    packages: tuple[str, ...]
    by: str = "python"
    reads_schemas: bool = False


CLIENTS = {
    "python-sdk": Client("sdk.py", ("mcp<2",)),
    # Some do not bound the newest versions of what they need, which they break with.
    "python-sdk-of-2025": Client("sdk.py", ("mcp==1.9.4", "pydantic<2.12")),
    "fastmcp": Client("fastmcp_client.py", ("fastmcp",)),
    "langchain": Client("langchain_adapters.py", ("langchain-mcp-adapters",)),
    "openai-agents": Client("openai_agents.py", ("openai-agents",)),
    "google-genai": Client("google_genai.py", ("google-genai", "mcp<2")),
    "pydantic-ai": Client("pydantic_agent.py", ("pydantic-ai-slim[mcp,openai]",)),
    "mcpo": Client("mcpo_proxy.py", ("mcpo", "mcp<2", "fastapi<0.130"), reads_schemas=True),
    "mcp-proxy": Client("mcp_proxy.py", ("mcp-proxy",)),
    "typescript-sdk": Client("typescript_sdk.mjs", ("@modelcontextprotocol/sdk",), "node"),
    "inspector": Client("inspector.mjs", ("@modelcontextprotocol/inspector",), "node"),
}


@pytest.fixture
def cluster():
    with Simulator(build_cluster(nodes=2, guests=8), port=0, task_seconds=0.0) as running:
        yield running


@pytest.fixture
def environment(cluster, tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROXMOX_", "PLAYVISOR_"))}
    return {
        **kept,
        "PLAYVISOR_STATE_DIR": str(tmp_path / "state"),
        "PROXMOX_URL": cluster.url,
        "PROXMOX_USER": cluster.user,
        "PROXMOX_TOKEN_ID": cluster.token_id,
        "PROXMOX_TOKEN_SECRET": cluster.token_secret,
        "PROXMOX_FINGERPRINT": cluster.fingerprint,
    }


def drive(client, server, calls):
    """What a client's driver tells of a conversation."""
    try:
        program, own = prepare(client)
    except CantInstall as error:
        pytest.skip(str(error))
    task = {"server": server, "calls": [{"tool": tool, "arguments": arguments} for tool, arguments in calls]}
    done = subprocess.run(
        program, input=json.dumps(task), env={**os.environ, **own}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def prepare(client):
    """The command line of a client's driver, and its environment."""
    if client.by == "python":
        programs = make_python_environment(client.driver.removesuffix(".py") + packages_tag(client), client.packages)
        return [str(programs / "python"), str(DRIVERS / client.driver)], {}
    modules = make_node_environment(client.driver.removesuffix(".mjs"), client.packages)
    # A module is looked for from where the importing file is.
    driver = modules.parent / client.driver
    driver.write_text((DRIVERS / client.driver).read_text(encoding="utf-8"), encoding="utf-8")
    return ["node", str(driver)], {"INSPECTOR": str(modules / ".bin" / "mcp-inspector")}


def packages_tag(client):
    return "".join(f"-{package.partition('==')[2]}" for package in client.packages if "==" in package)


def stdio(environment):
    return {
        "command": PLAYVISOR[0],
        "args": [*PLAYVISOR[1:], "mcp", "--mode=apply", "--toolsets=all"],
        "env": environment,
    }


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_works_with_every_tool_and_a_model_reads_what_it_needs(name, cluster, environment):
    guests = [guest for guest in cluster.cluster.guests.values() if not guest.template]
    running = next(guest for guest in guests if guest.running and guest.type == "qemu")
    stopped = next(guest for guest in guests if not guest.running and guest.type == "qemu")
    client, chosen = CLIENTS[name], {"vmids": [stopped.vmid]}
    # As models are known to give them: numbers, lists and objects as text.
    calls = [
        ("list_guests", {}),
        ("get_guest", {"vmid": str(running.vmid)}),
        ("start_guest", {"vmid": str(stopped.vmid), "check": "true"}),
        ("start_guest", {"guests": chosen if client.reads_schemas else json.dumps(chosen)}),
        ("stop_guest", {"vmid": running.vmid}),
        ("get_guest", {"vmid": running.vmid, "nosuch": 1}),
        ("start_guest", {"vmid": 99999}),
    ]

    told = drive(client, stdio(environment), calls)

    listed, got, planned, started, held, wrong, missing = told["answers"]
    assert sorted(told["tools"]) == sorted(tool.name for tool in make_offer(["all"]).tools)
    assert all(guest.name in listed["text"] for guest in guests)
    assert running.name in got["text"]
    assert "planned" in planned["text"] or "Would" in planned["text"]
    assert stopped.running
    assert "approv" in held["text"]
    assert running.running
    assert [listed["error"], got["error"], planned["error"], started["error"], held["error"]] == [False] * 5
    assert client.reads_schemas or (wrong["error"] and "nosuch" in wrong["text"])
    assert missing["error"]
    assert "99999" in missing["text"]


def test_a_bridge_of_npm_reaches_the_server_over_http(environment):
    make_token = [*PLAYVISOR, "tokens", "create", "remote", "--json"]
    token = json.loads(subprocess.run(make_token, env=environment, capture_output=True, check=True).stdout)["token"]
    command = [*PLAYVISOR, "mcp", "--transport=http", "--port=0", "--mode=apply"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as serving:
        try:
            url = next(word for line in serving.stderr for word in line.split() if word.startswith("http://"))
            bridge = make_node_environment("mcp_remote", ("mcp-remote",)) / ".bin" / "mcp-remote"
            header = f"Authorization: Bearer {token}"
            server = {
                "command": str(bridge),
                "args": [url.rstrip("."), "--allow-http", "--header", header],
                "env": dict(os.environ),
            }
            told = drive(CLIENTS["typescript-sdk"], server, [("list_guests", {})])
        except CantInstall as error:
            pytest.skip(str(error))
        finally:
            serving.terminate()

    assert "list_guests" in told["tools"]
    assert not told["answers"][0]["error"]
