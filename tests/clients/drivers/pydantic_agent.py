"""An agent of pydantic-ai whose model makes the calls, one after the other; its schemas are made strict for OpenAI."""

import asyncio

from conversation import answer, read_task, tell
from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, RetryPromptPart, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer


async def main() -> None:
    server, calls = read_task()
    tools, left, answers = [], list(calls), []

    def act(messages, info):
        tools[:] = [tool.name for tool in info.function_tools]
        for tool in info.function_tools:
            OpenAIJsonSchemaTransformer(tool.parameters_json_schema, strict=True).walk()
        for part in messages[-1].parts:
            if isinstance(part, ToolReturnPart):
                answers.append(answer(part.model_response_str(), error=part.outcome != "success"))
            elif isinstance(part, RetryPromptPart):
                answers.append(answer(str(part.content), error=True))
        if not left:
            return ModelResponse(parts=[TextPart("done")])
        tool, arguments = left.pop(0)
        return ModelResponse(parts=[ToolCallPart(tool, arguments)])

    toolset = MCPToolset(StdioTransport(server.command, server.args, env=server.env))
    agent = Agent(FunctionModel(act), toolsets=[toolset], retries=1)
    async with agent:
        await agent.run("Go.")
    tell(tools, answers)


asyncio.run(main())
