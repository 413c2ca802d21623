# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes apart what people paste as addresses, users and tokens, before anything of it is kept. Pure.

Addresses and identities stand in the ledger, in artifacts and in clients' configurations. So a secret in them is moved
to where secrets belong when it is clear which part it is, and otherwise refused, without repeating it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from mcp_bridge.errors import UsageError

ADDRESSES = ("PROXMOX_URL", "PROXMOX_HOST")
_PLAIN = ("PROXMOX_PORT", "PROXMOX_CA_PATH", "PROXMOX_FINGERPRINT", "PROXMOX_VERIFY_SSL")
IDENTITIES = (*ADDRESSES, "PROXMOX_USER", "PROXMOX_TOKEN_ID", *_PLAIN)
"""The variables that are kept and shown, so that no secret may be in them."""
_HEADER = re.compile(r"(?:Authorization\s*:\s*)?PVEAPIToken\s*[= ]\s*", re.I)
_PLACEHOLDER = re.compile(r"\$\{[^{}]*\}|\$[A-Z_][A-Z0-9_]*|%[A-Z_][A-Z0-9_]*%|\{\{.*\}\}|<[^<>]*>")
_TOKEN_ID = re.compile(r"(?:[^\s:/!=]+@[A-Za-z][\w.-]*!)?[A-Za-z][\w.-]*")
_USER = re.compile(r"[^\s:/!]+")
_ADDRESS_PATH = re.compile(r"[\w./~-]*")
_LONGEST = 256


def separate(given: Mapping[str, str | None]) -> dict[str, str | None]:
    """The variables without quotes and white space around them, and with each secret under the name of a secret.

    Raises UsageError that names the variable for one that holds a placeholder, or a secret in the wrong place.
    """
    values = {name: _strip(name, value) for name, value in given.items()}
    for name, value in values.items():
        if value and _PLACEHOLDER.fullmatch(value):
            raise UsageError(
                f"{name} is the placeholder {value[:60]}: nothing has filled it in.",
                "Whatever starts Playvisor did not expand it. Set the value itself, or a file with the secret.",
            )
    _separate_token(values, "PROXMOX_TOKEN_SECRET")
    _separate_token(values, "PROXMOX_TOKEN_ID")
    if re.search(r"\s", values.get("PROXMOX_TOKEN_SECRET") or ""):
        raise UsageError("PROXMOX_TOKEN_SECRET has white space in it.", "Set it to the secret alone, on one line.")
    user = values.get("PROXMOX_USER")
    if user and "!" in user and ("=" in user or not values.get("PROXMOX_TOKEN_ID")):
        if values.get("PROXMOX_TOKEN_ID"):
            raise _make_refusal("PROXMOX_USER", "a token with its secret")
        values["PROXMOX_TOKEN_ID"], values["PROXMOX_USER"] = user, None
        _separate_token(values, "PROXMOX_TOKEN_ID")
    _require_identity(values, "PROXMOX_USER", _USER, "more than a user's name")
    _require_identity(values, "PROXMOX_TOKEN_ID", _TOKEN_ID, "more than a token's name")
    for name in ADDRESSES:
        _require_address(name, values.get(name))
    for name in _PLAIN:
        if values.get(name) and "!" in str(values[name]) and "=" in str(values[name]):
            raise _make_refusal(name, "a token with its secret")
    return values


def _strip(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    if name == "PROXMOX_PASSWORD":
        # Anything else may be part of it.
        return value.strip("\r\n")
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    return value


def _separate_token(values: dict[str, str | None], name: str) -> None:
    """Take `PVEAPIToken=user@realm!name=SECRET`, or a part of it, apart into the id and the secret of a token."""
    value = _HEADER.sub("", values.get(name) or "", count=1)
    if "=" not in value or "!" not in value.partition("=")[0]:
        if value:
            values[name] = value
        return
    token_id, _equals, secret = value.partition("=")
    for other, part in (("PROXMOX_TOKEN_ID", token_id.strip()), ("PROXMOX_TOKEN_SECRET", secret.strip())):
        known = values.get(other)
        if other != name and known and _HEADER.sub("", known) not in (part, value):
            raise UsageError(
                f"{name} holds a whole token with its secret, and {other} is something else.",
                "Set PROXMOX_TOKEN_ID to user@realm!name, and PROXMOX_TOKEN_SECRET to what is after the = alone.",
            )
        values[other] = part


def _require_identity(values: Mapping[str, str | None], name: str, allowed: re.Pattern[str], what: str) -> None:
    value = values.get(name)
    if value and not (allowed.fullmatch(value) and len(value) <= _LONGEST):
        raise _make_refusal(name, what)


def _require_address(name: str, value: str | None) -> None:
    """Raise UsageError for an address with anything but a host, a port and a path in it."""
    if not value:
        return
    try:
        address = urlsplit(value if "://" in value else f"https://{value}")
        port = address.port
    except ValueError:
        raise UsageError(f"{name} is no address.", "Set it to one such as https://pve1.example.com:8006.") from None
    if "@" in value or address.query or address.fragment or "?" in value or "#" in value:
        raise UsageError(
            f"{name}: an address must not hold credentials, a query or a fragment.",
            "Use PROXMOX_TOKEN_ID and its secret, and https://NODE:8006 as the address.",
        )
    if not address.hostname or port == 0 or not _ADDRESS_PATH.fullmatch(address.path):
        raise UsageError(f"{name} is no address.", "Set it to one such as https://pve1.example.com:8006.")


def _make_refusal(name: str, what: str) -> UsageError:
    return UsageError(
        f"{name} holds {what}; it was not kept.",
        "Set PROXMOX_TOKEN_ID to user@realm!name and PROXMOX_TOKEN_SECRET to its secret, or PROXMOX_USER to user@realm "
        "and PROXMOX_PASSWORD.",
    )
