# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take secrets out of answers of the API: what a value's name says is one, and what looks like one. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MASK = "**********"

_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|credential|keyring|private|privkey|pubkey|certificat|sshkey|apikey|csrf"
    r"|(?:^|[-_.])(?:pass|keys?|certs?|pem|pin|ticket|token|otp|auth)\d*(?:$|[-_.])",
    re.IGNORECASE,
)
_KEY_TEXT = re.compile(r"-----BEGIN", re.IGNORECASE)
_SECRET_OPTION = re.compile(
    r"(?P<name>[\w-]*(?:passw|passphrase|secret|credential|apikey|(?<![A-Za-z])(?:token|key)(?![A-Za-z]))[\w-]*)=[^,;\s]+",
    re.IGNORECASE,
)
_URL_LOGIN = re.compile(r"://[^/@\s]+@")
_API_TOKEN = re.compile(r"(![\w.-]+[=:])[0-9a-f]{8}-[0-9a-f-]{27}")
GONE = object()
"""What a cleaned value is that is not kept."""


def has_secret_name(name: str) -> bool:
    """Whether a value of this name is a secret."""
    return _SECRET_NAME.search(name) is not None


def mask_secrets(text: str) -> str:
    """A text with the private keys, passwords, tokens and logins in it masked."""
    if _KEY_TEXT.search(text):
        return MASK
    text = _URL_LOGIN.sub(f"://{MASK}@", text)
    text = _API_TOKEN.sub(rf"\g<1>{MASK}", text)
    return _SECRET_OPTION.sub(rf"\g<name>={MASK}", text)


def clean_data(value: Any, clean_named: Callable[[str, Any], Any], clean_text: Callable[[str], str]) -> Any:
    """The data of an answer, of which I(clean_named) says what becomes of each named value, and I(clean_text) of each
    text. What is C(GONE) is not kept.
    """

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            if _is_pending(value):
                return clean_pending(value)
            return {key: kept for key, item in value.items() if (kept := clean_item(key, item)) is not GONE}
        if isinstance(value, list):
            return [kept for item in value if (kept := clean(item)) is not GONE]
        return clean_text(value) if isinstance(value, str) else value

    def clean_item(name: str, item: Any) -> Any:
        kept = clean_named(name, item)
        return clean(kept) if kept is item else kept

    def clean_pending(entry: dict[str, Any]) -> Any:
        name = entry["key"]
        kept = {field: clean_item(name, entry[field]) for field in ("value", "pending") if field in entry}
        return GONE if GONE in kept.values() else {**entry, **kept}

    return clean(value)


def _is_pending(value: dict[str, Any]) -> bool:
    """Whether a value is an entry of C(/pending), which has an option's name under C(key)."""
    return isinstance(value.get("key"), str) and bool({"value", "pending", "delete"} & value.keys())
