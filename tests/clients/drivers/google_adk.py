"""An agent of Google's kit, which reads in `mcp.json` how the server is started."""

import asyncio
import json
from pathlib import Path

from google.adk.agents import LlmAgent
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams
from mcp import StdioServerParameters


async def main() -> None:
    server = StdioServerParameters(
        **json.loads(Path("mcp.json").read_text(encoding="utf-8"))["mcpServers"]["playvisor"]
    )
    toolset = McpToolset(connection_params=StdioConnectionParams(server_params=server, timeout=60))
    agent = LlmAgent(name="operator", model="gemini-2.5-flash", tools=[toolset])
    await InMemoryRunner(agent).run_debug("Go.", quiet=True)
    await toolset.close()


asyncio.run(main())
