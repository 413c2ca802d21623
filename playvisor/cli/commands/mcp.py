# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor mcp`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from playvisor.cli.options import Json

group = typer.Typer(help="Serve the tools to AI clients that speak MCP.", invoke_without_command=True)


@group.callback()
def mcp_serve(
    context: typer.Context,
    transport: Annotated[
        Literal["stdio", "http"], typer.Option(help="How clients connect: stdio, or streamable HTTP at /mcp.")
    ] = "stdio",
    mode: Annotated[
        Literal["read", "check", "apply"] | None,
        typer.Option(help="read: only look. check: plans, too. apply: act. [default: PLAYVISOR_MODE, or read]"),
    ] = None,
    toolsets: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Toolsets to offer, as in observe,power; or all (but exec). [default: the everyday tools]",
        ),
    ] = "",
    tools: Annotated[
        str, typer.Option(metavar="NAMES", help="Tools to offer by name, as in get_guest,start_guest.")
    ] = "",
    aliases: Annotated[
        str, typer.Option(metavar="NAMES", help="Also offer the names of another server's tools: mcp_proxmox.")
    ] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Only look, whatever else is given.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on, for http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port, for http; 0 takes a free one.")] = 8765,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name by which clients reach it, for http; may be repeated."),
    ] = None,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="Ask for no token, for http; only on a loopback address.")
    ] = False,
    rate: Annotated[int, typer.Option(min=1, help="Requests per minute and token, for http.")] = 300,
    oauth_issuer: Annotated[
        str | None, typer.Option(metavar="URL", help="Take the tokens (JWT) of this issuer, too, for http.")
    ] = None,
    oauth_jwks: Annotated[
        str | None, typer.Option(metavar="URL", help="The issuer's keys. [default: what it publishes]")
    ] = None,
    oauth_audience: Annotated[
        str | None, typer.Option(help="Whom its tokens must be for. [default: this server's public url]")
    ] = None,
    oauth_roles: Annotated[
        str, typer.Option(metavar="CLAIM", help="Claim with the roles for policies, such as realm_access.roles.")
    ] = "roles",
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="What clients and the issuer know this server by, with /mcp.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate (PEM), for https.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
) -> None:
    """Serve the tools to AI clients that speak MCP."""
    if context.invoked_subcommand:
        return
    from mcp_bridge.mcp.start import serve_mcp
    from playvisor.cli.command_line import LENT_PROGRAMS

    listen = {"host": host, "port": port, "names": tuple(allow_host or ()), "auth": not no_auth, "rate": rate}
    tls = {"certificate": tls_cert, "key": tls_key}
    oauth = {"url": oauth_issuer, "keys_url": oauth_jwks, "audience": oauth_audience, "roles_claim": oauth_roles}
    where = {**listen, **tls, "public_url": public_url}
    offered = {"toolsets": toolsets, "tools": tools, "aliases": aliases}
    serve_mcp(transport, mode, offered, read_only=read_only, listen=where, oauth=oauth, lends=LENT_PROGRAMS)


@group.command("install")
def mcp_install(
    client: Annotated[str, typer.Argument(help="claude-desktop, claude-code, cursor, vscode, windsurf or gemini-cli.")],
    only_print: Annotated[
        bool, typer.Option("--print", "--dry-run", help="Print what would be written, and write nothing.")
    ] = False,
    mode: Annotated[
        Literal["read", "check", "apply"] | None, typer.Option(help="What it may do at most, as for `playvisor mcp`.")
    ] = None,
    toolsets: Annotated[str, typer.Option(metavar="NAMES", help="Toolsets to offer.")] = "",
    tools: Annotated[str, typer.Option(metavar="NAMES", help="Tools to offer by name.")] = "",
    aliases: Annotated[str, typer.Option(metavar="NAMES", help="Names of another server to offer, too.")] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Only look, whatever else is given.")] = False,
    name: Annotated[str, typer.Option(help="What the client calls it.")] = "playvisor",
    file: Annotated[Path | None, typer.Option(help="The client's file, where it is not the usual one.")] = None,
    as_json: Json = False,
) -> None:
    """Put Playvisor into an AI client's configuration, for the cluster of this environment; no secrets are written."""
    from playvisor.cli.install import install

    chosen = {"toolsets": toolsets, "tools": tools, "aliases": aliases}
    options = {"mode": mode or "", **chosen, "read-only": "yes" if read_only else ""}
    install(client, name, options, file, only_print=only_print, as_json=as_json)
