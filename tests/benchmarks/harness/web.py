"""`playvisor web` on a simulated cluster, and who comes in."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from harness import clients
from harness.cluster import Cluster
from harness.commands import output


def make_environment(cluster: Cluster) -> dict[str, str]:
    """The environment of a server that looks at the cluster for nobody."""
    return cluster.environment(PLAYVISOR_STATE_DIR=str(cluster.home / "state"), PLAYVISOR_HISTORY_SECONDS="0")


@contextmanager
def serving(cluster: Cluster) -> Iterator[tuple[str, int]]:
    """A server: its URL, and its process."""
    command = [clients.PLAYVISOR, "web", "--port", "0", "--no-open"]
    own = make_environment(cluster)
    with subprocess.Popen(command, env=own, stderr=subprocess.PIPE, text=True, cwd=cluster.home) as server:
        try:
            assert server.stderr is not None
            lines = []
            while not (found := re.search(r"(http://\S+)/#link=", line := server.stderr.readline())):
                lines.append(line)
                if not line:
                    raise SystemExit(f"The server did not start: {''.join(lines)}")
            yield found[1], server.pid
        finally:
            server.terminate()


def make_link(cluster: Cluster) -> str:
    """Make a one-time link of the server."""
    return output([clients.PLAYVISOR, "web", "--link"], make_environment(cluster)).strip()


def sign_in(cluster: Cluster, url: str) -> str:
    """Sign in by a link; returns the cookie of the session."""
    code = make_link(cluster).rpartition("=")[2]
    answer = httpx2.post(f"{url}/api/v1/session/link", json={"code": code})
    return "; ".join(f"{name}={value}" for name, value in answer.raise_for_status().cookies.items())
