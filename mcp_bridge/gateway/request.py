# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request as a run asks for it, read so strictly that nobody can read it otherwise. Pure."""

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
        """The path as messages and traces show it."""
        return "/" + "/".join(quote(part, safe="@!:,=+") for part in self.path)


def parse_segments(path: str) -> Path:
    """The decoded segments of a path as it was sent. Raises ValueError for one that may mean another place."""
    try:
        found = tuple(unquote(part, errors="strict") for part in path.strip("/").split("/"))
    except UnicodeDecodeError:
        found = ()
    if not found or any(part in ("", ".", "..") or min(part) < " " for part in found):
        raise ValueError(f"not a path of the API: {path}")
    return found


def parse_api_path(raw_path: str) -> Path:
    """The segments below /api2/json. Raises ValueError for a path elsewhere."""
    if not raw_path.startswith(ROOT):
        raise ValueError(f"not a path of the API: {raw_path}")
    return parse_segments(raw_path.removeprefix(ROOT))


def parse_params(*encoded: str) -> dict[str, tuple[str, ...]]:
    """The parameters of a query and a form. Raises ValueError for what is not strictly form-encoded."""
    found: dict[str, tuple[str, ...]] = {}
    for text in filter(None, encoded):
        try:
            pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
        except ValueError:
            raise ValueError("not a form") from None
        for name, value in pairs:
            found[name] = (*found.get(name, ()), value)
    return found


def encode_params(values: Params) -> str:
    """Parameters as a form: what was judged is what is sent."""
    return urlencode([(name, value) for name, several in values.items() for value in several])
