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
# A socket's whole path may have 107 bytes.
_LONGEST_BASE = 70
# A folder younger than this may belong to a process that has not locked it yet.
_NEW_SECONDS = 60.0


class PrivateFolder:
    """The folder, locked while its process lives; others may remove it when it is not locked."""

    def __init__(self) -> None:
        base = _choose_base()
        _remove_abandoned(base)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        self._lock = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove the folder and everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _choose_base() -> Path:
    for name in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if name and len(os.fsencode(name)) <= _LONGEST_BASE and os.access(name, os.W_OK | os.X_OK):
            return Path(name)
    raise PlayvisorError("There is no directory for the gateway's socket.", "Set TMPDIR to one that you may write to.")


def _remove_abandoned(base: Path) -> None:
    """Remove the folders of processes that were killed."""
    for folder in base.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            facts = folder.stat(follow_symlinks=False)
            if facts.st_uid != os.getuid() or time.time() - facts.st_mtime < _NEW_SECONDS:
                continue
            if not (folder / "socket").is_socket():
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
