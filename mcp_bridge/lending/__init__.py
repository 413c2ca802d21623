"""What a running Playvisor lends to commands of the same user and installation: a fork that has everything loaded.

Only code is lent. The command runs with its own arguments, environment, folder and terminal, and so as whoever it would
run as otherwise. This is on the way of every command, so it imports nothing to speak of.
"""

from __future__ import annotations

import os
import stat
import sys
import zlib
from contextlib import suppress

COMMANDS = frozenset({"call", "apply"})
"""Those that run playbooks."""
SOCKET = "socket"

lent_by: str | None = None
"""In a fork: the folder of the server that it is a fork of, with the ansible-playbook to use."""


def borrow(arguments: list[str]) -> int | None:
    """The exit status of the command, run by whoever lends; None when nobody does, and nothing was run."""
    if not may_be_lent(arguments) or not _is_private(_place()):
        return None
    from mcp_bridge.lending import client

    try:
        status = client.hand_over(f"{_link()}/{SOCKET}", ["playvisor", *arguments[1:]], forward_signals=True)
    except OSError:
        return None
    return None if status == client.BUSY else status


def may_be_lent(arguments: list[str]) -> bool:
    """Whether a command may run in a fork of another process, be it only its playbooks."""
    wanted = arguments[1:2] and arguments[1] in COMMANDS and os.environ.get("PLAYVISOR_EXECUTOR") in (None, "", "warm")
    return bool(wanted) and lent_by is None


def publish(folder: str) -> bool:
    """Let commands find the server whose socket is in this folder; false where there is no safe place to say so."""
    with suppress(OSError):
        os.makedirs(_place(), mode=0o700, exist_ok=True)
        if _is_private(_place()):
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


def _place() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return os.path.join(runtime, "playvisor") if runtime else f"/tmp/playvisor-{os.getuid()}"  # noqa: S108


def _link() -> str:
    """Of this installation: another one has other code."""
    installation = f"{sys.executable}\0{os.path.dirname(os.path.dirname(__file__))}".encode()
    return os.path.join(_place(), f"{zlib.crc32(installation):08x}")


def _is_private(folder: str) -> bool:
    """Whether a folder is this user's and nobody else may write into it: what is handed over may be secret."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
