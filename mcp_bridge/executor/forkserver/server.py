# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fork server: a process with everything loaded that forks a child for each playbook.

    python -m mcp_bridge.executor.forkserver.server SOCKET MAX_RUNNING [lend|lend-too PROGRAM=MODULE...]

With `lend` it also runs these programs, each the `main` of its module, whose `preload` loads what it needs; with
`lend-too` it runs them as well, but loads that only after it has been idle for a while.

It prints `ready` on stdout as soon as it can run playbooks, loads the rest while it is idle, and serves until its stdin
is closed. Then it kills the playbooks of the process that started it, and ends once the commands that borrowed a fork
have ended. When it reads anything on stdin, it accepts nothing new, and ends when nothing runs any more.
"""

from __future__ import annotations

import gc
import os
import selectors
import shutil
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mcp_bridge.executor.forkserver import child, lending
from mcp_bridge.executor.forkserver.client import LENGTH
from mcp_bridge.executor.forkserver.spare import Spare
from mcp_bridge.executor.forkserver.stamp import Stamp, read_code_stamp
from mcp_bridge.executor.forkserver.supervisor import LEND
from mcp_bridge.system import memory, processes

_LOADED = object()
_Loading = list[tuple[float, Iterator[None]]]
# Seconds of idleness after which what only lent programs need is loaded.
_QUIET_SECONDS = 2.0
# Seconds of idleness after which the spare, which takes memory, is ended.
_SPARE_SECONDS = 30.0
# While this many run, no spare is forked: the processors have enough to do.
_MANY = 2
_CHUNK = 65536
_FORWARDED = frozenset({signal.SIGINT, signal.SIGTERM})


@dataclass
class _Connection:
    """A client, what it has sent so far, and the process that runs for it: `pid`, 0 while there is none."""

    link: socket.socket
    received: bytearray = field(default_factory=bytearray)
    terminal: list[int] = field(default_factory=list)
    pid: int = 0
    # The run's folder; a lent program has none.
    folder: Path | None = None

    def is_complete(self) -> bool:
        """Whether the whole order has arrived."""
        return len(self.received) - LENGTH == int.from_bytes(self.received[:LENGTH], "big")

    def close_terminal(self) -> None:
        for descriptor in self.terminal:
            os.close(descriptor)
        self.terminal = []


class ForkServer:
    """Serves clients on a listening socket, at most `max_running` of them at a time.

    `loading` are the loaders to run step by step, one after the other, while the server is idle, each with the seconds
    of idleness after which it starts. `rehearse` is called in a fork that waits for its playbook. `may_lend` says
    whether lent programs may run now.
    """

    def __init__(
        self,
        listening: socket.socket,
        max_running: int,
        loading: _Loading,
        rehearse: Callable[[], None],
        may_lend: Callable[[], bool],
    ) -> None:
        self._listening = listening
        self._folder = Path(listening.getsockname()).parent
        self._max_running = max_running
        self._loading = loading
        self._may_lend = may_lend
        self._rehearse = rehearse
        self._loaded = False
        self._spare: Spare | None = None
        # The processes of spares that were not needed.
        self._dismissed: set[int] = set()
        self._connections: dict[socket.socket, _Connection] = {}
        self._selector = selectors.DefaultSelector()
        self._wakeup_read, self._wakeup_write = os.pipe()
        os.set_blocking(self._wakeup_write, False)
        os.set_blocking(self._wakeup_read, False)

    def serve(self) -> None:
        """Serve until stdin is closed, or something was read from it and nothing runs any more."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)
        self._selector.register(0, selectors.EVENT_READ)
        self._selector.register(self._wakeup_read, selectors.EVENT_READ)
        self._selector.register(self._listening, selectors.EVENT_READ)
        while self._listening.fileno() >= 0 or self._connections:
            events = self._selector.select(self._loading[0][0] if self._loading else _SPARE_SECONDS)
            if not events and self._loading:
                self._load_step()
            elif not events:
                self._dismiss_spare()
            for key, _events in events:
                if key.fileobj == 0:
                    self._read_stdin()
                elif key.fileobj == self._wakeup_read:
                    self._reap()
                elif key.fileobj is self._listening:
                    # Unless another event of this round has just closed it.
                    if self._listening.fileno() >= 0:
                        self._accept()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._connections:
                    self._read_from(self._connections[key.fileobj])

    def _load_step(self) -> None:
        (_quiet, steps), *rest = self._loading
        if next(steps, _LOADED) is not _LOADED:
            self._loading = [(0.0, steps), *rest]
            return
        self._loading, self._loaded = rest, True
        # What is loaded does not change: collecting garbage in a child would copy its pages.
        gc.collect()
        gc.freeze()
        self._dismiss_spare()
        self._fork_spare()

    def _fork_spare(self) -> None:
        """Have a fork wait for the next playbook, unless enough are running."""
        if not self._spare and self._count_running() < _MANY:
            self._spare = Spare(self._close_in_child, self._rehearse)

    def _count_running(self) -> int:
        return sum(1 for connection in self._connections.values() if connection.pid)

    def _dismiss_spare(self) -> None:
        if self._spare:
            self._spare.dismiss()
            self._dismissed.add(self._spare.pid)
            self._spare = None

    def _read_stdin(self) -> None:
        """Stop accepting clients; if stdin is closed, also kill what runs for the process that started this one."""
        if not os.read(0, _CHUNK):
            self._selector.unregister(0)
            self._loading = []
            abandoned = [client for client in self._connections.values() if not self._is_borrowed(client)]
            for client in abandoned:
                self._kill(client)
                self._disconnect(client)
        if self._listening.fileno() >= 0:
            self._selector.unregister(self._listening)
            self._listening.close()
            self._dismiss_spare()

    def _is_borrowed(self, client: _Connection) -> bool:
        """Whether a client is a command that borrowed a fork, or the playbook of such a command."""
        borrowers = {running.pid for running in self._connections.values() if running.pid and running.folder is None}
        peer, _user, _group = struct.unpack(
            "3i", client.link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        )
        return client.pid in borrowers or peer in borrowers

    def _accept(self) -> None:
        link, _address = self._listening.accept()
        # `Supervisor.count_idle_seconds` reads this.
        os.utime(self._folder)
        self._connections[link] = _Connection(link)
        self._selector.register(link, selectors.EVENT_READ)

    def _read_from(self, client: _Connection) -> None:
        try:
            data, terminal, _flags, _address = socket.recv_fds(client.link, _CHUNK, 3)
        except OSError:
            data, terminal = b"", []
        client.terminal += terminal
        if not data:
            # The client was killed, so its playbook must end, too.
            self._kill(client)
            self._disconnect(client)
        elif client.pid:
            for number in _FORWARDED.intersection(data):
                os.kill(client.pid, number)
        else:
            client.received += data
            if client.is_complete():
                self._start(client)

    def _start(self, client: _Connection) -> None:
        program = child.read_program_name(client.received[LENGTH:])
        is_full = self._count_running() >= self._max_running
        if is_full or (program != child.PLAYBOOK and not (program in child.lent_programs and self._may_lend())):
            self._disconnect(client)
            return
        if program == child.PLAYBOOK:
            self._start_playbook(client, bytes(client.received[LENGTH:]))
        else:
            client.pid = self._fork(client)
        # There may be a secret in a command's environment.
        client.received[:] = bytes(len(client.received))
        client.close_terminal()

    def _start_playbook(self, client: _Connection, order: bytes) -> None:
        client.folder = child.Order.parse(order).folder
        spare, self._spare = self._spare, None
        if spare and spare.send_order(order, client.link, client.terminal):
            client.pid = spare.pid
        else:
            self._dismissed.update({spare.pid} if spare else ())
            client.pid = self._fork(client)
        if self._loaded:
            self._fork_spare()

    def _fork(self, client: _Connection) -> int:
        pid = os.fork()
        if pid == 0:
            self._close_in_child(client)
            child.run_in_this_process(child.Order.parse(bytes(client.received[LENGTH:])), client.link, client.terminal)
        return pid

    def _close_in_child(self, client: _Connection | None = None) -> None:
        """In a child, close what belongs to the server: no child may hold another's connection or terminal open."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for connection in self._connections.values():
            if connection is not client:
                connection.link.close()
                connection.close_terminal()
        self._listening.close()
        os.close(self._wakeup_read)
        os.close(self._wakeup_write)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wakeup_read, _CHUNK)
        self._dismissed = {pid for pid in self._dismissed if not os.waitpid(pid, os.WNOHANG)[0]}
        for client in list(self._connections.values()):
            if client.pid:
                pid, status = os.waitpid(client.pid, os.WNOHANG)
                if pid:
                    client.pid = 0
                    code = os.waitstatus_to_exitcode(status)
                    with suppress(OSError):
                        client.link.sendall(bytes([code if 0 <= code < 255 else 128 - code if code < 0 else 254]))
                    self._disconnect(client)

    def _disconnect(self, client: _Connection) -> None:
        with suppress(KeyError):
            self._selector.unregister(client.link)
        del self._connections[client.link]
        client.link.close()
        client.close_terminal()

    def _kill(self, client: _Connection) -> None:
        if client.pid:
            os.kill(client.pid, signal.SIGKILL)
            os.waitpid(client.pid, 0)
            client.pid = 0
            if client.folder:
                processes.kill_run(client.folder)


def main() -> None:
    """Load everything, then serve."""
    address, most, *purpose = sys.argv[1:]
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(address)
    listening.listen(64)
    from mcp_bridge.executor.forkserver import templates

    # Before Ansible is imported, which compiles the defaults of its settings.
    templates.share_compiled_templates()
    from mcp_bridge.executor.forkserver import bytecode, preload
    from mcp_bridge.executor.forkserver.rehearsal import rehearse

    bytecode.keep_bytecode()
    preload.import_ansible()
    loading, may_lend = [(0.0, preload.load_plugins())], _may_not_lend
    if purpose:
        memory.forbid_inspection()
        lending.lender_folder = str(Path(address).parent)
        child.lent_programs = dict(word.split("=", 1) for word in purpose[1:])
        modules = tuple(child.lent_programs.values())
        loading.append((0.0 if purpose[0] == LEND else _QUIET_SECONDS, preload.load_programs(modules)))
        may_lend = partial(_is_unchanged, read_code_stamp(modules), modules)
    # The process that started this one may be gone already; reading stdin shows that as well.
    with suppress(BrokenPipeError):
        print("ready", flush=True)
    ForkServer(listening, int(most), loading, partial(rehearse, Path(address).parent), may_lend).serve()
    # The process that started this one may be gone, and can't remove the folder.
    shutil.rmtree(Path(address).parent, ignore_errors=True)
    os._exit(0)


def _may_not_lend() -> bool:
    return False


def _is_unchanged(loaded_stamp: Stamp, modules: tuple[str, ...]) -> bool:
    return read_code_stamp(modules) == loaded_stamp


if __name__ == "__main__":
    main()
