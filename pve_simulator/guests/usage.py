# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Made-up but steady figures of running guests and nodes: functions of who they are and how long they run."""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU as a share of all the guest's CPUs, bytes, and bytes since the start."""

    cpu: float
    mem: int
    disk_read: int
    disk_write: int
    net_in: int
    net_out: int


def usage_of(key: str, uptime: float, maxmem: int) -> Usage:
    """The figures of something that has run for `uptime` seconds."""
    chance = zlib.crc32(key.encode())
    busy = (chance % 1000) / 1000
    seconds = int(uptime)
    return Usage(
        cpu=round(0.01 + 0.3 * busy * ((seconds // 10 + chance) % 7 + 1) / 7, 6),
        mem=int(maxmem * (0.3 + 0.4 * busy)) // 4096 * 4096,
        disk_read=seconds * (200 + chance % 5000) * 8,
        disk_write=seconds * (100 + chance % 9000) * 8,
        net_in=seconds * (50 + chance % 20000),
        net_out=seconds * (40 + chance % 15000),
    )
