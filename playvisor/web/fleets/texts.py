# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts of a fleet's files: read with the hash of what is there, and written only over what was read."""

from __future__ import annotations

import codecs
import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

from playvisor.fleet.disk import DISK, create_file, write_file

MOST_TEXT_BYTES = 768 * 2**10


class TooLargeError(Exception):
    """A file that is too large to be edited in a browser."""


class NoTextError(Exception):
    """A file that is not UTF-8."""


class ChangedError(Exception):
    """A file that is not, or no longer, what somebody has read; `etag` is that of what is there, if anything is."""

    def __init__(self, etag: str | None) -> None:
        super().__init__("The file is another one by now.")
        self.etag = etag


@dataclass(frozen=True)
class Text:
    """The text of a file, without a mark of its byte order, and the ETag of its bytes."""

    text: str
    etag: str


# Of all that this server writes, one thing after the other.
_LOCK = threading.Lock()


def make_etag(data: bytes) -> str:
    """The ETag of what a file has in it."""
    return f'"{hashlib.sha256(data).hexdigest()}"'


def read_text(path: Path) -> Text:
    """Read a file. Raises OSError, TooLargeError and NoTextError."""
    data = DISK.read(path, MOST_TEXT_BYTES + 1)
    if len(data) > MOST_TEXT_BYTES:
        raise TooLargeError
    try:
        return Text(data.removeprefix(codecs.BOM_UTF8).decode(), make_etag(data))
    except UnicodeDecodeError:
        raise NoTextError from None


def find_etag(path: Path) -> str | None:
    """The ETag of a file; None where there is none."""
    try:
        return make_etag(path.read_bytes())
    except FileNotFoundError:
        return None


def save_text(path: Path, text: str, *, over: str | None) -> str:
    """Write a text over what has the ETag `over`, or where there is nothing, and return the new ETag.

    Raises ChangedError, PlayvisorError where it can't be written, TooLargeError, and OSError.
    """
    if len(text.encode()) > MOST_TEXT_BYTES:
        raise TooLargeError
    with _LOCK:
        _require_same(path, over)
        if over is None:
            try:
                create_file(path, text)
            except FileExistsError:
                raise ChangedError(find_etag(path)) from None
        else:
            write_file(path, text)
        return find_etag(path) or ""


def delete_text(path: Path, *, over: str) -> None:
    """Delete a file that has the ETag `over`. Raises ChangedError and OSError."""
    with _LOCK:
        _require_same(path, over)
        path.unlink()


def _require_same(path: Path, over: str | None) -> None:
    etag = find_etag(path)
    if etag != over:
        raise ChangedError(etag)
