# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway as the bridge uses it: admits runs, and serves them from a thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_bridge.auth.caller import Caller
from mcp_bridge.gateway.consoles import Console, Consoles
from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.sessions import Check, Session, Sessions
from mcp_bridge.gateway.trace import TRACE, Trace
from mcp_bridge.settings.endpoint import Credentials, Endpoint
from mcp_bridge.system.private_folder import PrivateFolder
from mcp_bridge.system.write_gate import WriteGate

if TYPE_CHECKING:
    from mcp_bridge.gateway.console_stream import ConsoleStream
    from mcp_bridge.gateway.credentials import Answer
    from mcp_bridge.gateway.faults import Fault
    from mcp_bridge.gateway.server import Running

_BACKLOG = 512
_STOP_SECONDS = 2.0
OnClose = Callable[["ConsoleStream | None"], None]


@dataclass(frozen=True)
class Admission:
    """What an admitted run gets, none of it a secret of the cluster.

    `denied` fills with the requests that were denied, `upids` with the tasks that the run started. Both come from the
    gateway, since a run could write anything into its files.
    """

    environment: dict[str, str]
    denied: list[str]
    upids: list[str]


class Gateway:
    """The gateway to one endpoint. It starts when the first run is admitted. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint, credentials: Credentials, gate: WriteGate) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._gate = gate
        self._sessions = Sessions()
        self._consoles = Consoles()
        self._starting = threading.Lock()
        self._folder: PrivateFolder | None = None
        self._thread: threading.Thread | None = None
        self._running: Running | None = None
        self._ready = threading.Event()

    @contextmanager
    def admit(self, grant: Grant, folder: Path, check: Check, owner: Caller | None = None) -> Iterator[Admission]:
        """Let one playbook run in, with what it may send, for as long as the context lasts.

        `check` is called before each request that is no GET; `owner` may have the consoles that it opens. The trace is
        written into `folder`, which need not be there yet, and is complete when the context ends.
        """
        home = self._ensure_started()
        session = Session(grant, Trace(folder / TRACE, self._credentials.redactor), check, owner)
        key = self._sessions.add(session)
        # A file, since the environment of a run is kept among its artifacts.
        key_file = home / f"{secrets.token_hex(8)}.key"
        try:
            descriptor = os.open(key_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(key)
            environment = {"PROXMOX_GATEWAY": str(home / "socket"), "PROXMOX_GATEWAY_KEY_FILE": str(key_file)}
            yield Admission(environment, session.denied, session.upids)
        finally:
            self._sessions.remove(key)
            session.trace.close()
            with suppress(FileNotFoundError):
                key_file.unlink()

    def read(self, paths: Sequence[str]) -> list[Answer | Fault]:
        """Read these paths of the API at once, each with its query; a fault takes the place of an answer."""
        return self._require_running().read(paths)

    def ask_ticket(self, form: Mapping[str, str]) -> Answer:
        """Let the cluster answer a log-in of somebody else; nothing of it is kept. Raises Fault."""
        return self._require_running().ask_ticket(form)

    def take_console(self, console_id: str, caller: Caller) -> Console | None:
        """Let a caller have the console that a run of theirs has opened, once; None when there is none (any more)."""
        return self._consoles.take(console_id, caller)

    def release_console(self) -> None:
        """Note that a console that was taken is not connected with."""
        self._consoles.release()

    def connect_console(self, console: Console, check: Check, on_close: OnClose) -> ConsoleStream:
        """Connect with a console that was taken. Raises Fault.

        `check` says why nothing may be typed any more. `on_close` is called once it is closed, or was not connected.
        """

        def close(stream: ConsoleStream | None) -> None:
            self._consoles.release()
            on_close(stream)

        return self._require_running().connect_console(console, check, close)

    def close(self) -> None:
        """Stop serving, and remove the socket."""
        with self._starting:
            thread, self._thread = self._thread, None
            if thread is not None:
                # The thread may still be importing what it needs.
                if self._ready.wait(_STOP_SECONDS) and self._running is not None:
                    with suppress(RuntimeError):
                        self._running.stop()
                thread.join(_STOP_SECONDS)
            if self._folder is not None:
                self._folder.remove()
                self._folder = None

    def _require_running(self) -> Running:
        self._ensure_started()
        self._ready.wait()
        if self._running is None:
            raise RuntimeError("the gateway has stopped")
        return self._running

    def _ensure_started(self) -> Path:
        with self._starting:
            if self._folder is not None and self._thread is not None and self._thread.is_alive():
                return self._folder.path
            if self._folder is None:
                atexit.register(self.close)
            else:
                self._folder.remove()
            self._folder = PrivateFolder()
            path = self._folder.path / "socket"
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listening.bind(str(path))
            path.chmod(0o600)
            # Runs may connect at once; they are answered as soon as all is imported.
            listening.listen(_BACKLOG)
            self._ready.clear()
            self._thread = threading.Thread(target=self._serve, args=(listening,), name="gateway", daemon=True)
            self._thread.start()
            return self._folder.path

    def _serve(self, listening: socket.socket) -> None:
        try:
            from mcp_bridge.gateway.server import Service, serve

            service = Service(self._sessions, self._gate, self._consoles)
            asyncio.run(serve(listening, self._endpoint, self._credentials, service, self._on_ready))
        finally:
            # Wake waiters: the gateway has stopped.
            listening.close()
            self._running = None
            self._ready.set()

    def _on_ready(self, running: Running) -> None:
        self._running = running
        self._ready.set()
