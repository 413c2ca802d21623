# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs of backups of many guests, of which only some are in both clusters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_BEGINS = re.compile(r"INFO: Starting Backup of VM (\d+) ")
_ENDS = ("INFO: Backup finished at ", "INFO: Failed at ")


@dataclass
class BackupLog:
    """A log by guest; `rest` is what belongs to none. A page that ends early is not `complete`."""

    sections: dict[int, list[str]] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    complete: bool = False


def is_backup_log(lines: Sequence[str]) -> bool:
    """Whether the lines are those of a backup."""
    return any(_BEGINS.match(line) for line in lines)


def read_backup_log(lines: Sequence[str]) -> BackupLog:
    """Take a log apart; a section that the page cuts off is left out."""
    log = BackupLog(complete=bool(lines) and lines[-1].startswith("TASK "))
    open_section: list[str] | None = None
    vmid = 0
    for line in lines:
        match = _BEGINS.match(line)
        if match:
            vmid, open_section = int(match[1]), []
        if open_section is None:
            log.rest.append(line)
            continue
        open_section.append(line)
        if line.startswith(_ENDS):
            log.sections[vmid] = open_section
            open_section = None
    return log
