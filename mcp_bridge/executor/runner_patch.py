# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes ansible-runner faster: without its pauses, and with a fork server's child as ansible-playbook."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO

import pexpect  # type: ignore[import-untyped]
from ansible_runner import runner  # type: ignore[import-untyped]
from ptyprocess import PtyProcess  # type: ignore[import-untyped]

from mcp_bridge.executor.forkserver import client
from mcp_bridge.executor.forkserver.lending import SOCKET

_ROWS_AND_COLUMNS = (24, 80)


class _Terminal(pexpect.spawn):  # type: ignore[misc]
    """A terminal that is closed without a pause when its process has ended and all its output is read.

    If there is a fork server's socket beside the program, the process is a fork of that server.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delayafterread = None

    def _spawnpty(self, args: list[bytes], **kwargs: Any) -> Any:
        fork = _start_fork(args, kwargs["cwd"], kwargs["env"])
        process = fork or super()._spawnpty(args, **kwargs)
        process.delayafterclose = 0
        return process


class _Fork(PtyProcess):  # type: ignore[misc]
    """A process in a terminal whose parent is a fork server, which sends its exit status over `link`."""

    def __init__(self, pid: int, terminal: int, link: client.Link) -> None:
        super().__init__(pid, terminal)
        self._link = link
        self.terminated: bool = False

    def isalive(self) -> bool:
        """Whether it is still running; once it has closed its terminal, waits for its end."""
        if self.terminated:
            return False
        self._link.setblocking(self.flag_eof)
        try:
            status = client.read_status(self._link)
        except BlockingIOError:
            return True
        self._link.close()
        self.exitstatus, self.status, self.terminated = status, status << 8, True
        return False


def _start_fork(command: list[bytes], cwd: str, environment: Mapping[str, str]) -> _Fork | None:
    """Start a fork server's child in a new terminal; None when there is no server, or it refuses the command."""
    program = Path(os.fsdecode(command[0]))
    address = program.with_name(SOCKET)
    if not address.exists():
        return None
    master, slave = os.openpty()
    try:
        variables = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
        order = client.encode_order([program.name, *map(os.fsdecode, command[1:])], cwd, variables)
        link, pid = client.send_order(str(address), order, [slave] * 3)
    except client.OrderRefused:
        os.close(master)
        return None
    finally:
        os.close(slave)
    process = _Fork(pid, master, link)
    # Both as pexpect sets them for a process that it starts itself.
    with suppress(OSError):
        process.setwinsize(*_ROWS_AND_COLUMNS)
        process.setecho(False)
    return process


def patch_ansible_runner() -> None:
    """Make ansible-runner use these in this process. Nothing else that uses pexpect or json is changed."""
    runner.pexpect = SimpleNamespace(**{**vars(pexpect), "spawn": _Terminal})
    runner.json = SimpleNamespace(**{**vars(json), "dump": _dump})


def _dump(data: Any, file: TextIO, **options: Any) -> None:
    """Write the same as `json.dump`, in one piece instead of many small ones."""
    file.write(json.dumps(data, **options))
