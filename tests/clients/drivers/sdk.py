"""The official Python SDK, versions 1."""

import asyncio

from conversation import answer, read_task, tell
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main() -> None:
    server, calls = read_task()
    parameters = StdioServerParameters(command=server.command, args=server.args, env=server.env)
    async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
        await session.initialize()
        tools = [tool.name for tool in (await session.list_tools()).tools]
        results = [await session.call_tool(tool, arguments) for tool, arguments in calls]
    tell(tools, [answer(result.content[0].text, error=bool(result.isError)) for result in results])


asyncio.run(main())
