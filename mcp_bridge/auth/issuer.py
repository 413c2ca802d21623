# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An identity provider: what it publishes about itself, and whether a token (JWT) is one of its own.

OAuth of clients and the log-in of people share it. Slow to import.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx2
import jwt

from mcp_bridge.auth.addresses import is_loopback
from mcp_bridge.auth.principals import BY_OAUTH, CannotVerify, Principal
from mcp_bridge.errors import UsageError

# Signatures that only the issuer can make; with a shared secret, whoever verifies could make them, too.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_REQUIRED_CLAIMS = ("exp", "iss", "aud", "sub")
# Seconds by which the clocks may differ.
_LEEWAY_SECONDS = 30
TIMEOUT_SECONDS = 10
AGAIN_SECONDS = 10.0
"""For so long, an issuer that has not answered is not asked again."""
_LONGEST_SUBJECT = 100


@dataclass(frozen=True)
class Issuer:
    """Whose tokens are accepted, where its keys are (discovered when None), and which claim has the roles."""

    url: str
    keys_url: str | None = None
    audience: str | None = None
    roles_claim: str = "roles"

    def require_safe(self) -> None:
        """Raise UsageError for addresses whose answers somebody in between could forge."""
        for address in (self.url, self.keys_url or self.url):
            if not is_safe(address):
                raise UsageError(f"{address} is not an https address.", "Give the issuer's, as its tokens name it.")


def is_safe(address: str) -> bool:
    """Whether nobody in between can forge what an address answers: it is https, or of this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or is_loopback(parts.hostname or ""))


class Provider:
    """One issuer as it is reached; what it publishes is fetched when it is needed. Safe to use from several threads."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._failure: CannotVerify | None = None
        self._failed_at = 0.0

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What it publishes about itself. Raises CannotVerify."""
        with self._lock:
            return self._metadata

    def read_claims(self, token: str, audience: str, further: Sequence[str] = ()) -> Mapping[str, Any]:
        """The claims of a valid token for `audience`; claims beyond the usual ones can be required.

        Raises `jwt.InvalidTokenError` for a token that is not valid, and CannotVerify while the keys can't be fetched.
        """
        # For what is no token at all, the issuer is not asked for its keys.
        jwt.get_unverified_header(token)
        try:
            key = self._keys.get_signing_key_from_jwt(token)
        except jwt.PyJWKClientConnectionError as error:
            raise CannotVerify(f"The keys of {self._issuer.url} can't be fetched: {error}") from None
        except jwt.PyJWKClientError as error:
            raise jwt.InvalidTokenError(str(error)) from None
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(_ALGORITHMS),
            audience=audience,
            issuer=self._issuer.url,
            leeway=_LEEWAY_SECONDS,
            options={"require": [*_REQUIRED_CLAIMS, *further]},
        )
        return claims

    @property
    def _keys(self) -> jwt.PyJWKClient:
        with self._lock:
            return self._client

    @cached_property
    def _client(self) -> jwt.PyJWKClient:
        return jwt.PyJWKClient(self._issuer.keys_url or str(self._metadata["jwks_uri"]), timeout=TIMEOUT_SECONDS)

    @cached_property
    def _metadata(self) -> Mapping[str, Any]:
        # Of all who wait for an issuer that does not answer, one finds that out.
        if self._failure and time.monotonic() - self._failed_at < AGAIN_SECONDS:
            raise self._failure
        try:
            return _discover(self._issuer.url)
        except CannotVerify as error:
            self._failure, self._failed_at = error, time.monotonic()
            raise


def read_subject(claims: Mapping[str, Any]) -> str | None:
    """Whom verified claims are about; None for what can't be an identity. Pure."""
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        return None
    return subject


def read_words(claims: Mapping[str, Any], name: str) -> list[str]:
    """The words in a claim, be it a list or a text; dots in its name lead into nested objects. Pure.

    A claim that is called exactly so, dots and all, such as `https://example.com/groups`, comes first.
    """
    claim: Any = claims.get(name)
    if claim is None:
        claim = claims
        for part in name.split("."):
            claim = claim.get(part) if isinstance(claim, Mapping) else None
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return [word for word in words if isinstance(word, str)]


def make_oauth_principal(claims: Mapping[str, Any], subject: str, roles: Sequence[str]) -> Principal:
    """Make the principal for the subject of verified claims. Pure."""
    key = hashlib.sha256(f"{claims['iss']}\n{subject}".encode()).hexdigest()[:16]
    return Principal(key, f"{BY_OAUTH}{subject}", tuple(roles), "oauth")


def _discover(issuer: str) -> Mapping[str, Any]:
    """Fetch what an issuer publishes by OpenID Connect or RFC 8414, the address of its keys included."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    addresses = (
        f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{path}",
    )
    reason = "nothing is published"
    for address in addresses:
        try:
            published = httpx2.get(address, timeout=TIMEOUT_SECONDS).raise_for_status().json()
            if published.get("issuer") != issuer:
                reason = f"{address} is about {published.get('issuer')!r}"
            elif published.get("jwks_uri"):
                return dict(published)
        except (httpx2.HTTPError, ValueError, AttributeError) as error:
            reason = str(error)
    raise CannotVerify(f"The address of the keys of {issuer} can't be found: {reason}.", "Give it with --oauth-jwks.")
