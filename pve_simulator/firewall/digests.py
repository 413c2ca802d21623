# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Digests of firewall lists: over what a list shows, so that any client can compute them too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any


def digest_of_entries(entries: Iterable[Mapping[str, Any]]) -> str:
    """SHA-1 over `key:value` lines of all entries in order, keys sorted; nested values do not count."""
    digest = hashlib.sha1(usedforsecurity=False)
    for entry in entries:
        for key in sorted(entry):
            if not isinstance(entry[key], dict):
                digest.update(f"{key}:{entry[key]}\n".encode())
    return digest.hexdigest()


def add_digests(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries, each with the digest of the whole list."""
    digest = digest_of_entries(entries)
    return [{**entry, "digest": digest} for entry in entries]
