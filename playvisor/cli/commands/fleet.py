# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from playvisor.cli.options import with_output
from playvisor.cli.output import TABLE, Output

if TYPE_CHECKING:
    from playvisor.fleet.files import FleetFiles

Source = Annotated[Path, typer.Argument(metavar="FILE", help="File of the fleet, or folder of files.")]
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


def _gather(
    source: Path, environment: str | None = None, values: list[Path] | None = None, sets: list[str] | None = None
) -> FleetFiles:
    from playvisor.fleet.files import FleetFiles

    return FleetFiles(source, environment, tuple(values or ()), tuple(sets or ()))


@group.command("render")
@with_output(rows=False)
def fleet_render(
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Print secrets, too.")] = False,
    output: Output = TABLE,
) -> None:
    """Print the plain fleet that files make: profiles merged, ranges expanded, templates filled."""
    from playvisor.cli.fleet_files import print_fleet

    print_fleet(_gather(source, environment, values, sets), shows_secrets=show_secrets, output=output)


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

    raise typer.Exit(lint_files(_gather(source, environment, values, sets), is_strict=strict, output=output))


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

    explain_path(path, _gather(source, environment, values, sets), output=output)


@group.command("schema")
def fleet_schema() -> None:
    """Print the JSON Schema of the files, for editors.

    With a first line such as this an editor completes and checks options:
    # yaml-language-server: $schema=fleet.schema.json
    """
    from playvisor.cli.fleet_files import print_schema

    print_schema()


Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="PATH", help="Only these objects, such as guests.web-*; may be repeated."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without being asked.")]
Fleet = Annotated[Path, typer.Argument(metavar="FLEET", help="Name of the fleet, or its file or folder of files.")]


@group.command("plan")
def fleet_plan(
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    only: Only = None,
    format_: Annotated[
        Literal["table", "json", "yaml", "markdown"],
        typer.Option("--output", "-o", metavar="FORMAT", help="Print as table, json, yaml or markdown."),
    ] = "table",
) -> None:
    """Show what would change, and what that means. Exit status 0: nothing, 2: something, 1: it can't be planned."""
    from playvisor.cli.fleet_plan import plan_fleet

    is_markdown = format_ == "markdown"
    files = _gather(source, environment, values, sets)
    # Markdown is for other programs, as JSON is.
    output = Output("json" if format_ == "markdown" else format_)
    raise typer.Exit(plan_fleet(files, only or [], output=output, markdown=is_markdown))


@group.command("apply")
@with_output(rows=False)
def fleet_apply(
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    only: Only = None,
    yes: Yes = False,
    output: Output = TABLE,
) -> None:
    """Plan, show the plan, ask, and apply exactly it. What an earlier apply has finished is not done again."""
    from playvisor.cli.fleet_plan import apply_fleet

    files = _gather(source, environment, values, sets)
    raise typer.Exit(apply_fleet(files, only or [], yes=yes, output=output))


@group.command("drift")
@with_output(rows=False)
def fleet_drift(
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    only: Only = None,
    output: Output = TABLE,
) -> None:
    """Show what somebody else has changed since the last apply, and who. Exit status 0: nothing, 2: something."""
    from playvisor.cli.fleet_drift import show_drift

    files = _gather(source, environment, values, sets)
    raise typer.Exit(show_drift(files, only or [], output=output))


@group.command("accept")
@with_output(rows=False)
def fleet_accept(
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    only: Only = None,
    yes: Yes = False,
    output: Output = TABLE,
) -> None:
    """Write what somebody else has changed into the files, where the values stand; comments stay."""
    from playvisor.cli.fleet_drift import accept_drift

    files = _gather(source, environment, values, sets)
    raise typer.Exit(accept_drift(files, only or [], yes=yes, output=output))


@group.command("rollback")
@with_output(rows=False)
def fleet_rollback(
    revision: Annotated[int, typer.Argument(metavar="REVISION", min=1, help="As `playvisor fleet history` shows it.")],
    source: Fleet = FLEET,
    yes: Yes = False,
    output: Output = TABLE,
) -> None:
    """Plan the way back to an older revision, show the plan, ask, and apply it. The files stay as they are."""
    from playvisor.cli.fleet_plan import roll_back

    raise typer.Exit(roll_back(_gather(source), revision, yes=yes, output=output))


@group.command("history")
@with_output(rows=True)
def fleet_history(
    source: Fleet = FLEET,
    revision: Annotated[int | None, typer.Option(min=1, help="Show this one, and what was new in it.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Show at most this many.")] = 20,
    output: Output = TABLE,
) -> None:
    """List the revisions that were applied to this cluster: when, by whom, by which run, and how much it changed."""
    from playvisor.cli.fleet_history import show_history

    show_history(_gather(source), revision, limit, output=output)


@group.command("prune")
@with_output(rows=False)
def fleet_prune(
    source: Source = FLEET,
    environment: Environment = None,
    values: Values = None,
    sets: Sets = None,
    confirm: Annotated[
        list[str] | None,
        typer.Option("--confirm", metavar="PATH", help="An object that is meant, such as guests.old-01; repeatable."),
    ] = None,
    release: Annotated[
        bool, typer.Option("--release", help="Only give the objects up, so that another fleet can have them.")
    ] = False,
    output: Output = TABLE,
) -> None:
    """Delete what this fleet has applied and does not declare any more. Asks about each object."""
    from playvisor.cli.fleet_prune import prune_fleet

    files = _gather(source, environment, values, sets)
    raise typer.Exit(prune_fleet(files, confirm or [], release=release, output=output))


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

    export_fleet(_gather(source, environment, values, sets), target=to, into=into, force=force)
