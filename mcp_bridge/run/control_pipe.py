# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How other processes reach a run: a named pipe for each process that runs something.

Its name is the process that the ledger's row names, so whoever can read the ledger of a state directory finds it. The
kernel lets nobody write into the pipe of a process that has died.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mcp_bridge.ledger.records import RunRow
from mcp_bridge.system import processes

Message = dict[str, Any]
_FOLDER = "running"


class ControlPipe:
    """This process's pipe. It opens with the first run; a run that can't have one can't be reached, and runs on."""

    def __init__(self, state_dir: Path, deliver: Callable[[Message], None]) -> None:
        self._folder = state_dir / _FOLDER
        self._deliver = deliver
        self._opening = threading.Lock()
        self._pipe: Path | None = None
        self._descriptor = -1

    def open(self) -> None:
        """Start to receive messages."""
        with self._opening, suppress(OSError):
            if self._pipe is not None:
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_abandoned(self._folder)
            pipe = self._folder / _name(os.getpid(), processes.read_start_time(os.getpid()))
            with suppress(FileExistsError):
                os.mkfifo(pipe, 0o600)
            atexit.register(self.close)
            # To read and to write: so it does not end when a writer does.
            self._descriptor = os.open(pipe, os.O_RDWR)
            self._pipe = pipe
            threading.Thread(target=self._read, args=(self._descriptor,), name="control-pipe", daemon=True).start()

    def close(self) -> None:
        """Remove the pipe."""
        with self._opening:
            if self._pipe is not None:
                self._pipe.unlink(missing_ok=True)
                self._pipe = None
                with suppress(OSError):
                    os.write(self._descriptor, b"\n")

    def _read(self, descriptor: int) -> None:
        with open(descriptor, encoding="utf-8") as lines:
            for line in lines:
                if not line.strip():
                    return
                with suppress(ValueError):
                    message = json.loads(line)
                    if isinstance(message, dict):
                        self._deliver(message)


def send(state_dir: Path, row: RunRow, message: Message) -> bool:
    """Send a message to the process that opened a row of the ledger; false when it is not there any more."""
    try:
        descriptor = os.open(
            state_dir / _FOLDER / _name(row.pid, row.process_started or ""), os.O_WRONLY | os.O_NONBLOCK
        )
    except OSError:
        return False
    try:
        # Less than what a pipe takes as one piece.
        return os.write(descriptor, f"{json.dumps(message)}\n".encode()) > 0
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _name(pid: int, started: str) -> str:
    return f"{pid}-{started}"


def _remove_abandoned(folder: Path) -> None:
    for pipe in folder.iterdir():
        pid, _dash, started = pipe.name.partition("-")
        if pid.isdigit() and started and processes.read_start_time(int(pid)) != started:
            pipe.unlink(missing_ok=True)
