# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from playvisor.cli.options import with_output
from playvisor.cli.output import TABLE, Output

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
