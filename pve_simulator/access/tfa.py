# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Second factors: time-based passwords (RFC 6238) and recovery codes."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import uuid
from urllib.parse import parse_qs, quote, urlsplit

from pve_simulator.errors import failure
from pve_simulator.requests.auth import find_ticket_user, is_same_secret, issue_ticket
from pve_simulator.state.access import TfaEntry, User
from pve_simulator.state.cluster import Cluster

RECOVERY = "recovery"
_PENDING = "!tfa!"
_RECOVERY_CODES = 10


def totp_code(entry: TfaEntry, moment: float) -> str:
    """The one-time password of a moment, seconds since the epoch."""
    key = base64.b32decode(entry.secret + "=" * (-len(entry.secret) % 8))
    digest = hmac.digest(key, int(moment // entry.period).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**entry.digits:0{entry.digits}d}"


def is_totp_valid(entry: TfaEntry, value: str, now: float) -> bool:
    """Whether a one-time password is that of now, the step before or the step after."""
    return any(is_same_secret(value, totp_code(entry, now + step * entry.period)) for step in (-1, 0, 1))


def parse_totp(uri: str) -> TfaEntry:
    """The second factor that an `otpauth://totp/…?secret=…` describes; raises what is wrong with it."""
    parts = urlsplit(uri)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if (parts.scheme, parts.netloc) != ("otpauth", "totp"):
        raise failure("not an otpauth totp uri")
    try:
        entry = TfaEntry("totp", secret=query["secret"].upper().rstrip("="))
        entry.digits, entry.period = int(query.get("digits", 6)), int(query.get("period", 30))
        totp_code(entry, 0)
    except KeyError:
        raise failure("missing secret in otpauth uri") from None
    except (ValueError, ZeroDivisionError, binascii.Error):
        raise failure("failed to parse otpauth uri") from None
    return entry


def add_recovery(user: User, now: float) -> list[str]:
    """Give a user recovery codes, each good for one login; they are shown this once."""
    if RECOVERY in user.tfa:
        raise failure("user already has recovery keys")
    codes = ["-".join(secrets.token_hex(2) for dummy in range(4)) for dummy in range(_RECOVERY_CODES)]
    user.tfa[RECOVERY] = TfaEntry(RECOVERY, created=int(now), codes={str(n): code for n, code in enumerate(codes)})
    return codes


def make_id() -> str:
    """An id for a new second factor."""
    return str(uuid.uuid4())


def needs_second_factor(user: User) -> bool:
    """Whether a password alone does not log the user in."""
    return any(entry.enable for entry in user.tfa.values())


def issue_challenge_ticket(cluster: Cluster, userid: str, now: float) -> str:
    """The signed challenge that a password login gets instead of a ticket: which second factors the user has."""
    user = cluster.access.users[userid]
    kinds = {entry.type for entry in user.tfa.values() if entry.enable}
    challenge = {"totp": "totp" in kinds, "recovery": sorted(int(n) for n in _codes(user))}
    return issue_ticket(cluster, f"{_PENDING}{quote(json.dumps(challenge))}", now, bound=userid)


def is_challenge_valid(cluster: Cluster, userid: str, ticket: str, now: float) -> bool:
    """Whether a ticket is a challenge for this user."""
    return (find_ticket_user(cluster, ticket, now, bound=userid) or "").startswith(_PENDING)


def is_answer_valid(user: User, answer: str, now: float) -> bool:
    """Whether `totp:123456` or `recovery:…` is a second factor of the user; a recovery code is used up."""
    kind, value = f"{answer}:".split(":")[:2]
    if kind == "totp":
        entries = [entry for entry in user.tfa.values() if entry.type == "totp" and entry.enable]
        return any(is_totp_valid(entry, value, now) for entry in entries)
    used = next((number for number, code in _codes(user).items() if is_same_secret(code, value)), None)
    if kind != RECOVERY or used is None:
        return False
    del user.tfa[RECOVERY].codes[used]
    return True


def _codes(user: User) -> dict[str, str]:
    entry = user.tfa.get(RECOVERY)
    return entry.codes if entry and entry.enable else {}
