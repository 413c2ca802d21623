# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has a fork server run a command, and waits for it. It imports as little as can be: it is on the way of every run."""

from __future__ import annotations

# Not `socket`, which takes longer to import than all the rest of this.
import _socket
import array
import os
from collections.abc import Mapping, Sequence

LENGTH = 8
"""Bytes before an order that say how long it is."""
ACCEPTED = b"+"
_PID_BYTES = 4
Link = _socket.socket


class OrderRefused(OSError):
    """The server is gone, or will not run it; nothing was started."""


def encode_order(command: Sequence[str], cwd: str, environment: Mapping[bytes, bytes]) -> bytes:
    """A command with all that a new process would be given but for its streams, for `executor/warm/child.py`."""
    fields = [cwd, str(_read_umask()), str(len(command)), *command]
    return b"\0".join([*map(os.fsencode, fields), *(name + b"=" + value for name, value in environment.items())])


def send_order(address: str, order: bytes, streams: Sequence[int]) -> tuple[Link, int]:
    """Have it run: the link over which its end is told, and its process id. Raises Refused."""
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        server.connect(address)
        descriptors = array.array("i", streams)
        server.sendmsg([len(order).to_bytes(LENGTH, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)])
        server.sendall(order)
        # The process that runs it says so itself before it begins.
        answer = server.recv(1 + _PID_BYTES, _socket.MSG_WAITALL)
    except OSError as error:
        server.close()
        raise OrderRefused(str(error)) from error
    if len(answer) <= _PID_BYTES:
        server.close()
        raise OrderRefused("It takes nothing.")
    return server, int.from_bytes(answer[1:], "big")


def encode_acceptance(pid: int) -> bytes:
    """What `place` waits for."""
    return ACCEPTED + pid.to_bytes(_PID_BYTES, "big")


def read_status(link: Link) -> int:
    """The exit status, which comes when the command has ended; 1 when the server was killed."""
    try:
        answer = link.recv(1)
    except BlockingIOError:
        raise
    except OSError:
        answer = b""
    return answer[0] if answer else 1


def run_command(address: str, command: Sequence[str]) -> int:
    """Run a command with this process's own folder, environment and streams: its exit status. Raises Refused.

    SIGINT and SIGTERM reach the command, which is in no group of this process's terminal.
    """
    server, _pid = send_order(address, encode_order(command, os.getcwd(), os.environb), (0, 1, 2))
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _frame: server.sendall(bytes([caught])))
    return read_status(server)


def _read_umask() -> int:
    """This process's; asking for it by setting it would reach the files that other threads make meanwhile."""
    try:
        with open("/proc/self/status", encoding="utf-8", errors="replace") as file:
            return next(int(line.split()[1], 8) for line in file if line.startswith("Umask:"))
    except (OSError, StopIteration):
        umask = os.umask(0o077)
        os.umask(umask)
        return umask
