# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one redactor: keeps secrets out of the ledger, results, logs and messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

REDACTED = "[redacted]"

_SECRET_NAME = re.compile(r"pass(word|wd|phrase)|secret|private.?key|credential|cookie|ticket", re.I)
_SECRET_TOKEN = re.compile(r"(^|[_\W])(api[_-]?)?token([_-]?(secret|value|key))?$|api[_-]?key", re.I)
_API_TOKEN = re.compile(r"(PVEAPIToken=[^=\s]+=)\S+", re.I)
# The name of an API token, such as ops@pve!deploy, which is no secret.
_TOKEN_ID = re.compile(r"[^\s@!]+@[^\s@!]+![\w.-]+\Z")
_SHORTEST = 6
_LONGEST = 2000
_LONGEST_NAME = 200
_DEEPEST = 20
_CUT = "…"
_CUT_MARK = re.compile(rf"{_CUT} \(\d+ (characters|entries)\)\Z")


class Redactor:
    """Replaces known secrets wherever they occur, and every value whose name says that it is a secret."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Very short ones would redact half of every sentence.
        self._secrets = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)

    def redact_text(self, value: str) -> str:
        """The text, with every known secret replaced."""
        for secret in self._secrets:
            value = value.replace(secret, REDACTED)
        return _API_TOKEN.sub(rf"\1{REDACTED}", value) if "=" in value else value

    def redact(self, value: Any) -> Any:
        """Plain data (objects, lists, scalars), with every secret replaced, be it known by its value or by its name."""
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, Mapping):
            return {self.redact_text(str(name)): self._redact_named(str(name), item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.redact(item) for item in value]
        return value

    def has_secret(self, value: Any) -> bool:
        """Whether a known secret occurs anywhere in plain data."""
        if isinstance(value, str):
            return any(secret in value for secret in self._secrets)
        if isinstance(value, Mapping):
            return any(self.has_secret(str(name)) or self.has_secret(item) for name, item in value.items())
        return isinstance(value, (list, tuple)) and any(self.has_secret(item) for item in value)

    def _redact_named(self, name: str, value: Any) -> Any:
        if value is None or not _is_secret(name):
            return self.redact(value)
        is_token_id = name.lower() == "token" and isinstance(value, str) and _TOKEN_ID.match(value)
        return self.redact_text(value) if is_token_id else REDACTED


@lru_cache(maxsize=1000)
def _is_secret(name: str) -> bool:
    """Whether the name of a value says that it is a secret. A list's entries have the same names again and again."""
    return bool(_SECRET_NAME.search(name) or _SECRET_TOKEN.search(name))


def shorten(value: Any, depth: int = 0) -> Any:
    """Plain data that can be stored: writable text only, and nothing longer or deeper than real arguments are.

    What is left out is marked; `is_shortened` finds the marks.
    """
    if depth > _DEEPEST:
        return _CUT
    if isinstance(value, str):
        text = make_writable(value)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}{_CUT} ({len(text)} characters)"
    if isinstance(value, Mapping):
        items = list(value.items())[:_LONGEST]
        shortened = {make_writable(str(name))[:_LONGEST_NAME]: shorten(item, depth + 1) for name, item in items}
        return shortened if len(value) <= _LONGEST else {**shortened, _CUT: f"{_CUT} ({len(value)} entries)"}
    if isinstance(value, list):
        entries = [shorten(item, depth + 1) for item in value[:_LONGEST]]
        return entries if len(value) <= _LONGEST else [*entries, f"{_CUT} ({len(value)} entries)"]
    return value


def is_shortened(value: Any) -> bool:
    """Whether `shorten` has left out something of this data."""
    if isinstance(value, str):
        return value == _CUT or _CUT_MARK.search(value) is not None
    if isinstance(value, Mapping):
        return any(map(is_shortened, value.values()))
    return isinstance(value, list) and any(map(is_shortened, value))


def make_writable(text: str) -> str:
    """Text in which NUL, and bytes of an argument that are not UTF-8, are replaced by `?`."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
