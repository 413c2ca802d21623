# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet history`: the revisions of a fleet that were applied, and what each declared anew."""

from __future__ import annotations

from playvisor.cli import console
from playvisor.cli.fleet_calls import FleetCaller, name_fleet
from playvisor.cli.output import Output, print_document, print_rows, print_table
from playvisor.cli.rendering.tables import Table
from playvisor.fleet.files import FleetFiles
from playvisor.fleet.revisions import compare_documents, describe_revision

_REVISIONS = Table(
    "",
    "revision when=at by=who outcome changed=changes objects run=run_id:short",
    wide="sha256",
    ids="revision",
    empty="This fleet was not applied to this cluster.",
)
_DECLARED = Table("", "what=path change", title="Declared anew", empty="The same was declared before.")


def show_history(files: FleetFiles, revision: int | None, limit: int, *, output: Output) -> None:
    """Print the newest revisions of a fleet, or one with its document and what is new in it."""
    name = name_fleet(files)
    caller = FleetCaller(output)
    fleets = caller.bridge.ledger.read_fleets(caller.cluster)
    if revision is None:
        revisions = fleets.list_revisions(name, limit)
        documents = [{**describe_revision(one), "document": dict(one.document)} for one in revisions]
        print_rows(list(map(describe_revision, revisions)), _REVISIONS, output, document=documents)
        return
    found = fleets.find_revision(name, revision)
    if output.is_document:
        print_document({**describe_revision(found), "document": dict(found.document)}, output)
        return
    print_table([describe_revision(found)], _REVISIONS, output)
    before = fleets.find_revision(name, revision - 1).document if revision > 1 else {}
    print_table(compare_documents(before, found.document), _DECLARED)
    console.print_note(f"-o yaml prints its document; `playvisor fleet rollback {revision} {name}` goes back to it.")
