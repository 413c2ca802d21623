# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Multipart form bodies, as file uploads send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file."""

    field: str
    filename: str
    content: bytes


# The order in which the real server reads the parts; it takes no others.
_ORDER = ("content", "checksum-algorithm", "checksum", "filename")


class MalformedForm(ValueError):
    """A body that is no multipart form, or has parts in another order than the server reads them in."""


@dataclass(slots=True)
class _Form:
    """What has been read of a form; its methods are the parser's callbacks."""

    fields: dict[str, Any] = field(default_factory=dict)
    upload: Upload | None = None
    _read: int = 0
    _header: bytes = b""
    _disposition: bytes = b""
    _content: bytearray = field(default_factory=bytearray)

    def begin_part(self) -> None:
        self._header = self._disposition = b""
        self._content = bytearray()

    def add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def add_header_value(self, data: bytes, start: int, end: int) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition += data[start:end]

    def end_header(self) -> None:
        self._header = b""

    def add_content(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def end_part(self) -> None:
        options = {
            key.decode("latin-1"): value.decode("utf-8", "replace")
            for key, value in parse_options_header(self._disposition)[1].items()
        }
        name, filename = options.get("name"), options.get("filename")
        if name not in _ORDER[self._read :]:
            raise MalformedForm(f"the server does not read a part {name!r} here")
        self._read = _ORDER.index(name) + 1
        if filename is not None:
            self.upload = Upload(name, filename, bytes(self._content))
            self.fields["filename"] = filename
        else:
            self.fields[name] = self._content.decode("utf-8", "replace")


def parse_multipart(content_type: str, body: bytes) -> tuple[dict[str, Any], Upload | None]:
    """Text fields, and the file if there is one; `filename` is added to the fields as the API wants it.

    The server skips what comes before the first boundary. A part without an end does not count.
    Raises MalformedForm.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    start = body.find(b"--" + boundary)
    if not boundary or start < 0:
        return {}, None
    form = _Form()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": form.begin_part,
                "on_header_field": form.add_header_name,
                "on_header_value": form.add_header_value,
                "on_header_end": form.end_header,
                "on_part_data": form.add_content,
                "on_part_end": form.end_part,
            },
        )
        parser.write(body[start:])
        parser.finalize()
    except FormParserError as error:
        raise MalformedForm(str(error)) from error
    return form.fields, form.upload
