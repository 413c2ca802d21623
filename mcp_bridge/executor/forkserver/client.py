# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has a fork server run a command, and waits for it. It imports as little as possible, since every run waits for it."""

from __future__ import annotations

# Not `socket`, which takes longer to import than all the rest of this.
import _socket
import array
import os
from collections.abc import Mapping, Sequence

LENGTH = 8
"""How many bytes before an order hold its length."""
ACCEPTED = b"+"
_PID_SIZE = 4
Link = _socket.socket


class OrderRefused(OSError):
    """The server is gone, or refuses the command; nothing was started."""


def encode_order(command: Sequence[str], cwd: str, environment: Mapping[bytes, bytes]) -> bytes:
    """Encode a command with everything that a new process would get, except its streams; `child.Order` parses it."""
    fields = [cwd, str(_read_umask()), str(len(command)), *command]
    return b"\0".join([*map(os.fsencode, fields), *(name + b"=" + value for name, value in environment.items())])


def send_order(address: str, order: bytes, streams: Sequence[int]) -> tuple[Link, int]:
    """Have an order run; returns the link over which its exit status comes, and its process id. Raises OrderRefused."""
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        server.connect(address)
        descriptors = array.array("i", streams)
        server.sendmsg([len(order).to_bytes(LENGTH, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)])
        server.sendall(order)
        # The process that runs the command sends this itself before it begins.
        answer = server.recv(1 + _PID_SIZE, _socket.MSG_WAITALL)
    except OSError as error:
        server.close()
        raise OrderRefused(str(error)) from error
    if len(answer) <= _PID_SIZE:
        server.close()
        raise OrderRefused("The server refuses the command.")
    return server, int.from_bytes(answer[1:], "big")


def encode_acceptance(pid: int) -> bytes:
    """The answer that `send_order` waits for."""
    return ACCEPTED + pid.to_bytes(_PID_SIZE, "big")


def read_status(link: Link) -> int:
    """The exit status, which comes when the command has ended; 1 when the server was killed.

    Raises BlockingIOError when the link does not block and the command is still running.
    """
    try:
        answer = link.recv(1)
    except BlockingIOError:
        raise
    except OSError:
        answer = b""
    return answer[0] if answer else 1


def run_command(address: str, command: Sequence[str]) -> int:
    """Run a command with this process's working directory, environment and streams; returns its exit status.

    SIGINT and SIGTERM are forwarded to the command, which is in no group of this process's terminal. Raises
    OrderRefused.
    """
    server, _pid = send_order(address, encode_order(command, os.getcwd(), os.environb), (0, 1, 2))
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: server.sendall(bytes([number])))
    return read_status(server)


def _read_umask() -> int:
    """This process's umask. `os.umask` can only read it by setting it, which affects files that other threads make."""
    try:
        with open("/proc/self/status", encoding="utf-8", errors="replace") as file:
            return next(int(line.split()[1], 8) for line in file if line.startswith("Umask:"))
    except (OSError, StopIteration):
        umask = os.umask(0o077)
        os.umask(umask)
        return umask
