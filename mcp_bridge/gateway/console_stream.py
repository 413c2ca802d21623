# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One open console: what it shows and what is typed, between the cluster and one client. Kept nowhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import anyio
from httpx2.websockets import HTTPXWSException

from mcp_bridge.gateway import rfb
from mcp_bridge.gateway.consoles import Console
from mcp_bridge.gateway.faults import Fault

if TYPE_CHECKING:
    from httpx2.websockets import AsyncWebSocketSession

    from mcp_bridge.gateway.upstream import Upstream

_T = TypeVar("_T")

LOG_IN_SECONDS = 10.0
"""Within which the cluster has to let the gateway in."""
IDLE_SECONDS = 1800.0
"""After so long without a key, a console is closed."""
LONGEST_SECONDS = 8 * 3600.0
"""After so long it is closed, whatever is typed."""
PING_SECONDS = 30.0
"""How often a terminal is told that its client is still there, as Proxmox VE's own does."""
CHECK_SECONDS = 1.0
"""How long what is typed may go on without a look at the freeze."""

Check = Callable[[], str | None]
"""Says why nothing may be typed now; None when it may."""


class Link(Protocol):
    """A kind of console: what its messages to and from the cluster are."""

    async def receive(self) -> bytes | None:
        """What it shows next; None at the end."""

    async def send(self, data: bytes) -> bool:
        """Pass on what the client sends; returns whether somebody has typed."""

    async def resize(self, columns: int, rows: int) -> None:
        """Set the size of a terminal."""


class _Server:
    """The messages of a WebSocket as one stream of bytes."""

    def __init__(self, socket: AsyncWebSocketSession) -> None:
        self._socket = socket
        self._data = b""

    async def receive(self) -> bytes | None:
        """The bytes that came next; None at the end."""
        if self._data:
            data, self._data = self._data, b""
            return data
        try:
            event: Any = await self._socket.receive()
        except (HTTPXWSException, anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            return None
        return event.data.encode() if isinstance(event.data, str) else bytes(event.data)

    async def read(self, size: int) -> bytes:
        """Read exactly so many bytes. Raises Fault when fewer come."""
        data = b""
        while len(data) < size:
            more = await self.receive()
            if more is None:
                raise Fault("unreachable", "the console was closed", is_sent=True)
            data += more
        self._data = data[size:]
        return data[:size]

    async def write(self, data: bytes) -> None:
        """Write bytes."""
        await self._socket.send_bytes(data)


class _Screen:
    """A screen over VNC: the gateway has logged in, and lets the client in without a password."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._entrance = rfb.Entrance()
        self._messages = rfb.ClientMessages()
        self._replies: asyncio.Queue[bytes] = asyncio.Queue()
        self._replies.put_nowait(rfb.VERSION)

    async def receive(self) -> bytes | None:
        if not self._entrance.is_over or not self._replies.empty():
            # The server says nothing until the client is in.
            return await self._replies.get()
        return await self._server.receive()

    async def send(self, data: bytes) -> bool:
        if not self._entrance.is_over:
            replies, data = self._entrance.feed(data)
            for reply in replies:
                self._replies.put_nowait(reply)
        if not data:
            return False
        await self._server.write(data)
        return self._messages.feed(data)

    async def resize(self, columns: int, rows: int) -> None:
        return


class _Terminal:
    """A text terminal, in the messages of Proxmox VE's termproxy."""

    def __init__(self, server: _Server) -> None:
        self._server = server

    async def receive(self) -> bytes | None:
        return await self._server.receive()

    async def send(self, data: bytes) -> bool:
        await self._server.write(b"0:%d:%b" % (len(data), data))
        return True

    async def resize(self, columns: int, rows: int) -> None:
        await self._server.write(b"1:%d:%d:" % (columns, rows))

    async def ping(self) -> None:
        """Say that the client is still there."""
        await self._server.write(b"2")


class ConsoleStream:
    """An open console, to be used by one client from any thread and event loop.

    `why` says why it was closed, once it is. `sent` and `received` count the bytes from and to the client,
    `typed` the messages with keys or the like.
    """

    def __init__(self, console: Console, link: Link, check: Check) -> None:
        self.console = console
        self.why = ""
        self.sent = self.received = self.typed = 0
        self.opened_at = time.monotonic()
        self._link = link
        self._check = check
        self._loop = asyncio.get_running_loop()
        self._typed_at = self._checked_at = self._loop.time()
        self._ended = asyncio.Event()

    @property
    def facts(self) -> dict[str, Any]:
        """What the ledger keeps of it once it is closed: no contents."""
        seconds = round(time.monotonic() - self.opened_at, 1)
        return {**self.console.facts, "seconds": seconds, "sent": self.sent, "received": self.received, "why": self.why}

    async def receive(self) -> bytes | None:
        """What it shows next; None once it is closed."""
        return await self._run(self._receive())

    async def send(self, data: bytes) -> None:
        """Pass on what the client sends, unless it is closed."""
        await self._run(self._send(data))

    async def resize(self, columns: int, rows: int) -> None:
        """Set the size of a terminal."""
        await self._run(self._resize(columns, rows))

    def close(self, why: str) -> None:
        """Close it soon, unless it is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.end, why)

    def end(self, why: str) -> None:
        """Close it, in the gateway's own loop."""
        if not self._ended.is_set():
            self.why = why
            self._ended.set()

    async def wait_for_end(self) -> None:
        """Wait, in the gateway, until it is closed, or has to be."""
        start = self._loop.time()
        while not self._ended.is_set():
            now = self._loop.time()
            if now - self._typed_at >= IDLE_SECONDS:
                self.end(f"nobody has typed for {IDLE_SECONDS / 60:g} minutes")
            elif now - start >= LONGEST_SECONDS:
                self.end(f"it was open for {LONGEST_SECONDS / 3600:g} hours")
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PING_SECONDS):
                        await self._ended.wait()
                if isinstance(self._link, _Terminal) and not self._ended.is_set():
                    await self._guard(self._link.ping())

    async def _receive(self) -> bytes | None:
        getting = asyncio.ensure_future(self._link.receive())
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({getting, ended}, return_when=asyncio.FIRST_COMPLETED)
            data = getting.result() if getting.done() else None
        finally:
            getting.cancel()
            ended.cancel()
        if data is None:
            self.end("the other side closed it")
            return None
        self.received += len(data)
        return data

    async def _send(self, data: bytes) -> None:
        if self._ended.is_set():
            return
        now = self._loop.time()
        if now - self._checked_at >= CHECK_SECONDS:
            self._checked_at = now
            refusal = await asyncio.to_thread(self._check)
            if refusal:
                self.end(refusal)
                return
        self.sent += len(data)
        if await self._guard(self._link.send(data)):
            self._typed_at = now
            self.typed += 1

    async def _resize(self, columns: int, rows: int) -> None:
        if not self._ended.is_set():
            await self._guard(self._link.resize(columns, rows))

    async def _guard(self, sending: Coroutine[Any, Any, _T]) -> _T | None:
        """Send something; a console that takes nothing any more is closed."""
        try:
            return await sending
        except rfb.RfbError as error:
            self.end(str(error))
        except Exception:
            # Whatever the library raises for a connection that has gone.
            self.end("the other side closed it")
        return None

    async def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self._loop))


@asynccontextmanager
async def connect_console(upstream: Upstream, console: Console, check: Check) -> AsyncIterator[ConsoleStream]:
    """Connect with a console, and log in to it, for as long as the context lasts. Raises Fault, maybe in a group."""
    async with upstream.open_socket(console.target) as socket:
        server = _Server(socket)
        try:
            async with asyncio.timeout(LOG_IN_SECONDS):
                link = await _log_in(server, console)
        except TimeoutError:
            raise Fault("timeout", "the console did not answer in time", is_sent=True) from None
        except rfb.RfbError as error:
            raise Fault("unreachable", f"the console let nobody in: {error}", is_sent=True) from None
        yield ConsoleStream(console, link, check)


async def _log_in(server: _Server, console: Console) -> Link:
    if console.kind == "vnc":
        await rfb.log_in(server, console.password)
        return _Screen(server)
    await server.write(f"{console.user}:{console.ticket}\n".encode())
    if await server.read(2) != b"OK":
        raise Fault("unreachable", "the terminal did not take the ticket", is_sent=True)
    return _Terminal(server)
