# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a running Playvisor lends to programs of the same user and installation: a fork that has everything loaded.

Only code is lent. The command runs with its own arguments, environment, folder and terminal, and so as whoever it would
run as otherwise. This is on the way of every command, so it imports nothing to speak of.
"""

from __future__ import annotations

import os
import stat
import sys
import zlib
from contextlib import suppress

SOCKET = "socket"
lent_by: str | None = None
"""In a fork: the folder of the server that it is a fork of, with the ansible-playbook to use."""


def borrow(words: list[str]) -> int | None:
    """The exit status of a program, run by whoever lends; None when nobody does, and nothing was run.

    `words` are its name, as lenders know it, and its arguments.
    """
    if not _is_private(_place()):
        return None
    from mcp_bridge.executor.forkserver import client

    try:
        return client.hand_over(f"{_link()}/{SOCKET}", words)
    except client.Refused:
        return None


def publish(folder: str) -> bool:
    """Let commands find the server whose socket is in this folder.

    False where there is no safe place to say so, and while another one lends: that may well outlive this.
    """
    with suppress(OSError):
        os.makedirs(_place(), mode=0o700, exist_ok=True)
        if _is_private(_place()) and not _somebody_lends():
            new = f"{_link()}.{os.getpid()}"
            os.symlink(folder, new)
            os.replace(new, _link())
            return True
    return False


def withdraw(folder: str) -> None:
    """Undo `publish`, unless another server took the place meanwhile."""
    with suppress(OSError):
        if os.readlink(_link()) == folder:
            os.unlink(_link())


def _somebody_lends() -> bool:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        return link.connect_ex(f"{_link()}/{SOCKET}") == 0


def _place() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return os.path.join(runtime, "playvisor") if runtime else f"/tmp/playvisor-{os.getuid()}"  # noqa: S108


def _link() -> str:
    """Of this installation: another one has other code."""
    installation = f"{sys.executable}\0{os.path.dirname(__file__)}".encode()
    return os.path.join(_place(), f"{zlib.crc32(installation):08x}")


def _is_private(folder: str) -> bool:
    """Whether a folder is this user's and nobody else may write into it: what is handed over may be secret."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
