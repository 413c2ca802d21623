# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove from readings what must not leave the cluster: secrets, keys, and texts that people wrote. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .scrub_names import NameScrubber

MASK = "**********"

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
_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|credential|keyring|private|privkey|pubkey|certificat|sshkey|apikey|csrf"
    r"|(?:^|[-_.])(?:pass|keys?|certs?|pem|pin|ticket|token|otp|auth)\d*(?:$|[-_.])",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"-----BEGIN|(?:ssh-\w+|ecdsa-sha2-[\w-]+|sk-[\w.-]+@openssh\.com)(?:\s|%20|\+)+AAAA", re.IGNORECASE
)
_SECRET_OPTION = re.compile(
    r"(?P<name>[\w-]*(?:passw|passphrase|secret|credential|apikey|(?<![A-Za-z])(?:token|key)(?![A-Za-z]))[\w-]*)=[^,;\s]+",
    re.IGNORECASE,
)
_URL_LOGIN = re.compile(r"://[^/@\s]+@")
_API_TOKEN = re.compile(r"(![\w.-]+[=:])[0-9a-f]{8}-[0-9a-f-]{27}")
_GONE = object()


def scrub(readings: Iterable[dict[str, Any]], *, names: bool = False) -> list[dict[str, Any]]:
    """The readings without secrets; with I(names) also with pseudonyms, the same for the same name everywhere.

    Vmids, sizes, times, types and references are kept. Secret texts and what people wrote about things are dropped, or
    masked where it matters that a value is set.
    """
    clean = [{**reading, "data": _clean(reading["data"])} for reading in readings]
    return NameScrubber().scrub(clean) if names else clean


def is_secret_name(name: str) -> bool:
    """Whether the value of this name must not be kept."""
    return name.lower() in _DROPPED or _SECRET_NAME.search(name) is not None


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        if _is_pending(value):
            return _clean_pending(value)
        return {key: kept for key, item in value.items() if (kept := _clean_item(key, item)) is not _GONE}
    if isinstance(value, list):
        return [kept for item in value if (kept := _clean(item)) is not _GONE]
    return clean_text(value) if isinstance(value, str) else value


def _clean_item(name: str, value: Any) -> Any:
    if name in _MASKED:
        return MASK
    if is_secret_name(name):
        return _GONE
    if name == "smbios1" and isinstance(value, str):
        # The rest are serial numbers and asset tags; only the id matters to how the guest behaves.
        return ",".join(part for part in value.split(",") if part.startswith("uuid="))
    return _clean(value)


def _is_pending(value: dict[str, Any]) -> bool:
    """Whether a value is an entry of C(/pending), which has an option's name under C(key)."""
    return isinstance(value.get("key"), str) and bool({"value", "pending", "delete"} & value.keys())


def _clean_pending(entry: dict[str, Any]) -> Any:
    name = entry["key"]
    kept = {field: _clean_item(name, entry[field]) for field in ("value", "pending") if field in entry}
    if _GONE in kept.values():
        return _GONE
    return {**entry, **kept}


def clean_text(text: str) -> str:
    """A text with the keys, tokens and logins in it masked."""
    if _SECRET_TEXT.search(text):
        return MASK
    text = _URL_LOGIN.sub(f"://{MASK}@", text)
    text = _API_TOKEN.sub(rf"\g<1>{MASK}", text)
    return _SECRET_OPTION.sub(rf"\g<name>={MASK}", text)
