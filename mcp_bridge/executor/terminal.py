# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-runner without its pauses, in whose terminals a fork server's child may be."""

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
    """A terminal that is closed when its process has ended and has nothing left to say, so without a pause.

    If there is a fork server's socket beside the program, its process is a fork of that server.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delayafterread = None

    def _spawnpty(self, args: list[bytes], **kwargs: Any) -> Any:
        forked = _start_fork(args, kwargs["cwd"], kwargs["env"])
        process = forked or super()._spawnpty(args, **kwargs)
        process.delayafterclose = 0
        return process


class _Fork(PtyProcess):  # type: ignore[misc]
    """A process in a terminal whose parent is a fork server, which tells over `link` how it ends."""

    def __init__(self, pid: int, terminal: int, link: client.Link) -> None:
        super().__init__(pid, terminal)
        self._link = link
        self.terminated: bool = False

    def isalive(self) -> bool:
        """Whether it has not ended yet; waits for that when it has closed its terminal, as is usual here."""
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
    """A fork server's child in a new terminal; None when there is no server, or it will not run this."""
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
    # Both as a process of its own in a terminal would have it.
    with suppress(OSError):
        process.setwinsize(*_ROWS_AND_COLUMNS)
        process.setecho(False)
    return process


def patch_ansible_runner() -> None:
    """Let the runs of this process use it. Nothing else that uses pexpect or json is touched."""
    runner.pexpect = SimpleNamespace(**{**vars(pexpect), "spawn": _Terminal})
    runner.json = SimpleNamespace(**{**vars(json), "dump": _dump})


def _dump(data: Any, file: TextIO, **options: Any) -> None:
    """Write the same as `json.dump` at once, not in a thousand pieces."""
    file.write(json.dumps(data, **options))
