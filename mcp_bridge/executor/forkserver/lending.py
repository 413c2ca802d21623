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
lender_folder: str | None = None
"""In a fork: the folder of the server that it is a fork of, with the ansible-playbook to use."""


def borrow(command: list[str]) -> int | None:
    """The exit status of a program, run by whoever lends; None when nobody does, and nothing was run.

    `words` are its name, as lenders know it, and its arguments.
    """
    if not _is_private(_lending_folder()):
        return None
    from mcp_bridge.executor.forkserver import client

    try:
        return client.run_command(f"{_link_path()}/{SOCKET}", command)
    except client.OrderRefused:
        return None


def publish(folder: str) -> bool:
    """Let commands find the server whose socket is in this folder.

    False where there is no safe place to say so, and while another one lends: that may well outlive this.
    """
    with suppress(OSError):
        os.makedirs(_lending_folder(), mode=0o700, exist_ok=True)
        if _is_private(_lending_folder()) and not _has_lender():
            new = f"{_link_path()}.{os.getpid()}"
            os.symlink(folder, new)
            os.replace(new, _link_path())
            return True
    return False


def withdraw(folder: str) -> None:
    """Undo `publish`, unless another server took the place meanwhile."""
    with suppress(OSError):
        if os.readlink(_link_path()) == folder:
            os.unlink(_link_path())


def _has_lender() -> bool:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        return link.connect_ex(f"{_link_path()}/{SOCKET}") == 0


def _lending_folder() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return os.path.join(runtime, "playvisor") if runtime else f"/tmp/playvisor-{os.getuid()}"  # noqa: S108


def _link_path() -> str:
    """Of this installation: another one has other code."""
    installation = f"{sys.executable}\0{os.path.dirname(__file__)}".encode()
    return os.path.join(_lending_folder(), f"{zlib.crc32(installation):08x}")


def _is_private(folder: str) -> bool:
    """Whether a folder is this user's and nobody else may write into it: what is handed over may be secret."""
    try:
        facts = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077
