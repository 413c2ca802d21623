"""LangChain's adapters, whose tools answer a model with text."""

import asyncio

from conversation import answer, read_task, tell
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools


async def main() -> None:
    server, calls = read_task()
    connection = {"transport": "stdio", "command": server.command, "args": server.args, "env": server.env}
    async with MultiServerMCPClient({"playvisor": connection}).session("playvisor") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        answers = []
        for name, arguments in calls:
            message = await tools[name].ainvoke({"type": "tool_call", "id": "call", "name": name, "args": arguments})
            answers.append(answer(message.content, error=message.status == "error"))
    tell(list(tools), answers)


asyncio.run(main())
