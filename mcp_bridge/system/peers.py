# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose process is at the other end of a TCP connection of this machine, as Linux says in /proc/net/tcp (proc(5))."""

from __future__ import annotations

import ipaddress
import struct
import sys
from pathlib import Path

Address = tuple[str, int]
_LOCAL, _REMOTE, _USER = 1, 2, 7


def find_peer_user(peer: Address, own: Address, folder: Path = Path("/proc/net")) -> int | None:
    """The user id that the connection from `peer` to `own` belongs to; None where that is not known."""
    try:
        wanted = _render(peer), _render(own)
        table = folder / ("tcp6" if ":" in peer[0] else "tcp")
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if (fields[_LOCAL], fields[_REMOTE]) == wanted:
                return int(fields[_USER])
    except (OSError, ValueError, IndexError):
        return None
    return None


def _render(address: Address) -> str:
    """An address as the table has it: words of 32 bits, each in the order of bytes of this machine."""
    packed = ipaddress.ip_address(address[0]).packed
    words = struct.unpack(f">{len(packed) // 4}I", packed)
    in_order = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    return f"{in_order.hex().upper()}:{address[1]:04X}"
