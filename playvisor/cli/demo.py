# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor demo`: everything at work on a simulated cluster, called by a real MCP client."""

from __future__ import annotations

import json
import os
import ssl
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import types
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import Implementation
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from mcp_bridge import version
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.result import EXIT_DONE, EXIT_FAILED
from mcp_bridge.text.plain import one_line
from playvisor.cli import console
from playvisor.cli.fleet_calls import EXIT_CHANGES
from playvisor.cli.output import layout_rows
from playvisor.cli.rendering.tables import Table
from playvisor.cli.runs import make_run_rows
from playvisor.web.assets import is_built
from pve_simulator import build_cluster, dump_seed

_GUEST = "web-01"
_DRIFTING = "db-01"
_COLLEAGUE = "ann@pve"
_COLLEAGUES_TOKEN = "4c1f9b1e-6d0c-4b55-9f0e-2f6b7f0a4d11"  # noqa: S105 - of a cluster that is gone after the demo
_LONGEST_LINE = 65536
_RUNS = Table("", "run=run_id:short tool outcome changed=changed:plain client=client_name", below="arguments")
_BROWSER = """\
playvisor sim                           # in one terminal
playvisor web                           # in another, with the variables it prints
It opens at http://127.0.0.1:8786, by a link that is good once."""
_REAL_CLUSTER = """\
export PROXMOX_URL=https://pve1.example.com:8006
export PROXMOX_TOKEN_ID='playvisor@pve!ops'
export PROXMOX_TOKEN_SECRET_FILE=~/.config/playvisor/token
export PROXMOX_CA_PATH=~/pve-root-ca.pem  # or PROXMOX_FINGERPRINT
playvisor doctor                        # what is missing, how to get it
playvisor guest list
playvisor mcp --mode check              # for your AI client: it only plans"""


def run_demo() -> int:
    """Run the demo; returns 0 when every step ended as expected, else 1."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="playvisor-demo-") as folder:
        succeeded = anyio.run(_show_demo, Path(folder))
    console.get_stdout().print(Text(f"\nThat took {time.monotonic() - started:.0f} s and left nothing behind.", "dim"))
    return EXIT_DONE if succeeded else EXIT_FAILED


async def _show_demo(folder: Path) -> bool:
    async with _start_simulator(_write_seed(folder)) as cluster:
        demo = _Demo(console.get_stdout(), folder, cluster)
        await demo.run_client()
        await demo.show_drift()
        demo.show_ledger()
    demo.show_next_steps()
    return demo.as_expected


def _write_seed(folder: Path) -> Path:
    """The file of a cluster in which a colleague has rights of her own."""
    file = folder / "cluster.json"
    dump_seed(build_cluster(nodes=3, guests=6), file)
    seed = json.loads(file.read_text(encoding="utf-8"))
    seed["access"] = {
        "users": {_COLLEAGUE: {"tokens": {"laptop": {"secret": _COLLEAGUES_TOKEN, "privsep": 0}}}},
        "acl": [{"path": "/", "kind": "user", "ugid": _COLLEAGUE, "role": "Administrator"}],
    }
    file.write_text(json.dumps(seed), encoding="utf-8")
    return file


@asynccontextmanager
async def _start_simulator(seed: Path) -> AsyncIterator[dict[str, Any]]:
    """Run a simulated cluster in a process of its own; yields how to connect to it."""
    command = [sys.executable, "-m", "pve_simulator", "--seed", str(seed), "--task-seconds", "0.5", "--json"]
    async with await anyio.open_process(command) as process:
        try:
            if process.stdout is None or process.stderr is None:
                raise PlayvisorError("The simulator has no output.")
            try:
                line = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", _LONGEST_LINE)
            except anyio.IncompleteRead:
                errors = b"".join([chunk async for chunk in process.stderr]).decode(errors="replace").splitlines()
                reason = errors[-1] if errors else "it printed nothing"
                raise PlayvisorError(f"The simulator did not start: {reason}") from None
            yield json.loads(line)
        finally:
            process.terminate()


class _Demo:
    """The steps of the demo, each printed with what happens and its result."""

    def __init__(self, out: Console, state_dir: Path, cluster: Mapping[str, Any]) -> None:
        self._out = out
        self._state_dir = state_dir
        self._cluster = cluster
        self._number = 0
        self.as_expected = True

    async def run_client(self) -> None:
        """Make the calls that an AI client would make."""
        self._print_heading("A simulated Proxmox VE cluster is up")
        self._print_body(Text(f"{self._cluster['url']}, TLS pinned by fingerprint"))
        self._print_heading("A real MCP client connects to `playvisor mcp --mode apply`")
        info = Implementation(name="demo-client", version=version())
        async with Client(
            self._make_server_parameters(), client_info=info, elicitation_callback=self._on_question
        ) as client:
            listed = await client.list_tools()
            self._print_body(Text(f"It is offered {', '.join(tool.name for tool in listed.tools)}."))

            self._print_heading("It lists the guests: one playbook run, one API request")
            self._print_body(_render_guests(await self._call(client, "list_guests", {}, "ok")))

            self._print_heading(f"It asks what stopping {_GUEST} would do: nothing is sent yet")
            self._print_body(
                _render_plan(await self._call(client, "stop_guest", {"name": _GUEST, "check": True}, "planned"))
            )

            self._print_heading("It stops it: policy asks its user first, then exactly the approved plan is applied")
            self._print_body(
                _render_result(await self._call(client, "stop_guest", {"name": _GUEST}, "ok", changed=True))
            )

            self._print_heading("It asks for the same again: nothing to do, nothing sent")
            self._print_body(_render_result(await self._call(client, "stop_guest", {"name": _GUEST}, "ok")))

            wrong = {"nam": _GUEST, "force": "very"}
            self._print_heading(f"It makes a wrong call: stop_guest {json.dumps(wrong)}")
            self._print_body(_render_failure(await self._call(client, "stop_guest", wrong, "failed")))

    async def show_drift(self) -> None:
        """Take a guest over as a fleet, have a colleague change it, and print what is told of that."""
        fleet = str(self._state_dir / "fleet.yml")
        self._print_heading(f"{_DRIFTING} is written down as a fleet: how it should be, without changing it")
        await self._run("fleet", "import", "--select", _DRIFTING, "--name", "shop", "--into", fleet)
        await self._run("fleet", "apply", fleet, "--yes")
        await self._run("history", "sync", shown=False)

        self._print_heading(f"A colleague, {_COLLEAGUE}, gives it a larger disk at the web interface")
        self._grow_disk_as_colleague()

        self._print_heading("`playvisor fleet drift` says what differs now, and who did it")
        printed = await self._run("fleet", "drift", fleet, status=EXIT_CHANGES)
        self.as_expected &= _COLLEAGUE in printed

    def _grow_disk_as_colleague(self) -> None:
        """Send what the web interface sends; raises OSError where the simulator does not take it."""
        request = urllib.request.Request(  # noqa: S310 - the simulator's own address
            f"{self._cluster['url']}/api2/json/nodes/pve2/qemu/102/resize",
            b"disk=scsi0&size=%2B8G",
            {"Authorization": f"PVEAPIToken={_COLLEAGUE}!laptop={_COLLEAGUES_TOKEN}"},
            method="PUT",
        )
        trust = ssl.create_default_context(cafile=self._cluster["ca_path"])
        with urllib.request.urlopen(request, context=trust) as answer:  # noqa: S310
            self._print_body(Text(json.load(answer)["data"], "dim"))

    async def _run(self, *arguments: str, status: int = EXIT_DONE, shown: bool = True) -> str:
        """Run a command and print what it prints; another exit status makes the demo fail."""
        command = [sys.executable, "-m", "playvisor", *arguments]
        env = self._make_env() | {"COLUMNS": str(self._out.width - 3), "PLAYVISOR_MODE": "apply"}
        done = await anyio.run_process(command, env=env, check=False)
        self.as_expected &= done.returncode == status
        text = done.stdout.decode().strip()
        if shown or done.returncode != status:
            self._print_body(Text(text or done.stderr.decode().strip()))
        return text

    def show_ledger(self) -> None:
        """Print the ledger, and whether it verifies."""
        ledger = Ledger(self._state_dir)
        self._print_heading("Every call is in the ledger, even the one that failed")
        self._print_body(Group(*layout_rows(make_run_rows(ledger.recent()), _RUNS)))
        self._print_heading("`playvisor runs verify` proves it offline")
        verification = ledger.verify()
        if verification.faults:
            self.as_expected = False
            self._print_body(Text(f"Broken: {verification.faults[0].what}", "red"))
        else:
            intact = f"Intact: {verification.entries} chained entries, every artifact of {verification.artifacts} runs."
            self._print_body(Text(intact, "green"))

    def show_next_steps(self) -> None:
        """Print how to do the same on a real cluster."""
        if is_built():
            self._print_heading("The same in a browser")
            self._print_body(Text(_BROWSER))
        self._print_heading("The same on your own cluster")
        self._print_body(Text(_REAL_CLUSTER))

    async def _call(
        self, client: Client, tool: str, arguments: dict[str, Any], status: str, *, changed: bool = False
    ) -> dict[str, Any]:
        """Call a tool and show its progress; a result other than `status` and `changed` makes the demo fail."""
        result = await client.call_tool(tool, arguments, progress_callback=self._on_progress)
        data = dict(result.structured_content or {})
        self.as_expected &= (data["status"], data["changed"]) == (status, changed)
        return data

    async def _on_question(self, context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        """Play the client's user, who reads the plan and approves it."""
        del context
        question = [Text(f"? {line}", "yellow") for line in params.message.splitlines() if line]
        self._print_body(Group(*question, Text("The user approves.", "green")))
        return types.ElicitResult(action="accept", content={"approve": True})

    async def _on_progress(self, progress: float, total: float | None, message: str | None) -> None:
        self._print_body(Text(f"… {one_line(message or '')}", "dim"))

    def _make_server_parameters(self) -> StdioServerParameters:
        return StdioServerParameters(
            command=sys.executable, args=["-m", "playvisor", "mcp", "--mode", "apply"], env=self._make_env()
        )

    def _make_env(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PROXMOX_", "PLAYVISOR_"))},
            "PLAYVISOR_STATE_DIR": str(self._state_dir),
            "PROXMOX_URL": self._cluster["url"],
            "PROXMOX_USER": self._cluster["user"],
            "PROXMOX_TOKEN_ID": self._cluster["token_id"],
            "PROXMOX_TOKEN_SECRET": self._cluster["token_secret"],
            "PROXMOX_FINGERPRINT": self._cluster["fingerprint"],
            # The user that the demo plays reads faster than people do.
            "PLAYVISOR_READING_SECONDS": "0",
        }

    def _print_heading(self, text: str) -> None:
        self._number += 1
        self._out.print(Text(f"\n{self._number}. {text}", "bold cyan"))

    def _print_body(self, body: RenderableType) -> None:
        self._out.print(Padding(body, (0, 0, 0, 3), expand=False))


def _render_guests(data: Mapping[str, Any]) -> RenderableType:
    return Group(*layout_rows(data["guests"], Table("guests", "vmid name type status node tags=tags:list")))


def _render_plan(data: Mapping[str, Any]) -> RenderableType:
    requests = [
        Text.assemble(
            (f"{step['method']} {step['path']} {json.dumps(step['params'])}", "yellow"),
            (f"  {one_line(step['why'])}", "dim"),
        )
        for step in data["plan"]["steps"]
    ]
    return Group(Text(one_line(data["summary"])), *requests, Text(f"plan {data['plan']['digest'][:12]}…", "dim"))


def _render_result(data: Mapping[str, Any]) -> RenderableType:
    tasks = [Text(upid, "dim") for upid in data.get("upids", ())]
    return Group(Text(one_line(data["summary"]), "green"), *tasks)


def _render_failure(data: Mapping[str, Any]) -> RenderableType:
    failure = data["failure"]
    return Group(
        Text.assemble((f"{failure['code']}: ", "red"), one_line(failure["message"])),
        Text.assemble(("hint: ", "bold"), one_line(failure["hint"])),
    )
