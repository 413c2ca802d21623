# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one redactor: keeps secrets out of the ledger, artifacts, results, logs and messages.

What is secret is known by its value, in whichever form it is written, by a shape that nothing else has, or because the
tool that takes it declares it (`mcp_bridge/catalogue/arguments.py`). A name says nothing: a guest may be called
`password-store`, a tag `token`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64} \(\d+ bytes\)")

# Shorter ones would redact half of every sentence. Where a secret is declared, its length does not matter.
_SHORTEST = 6
# What nothing but a secret looks like: headers of requests, tickets, API tokens with their secrets, URLs with
# passwords, tokens of Playvisor.
_SHAPES = tuple(
    (hint, re.compile(pattern, re.I))
    for hint, pattern in (
        ("apitoken", r"(\bPVEAPIToken[=\s]+[^=\s]+=)[^\s\"',;]+"),
        ("authcookie", r"(\bPVEAuthCookie=)[^\s\"',;]+"),
        ("csrfpreventiontoken", r"(\bCSRFPreventionToken\W{1,4})[\w:+/=.-]+"),
        ("authorization", r"(\bAuthorization\W{1,4}(?:Basic|Bearer|Negotiate)\s+)[^\s\"',;]+"),
        ("pve", r"(\bPVE[A-Z]{0,8}:[^\s:\"]+:[0-9A-F]{8}::)[\w+/=-]+"),
        ("!", r"([\w.+-]+@[\w.-]+![\w.-]+=)[\w-]{8,}"),
        ("://", r"(\b[a-z][a-z0-9+.-]*://[^\s/:@?#\"]*:)[^\s/@?#\"]+(?=@)"),
        ("pv_", r"(\bpv_[0-9a-f]{8}_)[\w-]+"),
    )
)
_SHAPE_SIGN = re.compile("[:=]|pv_")
_LONGEST = 2000
_LONGEST_NAME = 200
_DEEPEST = 20
_CUT = "…"
_CUT_MARK = re.compile(rf"{_CUT} \(\d+ (characters|entries)\)\Z")


class Redactor:
    """Replaces known secrets wherever and however they are written, and what has the shape of one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _list_forms(secret) if len(form) >= _SHORTEST}
        self._secrets = sorted(forms, key=len, reverse=True)
        self._shortest = min(map(len, self._secrets), default=0)

    def redact_text(self, value: str) -> str:
        """The text, with every secret replaced."""
        if len(value) >= self._shortest:
            for secret in self._secrets:
                if secret in value:
                    value = value.replace(secret, REDACTED)
        return redact_shapes(value)

    def redact(self, value: Any) -> Any:
        """Plain data (objects, lists, scalars), with every secret replaced, in names too."""
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, Mapping):
            return {self.redact_text(str(name)): self.redact(item) for name, item in value.items()}
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


def redact_shapes(text: str) -> str:
    """The text, without what has the shape of a secret: tickets, API tokens with their secrets, passwords in URLs."""
    if not _SHAPE_SIGN.search(text):
        return text
    lower = text.lower()
    for hint, shape in _SHAPES:
        if hint in lower:
            text = shape.sub(rf"\1{REDACTED}", text)
    return text


def _list_forms(secret: str) -> Iterator[str]:
    """How a secret may be written: as it is, quoted for a URL, a shell, JSON, HTML or Python, and in base64 or hex."""
    if len(secret) < _SHORTEST:
        return
    raw = secret.encode("utf-8", "surrogateescape")
    written = secret.encode("utf-8", "replace").decode()
    yield secret
    yield from (quote(raw, safe=""), quote(raw), quote_plus(raw), quote(raw, safe="").lower())
    yield from (json.dumps(secret)[1:-1], json.dumps(written, ensure_ascii=False)[1:-1])
    yield from (shlex.quote(secret).strip("'"), repr(secret)[1:-1], html.escape(secret), raw.hex(), raw.hex().upper())
    for offset in range(3):
        # In base64 a text looks different at each offset; what its neighbours decide is left out.
        encoded = base64.b64encode(b"\0" * offset + raw).decode()
        core = encoded[(offset * 8 + 5) // 6 : (len(raw) + offset) * 8 // 6]
        yield from (core, core.replace("+", "-").replace("/", "_"))


def describe_unkept(text: str) -> str:
    """What is kept of a text that is too secret to be kept: its SHA-256 and its length, as plans show it, too."""
    raw = text.encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(raw).hexdigest()} ({len(raw)} bytes)"


def is_redacted(value: Any) -> bool:
    """Whether this stands where a secret was."""
    return isinstance(value, str) and (value == REDACTED or _FINGERPRINT.fullmatch(value) is not None)


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
