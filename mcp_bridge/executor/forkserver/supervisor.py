# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps one fork server running: starts it, replaces it when what it has loaded is out of date, ends it."""

from __future__ import annotations

import atexit
import logging
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from mcp_bridge.executor.environment import RUNNER_CONSTANTS
from mcp_bridge.executor.forkserver import lending
from mcp_bridge.executor.forkserver.child import MARK, MARK_BYTES
from mcp_bridge.executor.forkserver.stamp import Stamp, read_collection_stamp

_log = logging.getLogger(__name__)
Purpose = Literal["lend", "lend-too", "once"]
LEND: Purpose = "lend"
LEND_TOO: Purpose = "lend-too"
ONCE: Purpose = "once"
_LENDING = (LEND, LEND_TOO)
# Playbooks at a time; further ones run without the fork server, which takes more time and memory.
MAX_PLAYBOOKS = 64
# A server that ends sooner than this many seconds after its start is not started again.
_SOON = 10.0
# Seconds to wait for a server to end; it may have something to finish, and then ends by itself.
_END_SECONDS = 3.0
# Seconds within which a server must be ready.
_READY_SECONDS = 30.0


@dataclass
class _Server:
    """A server; its folder holds its socket, and beside it the ansible-playbook to run."""

    process: subprocess.Popen[bytes]
    folder: Path
    stamp: Stamp
    started_at: float
    # Set once it is ready, or has ended before it was.
    startup_done: threading.Event = field(default_factory=threading.Event)
    ready: bool = False
    # Whether commands find it.
    published: bool = False

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def retire(self) -> None:
        """Tell the server to end once everything that it runs has ended."""
        if self.process.stdin:
            with suppress(OSError):
                self.process.stdin.write(b"retire\n")
                self.process.stdin.flush()

    def read_last_log_line(self) -> str:
        """The last line that the server wrote to stderr."""
        try:
            lines = (self.folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "it printed nothing"

    def end(self) -> None:
        """End the server and what it runs for this process; commands that borrowed a fork end by themselves."""
        lending.withdraw(str(self.folder))
        for pipe in filter(None, (self.process.stdin, self.process.stdout)):
            with suppress(OSError):
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS)
            shutil.rmtree(self.folder, ignore_errors=True)


class Supervisor:
    """The fork server of this process. `build_environment` gives the environment that a run in a folder would get now.

    `purpose`: `lend` for a server for the commands of the same user, `lend-too` for one whose forks they may borrow as
    well; `once` for one that is started as early as possible for a single run, which waits for it. `lent_programs` are
    the programs that are lent, each with the module whose `main` it is.
    """

    def __init__(
        self,
        build_environment: Callable[[Path], dict[str, str]],
        max_playbooks: int = MAX_PLAYBOOKS,
        purpose: Purpose | None = None,
        lent_programs: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._build_environment = build_environment
        self._max_playbooks = max_playbooks
        self._purpose = purpose
        self._lent_programs = lent_programs
        self._lock = threading.Lock()
        self._server: _Server | None = None
        # Servers that were replaced, while they still run something.
        self._retired: list[_Server] = []
        self._is_useless = False
        atexit.register(self.close)

    def start(self) -> None:
        """Start a server in the background, unless there is one."""
        threading.Thread(target=self._ensure_server, name="fork server", daemon=True).start()

    def find_program_folder(self) -> Path | None:
        """The folder with the ansible-playbook to use now; None while no server is ready."""
        server = self._ensure_server()
        if server is not None and self._purpose == ONCE:
            server.startup_done.wait(_READY_SECONDS)
        return server.folder if server and server.ready else None

    def wait_until_ready(self) -> bool:
        """Wait until a server is ready, or failed to start; returns whether one is ready."""
        server = self._ensure_server()
        return server is not None and server.startup_done.wait(_READY_SECONDS) and server.ready

    def keep_running(self) -> None:
        """Keep a server running until this supervisor is closed, or servers turn out to end as soon as they start."""
        while (server := self._ensure_server()) is not None:
            server.process.wait()

    @property
    def is_useless(self) -> bool:
        """Whether servers end as soon as they start."""
        return self._is_useless

    @property
    def is_published(self) -> bool:
        """Whether commands find the server, so that no other lends instead of it."""
        return self._server is not None and self._server.published

    def count_idle_seconds(self) -> float:
        """The seconds since anybody last had the server run something."""
        try:
            return time.time() - self._server.folder.stat().st_mtime if self._server else 0.0
        except FileNotFoundError:
            return 0.0

    def _ensure_server(self) -> _Server | None:
        with self._lock:
            if self._is_useless:
                return None
            stamp: Stamp = (tuple(sorted(self._build_environment(Path()).items())), *read_collection_stamp())
            if self._server is not None and (self._server.has_ended or self._server.stamp != stamp):
                self._retire(self._server)
            if self._server is None and not self._is_useless:
                programs = (f"{name}={module}" for name, module in self._lent_programs.items())
                purpose = (self._purpose, *programs) if self._purpose in _LENDING else ()
                try:
                    self._server = _launch_server(
                        self._build_environment, stamp, (str(self._max_playbooks), *map(str, purpose))
                    )
                except OSError as error:
                    self._is_useless = True
                    _log.warning("Playbooks run without a fork server, which is slower: it can't start: %s", error)
                    return None
                threading.Thread(
                    target=self._follow_startup, args=(self._server,), name="fork server", daemon=True
                ).start()
            return self._server

    def _follow_startup(self, server: _Server) -> None:
        if server.process.stdout:
            server.ready = server.process.stdout.readline() == b"ready\n"
        if server.ready and self._purpose in _LENDING:
            server.published = lending.publish(str(server.folder))
        server.startup_done.set()

    @property
    def pid(self) -> int | None:
        """The process id of the server, once it is ready."""
        return self._server.process.pid if self._server and self._server.ready else None

    def close(self) -> None:
        """End every server."""
        with self._lock:
            self._is_useless = True
            for server in filter(None, (self._server, *self._retired)):
                server.end()
            self._server, self._retired = None, []

    def _retire(self, server: _Server) -> None:
        self._server = None
        if not server.has_ended:
            server.retire()
            self._retired.append(server)
        elif time.monotonic() - server.started_at < _SOON:
            self._is_useless = True
            _log.warning(
                "Playbooks run without a fork server, which is slower: it failed: %s", server.read_last_log_line()
            )
        for former in [server, *self._retired]:
            if former.has_ended:
                former.end()
        self._retired = [former for former in self._retired if not former.has_ended]


def _launch_server(
    build_environment: Callable[[Path], dict[str, str]], stamp: Stamp, arguments: Sequence[str]
) -> _Server:
    folder = Path(tempfile.mkdtemp(prefix="playvisor-"))
    address = folder / lending.SOCKET
    # The real one, which runs when the server refuses; `executor/runner_patch.py` finds the socket beside it.
    (folder / "ansible-playbook").symlink_to(Path(sys.executable).with_name("ansible-playbook"))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            # -P: no module is imported from the working directory.
            [sys.executable, "-P", "-m", "mcp_bridge.executor.forkserver.server", str(address), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # Where runs differ, these are the server's own values; each run sets its own.
            env={
                **build_environment(folder),
                **RUNNER_CONSTANTS,
                "ANSIBLE_CALLBACK_PLUGINS": _find_runner_callbacks(),
                MARK: "x" * MARK_BYTES,
            },
            # Ctrl-C is for this process, which stops its runs itself.
            start_new_session=True,
        )
    return _Server(process, folder, stamp, time.monotonic())


def _find_runner_callbacks() -> str:
    """The folder of ansible-runner's callback plugin, found without importing ansible-runner, which takes time."""
    runner = find_spec("ansible_runner")
    return str(Path(str(runner.origin)).parent / "display_callback" / "callback") if runner else ""
