# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from playvisor.cli.options import with_output
from playvisor.cli.output import TABLE, Output

Source = Annotated[Path, typer.Argument(metavar="[FILE]", help="File of the fleet, or folder of files.")]
Environment = Annotated[
    str | None, typer.Option("--environment", "-e", metavar="NAME", help="Use values/NAME.yml, too.")
]
Values = Annotated[
    list[Path] | None, typer.Option("--values", metavar="FILE", help="Further values; may be repeated, later ones win.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="One value, such as web.memory=4096; repeatable."),
]
FLEET = Path("fleet.yml")

group = typer.Typer(
    rich_markup_mode=None, help="Say in files how guests and what is around them should be.", no_args_is_help=True
)


@group.command("render")
@with_output(rows=False)
def fleet_render(
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    output: Output = TABLE,
) -> None:
    """Print the plain fleet that files make: profiles merged, ranges expanded, templates filled."""
    from playvisor.cli.fleet_files import print_fleet

    print_fleet(source, environment, values or [], sets or [], output=output)


@group.command("lint")
@with_output(rows=True)
def fleet_lint(
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 for warnings, too.")] = False,
    output: Output = TABLE,
) -> None:
    """Check files without a cluster: all that is wrong (then the exit status is 1), and what is seldom meant."""
    from playvisor.cli.fleet_files import lint_files

    raise typer.Exit(lint_files(source, environment, values or [], sets or [], is_strict=strict, output=output))


@group.command("explain")
@with_output(rows=True)
def fleet_explain(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A value, such as web-01.memory, web-01 or pools.prod.")],
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    output: Output = TABLE,
) -> None:
    """Show where values come from: which profile, values file and line, and what they are given in place of."""
    from playvisor.cli.fleet_files import explain_path

    explain_path(path, source, environment, values or [], sets or [], output=output)


@group.command("schema")
def fleet_schema() -> None:
    """Print the JSON Schema of the files, for editors.

    With a first line such as this an editor completes and checks options:
    # yaml-language-server: $schema=fleet.schema.json
    """
    from playvisor.cli.fleet_files import print_schema

    print_schema()


@group.command("import")
@with_output(rows=False)
def fleet_import(
    into: Annotated[Path, typer.Option(metavar="FOLDER|FILE", help="Folder, or file .yml, to write.")] = Path("fleet"),
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHICH",
            help="Only these guests: web-*, 101, tag=prod, pool=web, node=pve1 or type=lxc; repeatable.",
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Only guests that this names: `terraform show -json`, an Ansible inventory, community.proxmox tasks.",
        ),
    ] = None,
    parts: Annotated[
        list[str] | None,
        typer.Option(
            "--part",
            metavar="NAME",
            help="Only guests, pools, storages, backup_jobs, ha_rules, firewall or access; repeatable. Default: all, "
            "or the guests where some are chosen.",
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Leave out what this names, such as 'guests.*.description'; repeatable."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the fleet. Default: that of the cluster.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    output: Output = TABLE,
) -> None:
    """Write what is in the cluster as files of a fleet. Nothing changes, neither now nor when the fleet is applied.

    A fleet whose plan would not be empty is not written.
    """
    from playvisor.cli.fleet_import import Wish, import_fleet

    wish = Wish(select or (), parts or (), without or (), source, name)
    raise typer.Exit(import_fleet(into, wish, force=force, output=output))


@group.command("export")
def fleet_export(
    to: Annotated[
        Literal["playbooks", "terraform-imports"],
        typer.Option("--to", help="A playbook of the collection's modules, or import blocks for bpg's provider."),
    ],
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    into: Annotated[Path | None, typer.Option(metavar="FILE", help="File to write. Default: print it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Print a fleet as a playbook that runs with ansible-playbook alone, or as what lets Terraform take it over."""
    from playvisor.cli.fleet_export import export_fleet

    export_fleet(source, environment, values or [], sets or [], target=to, into=into, force=force)
