# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Console proxies: the ticket, port and task that a console client gets. Nothing listens on the port."""

from __future__ import annotations

import secrets
import string
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
from pve_simulator.world.tasks import Task

_FIRST_PORT = 5900
# How long a proxy waits for its client.
_PATIENCE = 10.0
_KINDS = frozenset({"vncproxy", "vncshell", "spiceproxy"})
_PRINTABLE = "".join(char for char in string.printable[:94] if char not in "\"'")


def open_console(call: Call, path: str, id: str | int, *, kind: str = "vncproxy", vnc: bool = True) -> dict[str, Any]:
    """Start a proxy for a console that the ACL path protects; VNC clients get a certificate, too."""
    port = _free_port(call)
    ticket = issue_console_ticket(call.cluster, call.subject.userid, path, call.world.clock.time())

    async def worker(task: Task) -> None:
        await task.clock.sleep(_PATIENCE)
        raise failure("connection timed out")

    answer: dict[str, Any] = {"user": call.subject.userid, "ticket": ticket, "port": str(port)}
    answer["upid"] = call.task(kind, id, worker)
    if vnc:
        answer["cert"] = root_certificate()
    return answer


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
