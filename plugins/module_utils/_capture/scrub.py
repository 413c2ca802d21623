# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove from readings what must not leave the cluster: secrets, keys, and texts that people wrote. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .scrub_names import NameScrubber
from .secrets import GONE, MASK, clean_data, has_secret_name, mask_secrets

# Written by people for people, so they may contain anything.
_TEXTS = """
    comment comments comments6 consent-text contact description email email-from email_from firstname lastname
    mailto notes notes-template
"""
# Command lines, environments, and what identifies machines and people.
_PRIVATE = """
    args entrypoint env fingerprint http_proxy lxc script serverid sshkeys ssl_fingerprint u2f webauthn
"""
# A checksum of a file with secrets would allow testing guesses.
_CHECKSUMS = "digest"
_DROPPED = frozenset(f"{_TEXTS} {_PRIVATE} {_CHECKSUMS}".split())
# The API returns it masked already; a rehearsal needs to know whether it is set.
_MASKED = frozenset({"cipassword"})
_PUBLIC_KEY = re.compile(r"(?:ssh-\w+|ecdsa-sha2-[\w-]+|sk-[\w.-]+@openssh\.com)(?:\s|%20|\+)+AAAA", re.IGNORECASE)


def scrub(readings: Iterable[dict[str, Any]], *, names: bool = False) -> list[dict[str, Any]]:
    """The readings without secrets; with I(names) also with pseudonyms, the same for the same name everywhere.

    Vmids, sizes, times, types and references are kept. Secret texts and what people wrote about things are dropped, or
    masked where it matters that a value is set.
    """
    clean = [{**reading, "data": clean_data(reading["data"], _clean_named, clean_text)} for reading in readings]
    return NameScrubber().scrub(clean) if names else clean


def is_secret_name(name: str) -> bool:
    """Whether the value of this name must not be kept."""
    return name.lower() in _DROPPED or has_secret_name(name)


def _clean_named(name: str, value: Any) -> Any:
    if name in _MASKED:
        return MASK
    if is_secret_name(name):
        return GONE
    if name == "smbios1" and isinstance(value, str):
        # The rest are serial numbers and asset tags; only the id matters to how the guest behaves.
        return ",".join(part for part in value.split(",") if part.startswith("uuid="))
    return value


def clean_text(text: str) -> str:
    """A text with the keys, tokens and logins in it masked."""
    return MASK if _PUBLIC_KEY.search(text) else mask_secrets(text)
