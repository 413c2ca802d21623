# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Differences between a recorded answer and ours, leaving out what no two servers have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pve_simulator.replay.backup_logs import BackupLog, is_backup_log, read_backup_log
from pve_simulator.replay.names import blank

# Numbers and texts that depend on the moment, the hardware or the load; only their type is compared.
_VOLATILE_NAMES = """
avail available balloon_min cpu ctime disk diskread diskwrite endtime free freemem idle_time_ns loadavg mem memhost
netin netout pid pstart rd_bytes rd_operations rd_total_time_ns snaptime starttime swap time uid uptime used
used_fraction wr_bytes wr_highest_offset wr_operations wr_total_time_ns timestamp localtime cert ticket
ssl_fingerprint total password flush_operations flush_total_time_ns ksm kversion pveversion cpuinfo
current-kernel boot-info rootfs memory_stats wait idle actual pbs-library-version lastupdate pem port
rx-bytes rx-packets tx-bytes tx-packets free_mem total_mem last_update major_page_faults minor_page_faults
running-machine running-qemu maxfiles serverid config_digest pve_fp fingerprint notafter notbefore
"""
_VOLATILE = frozenset(_VOLATILE_NAMES.split())
# A `maxdisk`, `maxmem` or `maxcpu` is determined for guests, not for nodes and storages.
_HARDWARE = frozenset({"maxdisk", "maxmem", "maxcpu"})
# Present only once the disk has been idle for a while.
_SOMETIMES = frozenset({"idle_time_ns"})
# Larger numbers are times in nanoseconds.
_NANOSECONDS = 10**18
_UNORDERED_TEXT = frozenset({"content", "privs", "nodes", "groups", "users"})
_IDENTITIES = (
    "upid volid vmid id key storage userid roleid groupid poolid realm tokenid sid name subdir iface pos cidr"
    " service node macro n"
)
_NOISE = re.compile(
    r"^transferred |^Number of |^Total |^Literal data|^Matched data|^File list |^sent |^total size"
    r"|^Creating filesystem|^Filesystem UUID|^Superblock backups|^\t\d|^Creating SSH host key|^done: (SHA256|SHA)"
    r"|^The key fingerprint|^e2fsck|^Pass \d|^resize2fs|^Resizing the filesystem|^The filesystem on"
    r"|^/var/lib/vz/images/.*files|^$|^INFO: +\d+%|^INFO: .*(GiB|MiB|KiB|MB/s|seconds|bytes)|^\d+(\.\d+)?%"
    r"|^ +\d+K .*%|^20\d\d-\S+ \S+ \(.*B/s\) - "
    r"|^INFO: archive file size|^trying to acquire lock\.\.\.$|^ OK$"
    r"|^20\d\d-\S+ \S+ (?:\d+ bytes \(|\d+\+\d+ records )"
    r"|^progress |^mirror-|^drive mirror|^all 'mirror'|^generating cloud-init|^saving VM state|^loaded state"
)
_UID = re.compile(r"(?=.*[A-Z0-9+/])[A-Za-z0-9+/]{22}")
_RIGHTS_ON_GUEST = re.compile(r"/vms/(\d+)")
_UNORDERED_COMMAND = "INFO: starting new backup job: vzdump"
Difference = str


@dataclass
class Comparison:
    """What is known about the recording: which lists' entries count.

    `expected` says whether an entry that only the real list has should be in ours, `unexpected` whether one
    that only ours has is too much: lists may hold what was there before the recording.
    """

    expected: Callable[[dict[str, Any]], bool] = lambda entry: True
    unexpected: Callable[[dict[str, Any]], bool] = lambda entry: True
    differences: list[Difference] = field(default_factory=list)

    def note(self, where: str, text: str) -> None:
        """Add one difference."""
        self.differences.append(f"{where or 'body'}: {text}")

    def compare(self, recorded: Any, simulated: Any, where: str = "", key: str = "") -> None:
        """Add every difference between two values."""
        if isinstance(recorded, dict) and isinstance(simulated, dict):
            self._compare_dicts(recorded, simulated, where)
        elif isinstance(recorded, list) and isinstance(simulated, list):
            self._compare_lists(recorded, simulated, where, key)
        elif _kind_of(recorded) != _kind_of(simulated):
            kinds = _kind_of(recorded), _kind_of(simulated)
            self.note(where, f"{_shorten(recorded)} ({kinds[0]}) became {_shorten(simulated)} ({kinds[1]})")
        elif not _is_same(recorded, simulated, key):
            self.note(where, f"{_shorten(recorded)} became {_shorten(simulated)}")

    def _compare_dicts(self, recorded: dict[str, Any], simulated: dict[str, Any], where: str) -> None:
        recorded, simulated = _without_uids(recorded), _without_uids(simulated)
        if "unknown" in (recorded.get("status"), simulated.get("status")) and "vmid" in recorded:
            # Not yet broadcast on one of the two servers: only the guest's identity is compared.
            keys = recorded.keys() & simulated.keys() - {"status"}
            recorded = {key: recorded[key] for key in keys}
            simulated = {key: simulated[key] for key in keys}
        hardware = recorded.get("type") in ("node", "storage") or "plugintype" in recorded
        # The size of a running container is that of a filesystem.
        hardware = hardware or (recorded.get("type") == "lxc" and recorded.get("status") == "running")
        archive = recorded.get("content") == "backup" or "/vzdump-" in str(recorded.get("path"))
        for name in sorted(recorded.keys() | simulated.keys()):
            place = f"{where}.{name}" if where else name
            if name in _SOMETIMES or not self._counts(name):
                continue
            if name not in simulated:
                self.note(place, f"missing, was {_shorten(recorded[name])}")
            elif name not in recorded:
                self.note(place, f"should not be there: {_shorten(simulated[name])}")
            elif _is_volatile(name, hardware) or (archive and name == "size"):
                if _kind_of(recorded[name]) != _kind_of(simulated[name]):
                    self.note(place, f"{_kind_of(recorded[name])} became {_kind_of(simulated[name])}")
            else:
                self.compare(recorded[name], simulated[name], place, name)

    def _counts(self, name: str) -> bool:
        """Whether a key counts: rights on a guest do when the guest does."""
        guest = _RIGHTS_ON_GUEST.fullmatch(name)
        return guest is None or self.expected({"vmid": int(guest[1])})

    def _compare_lists(self, recorded: list[Any], simulated: list[Any], where: str, key: str) -> None:
        if _is_log(recorded) or _is_log(simulated):
            self._compare_logs(recorded, simulated, where)
            return
        if not all(isinstance(item, dict) for item in [*recorded, *simulated]):
            theirs = sorted(blank(str(item)) for item in recorded)
            ours = sorted(blank(str(item)) for item in simulated)
            if theirs != ours:
                self.note(where, f"{_shorten(theirs)} became {_shorten(ours)}")
            return
        theirs_by, mine_by = _index_by_identity(recorded), _index_by_identity(simulated)
        for identity in sorted(theirs_by.keys() | mine_by.keys(), key=str):
            place = f"{where}[{identity}]"
            if identity not in mine_by:
                if self.expected(theirs_by[identity]):
                    self.note(place, "missing")
            elif identity not in theirs_by:
                if self.unexpected(mine_by[identity]):
                    self.note(place, "should not be there")
            elif self.expected(theirs_by[identity]):
                self._compare_dicts(theirs_by[identity], mine_by[identity], place)

    def _compare_logs(self, recorded: list[Any], simulated: list[Any], where: str) -> None:
        theirs = [_normalize_line(str(line["t"])) for line in recorded if not _NOISE.search(str(line["t"]))]
        ours = [_normalize_line(str(line["t"])) for line in simulated if not _NOISE.search(str(line["t"]))]
        if theirs != ours and is_backup_log(theirs) and is_backup_log(ours):
            self._compare_backup_logs(read_backup_log(theirs), read_backup_log(ours), where)
        elif theirs != ours:
            self.note(where, f"log {_shorten(theirs, 400)} became {_shorten(ours, 400)}")

    def _compare_backup_logs(self, recorded: BackupLog, simulated: BackupLog, where: str) -> None:
        """Compare backups of all guests by the sections of the guests that count."""
        complete = recorded.complete and simulated.complete
        for vmid in sorted(recorded.sections.keys() | simulated.sections.keys()):
            theirs, ours = recorded.sections.get(vmid), simulated.sections.get(vmid)
            counts = self.expected if ours is None else self.unexpected
            if (theirs is None or ours is None) and not (complete and counts({"vmid": vmid})):
                continue
            if theirs != ours:
                self.note(where, f"log of {vmid} {_shorten(theirs, 400)} became {_shorten(ours, 400)}")
        if complete and recorded.rest != simulated.rest:
            self.note(where, f"log {_shorten(recorded.rest, 400)} became {_shorten(simulated.rest, 400)}")


def _normalize_line(line: str) -> str:
    """A log line without made-up names; the options of a command line that has them in no order, sorted."""
    text = blank(line)
    if text.startswith(_UNORDERED_COMMAND):
        command, *options = text.split(" --")
        return " --".join([command, *sorted(options)])
    return text


def _without_uids(value: dict[str, Any]) -> dict[str, Any]:
    """The HA manager names its orders by chance, also as keys."""
    return {"uid" if _UID.fullmatch(name) else name: item for name, item in value.items()}


def _is_volatile(name: str, hardware: bool) -> bool:
    return name in _VOLATILE or name.startswith("pressure") or (hardware and name in _HARDWARE)


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if value is None:
        return "null"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _is_same(recorded: Any, simulated: Any, key: str) -> bool:
    if isinstance(recorded, str):
        theirs, ours = blank(recorded), blank(simulated)
        if key in _UNORDERED_TEXT:
            return sorted(theirs.split(",")) == sorted(ours.split(","))
        return theirs == ours
    if isinstance(recorded, int) and recorded > _NANOSECONDS:
        return isinstance(simulated, int) and simulated > _NANOSECONDS
    return bool(recorded == simulated)


def _is_log(items: list[Any]) -> bool:
    return bool(items) and isinstance(items[0], dict) and items[0].keys() == {"n", "t"}


def _index_by_identity(items: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    by_identity: dict[Any, dict[str, Any]] = {}
    for number, item in enumerate(items):
        name = next((name for name in _IDENTITIES.split() if name in item), None)
        identity: tuple[Any, ...] = (name, item[name]) if name else (number,)
        by_identity[identity if identity not in by_identity else (*identity, number)] = item
    return by_identity


def _shorten(value: Any, limit: int = 160) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
