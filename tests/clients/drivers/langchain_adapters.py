"""LangChain's adapters, whose tools answer a model with text."""

import asyncio

from conversation import answer, read_task, tell
from langchain_core.tools import ToolException
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools


async def main() -> None:
    server, calls = read_task()
    connection = {"transport": "stdio", "command": server.command, "args": server.args, "env": server.env}
    async with MultiServerMCPClient({"playvisor": connection}).session("playvisor") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        answers = []
        for name, arguments in calls:
            try:
                answers.append(answer(await tools[name].ainvoke(arguments), error=False))
            except ToolException as error:
                answers.append(answer(str(error), error=True))
    tell(list(tools), answers)


asyncio.run(main())
