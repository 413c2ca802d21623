# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a server in a background thread."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import ssl
import tempfile
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from pve_simulator.clusters.saving import world_to_data
from pve_simulator.clusters.seed import write_data
from pve_simulator.guests import ha_manager
from pve_simulator.guests.feed import Feed
from pve_simulator.http.connection import serve_connection
from pve_simulator.server.app import Application
from pve_simulator.server.tls import make_certificate
from pve_simulator.state.access import ROOT, Token, User
from pve_simulator.state.cluster import Cluster
from pve_simulator.world.faults import FaultRule
from pve_simulator.world.settings import Settings
from pve_simulator.world.world import World

_T = TypeVar("_T")
_HOST = "127.0.0.1"
_NAME = "playvisor"
_START_SECONDS = 30


class Simulator:
    """A cluster behind https://127.0.0.1:PORT; use it as a context manager.

    It makes sure that `root@pam` has a password and the token `playvisor`, whose privileges are root's.
    `port` 0 takes a free one. Other keyword arguments are fields of Settings. Its /cluster/resources is late, as on
    real servers: `catch_up` lets it show what is, `resources_lag=0` makes it always fresh.
    """

    user = ROOT
    token_id = _NAME

    def __init__(
        self,
        cluster: Cluster,
        port: int = 0,
        task_seconds: float = 1.0,
        *,
        host: str = _HOST,
        **settings: float,
    ) -> None:
        self.cluster = cluster
        self.world = World(cluster, Settings(task_seconds=task_seconds, **settings))
        self.host = host
        self.port = port
        self.application = Application(self.world)
        self.password, self.token_secret = _credentials(cluster, self.user, self.token_id)
        self._folder = tempfile.TemporaryDirectory(prefix="pve-simulator-")
        certificate = make_certificate(Path(self._folder.name), cluster.nodes)
        self.ca_path = str(certificate.cert_path)
        self.fingerprint = certificate.fingerprint
        self.world.ca_fingerprint = certificate.fingerprint
        self._key_path = str(certificate.key_path)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._error: BaseException | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"https://{self.host}:{self.port}"

    @property
    def requests(self) -> list[tuple[str, str, int]]:
        """Every API request answered so far: method, API path, status."""
        return list(self.application.requests)

    def connection(self) -> dict[str, Any]:
        """Everything a client needs, as the command line prints it."""
        return {
            "url": self.url,
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "token_id": self.token_id,
            "token_secret": self.token_secret,
            "fingerprint": self.fingerprint,
            "ca_path": self.ca_path,
            "password": self.password,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that connect Playvisor, or the collection, to it."""
        return {
            "PROXMOX_URL": self.url,
            "PROXMOX_USER": self.user,
            "PROXMOX_TOKEN_ID": self.token_id,
            "PROXMOX_TOKEN_SECRET": self.token_secret,
            "PROXMOX_FINGERPRINT": self.fingerprint,
        }

    def start(self) -> Simulator:
        """Listen; returns when connections are accepted."""
        self._thread = threading.Thread(target=self._run, name="pve-simulator", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("the simulator did not start")
        if self._error is not None:
            raise RuntimeError(f"the simulator did not start: {self._error}") from self._error
        return self

    def stop(self) -> None:
        """Close everything."""
        if self._loop is not None and self._stop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join(_START_SECONDS)
        self._folder.cleanup()

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def advance(self, seconds: float) -> None:
        """Move the cluster's clock forward, from another thread: what was to happen until then happens."""
        if self._loop is None:
            raise RuntimeError("the simulator is not running")
        asyncio.run_coroutine_threadsafe(self.world.clock.advance(seconds), self._loop).result()

    def catch_up(self) -> None:
        """Let /cluster/resources show what is, from another thread: nodes broadcast out of turn, time does not pass."""
        self._run_in_loop(lambda: self.world.part(Feed).catch_up(self.world))

    def take_down(self, node: str) -> None:
        """Power a node off, from another thread: its tasks die, its guests stop, what HA manages starts elsewhere."""
        self._run_in_loop(lambda: self.world.take_node_down(node))

    def bring_up(self, node: str) -> None:
        """Boot a node, from another thread."""
        self._run_in_loop(lambda: self.world.bring_node_up(node))

    def inject(self, **rule: Any) -> FaultRule:
        """Add a fault rule; its `hits` say how often it has matched since. Raises ValueError for a bad one."""
        made = FaultRule.from_data(rule)
        self._run_in_loop(lambda: self.world.faults.rules.append(made))
        return made

    def dump(self, path: str | Path) -> None:
        """Write the whole state to a file, JSON for `.json`, else YAML; `load_seed` reads it again."""
        write_data(self._run_in_loop(lambda: world_to_data(self.world)), path)

    def _run_in_loop(self, action: Callable[[], _T]) -> _T:
        """Run an action in the server's thread, or here when that does not run."""
        loop = self._loop
        if loop is None or not loop.is_running():
            return action()

        async def run() -> _T:
            return action()

        return asyncio.run_coroutine_threadsafe(run(), loop).result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._error = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_path, self._key_path)
        connections: set[asyncio.Task[None]] = set()
        numbers = itertools.count()

        async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            current = asyncio.current_task()
            if current is not None:
                connections.add(current)
                current.add_done_callback(connections.discard)
            idle = self.world.settings.idle_seconds
            # Only `stop` cancels, and asyncio would report it as an unhandled error.
            with contextlib.suppress(asyncio.CancelledError):
                await serve_connection(self.application, reader, writer, idle_seconds=idle, number=next(numbers))

        server = await asyncio.start_server(on_connection, self.host, self.port, ssl=context, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        self.world.part(Feed).start(self.world)
        ha_manager.reconcile_all(self.world)
        self._ready.set()
        await self._stop.wait()
        server.close()
        for connection in list(connections):
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


def _credentials(cluster: Cluster, userid: str, token_id: str) -> tuple[str, str]:
    """Root's password and token secret, those of the seed if it has them."""
    user = cluster.access.users.setdefault(userid, User())
    user.password = user.password or secrets.token_hex(8)
    token = user.tokens.setdefault(token_id, Token(str(uuid.uuid4()), privsep=False))
    return user.password, token.secret
