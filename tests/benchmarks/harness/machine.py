"""The machine that measures: what it is, how busy it is, and how much memory its processes take."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PROC = Path("/proc")


def described() -> dict[str, str | int | float]:
    """What figures in seconds depend on."""
    return {
        "cores": os.cpu_count() or 0,
        "processor": _line("cpuinfo", "model name"),
        "memory_gib": round(int(_line("meminfo", "MemTotal").split()[0]) / 1024**2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "ansible_core": version("ansible-core"),
    }


def load() -> float:
    """Processes that wanted a core in the last minute, on average."""
    return os.getloadavg()[0]


def family(pid: int) -> list[int]:
    """A process and all of its descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def processor_seconds(pid: int) -> float:
    """What a process, its descendants and those of them that have ended have computed so far."""
    return sum(_ticks(one) for one in family(pid)) / os.sysconf("SC_CLK_TCK")


def pss_mib(pids: list[int]) -> float:
    """Memory of processes in MiB, where a page that several share counts once among them all."""
    return sum(_pss_kib(pid) for pid in pids) / 1024


def _ticks(pid: int) -> int:
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    # In user and kernel mode, itself and its children that were waited for.
    return sum(map(int, stat.rpartition(")")[2].split()[11:15]))


def _pss_kib(pid: int) -> int:
    try:
        rows = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        # It has ended meanwhile.
        return 0
    return next((int(row.split()[1]) for row in rows if row.startswith("Pss:")), 0)


def _line(file: str, name: str) -> str:
    for line in (_PROC / file).read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "0"
