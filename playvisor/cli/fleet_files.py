# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet` on files alone: render, lint, explain, schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from mcp_bridge.result import EXIT_DONE, EXIT_FAILED
from playvisor.cli import console
from playvisor.cli.output import Output, print_document, print_rows
from playvisor.cli.rendering.tables import Table
from playvisor.fleet.explain import explain_values
from playvisor.fleet.files import FleetFiles
from playvisor.fleet.lint import find_warnings
from playvisor.fleet.render import FleetError
from playvisor.fleet.schema import build_schema
from playvisor.fleet.secrets import leave_out_secrets

# Of the secrets that are not shown.
_MOST_NAMED = 5

_FINDINGS = Table("", "level place path", below="message hint", ids="place", empty="Nothing to complain about.")
_VALUES = Table("", "path value:text from place", below="how:text", ids="path")


def print_fleet(files: FleetFiles, *, shows_secrets: bool, output: Output) -> None:
    """Print the plain fleet, as YAML unless JSON is wanted."""
    document = files.render().document
    left: list[str] = []
    if not shows_secrets:
        document, left = leave_out_secrets(document)
    print_document(document, output if output.is_document else Output("yaml"))
    if left:
        more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
        console.print_note(f"Secrets are left out: {', '.join(left[:_MOST_NAMED])}{more}. --show-secrets prints them.")


def lint_files(files: FleetFiles, *, is_strict: bool, output: Output) -> int:
    """Print the problems, or else the warnings; returns the exit status."""
    try:
        found = find_warnings(files.render())
        level = "warning"
    except FleetError as error:
        found = list(error.problems)
        level = "error"
    rows = [{"level": level, "place": problem.place, **asdict(problem)} for problem in found]
    print_rows(rows, _FINDINGS, output)
    return EXIT_FAILED if rows and (is_strict or level == "error") else EXIT_DONE


def explain_path(path: str, files: FleetFiles, *, output: Output) -> None:
    """Print where the values at a path come from."""
    found = explain_values(files.render(), path)
    rows = [row for value in found for row in _list_rows(value)]
    print_rows(rows, _VALUES, output, document=found)


def _list_rows(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A value, and below it what it is made from and was given in place of."""
    yield _make_row(value["path"], value, f"from {value['template']}" if value["template"] else "")
    for named in value["values"]:
        yield _make_row(f"  {named['name']}", named, "named in the template")
        for below in named["overrides"]:
            yield _make_row(f"  {named['name']}", below, "overridden")
    for below in value["overrides"]:
        yield _make_row(f"  {value['path']}", below, "overridden")


def _make_row(path: str, value: Mapping[str, Any], how: str) -> dict[str, Any]:
    place = f"{value['file']}:{value['line']}:{value['column']}"
    shown = value["value"] if isinstance(value["value"], str) else json.dumps(value["value"])
    return {"path": path, "value": shown, "from": value["from"], "place": place, "how": how}


def print_schema() -> None:
    """Print the JSON Schema of fleets' files."""
    console.print_json(build_schema())
