# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What passkeys sign: the challenge of a decision on a plan, and whether an answer to a challenge is good. Pure.

The challenge follows from what the act of the decision says, so a signature can be checked from the ledger alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from mcp_bridge.ledger.records import dump_canonically

Action = Literal["approve", "deny"]

_PURPOSE = "playvisor: decide on a plan"
_BOUND = ("tool", "digest", "asker", "asker_kind", "cluster", "judged", "policy", "seen", "expires_at")
_LONGEST = 8192


class BadAssertion(Exception):
    """An answer of a passkey that is not good; the text says why, in a few words."""


@dataclass(frozen=True)
class Assertion:
    """The answer of a passkey to a challenge: what it signed, and the signature; base64url without padding each."""

    credential_id: str
    authenticator_data: str
    client_data: str
    signature: str
    user_handle: str | None = None

    @property
    def challenge(self) -> bytes:
        """The challenge that it answers. Raises BadAssertion when it says none."""
        return read_challenge(self.client_data)

    def as_facts(self) -> dict[str, str]:
        """What an act says of it."""
        facts = {name: value for name, value in vars(self).items() if name != "user_handle"}
        return {name: str(value) for name, value in facts.items()}


@dataclass(frozen=True)
class Signer:
    """What an answer is checked against: the enrolled public key, for whom, at which pages, and its last count."""

    public_key: str
    rp_id: str
    origins: Sequence[str]
    sign_count: int = 0


@dataclass(frozen=True)
class Signed:
    """What a good answer says beside the challenge."""

    sign_count: int
    is_backed_up: bool
    origin: str


def compute_challenge(action: Action, plan_id: str, facts: Mapping[str, Any]) -> bytes:
    """The challenge for a decision: SHA-256 of everything that it is bound to.

    `facts` are those of the act, or of the plan that it is about: the fields of Binding, `seen` and `expires_at`.
    """
    bound = {name: facts.get(name) for name in _BOUND}
    text = dump_canonically({"purpose": _PURPOSE, "v": 1, "action": action, "plan_id": plan_id, **bound})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def parse_assertion(credential: Any) -> Assertion:
    """Parse what a browser's `PublicKeyCredential.toJSON()` gives for `navigator.credentials.get()`.

    Raises BadAssertion for anything else.
    """
    response = credential.get("response") if isinstance(credential, Mapping) else None
    if not isinstance(credential, Mapping) or not isinstance(response, Mapping):
        raise BadAssertion("it is no answer of a passkey")
    handle = response.get("userHandle")
    return Assertion(
        _read_text(credential.get("id")),
        _read_text(response.get("authenticatorData")),
        _read_text(response.get("clientDataJSON")),
        _read_text(response.get("signature")),
        _read_text(handle) if handle else None,
    )


def read_assertion(facts: Any) -> Assertion:
    """Read what an act says of an answer. Raises BadAssertion when it says something else."""
    said = facts if isinstance(facts, Mapping) else {}
    names = ("credential_id", "authenticator_data", "client_data", "signature")
    return Assertion(*(_read_text(said.get(name)) for name in names))


def verify_assertion(assertion: Assertion, challenge: bytes, signer: Signer) -> Signed:
    """Check that a passkey signed exactly this challenge, for this server, with its user verified.

    Raises BadAssertion, which says what is wrong.
    """
    client_data = read_client_data(assertion.client_data)
    if client_data.get("type") != "webauthn.get":
        raise BadAssertion("it is an answer to something else")
    if read_challenge(assertion.client_data) != challenge:
        raise BadAssertion("it signs something else")
    origin = require_origin(client_data, signer.rp_id, signer.origins)
    verified = _verify_signature(assertion, challenge, signer, origin)
    return Signed(verified.new_sign_count, bool(verified.credential_backed_up), origin)


def require_origin(client_data: Mapping[str, Any], rp_id: str, origins: Sequence[str]) -> str:
    """The page that asked a browser. Raises BadAssertion unless it is one of these, of this server, in no frame."""
    origin = client_data.get("origin")
    if not isinstance(origin, str) or origin not in origins or not is_of(origin, rp_id):
        raise BadAssertion("it comes from another page")
    if client_data.get("crossOrigin") or client_data.get("topOrigin"):
        raise BadAssertion("it comes from a page within another page")
    return origin


def is_of(origin: str, rp_id: str) -> bool:
    """Whether browsers let a page of this origin use passkeys for `rp_id`: by TLS, or on this machine."""
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_within = host == rp_id or host.endswith(f".{rp_id}")
    is_local = host == "localhost" or host.endswith(".localhost")
    return is_within and (parts.scheme == "https" or (parts.scheme == "http" and is_local))


def read_client_data(text: str) -> dict[str, Any]:
    """What the browser says of a request for a passkey. Raises BadAssertion for what is no such thing."""
    try:
        data = json.loads(decode(text))
    except (ValueError, RecursionError):
        raise BadAssertion("what the browser says of it can't be read") from None
    if not isinstance(data, dict):
        raise BadAssertion("what the browser says of it can't be read")
    return data


def read_challenge(client_data: str) -> bytes:
    """The challenge in what the browser says. Raises BadAssertion when there is none."""
    challenge = read_client_data(client_data).get("challenge")
    if not isinstance(challenge, str):
        raise BadAssertion("it names no challenge")
    return decode(challenge)


def encode(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of base64url, written in the one way in which `encode` does. Raises BadAssertion for other texts."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise BadAssertion("it is not base64url") from None
    if encode(data) != text:
        raise BadAssertion("it is not base64url")
    return data


def _verify_signature(assertion: Assertion, challenge: bytes, signer: Signer, origin: str) -> Any:
    # Takes a quarter of a second to import, which nobody should wait for who has no passkey.
    from webauthn import verify_authentication_response
    from webauthn.helpers.structs import (
        AuthenticationCredential,
        AuthenticatorAssertionResponse,
        PublicKeyCredentialType,
    )

    credential_id = decode(assertion.credential_id)
    response = AuthenticatorAssertionResponse(
        client_data_json=decode(assertion.client_data),
        authenticator_data=decode(assertion.authenticator_data),
        signature=decode(assertion.signature),
    )
    credential = AuthenticationCredential(
        id=assertion.credential_id,
        raw_id=credential_id,
        response=response,
        type=PublicKeyCredentialType.PUBLIC_KEY,
    )
    public_key = decode(signer.public_key)
    try:
        return verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=signer.rp_id,
            expected_origin=[origin],
            credential_public_key=public_key,
            credential_current_sign_count=signer.sign_count,
            require_user_verification=True,
        )
    except Exception as error:
        # What can't be parsed fails in many ways, and none of them is a signature.
        raise BadAssertion(_describe(error)) from None


def _describe(error: Exception) -> str:
    """Why the library takes an answer for bad, in our words."""
    text = str(error)
    words = {
        "sign count": "its count of signatures did not rise: the passkey may have been copied",
        "RP ID hash": "it is for another server",
        "not present": "nobody was present",
        "not verified": "the passkey did not verify its user",
    }
    return next((why for part, why in words.items() if part in text), "the signature is not that of the passkey")


def _read_text(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > _LONGEST:
        raise BadAssertion("a part of it is missing or too long")
    return value
