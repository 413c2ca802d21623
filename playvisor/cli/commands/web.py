# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor web`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

group = typer.Typer(rich_markup_mode=None, help="Open the web application.", invoke_without_command=True)


@group.callback()
def web(
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 means any free one. Default: 8786.")
    ] = None,
    mode: Annotated[
        Literal["read", "check", "apply"] | None,
        typer.Option(help="Most that the page may do. Default: PLAYVISOR_MODE, or apply."),
    ] = None,
    fleet: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER|FILE",
            help="A fleet to serve; repeatable. Default: PLAYVISOR_WEB_FLEETS, or the current folder's, if it has one.",
        ),
    ] = None,
    openapi: Annotated[
        bool, typer.Option("--openapi", help="Print the description of the REST API as OpenAPI, and serve nothing.")
    ] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
    link: Annotated[
        bool, typer.Option("--link", help="Print a new one-time link for a server of yours that runs, and end.")
    ] = False,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate (PEM), to serve https.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key of the certificate (PEM).")] = None,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="URL by which people reach it, such as https://playvisor.example.com."),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Further name by which it is reached; may be repeated.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CIDR", help="Proxy whose X-Forwarded-For, -Proto and -Host are believed; may be repeated."
        ),
    ] = None,
    oidc_issuer: Annotated[
        str | None, typer.Option(metavar="URL", help="Let people sign in by this identity provider (OpenID Connect).")
    ] = None,
    oidc_client_id: Annotated[str | None, typer.Option(help="What the provider knows this server by.")] = None,
    oidc_client_secret_file: Annotated[
        Path | None, typer.Option(help="File with the secret that the provider knows this server by, if any.")
    ] = None,
    oidc_label: Annotated[str | None, typer.Option(help="What people call the provider. Default: its host.")] = None,
    oidc_roles_claim: Annotated[
        str | None,
        typer.Option(metavar="CLAIM", help="Claim with a user's groups, such as realm_access.roles. Default: groups."),
    ] = None,
    oidc_role: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP=ROLE", help="Role of a group: viewer, operator, approver or admin; may be repeated."
        ),
    ] = None,
    realm_login: Annotated[
        bool, typer.Option("--realm-login", help="Let people sign in as users of Proxmox VE, with its passwords.")
    ] = False,
    realm_role: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ROLE", help="Role of a user of Proxmox VE (ada@pve), or a group (@ops); may be repeated."
        ),
    ] = None,
    passkey_login: Annotated[
        bool,
        typer.Option(
            "--passkey-login", help="Let people sign in with passkeys. The first one enrols theirs by the link."
        ),
    ] = False,
) -> None:
    """Serve the web application and the REST API.

    On this machine alone, unless told otherwise. Each option can be set as PLAYVISOR_WEB_…, too.
    """
    from playvisor.cli.web import print_link, print_openapi, serve

    if link:
        print_link(port)
        return
    if openapi:
        print_openapi()
        return
    given = {
        "host": host,
        "port": port,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "public_url": public_url,
        "allow_host": tuple(allow_host or ()),
        "trusted_proxy": tuple(trusted_proxy or ()),
        "oidc_issuer": oidc_issuer,
        "oidc_client_id": oidc_client_id,
        "oidc_client_secret_file": oidc_client_secret_file,
        "oidc_label": oidc_label,
        "oidc_roles_claim": oidc_roles_claim,
        "oidc_role": tuple(oidc_role or ()),
        "realm_login": realm_login,
        "realm_role": tuple(realm_role or ()),
        "passkey_login": passkey_login,
    }
    serve(given, mode, fleet or (), may_open=not no_open)
