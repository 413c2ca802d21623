# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Uploads: the parameters before the file are read and judged, the file itself is passed on as it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import Message

from python_multipart.multipart import MultipartParser

_LARGEST_HEAD = 64 * 1024
_TYPE = "multipart/form-data"


class Upload:
    """A multipart body. Proxmox VE wants the file last; a part after it is refused, since it would not be judged."""

    def __init__(self, content_type: str, chunks: AsyncIterator[bytes]) -> None:
        self.params: dict[str, tuple[str, ...]] = {}
        self._chunks = chunks
        self._head: list[bytes] = []
        self._header = Message()
        self._name = self._value = b""
        self._parsed: list[bytes] = []
        self._in_file = self._ended = False
        boundary = _parse_content_type(content_type).get_param("boundary")
        if not isinstance(boundary, str):
            raise ValueError("a multipart body without a boundary")
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
        size = 0
        async for chunk in self._chunks:
            self._head.append(chunk)
            size += len(chunk)
            self._parser.write(chunk)
            if self._in_file or self._ended:
                return
            if size > _LARGEST_HEAD:
                raise ValueError("too much before the file")

    async def read_all(self) -> AsyncIterator[bytes]:
        """The body from its start; each chunk is parsed before it is passed on. Raises ValueError as `read_head`."""
        for chunk in self._head:
            yield chunk
        async for chunk in self._chunks:
            self._parser.write(chunk)
            yield chunk

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
        if not isinstance(name, str):
            raise ValueError("a part without a name")
        self.params[name] = (*self.params.get(name, ()), value)


def is_upload(content_type: str) -> bool:
    """Whether a body of this type is an upload."""
    return content_type.partition(";")[0].strip().lower() == _TYPE


def _parse_content_type(content_type: str) -> Message:
    message = Message()
    message["content-type"] = content_type
    return message
