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

ALONE = frozenset({"demo", "doctor", "mcp", "serve", "sim"})
"""Commands that go on for long, or look at what their own process has."""
WITHOUT_PLAYBOOKS = frozenset({"approvals", "freeze", "policy", "profile", "runs", "thaw", "tokens", "tools"})
SOCKET = "socket"
COMPLETING = "_PLAYVISOR_COMPLETE"
"""Says to typer that this is no command, but a shell that asks how to go on."""

lent_by: str | None = None
"""In a fork: the folder of the server that it is a fork of, with the ansible-playbook to use."""


def borrow(arguments: list[str]) -> int | None:
    """The exit status of the command, run by whoever lends; None when nobody does, and nothing was run."""
    if not may_be_lent(arguments) or not _is_private(_place()):
        return None
    from mcp_bridge.lending import client

    try:
        return client.hand_over(f"{_link()}/{SOCKET}", ["playvisor", *arguments[1:]])
    except client.Refused:
        return None


def words(arguments: list[str]) -> list[str]:
    """What a command line asks for, from its first word on, without the options that all commands have."""
    rest = arguments[1:]
    while rest and rest[0].startswith("--profile"):
        rest = rest[1:] if "=" in rest[0] else rest[2:]
    return rest


def may_be_lent(arguments: list[str]) -> bool:
    """Whether a command may run in a fork of another process, be it only its playbooks."""
    if lent_by is not None or os.environ.get("PLAYVISOR_EXECUTOR") not in (None, "", "warm"):
        return False
    asked = words(arguments)
    if not asked:
        # A shell that completes what somebody types waits for it.
        return COMPLETING in os.environ
    return not asked[0].startswith("-") and asked[0] not in ALONE


def runs_playbooks(arguments: list[str]) -> bool:
    """Whether a command will run a playbook, unless it is told only to help."""
    asked = words(arguments)
    helps = {"-h", "--help"} & set(asked) or (len(asked) < 2)
    return may_be_lent(arguments) and not helps and asked[0] not in WITHOUT_PLAYBOOKS


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
    installation = f"{sys.executable}\0{os.path.dirname(os.path.dirname(__file__))}".encode()
    return os.path.join(_place(), f"{zlib.crc32(installation):08x}")


def _is_private(folder: str) -> bool:
    """Whether a folder is this user's and nobody else may write into it: what is handed over may be secret."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
