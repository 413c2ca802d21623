# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the world outside answers when a node downloads something: nothing is ever really fetched."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from pve_simulator.state.parts import state_part

_MIB = 1024**2
_MIMETYPES = {
    "iso": "application/x-iso9660-image",
    "img": "application/octet-stream",
    "gz": "application/gzip",
    "xz": "application/x-xz",
    "zst": "application/zstd",
    "qcow2": "application/octet-stream",
    "ova": "application/octet-stream",
}


@dataclass
class WebFile:
    """One URL: `status` and `reason` of its answer, 0 with the reason of a failed connection; size in bytes.

    `checksums` by algorithm; with none, the one that a client expects is right. `image_format` is what the
    content really is, None for what its name says.
    """

    size: int = 0
    mimetype: str = "application/octet-stream"
    status: int = 200
    reason: str = "OK"
    checksums: dict[str, str] = field(default_factory=dict)
    image_format: str | None = None


@state_part("web")
@dataclass
class Web:
    """Known URLs (any other is a file of some size), and file servers that nobody can reach."""

    files: dict[str, WebFile] = field(default_factory=dict)
    unreachable: list[str] = field(default_factory=list)

    def fetch(self, url: str) -> WebFile:
        """What a URL answers."""
        known = self.files.get(url)
        if known is not None:
            return known
        suffix = url.rpartition(".")[2].lower()
        size = (50 + zlib.crc32(url.encode()) % 700) * _MIB
        return WebFile(size, _MIMETYPES.get(suffix, "application/octet-stream"))
