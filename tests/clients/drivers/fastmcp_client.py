"""FastMCP's client."""

import asyncio

from conversation import answer, read_task, tell
from fastmcp import Client
from fastmcp.client.transports import StdioTransport


async def main() -> None:
    server, calls = read_task()
    async with Client(StdioTransport(server.command, server.args, env=server.env)) as client:
        tools = [tool.name for tool in await client.list_tools()]
        results = [await client.call_tool(tool, arguments, raise_on_error=False) for tool, arguments in calls]
    tell(tools, [answer(result.content[0].text, error=result.is_error) for result in results])


asyncio.run(main())
