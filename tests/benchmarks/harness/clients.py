"""Real MCP clients for code that is not asynchronous, so that they can take turns with what is not."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import CallToolResult

from harness.cluster import BIN, Cluster

PLAYVISOR = str(BIN / "playvisor")


@dataclass(frozen=True)
class Session:
    """A connected client."""

    client: Client
    portal: BlockingPortal

    def call(self, tool: str, arguments: Mapping[str, Any] | None = None) -> CallToolResult:
        """Call a tool; an error ends the benchmark, whose figures would mean nothing."""
        return checked(self.portal.call(self.client.call_tool, tool, dict(arguments or {})))


def checked(result: CallToolResult) -> CallToolResult:
    """The result, unless it is an error."""
    if result.is_error:
        raise SystemExit(f"A tool failed: {text(result)}")
    return result


def text(result: CallToolResult) -> str:
    """What a model reads of a result."""
    return "\n".join(getattr(block, "text", "") for block in result.content)


def answer(result: CallToolResult) -> dict[str, Any]:
    """The structured content of Playvisor's results."""
    return dict(result.structured_content or json.loads(text(result)))


@contextmanager
def over_stdio(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Session]:
    """A client of a server that it has started itself. What the server logs is dropped."""
    server = StdioServerParameters(command=command[0], args=list(command[1:]), env=dict(environment))
    failure: BaseException | None = None
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(stdio_client(server, nowhere))) as client,
    ):
        try:
            yield Session(client, portal)
        except BaseException as error:
            # On its way through the client's task groups, it would become a group of groups.
            failure = error
    if failure:
        raise failure


def playvisor(cluster: Cluster, *options: str, **environment: str) -> AbstractContextManager[Session]:
    """`playvisor mcp` over stdio, which may apply what policy allows."""
    own = cluster.environment(PLAYVISOR_STATE_DIR=str(cluster.home / "state"), **environment)
    return over_stdio([PLAYVISOR, "mcp", "--mode", "apply", *options], own)


def initialize(cluster: Cluster) -> None:
    """Start `playvisor mcp`, and wait until it has answered a client's first message."""
    environment = cluster.environment(PLAYVISOR_STATE_DIR=str(cluster.home / "state"))
    client = {"name": "benchmark", "version": "1"}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    command = [PLAYVISOR, "mcp"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(message).encode() + b"\n")
        server.stdin.flush()
        if "serverInfo" not in json.loads(server.stdout.readline())["result"]:
            raise SystemExit("The server did not say who it is.")
        # It ends with its client, and that is not measured.
        server.kill()


@asynccontextmanager
async def http_client(url: str) -> AsyncIterator[Client]:
    """One client over streamable HTTP."""
    async with create_mcp_http_client() as http, Client(streamable_http_client(url, http_client=http)) as client:
        yield client


@contextmanager
def playvisor_over_http(cluster: Cluster, **environment: str) -> Iterator[tuple[str, int]]:
    """`playvisor mcp` over HTTP on loopback: its URL and process id."""
    own = cluster.environment(PLAYVISOR_STATE_DIR=str(cluster.home / "state"), **environment)
    command = [PLAYVISOR, "mcp", "--transport", "http", "--port", "0", "--no-auth", "--rate", "1000000"]
    with subprocess.Popen(command, env=own, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            found = re.search(r"http://\S+", line := server.stderr.readline())
            if found is None:
                raise SystemExit(f"The server did not start: {line}")
            yield found[0], server.pid
        finally:
            server.terminate()
