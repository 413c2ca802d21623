# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many numbered parameters stand behind a name such as `net[n]` (qm.conf(5), pct.conf(5), pvenode(1)).

A schema dump writes all of them as one entry; the server knows each by its own name and no others.
"""

from __future__ import annotations

from collections.abc import Iterator

INDEX_COUNTS = {
    "acmedomain": 6,
    "dev": 256,
    "hostpci": 16,
    "ide": 4,
    "ipconfig": 32,
    "link": 8,
    "mp": 256,
    "net": 32,
    "numa": 8,
    "parallel": 3,
    "sata": 6,
    "scsi": 31,
    "serial": 4,
    "unused": 256,
    "usb": 14,
    "virtio": 16,
    "virtiofs": 10,
}
_DEFAULT_COUNT = 32


def expand_index(name: str) -> Iterator[str]:
    """The parameter names behind one entry of a dump: `ide[n]` gives ide0 to ide3, `cores` itself."""
    if not name.endswith("[n]"):
        yield name
        return
    base = name[:-3]
    for number in range(INDEX_COUNTS.get(base, _DEFAULT_COUNT)):
        yield f"{base}{number}"
