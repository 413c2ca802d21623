"""What open pages cost while nothing happens: their streams of live events, and the watch that all of them share."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import httpx2
from harness import clients
from harness.cluster import Cluster, simulated
from harness.commands import output
from harness.machine import processor_seconds
from harness.options import Options
from harness.results import Outcome

PAGES, SECONDS = 100, 30
# Of one session; a browser has no more.
_EACH = 10
_SETTLING_SECONDS = 20


def measure(options: Options) -> Outcome:
    """The processor's time of a server within half a minute, with no page and with many."""
    outcome = Outcome(f"{PAGES} pages that are open, and show live events, while nothing happens")
    with simulated(8) as cluster, _web(cluster) as (url, pid):
        alone = _measure_share(pid)
        with ExitStack() as stack:
            for number in range(PAGES // _EACH):
                cookie = _sign_in(cluster, url)
                for _page in range(_EACH):
                    _open_stream(stack, url, cookie, number)
            watched = _measure_share(pid)
    outcome.figure("a server without any", alone * 100, "% of a core")
    outcome.figure(f"a server with {PAGES} open pages", watched * 100, "% of a core", 5)
    return outcome


def _measure_share(pid: int) -> float:
    """Which share of a core a server computes, once it has come to rest."""
    time.sleep(_SETTLING_SECONDS)
    before = processor_seconds(pid)
    time.sleep(SECONDS)
    return (processor_seconds(pid) - before) / SECONDS


@contextmanager
def _web(cluster: Cluster) -> Iterator[tuple[str, int]]:
    own = _make_environment(cluster)
    command = [clients.PLAYVISOR, "web", "--port", "0", "--no-open"]
    with subprocess.Popen(command, env=own, stderr=subprocess.PIPE, text=True, cwd=cluster.home) as server:
        try:
            assert server.stderr is not None
            found = re.search(r"http://[^/\s]+", line := server.stderr.readline())
            if found is None:
                raise SystemExit(f"The server did not start: {line}")
            # What follows says how to come in.
            server.stderr.readline()
            yield found[0], server.pid
        finally:
            server.terminate()


def _make_environment(cluster: Cluster) -> dict[str, str]:
    return cluster.environment(PLAYVISOR_STATE_DIR=str(cluster.home / "state"), PLAYVISOR_HISTORY_SECONDS="0")


def _sign_in(cluster: Cluster, url: str) -> str:
    link = output([clients.PLAYVISOR, "web", "--link"], _make_environment(cluster))
    answer = httpx2.post(f"{url}/api/v1/session/link", json={"code": link.strip().rpartition("=")[2]})
    return f"playvisor={answer.raise_for_status().cookies['playvisor']}"


def _open_stream(stack: ExitStack, url: str, cookie: str, number: int) -> None:
    address = urlsplit(url)
    page = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=30))
    head = f"GET /api/v1/events HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n\r\n"
    page.sendall(head.encode("ascii"))
    answer = page.recv(4096)
    if b" 200 " not in answer.split(b"\r\n")[0]:
        raise SystemExit(f"Page {number} was answered with {json.dumps(answer.decode('latin-1'))}.")
