"""OpenAI's Agents SDK, which makes strict schemas of those that it can."""

import asyncio
import json

from agents import Agent
from agents.mcp import MCPServerStdio, MCPUtil
from agents.run_context import RunContextWrapper
from agents.tool_context import ToolContext
from conversation import answer, read_task, tell


async def main() -> None:
    server, calls = read_task()
    parameters = {"command": server.command, "args": server.args, "env": server.env}
    async with MCPServerStdio(parameters, client_session_timeout_seconds=60) as connected:
        agent = Agent(name="operator", mcp_servers=[connected])
        tools = {
            tool.name: tool
            for tool in await MCPUtil.get_all_function_tools(
                [connected], convert_schemas_to_strict=True, run_context=RunContextWrapper(None), agent=agent
            )
        }
        # What takes no options at all needs no strictness.
        loose = [
            tool.name
            for tool in tools.values()
            if tool.params_json_schema["properties"] and not tool.strict_json_schema
        ]
        answers = []
        for name, arguments in calls:
            text = json.dumps(arguments)
            context = ToolContext(None, tool_name=name, tool_call_id="call", tool_arguments=text)
            result = await tools[name].on_invoke_tool(context, text)
            # A model only reads that a call has failed.
            answers.append(answer(result, error="status: failed" in str(result)))
    assert not loose, f"not strict: {loose}"
    tell(list(tools), answers)


asyncio.run(main())
