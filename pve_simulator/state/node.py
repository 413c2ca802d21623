# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node and its hardware."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pve_simulator.state.parts import WithParts
from pve_simulator.state.storage import GIB


@dataclass
class Node(WithParts):
    """A cluster node; memory and disk in bytes. `boot_time` is seconds since the epoch, `kvm` hardware support."""

    name: str
    id: int = 0
    ip: str = ""
    online: bool = True
    cpus: int = 16
    maxmem: int = 64 * GIB
    maxdisk: int = 100 * GIB
    boot_time: float = 0.0
    # When it went down, seconds since the epoch; 0: long ago.
    lost_at: float = 0.0
    maintenance: bool = False
    kvm: bool = True

    @property
    def ssl_fingerprint(self) -> str:
        """A stable, made-up certificate fingerprint."""
        raw = hashlib.sha256(self.name.encode()).hexdigest().upper()
        return ":".join(raw[i : i + 2] for i in range(0, len(raw), 2))
