# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Form bodies with a file, which is read from the disk only as it is sent."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

_BLOCK = 1024 * 1024


class FileForm:
    """I(fields) in their order, and then the file at I(path) as the field I(name), with the file name I(filename).

    It has a length (bytes) and can be iterated, so that C(requests) streams it. Raises C(OSError) for a file that
    can't be read, and C(ValueError) for one whose size has changed when it is sent.
    """

    def __init__(self, fields: Mapping[str, Any], name: str, filename: str, path: str) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._path = path
        self._size = os.stat(path).st_size
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        # pveproxy reads a file without a content type as an empty field.
        filename = _escape_filename(filename)
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        self._head = "".join(parts).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + self._size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        remaining = self._size
        with open(self._path, "rb") as file:
            while block := file.read(_BLOCK):
                remaining -= len(block)
                if remaining < 0:
                    break
                yield block
        if remaining:
            raise ValueError(f"{self._path} changed its size while it was sent")
        yield self._tail


def _escape_filename(filename: str) -> str:
    return re.sub(r'[\r\n"\\]', "_", filename)
