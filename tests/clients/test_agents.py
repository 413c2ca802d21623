"""Agents that others wrote, whose model is scripted: which tools the model is offered, and what it reads of results.

They install from npm and PyPI, and need no account here: each is told that its model's API is on this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from clients.scripted_model import ScriptedModel
from environments import CantInstall, make_node_environment, make_python_environment

from mcp_bridge.catalogue.offer import make_offer
from pve_simulator import Simulator, build_cluster

pytestmark = [pytest.mark.clients, pytest.mark.flow]

_LISTED = 100
_MOST_SECONDS = 300
_DRIVER = Path(__file__).parent / "drivers" / "google_adk.py"

Server = dict[str, Any]


def make_mcp_file(server: Server, _url: str) -> dict[str, str]:
    return {"mcp.json": json.dumps({"mcpServers": {"playvisor": server}})}


def make_codex_files(server: Server, url: str) -> dict[str, str]:
    provider = {"name": "scripted", "base_url": f"{url}/v1", "wire_api": "responses"}
    # Without `required`, a turn begins before the server has answered.
    own = {**server, "required": True, "default_tools_approval_mode": "approve"}
    facts = {"model": "scripted", "model_provider": "scripted", "approval_policy": "never"}
    tables = {"model_providers": {"scripted": provider}, "mcp_servers": {"playvisor": own}}
    return {
        ".codex/config.toml": "".join(f"{name} = {write_toml(value)}\n" for name, value in (facts | tables).items())
    }


def make_gemini_files(server: Server, _url: str) -> dict[str, str]:
    settings = {
        "mcpServers": {"playvisor": {**server, "trust": True}},
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False},
    }
    return {".gemini/settings.json": json.dumps(settings)}


def make_opencode_files(server: Server, url: str) -> dict[str, str]:
    own = {"type": "local", "command": [server["command"], *server["args"]], "environment": server["env"]}
    options = {"baseURL": f"{url}/v1", "apiKey": "none"}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "scripted", "options": options, "models": {"m": {}}}
    settings = {"autoupdate": False, "model": "scripted/m", "small_model": "scripted/m"}
    settings |= {"provider": {"scripted": provider}, "mcp": {"playvisor": {**own, "enabled": True}}}
    return {"opencode.json": json.dumps(settings)}


def write_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {write_toml(entry)}" for name, entry in value.items()) + "}"
    return json.dumps(value)


@dataclass(frozen=True)
class Agent:
    """An agent: its package, its command, the files that it reads, and its environment, in which {url} is the model's.

    `refuses_text`: it checks arguments by the schema itself, and refuses numbers that are text.
    """

    package: str
    command: tuple[str, ...]
    make_files: Callable[[Server, str], dict[str, str]]
    environment: dict[str, str] = field(default_factory=dict)
    refuses_text: bool = False
    by: str = "node"


AGENTS = {
    "claude-code": Agent(
        "@anthropic-ai/claude-code",
        ("claude", "-p", "Go.", "--strict-mcp-config", "--mcp-config=mcp.json", "--allowedTools=mcp__playvisor"),
        make_mcp_file,
        {
            "ANTHROPIC_BASE_URL": "{url}",
            "ANTHROPIC_API_KEY": "none",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            # Without this, a turn begins before the server has answered.
            "MCP_CONNECTION_NONBLOCKING": "0",
            "MCP_CONNECT_TIMEOUT_MS": "60000",
        },
    ),
    "codex": Agent("@openai/codex", ("codex", "exec", "--skip-git-repo-check", "Go."), make_codex_files),
    "gemini-cli": Agent(
        "@google/gemini-cli",
        ("gemini", "--skip-trust", "--approval-mode=yolo", "--model=gemini-2.5-flash", "--prompt=Go."),
        make_gemini_files,
        {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": "{url}"},
        refuses_text=True,
    ),
    "opencode": Agent(
        "opencode-ai", ("opencode", "run", "Go."), make_opencode_files, {"OPENCODE_DISABLE_MODELS_FETCH": "1"}
    ),
    "google-adk": Agent(
        "google-adk[mcp]",
        ("python", str(_DRIVER)),
        make_mcp_file,
        {"GOOGLE_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": "{url}"},
        by="python",
    ),
}


@pytest.fixture
def cluster():
    with Simulator(build_cluster(nodes=2, guests=130), port=0, task_seconds=0.0) as running:
        yield running


@pytest.fixture
def connection(cluster, tmp_path):
    return {
        "PATH": os.environ["PATH"],
        "PLAYVISOR_STATE_DIR": str(tmp_path / "state"),
        "PROXMOX_URL": cluster.url,
        "PROXMOX_USER": cluster.user,
        "PROXMOX_TOKEN_ID": cluster.token_id,
        "PROXMOX_TOKEN_SECRET": cluster.token_secret,
        "PROXMOX_FINGERPRINT": cluster.fingerprint,
    }


def find_program(agent):
    """The path of an agent's program."""
    if agent.by == "python":
        return make_python_environment(_DRIVER.stem, (agent.package,)) / agent.command[0]
    return make_node_environment(agent.command[0], (agent.package,)) / ".bin" / agent.command[0]


def play(agent, connection, home, calls):
    """Have an agent's model make these calls; returns the model, which has kept what it was shown."""
    try:
        program = find_program(agent)
    except CantInstall as error:
        pytest.skip(str(error))
    home.mkdir()
    args = ["-m", "playvisor", "mcp", "--mode=apply", "--toolsets=all"]
    server = {"command": sys.executable, "args": args, "env": connection}
    model = ScriptedModel(calls)
    with model.serve():
        for name, content in agent.make_files(server, model.url).items():
            (home / name).parent.mkdir(exist_ok=True)
            (home / name).write_text(content, encoding="utf-8")
        # What somebody has set for agents of their own stays out of it.
        environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
        environment |= {name: value.format(url=model.url) for name, value in agent.environment.items()}
        done = subprocess.run(
            [str(program), *agent.command[1:]],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_MOST_SECONDS,
        )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
    return model


@pytest.mark.parametrize("name", AGENTS)
def test_an_agents_model_is_offered_every_tool_and_reads_the_facts(name, cluster, connection, tmp_path):
    agent = AGENTS[name]
    guests = [guest for guest in cluster.cluster.guests.values() if not guest.template]
    running = next(guest for guest in guests if guest.running and guest.type == "qemu")
    stopped = next(guest for guest in guests if not guest.running and guest.type == "qemu")
    calls = [
        ("list_guests", {}),
        ("list_guests", {"offset": _LISTED}),
        ("get_guest", {"vmid": str(running.vmid)}),
        ("start_guest", {"vmid": stopped.vmid, "check": True}),
        ("stop_guest", {"vmid": running.vmid}),
        ("start_guest", {"vmid": 99999}),
    ]

    model = play(agent, connection, tmp_path / "home", calls)

    assert set(model.tools) >= {tool.name for tool in make_offer(["all"]).tools}
    first, second, got, planned, held, missing = (answer["text"] for answer in model.answers)
    assert all((guest.name in first) != (guest.name in second) for guest in guests)
    assert "next_offset" in first or f"offset={_LISTED}" in first
    assert "next_offset" not in second
    assert ("integer" if agent.refuses_text else running.name) in got
    assert "planned" in planned
    assert f"/nodes/{stopped.node}/qemu/{stopped.vmid}/status/start" in planned
    assert not stopped.running
    assert running.running
    plans = subprocess.run(
        [sys.executable, "-m", "playvisor", "approvals", "list", "--json"],
        env=connection,
        capture_output=True,
        check=True,
    )
    (plan,) = json.loads(plans.stdout)
    assert plan["plan_id"] in held
    assert "approv" in held
    assert "99999" in missing
    assert not any(answer["error"] for answer in model.answers[3:5])
