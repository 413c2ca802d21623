"""What open pages cost while nothing happens: their streams of live events, and the watch that all of them share."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

from harness import web
from harness.cluster import simulated
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
    with simulated(8) as cluster, web.serving(cluster) as (url, pid):
        alone = _measure_share(pid)
        with ExitStack() as stack:
            for number in range(PAGES // _EACH):
                cookie = web.sign_in(cluster, url)
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


def _open_stream(stack: ExitStack, url: str, cookie: str, number: int) -> None:
    address = urlsplit(url)
    page = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=30))
    head = f"GET /api/v1/events HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n\r\n"
    page.sendall(head.encode("ascii"))
    answer = page.recv(4096)
    if b" 200 " not in answer.split(b"\r\n")[0]:
        raise SystemExit(f"Page {number} was answered with {json.dumps(answer.decode('latin-1'))}.")
