# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private folder for a socket: with a short path, for this user only, and removed after the process that made it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from mcp_bridge.errors import PlayvisorError

_PREFIX = "playvisor-gateway-"
# What it is called until it is locked: nobody takes it for one whose process has died.
_UNBORN = f".{_PREFIX}"
_UNBORN_SECONDS = 60.0
# A socket's whole path may have 107 bytes.
_LONGEST_BASE = 70


class PrivateFolder:
    """The folder, locked while its process lives; others may remove it when it is not locked."""

    def __init__(self) -> None:
        remove_abandoned_folders()
        base = _choose_base()
        unborn = Path(tempfile.mkdtemp(prefix=_UNBORN, dir=base))
        self._lock = os.open(unborn, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = unborn.with_name(unborn.name.removeprefix("."))
        unborn.rename(self.path)

    def remove(self) -> None:
        """Remove the folder and everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def remove_abandoned_folders() -> None:
    """Remove the folders of this user's processes that were killed, with the sockets and keys in them."""
    for base in _list_bases():
        for folder in base.glob(f"{_PREFIX}*"):
            _remove_unless_locked(folder)
        for folder in base.glob(f"{_UNBORN}*"):
            with suppress(OSError):
                if time.time() - folder.stat(follow_symlinks=False).st_mtime > _UNBORN_SECONDS:
                    _remove_unless_locked(folder)


def _list_bases() -> list[Path]:
    names = (os.environ.get("XDG_RUNTIME_DIR"), _find_temporary_folder(), "/tmp")  # noqa: S108
    return [Path(name) for name in dict.fromkeys(names) if name and len(os.fsencode(name)) <= _LONGEST_BASE]


def _find_temporary_folder() -> str | None:
    """Where temporary files belong; None while nothing can be written there, such as on a full disk."""
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        return None


def _choose_base() -> Path:
    for base in _list_bases():
        if os.access(base, os.W_OK | os.X_OK):
            return base
    raise PlayvisorError("There is no directory for the gateway's socket.", "Set TMPDIR to one that you may write to.")


def _remove_unless_locked(folder: Path) -> None:
    with suppress(OSError):
        if folder.stat(follow_symlinks=False).st_uid != os.getuid():
            return
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
