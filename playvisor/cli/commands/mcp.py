# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor mcp`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from playvisor.cli.options import Json

group = typer.Typer(
    rich_markup_mode=None, help="Run the MCP server, which offers the tools to AI clients.", invoke_without_command=True
)


@group.callback()
def mcp_serve(
    context: typer.Context,
    transport: Annotated[
        Literal["stdio", "http"], typer.Option(help="How clients connect: stdio, or streamable HTTP at the path /mcp.")
    ] = "stdio",
    mode: Annotated[
        Literal["read", "check", "apply"] | None,
        typer.Option(
            help=(
                "read: only tools that read. check: also tools that change things, but they only plan. "
                "apply: they may change things. Default: PLAYVISOR_MODE, or read."
            )
        ),
    ] = None,
    toolsets: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Toolsets to offer, such as observe,power; all means all but exec. Default: the everyday tools.",
        ),
    ] = "",
    tools: Annotated[
        str, typer.Option(metavar="NAMES", help="Tools to offer by name, such as get_guest,start_guest.")
    ] = "",
    aliases: Annotated[
        str, typer.Option(metavar="NAMES", help="Also offer the tool names of another server: mcp_proxmox.")
    ] = "",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Offer only tools that read, whatever the other options say.")
    ] = False,
    no_elicitation: Annotated[
        bool,
        typer.Option(
            "--no-elicitation",
            help="Never ask the client's user for an approval: plans are held for `playvisor approvals`.",
        ),
    ] = False,
    host: Annotated[str, typer.Option(help="With http: address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="With http: port; 0 means any free one.")] = 8765,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="With http: name by which clients reach the server; may be repeated."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="With http: origin whose pages may call it, such as http://localhost:6274; may be repeated.",
        ),
    ] = None,
    connections: Annotated[int, typer.Option(min=16, help="With http: connections that may be open at once.")] = 1024,
    runs: Annotated[
        int, typer.Option(min=1, help="With http: runs that may be under way at once, shared fairly by the tokens.")
    ] = 64,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="With http: require no token; only on a loopback address.")
    ] = False,
    rate: Annotated[int, typer.Option(min=1, help="With http: requests per minute that each token may make.")] = 300,
    oauth_issuer: Annotated[
        str | None, typer.Option(metavar="URL", help="With http: also accept the tokens (JWT) of this issuer.")
    ] = None,
    oauth_jwks: Annotated[
        str | None,
        typer.Option(metavar="URL", help="URL of the issuer's keys. Default: the one that the issuer publishes."),
    ] = None,
    oauth_audience: Annotated[
        str | None, typer.Option(help="Audience that the issuer's tokens must have. Default: the public URL.")
    ] = None,
    oauth_roles: Annotated[
        str, typer.Option(metavar="CLAIM", help="Claim that holds the roles for policies, such as realm_access.roles.")
    ] = "roles",
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="URL by which clients and the issuer know this server, with /mcp.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate (PEM), to serve https.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key of the certificate (PEM).")] = None,
) -> None:
    """Run the MCP server, which offers the tools to AI clients."""
    if context.invoked_subcommand:
        return
    from mcp_bridge.mcp.start import serve_mcp
    from playvisor.cli.command_line import LENT_PROGRAMS
    from playvisor.fleet.tools import register_tools

    register_tools()
    names = {"names": tuple(allow_host or ()), "origins": tuple(allow_origin or ())}
    listen = {
        "host": host,
        "port": port,
        **names,
        "connections": connections,
        "runs": runs,
        "auth": not no_auth,
        "rate": rate,
    }
    tls = {"certificate": tls_cert, "key": tls_key}
    oauth = {"url": oauth_issuer, "keys_url": oauth_jwks, "audience": oauth_audience, "roles_claim": oauth_roles}
    where = {**listen, **tls, "public_url": public_url}
    offered = {"toolsets": toolsets, "tools": tools, "aliases": aliases}
    serve_mcp(
        transport,
        mode,
        offered,
        read_only=read_only,
        elicits=not no_elicitation,
        listen=where,
        oauth=oauth,
        lends=LENT_PROGRAMS,
    )


@group.command("install")
def mcp_install(
    client: Annotated[str, typer.Argument(help="claude-desktop, claude-code, cursor, vscode, windsurf or gemini-cli.")],
    only_print: Annotated[
        bool, typer.Option("--print", "--dry-run", help="Print what would be written; write nothing.")
    ] = False,
    mode: Annotated[
        Literal["read", "check", "apply"] | None,
        typer.Option(help="Most that the server may do, as for `playvisor mcp`."),
    ] = None,
    toolsets: Annotated[str, typer.Option(metavar="NAMES", help="Toolsets to offer.")] = "",
    tools: Annotated[str, typer.Option(metavar="NAMES", help="Tools to offer by name.")] = "",
    aliases: Annotated[str, typer.Option(metavar="NAMES", help="Also offer the tool names of another server.")] = "",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Offer only tools that read, whatever the other options say.")
    ] = False,
    name: Annotated[str, typer.Option(help="Name of the server in the client.")] = "playvisor",
    file: Annotated[
        Path | None, typer.Option(help="The client's configuration file. Default: where the client usually has it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add Playvisor to an AI client's configuration, with the cluster of this environment. Writes no secrets."""
    from playvisor.cli.install import install

    chosen = {"toolsets": toolsets, "tools": tools, "aliases": aliases}
    options = {"mode": mode or "", **chosen, "read-only": "yes" if read_only else ""}
    install(client, name, options, file, only_print=only_print, as_json=as_json)
