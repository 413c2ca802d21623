# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lends forks of a running Playvisor, which has everything loaded, to programs of the same user and installation.

Only code is lent. The command runs with its own arguments, environment, folder and terminal, so that it acts as the
same user as otherwise. Every command imports this, so it imports next to nothing.
"""

from __future__ import annotations

import os
import stat
import sys
import zlib
from contextlib import suppress

SOCKET = "socket"
_IDLE_SECONDS = 300
# What decides which code is loaded and where commands look for it.
_PASSED = frozenset({"HOME", "LANG", "LOGNAME", "PATH", "TMPDIR", "USER", "VIRTUAL_ENV", "XDG_RUNTIME_DIR"})
_PASSED_PREFIXES = ("LC_", "PYTHON")
lender_folder: str | None = None
"""In a lent fork: the folder of its server, with the ansible-playbook to use; else None."""


def borrow(command: list[str]) -> int | None:
    """Run a program in a borrowed fork; returns its exit status, or None when nobody lends and nothing was run.

    `command` is its name, as lenders know it, and its arguments.
    """
    if not _is_private(_lending_folder()):
        return None
    from mcp_bridge.executor.forkserver import client

    try:
        return client.run_command(f"{_link_path()}/{SOCKET}", command)
    except client.OrderRefused:
        return None


def publish(folder: str) -> bool:
    """Let commands find the server whose socket is in this folder; returns whether they will.

    They will not where there is no safe place for the link, or while another server lends, which may outlive this one.
    """
    with suppress(OSError):
        os.makedirs(_lending_folder(), mode=0o700, exist_ok=True)
        if _is_private(_lending_folder()) and not _has_lender():
            new = f"{_link_path()}.{os.getpid()}"
            os.symlink(folder, new)
            os.replace(new, _link_path())
            return True
    return False


def start_lender() -> None:
    """Start a `playvisor serve` in the background, with nothing of this environment that may be secret.

    It ends by itself when nobody borrows from it.
    """
    import subprocess

    subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", "-m", "playvisor", "serve", f"--idle={_IDLE_SECONDS}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)},
        cwd="/",
        start_new_session=True,
    )


def withdraw(folder: str) -> None:
    """Undo `publish`, unless another server has published itself meanwhile."""
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
    """The link for this installation: another installation has other code."""
    installation = f"{sys.executable}\0{os.path.dirname(__file__)}".encode()
    return os.path.join(_lending_folder(), f"{zlib.crc32(installation):08x}")


def _is_private(folder: str) -> bool:
    """Whether a folder is this user's and closed to everybody else: what a command sends may be secret."""
    try:
        facts = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077
