# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""OAuth 2.1 as a resource server: an identity provider issues tokens (JWT), we verify them by its published keys."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jwt
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from pydantic import AnyHttpUrl
from starlette.routing import Router

from mcp_bridge.auth.issuer import Issuer, Provider, make_oauth_principal, read_subject, read_words
from mcp_bridge.auth.principals import Principal
from mcp_bridge.auth.tokens import is_role


class OAuth:
    """Verifies one issuer's tokens for the resource at this address. Safe to use from several threads."""

    def __init__(self, issuer: Issuer, resource: str) -> None:
        self._issuer = issuer
        self._provider = Provider(issuer)
        self._audience = issuer.audience or resource
        self._resource = AnyHttpUrl(resource)

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
            claims = self._provider.read_claims(bearer, self._audience)
        except jwt.InvalidTokenError:
            return None
        return parse_principal(claims, self._issuer.roles_claim)


def parse_principal(claims: Mapping[str, Any], roles_claim: str) -> Principal | None:
    """Read the principal from verified claims; dots in `roles_claim` lead into nested objects. Pure."""
    subject = read_subject(claims)
    if subject is None:
        return None
    roles = dict.fromkeys(word for word in read_words(claims, roles_claim) if is_role(word))
    return make_oauth_principal(claims, subject, tuple(roles))
