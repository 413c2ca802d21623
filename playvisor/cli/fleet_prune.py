# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet prune`: delete, or release, what carries a fleet's mark and is no longer declared.

Nothing else deletes objects of a fleet, and no AI client can. Each object is confirmed for itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from mcp_bridge import collection, version
from mcp_bridge.catalogue.fleets import join_document, split_document
from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.records import Closing, FleetChange, FleetObject, Opening, Who
from mcp_bridge.result import EXIT_DONE
from mcp_bridge.system.identity import local_user
from playvisor.cli import console
from playvisor.cli.call import CLIENT, get_exit_status
from playvisor.cli.fleet_calls import PRUNE, FleetCaller, print_applied, print_plan
from playvisor.cli.output import Output, print_document
from playvisor.fleet.files import FleetFiles

RELEASING = "release_objects"
"""What the ledger calls taking a fleet's mark off objects."""


def prune_fleet(files: FleetFiles, confirmed: Sequence[str], *, release: bool, output: Output) -> int:
    """Delete what a fleet does not declare any more, each object confirmed; with `release`, only give it up."""
    document = files.render().document
    name, declared = str(document["fleet"]), split_document(document)
    caller = FleetCaller(output)
    marked = caller.bridge.ledger.read_fleets(caller.cluster).list_objects(name)
    undeclared = {one.path: one for one in marked if one.path not in declared}
    unknown = [path for path in confirmed if path not in undeclared]
    if unknown:
        raise UsageError(
            f"{unknown[0]} is not to be pruned: it is declared, or does not carry the mark of fleet {name}.",
            f"There are: {', '.join(undeclared) or 'none'}.",
        )
    chosen = _choose(undeclared, confirmed, release=release, output=output)
    if not chosen:
        if output.is_document:
            print_document({"fleet": name, "undeclared": list(undeclared), "pruned": []}, output)
        return EXIT_DONE
    if release:
        return _release(caller, name, chosen, output=output)
    lasting = [path for path in chosen if path == "access" or path.startswith(("firewall.cluster", "firewall.nodes."))]
    if lasting:
        raise UsageError(f"{lasting[0]} is always there, and can't be deleted.", "Add --release to give it up.")
    gone = {"fleet": name, **join_document({path: {} for path in chosen})}
    planned = caller.call(PRUNE, gone)
    if not output.is_document:
        print_plan(planned, f"Fleet {name}")
    if planned.failure:
        if output.is_document:
            print_document(planned.as_dict(), output)
        return get_exit_status(planned)
    return print_applied(caller.call(PRUNE, gone, plan=planned), output=output, wished="gone")


def _choose(
    undeclared: dict[str, FleetObject], confirmed: Sequence[str], *, release: bool, output: Output
) -> list[str]:
    """The objects that were confirmed, on the command line or at the terminal, one by one."""
    if confirmed or not undeclared:
        if not undeclared and not output.is_document:
            console.get_stderr().print("Nothing carries this fleet's mark that it does not declare.")
        return list(confirmed)
    if output.is_document:
        return []
    if not console.may_ask():
        raise UsageError(
            f"There is nobody to ask about {', '.join(undeclared)}.", "Name each one that is meant: --confirm PATH."
        )
    doing = "Release" if release else "Delete"
    return [path for path, one in undeclared.items() if console.read_yes(f"{doing} {_describe(path, one)}?")]


def _describe(path: str, marked: FleetObject) -> str:
    return f"{path} (guest {marked.vmid})" if marked.vmid else path


def _release(caller: FleetCaller, name: str, paths: Sequence[str], *, output: Output) -> int:
    """Take the fleet's mark off these objects, which stay as they are."""
    run_id, who = str(uuid.uuid4()), local_user()
    summary = f"Released {', '.join(paths)} from fleet {name}."
    opening = Opening(
        run_id,
        RELEASING,
        {"fleet": name, "objects": list(paths)},
        "apply",
        Who(CLIENT, version(), asker=who, asker_kind="person"),
        collection.version(),
    )
    change = FleetChange(name, caller.cluster, run_id, who, "ok", released=tuple(paths))
    closing = Closing("ok", "allowed", False, summary, cluster=caller.cluster)
    caller.bridge.authority.release_objects(change, opening, closing)
    if output.is_document:
        print_document({"fleet": name, "released": list(paths), "run_id": run_id}, output)
    else:
        console.get_stderr().print(summary)
    return EXIT_DONE
