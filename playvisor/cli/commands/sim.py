# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor sim`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from playvisor.cli.options import Json, with_output
from playvisor.cli.output import TABLE, Output

group = typer.Typer(
    rich_markup_mode=None,
    help="Run a simulated Proxmox VE cluster until stopped, and print how to connect to it.",
    invoke_without_command=True,
)


@group.callback()
def sim_serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 means any free one.")] = 0,
    nodes: Annotated[int, typer.Option(min=1, help="Number of nodes.")] = 3,
    guests: Annotated[int, typer.Option(min=0, help="Number of guests.")] = 12,
    seed: Annotated[
        Path | None, typer.Option(help="YAML or JSON file with a cluster, instead of --nodes and --guests.")
    ] = None,
    resources_lag: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds by which its list of all guests may be old, as on real servers; 0 means always fresh."
        ),
    ] = 10.0,
    as_json: Json = False,
) -> None:
    """Run a simulated Proxmox VE cluster until stopped, and print how to connect to it."""
    if context.invoked_subcommand:
        return
    from playvisor.cli.sim import serve_simulator

    raise typer.Exit(serve_simulator(port, nodes, guests, seed, resources_lag=resources_lag, as_json=as_json))


@group.command("capture")
@with_output(rows=False)
def sim_capture(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="State file to write, .json or .yaml.")],
    scrub_names: Annotated[
        bool, typer.Option("--scrub-names", help="Replace names and addresses with pseudonyms.")
    ] = False,
    content: Annotated[
        bool, typer.Option("--content/--no-content", help="Include the list of what is on the storages.")
    ] = True,
    output: Output = TABLE,
) -> None:
    """Save the live cluster, without secrets, to a file for `playvisor sim --seed`. Only reads the cluster."""
    from playvisor.cli.capture import capture_cluster

    raise typer.Exit(capture_cluster(file, scrub_names=scrub_names, content=content, output=output))
