"""Google's client, which makes declarations of functions from the schemas."""

import asyncio

from conversation import answer, read_task, tell
from google.genai._mcp_utils import mcp_to_gemini_tools
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main() -> None:
    server, calls = read_task()
    parameters = StdioServerParameters(command=server.command, args=server.args, env=server.env)
    async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
        await session.initialize()
        offered = mcp_to_gemini_tools((await session.list_tools()).tools)
        results = [await session.call_tool(tool, arguments) for tool, arguments in calls]
    tools = [declaration.name for tool in offered for declaration in tool.function_declarations]
    tell(tools, [answer(result.content[0].text, error=bool(result.isError)) for result in results])


asyncio.run(main())
