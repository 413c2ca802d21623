# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request of a run, parsed so strictly that it can be read in one way only. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode

ROOT = "/api2/json/"

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
        """The path as messages and traces show it, with each segment quoted."""
        return "/" + "/".join(quote(part, safe="@!:,=+") for part in self.path)


def parse_segments(path: str) -> Path:
    """The decoded segments of a path as it was sent. Raises ValueError for a path that could lead elsewhere."""
    try:
        segments = tuple(unquote(part, errors="strict") for part in path.strip("/").split("/"))
    except UnicodeDecodeError:
        segments = ()
    if not segments or any(part in ("", ".", "..") or min(part) < " " for part in segments):
        raise ValueError(f"not a path of the API: {path}")
    return segments


def parse_api_path(raw_path: str) -> Path:
    """The decoded segments below /api2/json. Raises ValueError for any other path."""
    if not raw_path.startswith(ROOT):
        raise ValueError(f"not a path of the API: {raw_path}")
    return parse_segments(raw_path.removeprefix(ROOT))


def parse_params(*encoded: str) -> dict[str, tuple[str, ...]]:
    """The parameters of a query and a form together. Raises ValueError for text that is not strictly form-encoded."""
    params: dict[str, tuple[str, ...]] = {}
    for text in filter(None, encoded):
        try:
            pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
        except ValueError:
            raise ValueError("not a form") from None
        for name, value in pairs:
            params[name] = (*params.get(name, ()), value)
    return params


def encode_params(params: Params) -> str:
    """Encode parameters as a form, so that exactly what was judged is sent."""
    return urlencode([(name, value) for name, values in params.items() for value in values])
