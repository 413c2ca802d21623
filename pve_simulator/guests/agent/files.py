# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files inside a machine: those of its system, of its script, and what was written since."""

from __future__ import annotations

from pve_simulator.errors import ApiError
from pve_simulator.guests.agent.machine import Machine, agent_error

_NOT_THERE = "No such file or directory"


def read_file(machine: Machine, path: str) -> str:
    """A file's bytes, one character each; raises the agent's error."""
    content = find_content(machine, path)
    if content is None:
        if path in _directories(machine):
            raise agent_error("failed to read file, handle 1000: Is a directory")
        raise open_error(path, "r", _NOT_THERE)
    return as_bytes(content)


def write_file(machine: Machine, path: str, content: str) -> None:
    """Write a file whose directory is there; raises the agent's error."""
    if path in _directories(machine):
        raise open_error(path, "wb", "Is a directory")
    if path.rpartition("/")[0] not in {name.rstrip("/") for name in _directories(machine)}:
        raise open_error(path, "wb", _NOT_THERE)
    machine.script.files[path] = content


def find_content(machine: Machine, path: str) -> str | None:
    """A file's content, None when there is none."""
    known = machine.script.files.get(path, machine.system.files.get(path))
    return f"{machine.host_name}\n" if known is None and path == "/etc/hostname" else known


def list_directory(machine: Machine, path: str) -> list[str] | None:
    """The names in a directory, None for what is no directory."""
    folder = path.rstrip("/")
    directories = _directories(machine)
    if (folder or "/") not in directories:
        return None
    paths = {*directories, *machine.script.files, *machine.system.files, "/etc/hostname"}
    return sorted({each.rpartition("/")[2] for each in paths if each != "/" and each.rpartition("/")[0] == folder})


def as_bytes(content: str) -> str:
    """Text as bytes of one character each; what Latin-1 cannot hold becomes UTF-8."""
    try:
        content.encode("latin-1")
    except UnicodeEncodeError:
        return content.encode().decode("latin-1")
    return content


def open_error(path: str, mode: str, reason: str) -> ApiError:
    """The agent cannot open a file."""
    return agent_error(f"failed to open file '{path}' (mode: '{mode}'): {reason}")


def _directories(machine: Machine) -> set[str]:
    directories = set(machine.system.directories)
    for path in (*machine.script.files, *machine.system.files):
        parts = path.split("/")[1:-1]
        directories |= {"/" + "/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return directories
