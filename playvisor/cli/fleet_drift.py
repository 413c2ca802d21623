# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet drift` and `accept`: what somebody else has changed, and taking it over into the files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.result import EXIT_DONE, EXIT_FAILED
from mcp_bridge.run.tools.fleets import describe_unread, list_drift
from playvisor.cli import console
from playvisor.cli.call import get_exit_status
from playvisor.cli.fleet_calls import (
    EXIT_CHANGES,
    REPORT,
    FleetCaller,
    choose_exit,
    print_laid_out,
    print_messages,
    require_yes,
)
from playvisor.cli.output import Output, print_document
from playvisor.cli.rendering import fleets
from playvisor.fleet.accept import Accepted, Found, accept_fields
from playvisor.fleet.files import FleetFiles
from playvisor.fleet.render import Rendered


def show_drift(files: FleetFiles, only: Sequence[str], *, output: Output) -> int:
    """Print what somebody else has changed; returns 0 when that is nothing, 2 when it is something, 1 for an error.

    An object that can't be compared is an error, unless something else has drifted.
    """
    try:
        rendered = files.render()
        caller = FleetCaller(output)
        result = caller.call(REPORT, rendered.document, only)
    except PlayvisorError as error:
        error.exit_status = EXIT_FAILED
        raise
    rows, unread = list_drift(result), describe_unread(result)
    if output.is_document:
        warnings = [*result.warnings, *unread]
        print_document({**result.as_dict(), "objects": rows, "warnings": warnings}, output)
    elif not result.failure:
        _print_drift(rendered, rows, unread)
    if result.failure:
        if not output.is_document:
            print_messages(result)
        return choose_exit(result)
    return EXIT_CHANGES if rows else EXIT_FAILED if unread else EXIT_DONE


def _print_drift(rendered: Rendered, rows: Sequence[dict[str, Any]], unread: Sequence[str]) -> None:
    name, fields = rendered.document["fleet"], sum(len(row["changes"]) for row in rows)
    said = f"somebody else has changed {fields} of its fields" if rows else "nobody else has changed anything"
    print_laid_out([fleets.Line(f"Fleet {name}: {said}{' of what could be compared' if unread else ''}.", "title")])
    print_laid_out(fleets.lay_out_fields(rows, console.get_width()))
    print_laid_out([fleets.Line(f"  ! {line}", "severe") for line in unread])


def accept_drift(files: FleetFiles, only: Sequence[str], *, yes: bool, output: Output) -> int:
    """Write what somebody else has changed into the files; returns 1 when something of it was left."""
    rendered = files.render()
    caller = FleetCaller(output)
    result = caller.call(REPORT, rendered.document, only)
    if result.failure:
        if output.is_document:
            print_document(result.as_dict(), output)
        else:
            print_messages(result)
        return get_exit_status(result)
    rows, unread = list_drift(result), describe_unread(result)
    if not output.is_document:
        _print_drift(rendered, rows, unread)
    if rows:
        require_yes("Write this into the files?", yes=yes)
    found = [Found(change["path"], change.get("after")) for row in rows for change in row["changes"]]
    accepted = accept_fields(rendered, found, files.render)
    if output.is_document:
        written = [vars(edit) for edit in accepted.edits]
        print_document({"fleet": rendered.document["fleet"], "written": written, "left": dict(accepted.left)}, output)
    else:
        _print_accepted(accepted)
    return EXIT_FAILED if accepted.left or unread else EXIT_DONE


def _print_accepted(accepted: Accepted) -> None:
    lines = [fleets.Line(""), *([fleets.Line("Written", "title")] if accepted.edits else [])]
    for edit in accepted.edits:
        value = "nothing" if edit.value is None else edit.value
        lines.append(fleets.Line(f"  {edit.file}:{edit.line}: {edit.path} = {value}", "field"))
        if edit.note:
            lines.append(fleets.Line(f"      an override of this object: {edit.note}"))
    lines += [fleets.Line("Left", "title")] if accepted.left else []
    lines += [fleets.Line(f"  ! {path}: {why}", "severe") for path, why in accepted.left.items()]
    print_laid_out(lines if len(lines) > 1 else [])
