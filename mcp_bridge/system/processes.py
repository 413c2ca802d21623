# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes of a run, found by a variable that only they have in their environment.

Ansible's workers leave the process group of their playbook, so that killing the group leaves a module running.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_ROUNDS = 20


def find_run_processes(folder: Path) -> list[int]:
    """Ids of this user's processes whose ansible-runner artifacts lie in `folder`; none where there is no /proc."""
    marker = b"AWX_ISOLATED_DATA_DIR=" + os.fsencode(folder) + b"/"
    return [int(entry.name) for entry in _PROC.glob("[0-9]*") if _has_variable(entry, marker)]


def _has_variable(process: Path, marker: bytes) -> bool:
    try:
        environment = (process / "environ").read_bytes()
    except OSError:
        # Another user's, or gone.
        return False
    return any(variable.startswith(marker) for variable in environment.split(b"\0"))


def kill_run(folder: Path) -> None:
    """Kill all processes of a run, also those that are being forked meanwhile."""
    for _dummy in range(_ROUNDS):
        pids = find_run_processes(folder)
        if not pids:
            return
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def read_start_time(pid: int) -> str:
    """When a process started, in clock ticks since boot; together with its id this identifies it.

    Empty when there is no such process.
    """
    fields = _read_stat(pid)
    # A zombie has ended; only its parent has not waited for it yet.
    return "" if not fields or fields[0] in ("Z", "X") else fields[19]


def read_parent(pid: int) -> int | None:
    """The id of a process's parent; None when there is no such process."""
    fields = _read_stat(pid)
    return int(fields[1]) if fields else None


def _read_stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty when there is no such process."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return stat.rpartition(")")[2].split()
