# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet plan`, `apply` and `rollback`: what a fleet would change, and changing it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.result import EXIT_FAILED, EXIT_REFUSED, Result
from playvisor.cli import console
from playvisor.cli.call import get_exit_status
from playvisor.cli.fleet_calls import (
    PLAN,
    FleetCaller,
    choose_exit,
    get_conflicts,
    get_objects,
    has_changes,
    name_fleet,
    print_applied,
    print_plan,
    require_yes,
)
from playvisor.cli.output import Output, print_document
from playvisor.cli.rendering import fleets
from playvisor.cli.rendering.values import format_moment
from playvisor.fleet.files import FleetFiles
from playvisor.fleet.places import with_places
from playvisor.fleet.render import Rendered


def plan_fleet(files: FleetFiles, only: Sequence[str], *, output: Output, markdown: bool = False) -> int:
    """Print what a fleet would change; returns 0 when that is nothing, 2 when it is something, and 1 for an error."""
    try:
        rendered = files.render()
        caller = FleetCaller(output)
        result = with_places(caller.call(PLAN, rendered.document, only), rendered)
    except PlayvisorError as error:
        # 2 says that there are changes.
        error.exit_status = EXIT_FAILED
        raise
    title = f"Fleet {rendered.document['fleet']}"
    if markdown:
        notes = [*result.warnings, *([result.failure.message] if result.failure else [])]
        console.print_as_is(fleets.write_markdown(title, get_objects(result), get_conflicts(result), notes))
    elif output.is_document:
        print_document(result.as_dict(), output)
    else:
        print_plan(result, title)
        _print_next(caller, result)
    return choose_exit(result)


def _print_next(caller: FleetCaller, result: Result) -> None:
    """Say how the plan that was shown is applied."""
    if not has_changes(result) or result.plan is None or result.plan.id is None:
        return
    name = result.plan.id[:8]
    if caller.is_held(result):
        again = f"`playvisor approvals approve {name}`, then `playvisor fleet apply` again"
        console.print_note(f"By policy it needs an approval: {again}.")
    else:
        console.print_note(f"To apply exactly this: `playvisor apply {name}`.")


def apply_fleet(files: FleetFiles, only: Sequence[str], *, yes: bool, output: Output) -> int:
    """Plan a fleet, show the plan, ask, and apply exactly it; returns the exit status."""
    rendered = files.render()
    return apply_document(FleetCaller(output), rendered.document, only, yes=yes, output=output, rendered=rendered)


def roll_back(files: FleetFiles, revision: int, *, yes: bool, output: Output) -> int:
    """Plan the way back to an older revision of a fleet, and apply it like any other plan; returns the exit status."""
    name = name_fleet(files)
    caller = FleetCaller(output)
    found = caller.bridge.ledger.read_fleets(caller.cluster).find_revision(name, revision)
    if not output.is_quiet:
        console.print_note(
            f"Revision {revision} was applied {format_moment(found.at, time.time())} by {found.who}. No file changes: "
            "the next apply of them would undo this. Secrets stay as they are, since no revision has them."
        )
    wished = f"as revision {revision} declared it"
    return apply_document(caller, found.document, (), yes=yes, output=output, wished=wished)


def apply_document(
    caller: FleetCaller,
    document: Mapping[str, Any],
    only: Sequence[str],
    *,
    yes: bool,
    output: Output,
    rendered: Rendered | None = None,
    wished: str = "as declared",
) -> int:
    """Plan a document, show the plan, ask, and apply exactly it; returns the exit status."""
    planned = caller.call(PLAN, document, only)
    planned = with_places(planned, rendered) if rendered else planned
    if not output.is_document:
        print_plan(planned, f"Fleet {document['fleet']}")
    is_held = caller.is_held(planned)
    if planned.failure or is_held:
        if output.is_document:
            print_document(planned.as_dict(), output)
        elif is_held:
            _print_next(caller, planned)
        else:
            rest = " What can be applied of it by itself, --only PATH chooses." if has_changes(planned) else ""
            console.get_stderr().print(f"Nothing was changed.{rest}")
        return EXIT_REFUSED if is_held else get_exit_status(planned)
    if has_changes(planned):
        require_yes("Apply exactly this?", yes=yes)
    # One without changes is recorded: the fleet has its mark on all of it from then on.
    applied = caller.call(PLAN, document, only, plan=planned)
    said = [] if output.is_document else planned.warnings
    new = [warning for warning in applied.warnings if warning not in said]
    return print_applied(applied.model_copy(update={"warnings": new}), output=output, wished=wished)
