"""The place of the attacks: a simulated cluster, the real bridge on it, and what counts as a write and as a leak."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import requests
from pydantic import SecretStr

from mcp_bridge.auth.caller import Caller, make_local_client, make_person
from mcp_bridge.authority import Authority
from mcp_bridge.evidence.plan_view import render_text, seal
from mcp_bridge.executor.warm import WarmExecutor
from mcp_bridge.result import Result
from mcp_bridge.run import Bridge, Request
from mcp_bridge.run.gated import GatedExecutor
from mcp_bridge.settings import Settings
from pve_simulator import Simulator

# Logging in changes nothing on the cluster.
HARMLESS = "/access/ticket"
# The property of a test whose tampering nothing in the state directory can tell.
NEEDS_ANCHOR = "needs an anchor outside"


@dataclass
class Counts:
    """What an attack came to; the table at the end shows it."""

    attack: str
    tries: int = 0
    writes: int = 0
    leaks: int = 0
    unnoticed: int = 0

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Done:
    """What a command came to."""

    status: int
    stdout: str
    stderr: str


@dataclass
class Lab:
    """One simulated cluster and everything that Playvisor is, on it."""

    simulator: Simulator
    state_dir: Path
    executor: WarmExecutor
    changes: dict[str, Any] = field(default_factory=dict)
    bridges: list[Bridge] = field(default_factory=list)

    def make_settings(self, **changes: Any) -> Settings:
        """The settings of somebody who uses this cluster."""
        connection = {
            "url": self.simulator.url,
            "user": self.simulator.user,
            "token_id": self.simulator.token_id,
            "token_secret": SecretStr(self.simulator.token_secret),
            "password": None,
            "fingerprint": self.simulator.fingerprint,
        }
        return Settings(**{**connection, "state_dir": self.state_dir, **self.changes, **changes})

    def make_bridge(self, **changes: Any) -> Bridge:
        """A bridge in this process, whose playbooks run as those of a server do."""
        settings = self.make_settings(**changes)
        authority = Authority(settings)
        bridge = Bridge(settings, GatedExecutor(self.executor, authority), authority)
        self.bridges.append(bridge)
        return bridge

    @property
    def bridge(self) -> Bridge:
        """The bridge that is asked when a test needs only one."""
        return self.bridges[0] if self.bridges else self.make_bridge()

    def ask(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        caller: Caller | None = None,
        mode: Any = "apply",
        bridge: Bridge | None = None,
        progress: Callable[[str], None] = lambda _line: None,
        may_crash: bool = False,
    ) -> Result:
        """Call a tool as an AI client that can ask nobody, or as another caller. A crash is no refusal."""
        request = Request(tool, dict(arguments), mode, caller or make_local_client("model"))
        result = (bridge or self.bridge).call(request, progress, threading.Event())
        assert may_crash or result.failure is None or result.failure.code != "internal", result.failure
        return result

    def ask_as_person(self, tool: str, arguments: Mapping[str, Any], **options: Any) -> Result:
        """Call a tool as the person at the command line."""
        return self.ask(tool, arguments, caller=make_person("playvisor"), **options)

    def plan(self, tool: str, arguments: Mapping[str, Any], **options: Any) -> list[dict[str, Any]]:
        """The requests that a call would send: an attack that would send none proves nothing."""
        result = self.ask(tool, arguments, mode="check", **options)
        return list(result.plan.steps) if result.plan else []

    def approve(self, result: Result, *, bridge: Bridge | None = None, caller: Caller | None = None) -> None:
        """Approve a held plan as the person at the command line does."""
        assert result.plan is not None
        assert result.plan.id is not None
        request = Request("approve_plan", {}, "apply", caller or make_person("playvisor"))
        chosen = bridge or self.bridge
        seen = seal(render_text(chosen.show_plan(result.plan.id)))
        chosen.decide_plan(result.plan.id, request, approve=True, seen=seen)

    def send(self, method: str, path: str, **params: Any) -> Any:
        """Change something past Playvisor, as somebody at Proxmox VE's own interface does."""
        token = f"PVEAPIToken={self.simulator.user}!{self.simulator.token_id}={self.simulator.token_secret}"
        url = f"{self.simulator.url}/api2/json{path}"
        answer = requests.request(
            method, url, data=params, headers={"Authorization": token}, verify=self.simulator.ca_path, timeout=30
        )
        answer.raise_for_status()
        return answer.json()["data"]

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Every request so far at the cluster that was not a GET."""
        return [
            (method, path)
            for method, path, _status in self.simulator.requests
            if method not in ("GET", "HEAD", "OPTIONS") and path != HARMLESS
        ]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of somebody who uses this cluster."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROXMOX_", "PLAYVISOR_"))}
        return {
            **kept,
            "PLAYVISOR_STATE_DIR": str(self.state_dir),
            **self.simulator.environment,
        }

    def run(self, *arguments: str, **changes: str) -> Done:
        """One command `playvisor`, with changes to its environment."""
        command = [sys.executable, "-m", "playvisor", *arguments]
        environment = {**self.environment, **changes}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
        return Done(done.returncode, done.stdout, done.stderr)

    def find_secrets(self, *texts: str) -> list[str]:
        """Where the connection's secrets stand in clear: in these texts, or in files of the state directory."""
        secrets = [self.simulator.token_secret.encode(), self.simulator.password.encode()]
        found = [text[:80] for text in texts if any(secret in text.encode() for secret in secrets)]
        for path in self.state_dir.rglob("*"):
            if path.is_file() and any(secret in path.read_bytes() for secret in secrets):
                found.append(str(path))
        return found

    def close(self) -> None:
        """End the bridges, but not the executor, which others use."""
        for bridge in self.bridges:
            bridge.authority.close()


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
    """Look until something is so; returns what the condition did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")
