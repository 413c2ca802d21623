# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the commands of a fleet's life have in common: its files, its calls, and how a plan is shown and applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mcp_bridge.catalogue.fleets import NAME
from mcp_bridge.errors import PlayvisorError, UsageError
from mcp_bridge.result import EXIT_DONE, EXIT_FAILED, Result
from mcp_bridge.run import Bridge
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Settings, load_settings
from playvisor.cli import console
from playvisor.cli.call import INTERRUPTED, get_exit_status, make_request, run_interruptibly
from playvisor.cli.output import Output, print_document
from playvisor.cli.rendering import fleets
from playvisor.fleet.files import FleetFiles

PLAN, REPORT, PRUNE = "plan_fleet", "report_fleet", "prune_fleet"
EXIT_CHANGES = 2
"""The exit status that says that there is something to do."""
_STYLES = {"title": "bold", "object": "bold", "severe": "bold red", "conflict": "bold red", "note": "dim"}


def name_fleet(files: FleetFiles) -> str:
    """The name of a fleet, given as such or by its files."""
    name = str(files.source)
    if not files.source.exists() and NAME.fullmatch(name):
        return name
    return str(files.render().document["fleet"])


class FleetCaller:
    """Makes the calls of one command."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._settings: Settings = load_settings()
        self.bridge: Bridge = make_bridge(self._settings)

    def call(
        self, tool: str, document: Mapping[str, Any], only: Sequence[str] = (), *, plan: Result | None = None
    ) -> Result:
        """Call a tool about a fleet; with a `plan`, apply exactly that one."""
        arguments = {"fleet": dict(document), **({"only": list(only)} if only else {})}
        request = make_request(self._settings, tool, arguments, internal=tool != PLAN)
        if plan is not None and plan.plan is not None:
            plan_id = self._find_approved(plan.plan.digest) or plan.plan.id
            request = replace(request, plan_digest=plan.plan.digest, plan_id=plan_id)
        return run_interruptibly(self.bridge, request, quiet=self._output.is_quiet)

    def _find_approved(self, digest: str) -> str | None:
        """The same plan, made before, that was approved meanwhile."""
        plans = self.bridge.ledger.plans.list_open()
        return next((plan.plan_id for plan in plans if plan.state == "approved" and plan.digest == digest), None)

    def is_held(self, result: Result) -> bool:
        """Whether somebody has to approve a plan before it can be applied."""
        plan = result.plan
        if plan is None or plan.id is None or self._find_approved(plan.digest):
            return False
        return self.bridge.ledger.plans.find(plan.id).state == "held"

    @property
    def cluster(self) -> str:
        """The identity of the cluster that is reached. Raises UnknownCluster."""
        return self.bridge.authority.identify_cluster()


def get_objects(result: Result) -> list[dict[str, Any]]:
    """The objects of a fleet that a result is about."""
    found = result.data.get("objects")
    return found if isinstance(found, list) else []


def get_conflicts(result: Result) -> list[dict[str, Any]]:
    """The fields of a result that somebody else has changed since the fleet was applied."""
    found = result.data.get("conflicts")
    return found if isinstance(found, list) else []


def print_plan(result: Result, title: str) -> None:
    """Print what a plan would change, and what stands against it."""
    objects, conflicts = get_objects(result), get_conflicts(result)
    if objects or not result.failure:
        print_laid_out([fleets.Line(f"{title}: {fleets.describe_counts(objects)}.", "title")])
    print_laid_out(fleets.lay_out_plan(objects, console.get_width()))
    if conflicts:
        print_laid_out(fleets.lay_out_conflicts(conflicts))
    if result.failure:
        print_laid_out(fleets.lay_out_outcome(objects))
    print_messages(result)


def print_laid_out(lines: Sequence[fleets.Line]) -> None:
    """Print lines on stdout; what is too long for one goes on below it."""
    for line in lines:
        if line.text:
            console.print_lines(line.text, style=_STYLES.get(line.kind, ""))
        else:
            console.get_stdout().print()


def print_messages(result: Result) -> None:
    """Print the warnings and the failure of a result on stderr."""
    for warning in result.warnings:
        console.print_note(f"Warning: {warning}")
    if result.failure:
        console.print_failure(result.failure.message, result.failure.hint)


def print_applied(result: Result, *, output: Output, wished: str = "as declared") -> int:
    """Print what came of applying a plan towards what is `wished`; returns the exit status."""
    if output.is_document:
        print_document(result.as_dict(), output)
        return get_exit_status(result)
    objects = get_objects(result)
    print_laid_out(fleets.lay_out_outcome(objects, is_applied=True))
    print_messages(result)
    console.get_stderr().print(_describe_end(result, objects, wished))
    console.print_note(f"Run {result.run_id[:8]}")
    return get_exit_status(result)


def _describe_end(result: Result, objects: Sequence[Mapping[str, Any]], wished: str) -> str:
    if not result.failure and not has_changes(result):
        return f"Nothing to do: all of it is {wished}."
    if not result.failure:
        return fleets.describe_applied(objects)
    # A run that was broken off has not come to say what it did to which object; its failure says what was sent.
    done = fleets.describe_applied(objects) if objects else "" if result.changed else "Nothing was changed."
    return " ".join(
        filter(None, [f"Not all of it is {wished}." if result.changed else "", done, _describe_next(result)])
    )


def _describe_next(result: Result) -> str:
    return "The next apply goes on from what is there." if result.changed else ""


def has_changes(result: Result) -> bool:
    """Whether a plan has something to do."""
    return bool(result.plan and result.plan.steps)


def require_yes(question: str, *, yes: bool) -> None:
    """Have the person at the terminal agree, unless they have said so before. Raises UsageError and PlayvisorError."""
    if yes:
        return
    if not console.may_ask():
        raise UsageError("There is nobody to ask.", "Give --yes to have it done without being asked.")
    if not console.read_yes(f"\n{question}"):
        raise PlayvisorError("Nothing was changed: you did not say yes.")


def choose_exit(result: Result) -> int:
    """0 for an empty plan, 2 for one with changes, 1 for an error, 130 after Ctrl-C."""
    if result.failure:
        return INTERRUPTED if result.status == "cancelled" else EXIT_FAILED
    return EXIT_CHANGES if has_changes(result) else EXIT_DONE
