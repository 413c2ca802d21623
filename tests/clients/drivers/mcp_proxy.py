"""mcp-proxy, which serves a server on stdio over HTTP, with the official SDK before it."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from conversation import answer, read_task, tell
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def talk(url, calls):
    async with streamablehttp_client(url) as streams, ClientSession(*streams[:2]) as session:
        await session.initialize()
        tools = [tool.name for tool in (await session.list_tools()).tools]
        return tools, [await session.call_tool(tool, arguments) for tool, arguments in calls]


def main() -> None:
    server, calls = read_task()
    program = Path(sys.executable).with_name("mcp-proxy")
    command = [program, "--port", "0", "--pass-environment", "--", server.command, *server.args]
    environment = {**os.environ, **server.env}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as proxy:
        try:
            port = None
            while not port:
                port = re.search(r"running on http://127.0.0.1:(\d+)", proxy.stdout.readline())
            tools, results = asyncio.run(talk(f"http://127.0.0.1:{port[1]}/mcp", calls))
        finally:
            proxy.kill()
    tell(tools, [answer(result.content[0].text, error=bool(result.isError)) for result in results])


main()
