# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One-time links, by which the person who runs the server comes in.

A link is a file that only this user can make, in the state directory, named by the hash of its code: so each command of
the same user can make one for a server that runs, and no server has to listen for that.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mcp_bridge.errors import UsageError
from mcp_bridge.system import processes

LINK_SECONDS = 300.0
_LINK, _SERVER = ".link", ".server"


class Links:
    """Links that are good once, for some minutes."""

    def __init__(self, state_dir: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = state_dir / "web"
        self._clock = clock

    def make(self) -> str:
        """Make the code of a new link. Raises UsageError where no private file can be made."""
        self._sweep()
        code = secrets.token_urlsafe(32)
        _write_private(self._require_folder() / f"{_hash(code)}{_LINK}", str(self._clock() + LINK_SECONDS))
        return code

    def use(self, code: str) -> bool:
        """Use a code up; whether it was good."""
        path = self._folder / f"{_hash(code)}{_LINK}"
        try:
            self._require_folder()
            end = float(path.read_text(encoding="ascii"))
            # Of several at once, one removes it.
            path.unlink()
        except (OSError, ValueError, UsageError):
            return False
        return end > self._clock()

    def _require_folder(self) -> Path:
        """The folder, which only this user may write to: whoever makes a file in it comes in."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            facts = self._folder.lstat()
        except OSError as error:
            raise UsageError(f"{self._folder} can't be made: {error.strerror}.", "Check PLAYVISOR_STATE_DIR.") from None
        if facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
            raise UsageError(
                f"{self._folder} is not safe: others could write to it.",
                f"Remove it, or run `chmod 700 {self._folder}`.",
            )
        return self._folder

    def _sweep(self) -> None:
        for path in self._folder.glob(f"*{_LINK}"):
            with suppress(OSError, ValueError):
                if float(path.read_text(encoding="ascii")) <= self._clock():
                    path.unlink()

    # The servers of this user.

    def announce(self, url: str) -> Callable[[], None]:
        """Let `playvisor web --link` find the server of this process; returns what ends that."""
        path = self._require_folder() / f"{socket.gethostname()}-{os.getpid()}{_SERVER}"
        facts = {"url": url, "pid": os.getpid(), "started": processes.read_start_time(os.getpid())}
        path.unlink(missing_ok=True)
        _write_private(path, json.dumps(facts))
        return lambda: path.unlink(missing_ok=True)

    def list_servers(self) -> list[Server]:
        """The servers that run on this host with this state directory; those that were killed are forgotten."""
        found = []
        for path in sorted(self._folder.glob(f"{socket.gethostname()}-*{_SERVER}")):
            server = _read_server(path)
            if server and processes.read_start_time(server.pid) == server.started:
                found.append(server)
            else:
                path.unlink(missing_ok=True)
        return found


@dataclass(frozen=True)
class Server:
    """A server that runs: where people reach it, and its process."""

    url: str
    pid: int
    started: str


def _read_server(path: Path) -> Server | None:
    try:
        return Server(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
