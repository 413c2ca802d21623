# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Console proxies: the ticket, port and task that a console client gets, and who waits for one at which port."""

from __future__ import annotations

import asyncio
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pve_simulator.errors import failure
from pve_simulator.requests.auth import issue_console_ticket
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Guest
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World

_FIRST_PORT = 5900
# How long a proxy waits for its client.
_PATIENCE = 10.0
# How often a proxy sees whether its guest still runs.
_LOOK_SECONDS = 1.0
_KINDS = frozenset({"vncproxy", "vncshell", "spiceproxy"})
_PRINTABLE = "".join(char for char in string.printable[:94] if char not in "\"'")


@dataclass(eq=False)
class Console:
    """A proxy that waits for its one client, or serves it. A screen has a `password`, a terminal none."""

    node: str
    port: int
    user: str
    ticket: str
    password: str | None
    guest: Guest | None
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        """The host name of what it shows."""
        return self.guest.name if self.guest else self.node


class Consoles:
    """The consoles of a world by node and port."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], Console] = {}

    def add(self, console: Console) -> None:
        """Let a console wait for its client."""
        self._waiting[console.node, console.port] = console

    def take(self, node: str, port: int) -> Console | None:
        """The console that waits at a port, for its one client; None where nothing listens."""
        console = self._waiting.pop((node, port), None)
        if console is not None:
            console.connected.set()
        return console

    def drop(self, console: Console) -> None:
        """Let a console wait no more."""
        if self._waiting.get((console.node, console.port)) is console:
            del self._waiting[console.node, console.port]


def open_console(
    call: Call,
    path: str,
    id: str | int,
    *,
    kind: str = "vncproxy",
    vnc: bool = True,
    guest: Guest | None = None,
    password: str | None = None,
) -> dict[str, Any]:
    """Start a proxy for a console that the ACL path protects; VNC clients get a certificate, too.

    Where VNC has no `password` of its own, its ticket is one.
    """
    port = _free_port(call)
    ticket = issue_console_ticket(call.cluster, call.subject.userid, path, call.world.clock.time())
    console = Console(call.node, port, call.subject.userid, ticket, (password or ticket) if vnc else None, guest)
    call.world.part(Consoles).add(console)

    async def worker(task: Task) -> None:
        try:
            await _serve_in_time(call.world, console)
        finally:
            call.world.part(Consoles).drop(console)
            console.ended.set()

    answer: dict[str, Any] = {"user": call.subject.userid, "ticket": ticket, "port": str(port)}
    answer["upid"] = call.task(kind, id, worker)
    if vnc:
        answer["cert"] = root_certificate()
    return answer


async def _serve_in_time(world: World, console: Console) -> None:
    """Wait for the client, and then for the end of what it was shown."""
    guest, pid = console.guest, console.guest.pid if console.guest else 0
    if guest is not None and not guest.running:
        raise failure(f"{'VM' if guest.type == 'qemu' else 'CT'} {guest.vmid} not running")
    waiting = asyncio.ensure_future(console.connected.wait())
    timer = asyncio.ensure_future(world.clock.sleep(_PATIENCE))
    try:
        await asyncio.wait({waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        timer.cancel()
    if not console.connected.is_set():
        raise failure("connection timed out")
    while not console.ended.is_set() and (guest is None or (guest.running and guest.pid == pid)):
        ended = asyncio.ensure_future(console.ended.wait())
        turn = asyncio.ensure_future(world.clock.sleep(_LOOK_SECONDS))
        try:
            await asyncio.wait({ended, turn}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            turn.cancel()


def make_one_time_password() -> str:
    """The eight characters that VNC itself is protected with."""
    return "".join(secrets.choice(_PRINTABLE) for unused in range(8))


@cache
def root_certificate() -> str:
    """The cluster's own certificate authority, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Proxmox Virtual Environment")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _free_port(call: Call) -> int:
    """Every console that is open takes one port."""
    return _FIRST_PORT + sum(task.upid.type in _KINDS for task in call.world.tasks.list_active(call.node))
