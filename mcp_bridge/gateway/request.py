# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request of a run, parsed so strictly that it can be read in one way only. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode

ROOT = "/api2/json/"
# What a segment may have as it is; all else is percent-encoded.
_PLAIN = "@!:,=+"
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
# Far more than any step has: a file's content is one parameter.
_MOST_PARAMS = 1000

Path = tuple[str, ...]
Params = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class ApiRequest:
    """Method, path below /api2/json in decoded segments, and the parameters of query and form together."""

    method: str
    path: Path
    params: Params = field(default_factory=dict)

    @property
    def display_path(self) -> str:
        """The path as messages and traces show it, and as it is sent: each segment encoded, in the one way."""
        return "/" + "/".join(quote(part, safe=_PLAIN) for part in self.path)

    @property
    def target(self) -> str:
        """The path and query that are sent: exactly what was judged, however it was written."""
        path = ROOT.rstrip("/") + self.display_path
        # Only PUT and POST have a body.
        return f"{path}?{encode_params(self.params)}" if self.params and self.method in ("GET", "DELETE") else path


def parse_segments(path: str) -> Path:
    """The decoded segments of a path as it was sent. Raises ValueError for a path that could lead elsewhere.

    Proxmox VE decodes a path once, before it splits it: there, `/` in a segment separates two. What would be decoded a
    second time by anything in between is refused.
    """
    try:
        segments = tuple(unquote(part, errors="strict") for part in path.removeprefix("/").removesuffix("/").split("/"))
    except UnicodeDecodeError:
        segments = ()
    if not segments or not all(map(_is_plain, segments)):
        raise ValueError(f"not a path of the API: {path}")
    return segments


def _is_plain(segment: str) -> bool:
    if not segment.isprintable() or "\\" in segment or _ENCODED.search(segment):
        return False
    return all(part not in ("", ".", "..") for part in segment.split("/"))


def parse_api_path(raw_path: str) -> Path:
    """The decoded segments below /api2/json. Raises ValueError for any other path."""
    if not raw_path.startswith(ROOT):
        raise ValueError(f"not a path of the API: {raw_path}")
    return parse_segments(raw_path[len(ROOT) - 1 :])


def parse_params(*encoded: str) -> dict[str, tuple[str, ...]]:
    """The parameters of a query and a form together.

    Raises ValueError for text that is not strictly form-encoded, or has more than a thousand parameters.
    """
    params: dict[str, tuple[str, ...]] = {}
    for text in filter(None, encoded):
        try:
            pairs = parse_qsl(
                text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST_PARAMS
            )
        except ValueError:
            raise ValueError("not a form") from None
        for name, value in pairs:
            params[name] = (*params.get(name, ()), value)
    return params


def encode_params(params: Params) -> str:
    """Encode parameters as a form, so that exactly what was judged is sent."""
    return urlencode([(name, value) for name, values in params.items() for value in values])
