# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Multipart form bodies, as file uploads send them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file."""

    field: str
    filename: str
    content: bytes


# The order in which the real server reads the parts; it takes no others.
_ORDER = ("content", "checksum-algorithm", "checksum", "filename")


class WrongOrder(ValueError):
    """Parts that are not in the order in which the server reads them."""


def parse_multipart(content_type: str, body: bytes) -> tuple[dict[str, Any], Upload | None]:
    """Text fields, and the file if there is one; `filename` is added to the fields as the API wants it.

    Raises WrongOrder.
    """
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    if match is None:
        return {}, None
    fields: dict[str, Any] = {}
    upload: Upload | None = None
    read = 0
    for part in body.split(b"--" + match.group(1).encode())[1:-1]:
        head, dummy, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        name = _attribute(head, "name")
        filename = _attribute(head, "filename")
        if name not in _ORDER[read:]:
            raise WrongOrder(name)
        read = _ORDER.index(name) + 1
        if filename is not None:
            upload = Upload(name or "filename", filename, content)
            fields["filename"] = filename
        elif name is not None:
            fields[name] = content.decode("utf-8", "replace")
    return fields, upload


def _attribute(head: bytes, name: str) -> str | None:
    match = re.search(rf'[ ;]{name}="([^"]*)"', head.decode("utf-8", "replace"))
    return match.group(1) if match else None
