# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether it is safe to listen as somebody wants, and the ways to sign in that they want."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mcp_bridge.auth.addresses import is_loopback
from mcp_bridge.errors import UsageError
from playvisor.web.context import Ways
from playvisor.web.signin.roles import list_rights, read_role_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_bridge.run import Bridge
    from mcp_bridge.settings.web import WebSettings

_WAYS = "--oidc-issuer, --realm-login or --passkey-login"


def require_safe(options: WebSettings) -> None:
    """Raise UsageError for options by which others could listen in, or anybody or nobody could come in."""
    if (options.tls_cert is None) != (options.tls_key is None):
        raise UsageError("Of certificate and key only one is given.", "Give --tls-cert and --tls-key.")
    _require_url(options)
    if options.oidc_issuer:
        _require_oidc(options)
    elif options.oidc_role or options.oidc_client_id:
        raise UsageError("Options of OpenID Connect are given, but no --oidc-issuer.", "Give its URL as well.")
    if options.realm_login:
        _require_role("--realm-role", _read_realm_roles(options), "USER@REALM=admin, or @GROUP=operator")
    elif options.realm_role:
        raise UsageError("--realm-role is given, but not --realm-login.", "Give --realm-login as well.")
    proxies = options.proxies
    if not is_reached_by_others(options):
        return
    if not options.tls_cert and not proxies:
        raise UsageError(
            f"Others can reach {options.host}, and would read everything without TLS.",
            "Give --tls-cert and --tls-key, or --trusted-proxy with the address of a proxy that has TLS; or listen on "
            "127.0.0.1.",
        )
    if not (options.tls_cert or (options.public_url or "").startswith("https:")):
        raise UsageError(
            "Behind a proxy it does not know by which address people reach it.",
            "Give --public-url, such as https://playvisor.example.com.",
        )
    if not (options.oidc_issuer or options.realm_login or options.passkey_login):
        raise UsageError("Others could reach it, and there is no way for them to sign in.", f"Give {_WAYS}.")


def is_reached_by_others(options: WebSettings) -> bool:
    """Whether people on other machines reach it, by its own address or through a proxy."""
    public = urlsplit(options.public_url or "").hostname
    return not is_loopback(options.host) or (public is not None and not is_loopback(public))


def is_behind_proxy(options: WebSettings) -> bool:
    """Whether there is no safe way to it but through its proxies."""
    return bool(options.proxies) and not options.tls_cert


def make_ways(options: WebSettings, bridge: Bridge, url: str) -> Ways:
    """Make the ways to sign in; `url` is where people reach the server."""
    oidc = realm = None
    if options.oidc_issuer:
        from mcp_bridge.auth.issuer import Issuer
        from playvisor.web.signin.oidc import CALLBACK, Client, OidcLogIn

        client = Client(
            options.oidc_client_id or "",
            options.oidc_client_secret,
            f"{url}{CALLBACK}",
            options.oidc_scopes,
            _read_oidc_roles(options),
            options.oidc_label,
        )
        oidc = OidcLogIn(Issuer(options.oidc_issuer, roles_claim=options.oidc_roles_claim), client)
    if options.realm_login:
        from playvisor.web.signin.realm import RealmLogIn

        realm = RealmLogIn(bridge, _read_realm_roles(options))
    return Ways(oidc, realm)


def _require_url(options: WebSettings) -> None:
    parts = urlsplit(options.public_url or "https://localhost")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise UsageError(
            f"{options.public_url} is not the address of a server.", "Write it as https://playvisor.example.com."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise UsageError(f"Others could read everything that goes to {options.public_url}.", "Give an https address.")


def _require_oidc(options: WebSettings) -> None:
    from mcp_bridge.auth.issuer import Issuer

    Issuer(options.oidc_issuer or "").require_safe()
    if not options.oidc_client_id:
        raise UsageError(
            "There is no --oidc-client-id.", "Give the one that the identity provider knows this server by."
        )
    _require_role("--oidc-role", _read_oidc_roles(options), "GROUP=operator")


def _require_role(option: str, roles: Mapping[str, tuple[str, ...]], example: str) -> None:
    if not any(map(list_rights, roles.values())):
        raise UsageError(f"Nobody would have a role here: there is no {option}.", f"Give {option} {example}.")


def _read_oidc_roles(options: WebSettings) -> Mapping[str, tuple[str, ...]]:
    return read_role_map("--oidc-role", "GROUP=ROLE", options.oidc_role)


def _read_realm_roles(options: WebSettings) -> Mapping[str, tuple[str, ...]]:
    return read_role_map("--realm-role", "USER@REALM=ROLE or @GROUP=ROLE", options.realm_role)
