# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running programs through the agent: exec and exec-status."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from pve_simulator.guests.agent.files import as_bytes
from pve_simulator.guests.agent.machine import Machine, agent_error
from pve_simulator.guests.agent.programs import Result, run_program
from pve_simulator.guests.agent.shell import SHELLS, run_shell
from pve_simulator.state.agent import Process

# An agent forks twice for each program.
_PIDS_PER_RUN = 2


def start_program(machine: Machine, argv: Sequence[str], stdin: str) -> int:
    """Start a program and return its process id; raises the agent's error for a missing program."""
    pid = machine.system.first_pid + _PIDS_PER_RUN * machine.script.started
    machine.script.started += 1
    result = _find_scripted_result(machine, argv) or _run(machine, argv, stdin)
    if result is None:
        reason = f"Failed to execute child process \N{LEFT DOUBLE QUOTATION MARK}{argv[0]}"
        reason += "\N{RIGHT DOUBLE QUOTATION MARK} (No such file or directory)"
        raise agent_error(f"Guest agent command failed, error was '{reason}'")
    ends = machine.now + result.seconds
    machine.script.processes[pid] = Process(ends, result.exitcode, result.out, result.err, result.signal)
    return pid


def read_status(machine: Machine, pid: int) -> dict[str, Any]:
    """The status of a program; one that has ended is forgotten after this."""
    process = machine.script.processes.get(pid)
    if process is None:
        raise agent_error("PID ld does not exist")
    if machine.now < process.ends:
        return {"exited": 0}
    del machine.script.processes[pid]
    view: dict[str, Any] = {"exited": 1}
    if process.signal is None:
        view["exitcode"] = process.exitcode
    else:
        view["signal"] = process.signal
    for name, text in (("out", process.out), ("err", process.err)):
        if text:
            view |= {f"{name}-data": as_bytes(text), f"{name}-truncated": 0}
    return view


def _run(machine: Machine, argv: Sequence[str], stdin: str) -> Result | None:
    base = argv[0].rpartition("/")[2]
    if base in SHELLS and base in machine.system.programs:
        return run_shell(machine, argv[1:], stdin)
    return run_program(machine, argv[0], argv[1:], stdin)


def _find_scripted_result(machine: Machine, argv: Sequence[str]) -> Result | None:
    line = " ".join(argv)
    for run in machine.script.runs:
        if fnmatchcase(line, run.argv):
            return Result(run.exitcode, run.out, run.err, run.seconds, run.signal)
    return None
