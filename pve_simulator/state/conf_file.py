# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guest configuration files as text, and digests of such text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import quote


def digest_of(text: str) -> str:
    """The digest that the API hands out for a file: SHA-1 in hex."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def render_section(name: str | None, config: Mapping[str, str]) -> str:
    """One section: the description as comment lines, then the keys in order."""
    lines = [] if name is None else [f"[{name}]"]
    description = config.get("description")
    if description is not None:
        lines += [f"#{quote(line, safe=' !$&()*+,;=:@/')}" for line in description.splitlines()]
    lines += [f"{key}: {config[key]}" for key in sorted(config) if key != "description"]
    return "".join(f"{line}\n" for line in lines)
