# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns a fork of the server into the ansible-playbook of one run, or into a command of Playvisor."""

from __future__ import annotations

import atexit
import ctypes
import importlib
import multiprocessing.util
import os
import random
import signal
import socket
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from mcp_bridge.executor.forkserver import client
from mcp_bridge.system import exiting, memory

MARK = "AWX_ISOLATED_DATA_DIR"
"""The variable by which the processes of a run are found (`system/processes.py`)."""
MARK_BYTES = 4096
"""How many bytes are reserved for its value in the environment that the server is started with."""

PLAYBOOK = "ansible-playbook"


def read_program_name(data: bytearray) -> str:
    """The name of the program in an order that `client.send_order` sent."""
    return os.fsdecode(bytes(data.split(b"\0", 4)[3]))


@dataclass(frozen=True)
class Order:
    """A command to run, with what a new process would get."""

    cwd: bytes
    umask: int
    arguments: list[str]
    environment: dict[bytes, bytes]

    @classmethod
    def parse(cls, data: bytes) -> Order:
        """Parse what `client.encode_order` made."""
        cwd, umask, count, *rest = data.split(b"\0")
        arguments, variables = rest[: int(count)], rest[int(count) :]
        pairs = (variable.partition(b"=") for variable in variables)
        environment = {name: value for name, _equals, value in pairs}
        return cls(cwd, int(umask), [os.fsdecode(word) for word in arguments], environment)

    @property
    def folder(self) -> Path | None:
        """The run's private data dir, below which its artifacts lie."""
        artifacts = self.environment.get(MARK.encode())
        return Path(os.fsdecode(artifacts)).parent.parent if artifacts else None


def run_in_this_process(order: Order, link: socket.socket, terminal: list[int]) -> NoReturn:
    """Run the command in this process, and exit with its status. `terminal` are its stdin, stdout and stderr."""
    status = 250
    try:
        # The client may kill the process group of this process, which must not be the server's.
        os.setsid()
        # Before anything runs: a client that does not get this runs the command itself.
        link.sendall(client.encode_acceptance(os.getpid()))
        link.close()
        # This process must not remove the server's temporary files.
        atexit._clear()
        atexit.register(multiprocessing.util._exit_function)  # type: ignore[attr-defined]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _replace_streams(terminal)
        os.chdir(order.cwd)
        os.umask(order.umask)
        os.environb.clear()
        os.environb.update(order.environment)
        sys.argv = list(order.arguments)
        name = order.arguments[0]
        status = (
            _run_playbook(order)
            if name == PLAYBOOK
            else exiting.run_for_status(importlib.import_module(lent_programs[name]).main)
        )
    except BaseException:
        traceback.print_exc()
    finally:
        exiting.exit_process(status)


def _replace_streams(terminal: list[int]) -> None:
    for source, target in zip(terminal, (0, 1, 2), strict=True):
        os.dup2(source, target)
        os.close(source)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)


def _write_mark(artifacts: bytes) -> None:
    """Write the run's folder to the memory from which the kernel shows this process's environment.

    That is the environment which the server was started with; changes of `os.environ` do not show there.
    """
    if _MARK_ADDRESS and len(artifacts) < MARK_BYTES:
        ctypes.memmove(_MARK_ADDRESS, artifacts.ljust(MARK_BYTES, b"\0"), MARK_BYTES)


def _find_mark_address() -> int | None:
    value = os.environb.get(MARK.encode(), b"")
    if len(value) != MARK_BYTES:
        return None
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_void_p
    address: int | None = getenv(MARK.encode())
    return address


def _refresh_ansible() -> None:
    """Read again what Ansible reads from the environment when it is imported."""
    changed = importlib.import_module("mcp_bridge.executor.forkserver.ansible_settings").refresh(
        _STARTED_WITH, os.environb
    )
    importlib.import_module("mcp_bridge.executor.forkserver.rehearsal").use_rehearsal(changed)
    # How the ids of tasks begin.
    variables: Any = importlib.import_module("ansible.utils.vars")
    variables.random_int = f"{random.getrandbits(32):08x}"
    importlib.import_module("ansible.utils.display").Display()._set_column_width()
    # The plugin loaders are in place.
    cli: Any = importlib.import_module("ansible.cli")
    cli.init_plugin_loader = lambda *_: None


def _run_playbook(order: Order) -> int:
    """Run ansible-playbook; returns its exit status."""
    # Its processes are found by their environment (`system/processes.py`).
    memory.allow_inspection()
    _write_mark(order.environment.get(MARK.encode(), b""))
    _refresh_ansible()
    importlib.import_module("mcp_bridge.executor.forkserver.worker").run_tasks_in_process(os.environ)
    cli: Any = importlib.import_module("ansible.cli.playbook").PlaybookCLI
    return exiting.run_for_status(lambda: cli.cli_executor(order.arguments))


lent_programs: dict[str, str] = {}
"""The programs that the server lends forks to, each with the module whose `main` it is."""


_STARTED_WITH = dict(os.environb)
_MARK_ADDRESS = _find_mark_address()
