"""mcpo, which offers the tools as OpenAPI over HTTP."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from conversation import answer, read_task, tell


def fetch(url: str, body: object = None) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def main() -> None:
    server, calls = read_task()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    program = Path(sys.executable).with_name("mcpo")
    command = [program, "--host", "127.0.0.1", "--port", str(port), "--", server.command, *server.args]
    with subprocess.Popen(command, env={**os.environ, **server.env}, stdout=2) as proxy:
        try:
            for _attempt in range(300):
                try:
                    document = json.loads(fetch(f"{url}/openapi.json")[1])
                    break
                except OSError:
                    assert proxy.poll() is None, "mcpo has ended"
                    time.sleep(0.1)
            answers = [fetch(f"{url}/{tool}", body) for tool, body in calls]
        finally:
            proxy.terminate()
    tools = [path.removeprefix("/") for path in document["paths"]]
    tell(tools, [answer(text, error=status >= 400) for status, text in answers])


main()
