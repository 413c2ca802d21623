# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor profile`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from playvisor.cli.options import with_output
from playvisor.cli.output import TABLE, Output

group = typer.Typer(
    rich_markup_mode=None, help="Save the connections to several clusters, each under a name.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The profile's name.")]
Keyring = Annotated[
    bool, typer.Option("--keyring", help="Keep the secret in the system's keyring, not in the file with ansible-vault.")
]


@group.command("add")
def profile_add(
    name: Name,
    url: Annotated[str, typer.Option(help="Any node of the cluster, such as https://pve1.example.com:8006.")],
    token_id: Annotated[str | None, typer.Option(help="Token to log in with, as user@realm!name.")] = None,
    user: Annotated[str | None, typer.Option(help="User to log in with by password, as user@realm.")] = None,
    ca_path: Annotated[Path | None, typer.Option(help="PEM file of the CA to trust.")] = None,
    fingerprint: Annotated[str | None, typer.Option(help="SHA-256 fingerprint of the certificate to trust.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not verify the certificate.")] = False,
    secret_file: Annotated[
        Path | None, typer.Option(help="File with the secret, or - for stdin. Default: ask for it.")
    ] = None,
    keyring: Keyring = False,
) -> None:
    """Add a profile, or replace the one of that name. Asks for the secret."""
    from playvisor.cli import profiles

    facts = {"url": url, "token_id": token_id, "user": user, "fingerprint": fingerprint, "verify_ssl": not insecure}
    facts["ca_path"] = str(ca_path.expanduser().absolute()) if ca_path else None
    profiles.add(name, facts, secret_file, keyring=keyring)


@group.command("list")
@with_output(rows=True)
def profile_list(output: Output = TABLE) -> None:
    """List the profiles, without their secrets."""
    from playvisor.cli import profiles

    profiles.show_all(output=output)


@group.command("show")
@with_output(rows=False)
def profile_show(name: Name, output: Output = TABLE) -> None:
    """Show a profile, without its secret."""
    from playvisor.cli import profiles

    profiles.show(name, output=output)


@group.command("test")
@with_output(rows=False)
def profile_test(name: Name, output: Output = TABLE) -> None:
    """Check that a profile works: connection, certificate, login and privileges."""
    from playvisor.cli import profiles

    raise typer.Exit(profiles.test(name, output=output))


@group.command("use")
def profile_use(name: Name) -> None:
    """Make a profile the default. It is used when neither --profile nor PROXMOX_URL is given."""
    from playvisor.cli import profiles

    profiles.use(name)


@group.command("encrypt")
def profile_encrypt(name: Name, keyring: Keyring = False) -> None:
    """Encrypt a secret that is stored in clear, or move it between ansible-vault and the keyring."""
    from playvisor.cli import profiles

    profiles.encrypt(name, keyring=keyring)


@group.command("remove")
def profile_remove(name: Name) -> None:
    """Delete a profile and its secret."""
    from playvisor.cli import profiles

    profiles.remove(name)
