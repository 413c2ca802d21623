# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Uploads: what comes before the file is read, judged and written anew; the file itself is passed on as it arrives."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.message import Message

from python_multipart.multipart import MultipartParser

_LARGEST_HEAD = 64 * 1024
_TYPE = "multipart/form-data"
_BOUNDARY = re.compile(r"[A-Za-z0-9'_-]{1,70}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Upload:
    """A multipart body. Proxmox VE wants the file last; a part after it is refused, since it would not be judged."""

    def __init__(self, content_type: str, chunks: AsyncIterator[bytes]) -> None:
        self.params: dict[str, tuple[str, ...]] = {}
        self._chunks = chunks
        self._head_bytes = 0
        self._file_start = b""
        self._header = Message()
        self._name = self._value = b""
        self._parsed: list[bytes] = []
        self._in_file = self._ended = False
        boundary = _parse_content_type(content_type).get_param("boundary")
        if not isinstance(boundary, str) or not _BOUNDARY.fullmatch(boundary):
            raise ValueError("a multipart body without a boundary")
        self._boundary = boundary
        self._parser = MultipartParser(
            boundary.encode("latin-1"),
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
            },
        )

    async def read_head(self) -> None:
        """Read up to the file; then `params` has every parameter, and the file's name under the name of its part.

        Raises ValueError for a malformed body, or one with more than 64 KiB before the file.
        """
        async for chunk in self._chunks:
            # Byte by byte, so that it is known where the file begins.
            for position in range(len(chunk)):
                self._parser.write(chunk[position : position + 1])
                self._head_bytes += 1
                if self._in_file:
                    self._file_start = chunk[position + 1 :]
                    self._parser.write(self._file_start)
                    return
                if self._head_bytes > _LARGEST_HEAD:
                    raise ValueError("too much before the file")
        raise ValueError("an upload without a file")

    def make_headers(self, content_length: str) -> dict[str, str]:
        """The headers of the body that `read_all` yields, made from the length of the body that is read."""
        if not content_length.isdecimal() or int(content_length) < self._head_bytes:
            raise ValueError("an upload without its length")
        length = int(content_length) - self._head_bytes + len(self._make_head())
        return {"content-type": f"{_TYPE}; boundary={self._boundary}", "content-length": str(length)}

    async def read_all(self) -> AsyncIterator[bytes]:
        """The body: `params` as they were judged, then the file; each chunk is parsed before it is passed on.

        Raises ValueError as `read_head`.
        """
        yield self._make_head() + self._file_start
        async for chunk in self._chunks:
            self._parser.write(chunk)
            yield chunk

    def _make_head(self) -> bytes:
        """The parts before the file, and the head of the file's own, in the one way in which they can be read."""
        *others, (file_name, file) = [(name, value) for name, values in self.params.items() for value in values]
        lines = [
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}'
            for name, value in others
        ]
        lines.append(
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="{file_name}"; filename="{file}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        return "\r\n".join(lines).encode()

    def _begin(self) -> None:
        if self._ended:
            raise ValueError("something follows the file")
        self._header = Message()
        self._parsed = []

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._header[self._name.decode("ascii")] = self._value.decode("utf-8")
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        file = self._header.get_filename()
        if file is not None:
            self._in_file = True
            self._add(file)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if not self._in_file:
            self._parsed.append(data[start:end])

    def _end(self) -> None:
        if self._in_file:
            self._ended = True
        else:
            self._add(b"".join(self._parsed).decode("utf-8"))

    def _add(self, value: str) -> None:
        name = self._header.get_param("name", header="content-disposition")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError("a part without a name")
        if self._in_file and (not value.isprintable() or '"' in value or "\\" in value or name in self.params):
            raise ValueError("a file without a plain name")
        if f"--{self._boundary}" in value:
            raise ValueError("a boundary in a value")
        self.params[name] = (*self.params.get(name, ()), value)


def is_upload(content_type: str) -> bool:
    """Whether a body of this type is an upload."""
    return content_type.partition(";")[0].strip().lower() == _TYPE


def _parse_content_type(content_type: str) -> Message:
    message = Message()
    message["content-type"] = content_type
    return message
