# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""OAuth 2.1 as a resource server: an identity provider issues tokens (JWT), we verify them by its published keys."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx2
import jwt
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from pydantic import AnyHttpUrl
from starlette.routing import Router

from mcp_bridge.auth.addresses import is_loopback
from mcp_bridge.auth.principals import BY_OAUTH, CannotVerify, Principal
from mcp_bridge.auth.tokens import is_role
from mcp_bridge.errors import UsageError

# Signatures that only the issuer can make; with a shared secret, whoever verifies could make them, too.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_REQUIRED_CLAIMS = ("exp", "iss", "aud", "sub")
# Seconds by which the clocks may differ.
_LEEWAY_SECONDS = 30
_TIMEOUT_SECONDS = 10
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
            parts = urlsplit(address)
            if not parts.hostname or (parts.scheme != "https" and not is_loopback(parts.hostname)):
                raise UsageError(f"{address} is not an https address.", "Give the issuer's, as its tokens name it.")


class OAuth:
    """Verifies one issuer's tokens for the resource at this address. Safe to use from several threads."""

    def __init__(self, issuer: Issuer, resource: str) -> None:
        self._issuer = issuer
        self._audience = issuer.audience or resource
        self._resource = AnyHttpUrl(resource)
        self._lock = threading.Lock()

    @property
    def metadata_url(self) -> str:
        """The address where clients find who issues tokens (RFC 9728)."""
        return str(build_resource_metadata_url(self._resource))

    @cached_property
    def metadata(self) -> Router:
        """The app that serves `metadata_url`."""
        issuers = [AnyHttpUrl(self._issuer.url)]
        return Router(create_protected_resource_routes(self._resource, issuers, resource_name="Playvisor"))

    def verify(self, bearer: str) -> Principal | None:
        """Return whom a valid token names, None for one that is not valid.

        Raises CannotVerify while the issuer's keys can't be fetched.
        """
        try:
            # For what is no token at all, the issuer is not asked for its keys.
            jwt.get_unverified_header(bearer)
            key = self._keys.get_signing_key_from_jwt(bearer)
            claims = jwt.decode(
                bearer,
                key,
                algorithms=list(_ALGORITHMS),
                audience=self._audience,
                issuer=self._issuer.url,
                leeway=_LEEWAY_SECONDS,
                options={"require": list(_REQUIRED_CLAIMS)},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise CannotVerify(f"The keys of {self._issuer.url} can't be fetched: {error}") from None
        except (jwt.InvalidTokenError, jwt.PyJWKClientError):
            return None
        return parse_principal(claims, self._issuer.roles_claim)

    @property
    def _keys(self) -> jwt.PyJWKClient:
        with self._lock:
            return self._client

    @cached_property
    def _client(self) -> jwt.PyJWKClient:
        return jwt.PyJWKClient(self._issuer.keys_url or _discover_keys_url(self._issuer.url), timeout=_TIMEOUT_SECONDS)


def parse_principal(claims: Mapping[str, Any], roles_claim: str) -> Principal | None:
    """Read the principal from verified claims; dots in `roles_claim` lead into nested objects. Pure."""
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        return None
    claim: Any = claims
    for name in roles_claim.split("."):
        claim = claim.get(name) if isinstance(claim, Mapping) else None
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    roles = tuple(dict.fromkeys(word for word in words if isinstance(word, str) and is_role(word)))
    key = hashlib.sha256(f"{claims['iss']}\n{subject}".encode()).hexdigest()[:16]
    return Principal(key, f"{BY_OAUTH}{subject}", roles, "oauth")


def _discover_keys_url(issuer: str) -> str:
    """Fetch the address of an issuer's keys from what it publishes by OpenID Connect or RFC 8414."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    addresses = (
        f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{path}",
    )
    reason = "nothing is published"
    for address in addresses:
        try:
            published = httpx2.get(address, timeout=_TIMEOUT_SECONDS).raise_for_status().json()
            if published.get("issuer") != issuer:
                reason = f"{address} is about {published.get('issuer')!r}"
            elif published.get("jwks_uri"):
                return str(published["jwks_uri"])
        except (httpx2.HTTPError, ValueError, AttributeError) as error:
            reason = str(error)
    raise CannotVerify(f"The address of the keys of {issuer} can't be found: {reason}.", "Give it with --oauth-jwks.")
