# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor fleet import`: write what is in the cluster as the files of a fleet, which changes nothing."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp_bridge.catalogue.fleets import split_document
from mcp_bridge.errors import UsageError
from mcp_bridge.result import Result
from mcp_bridge.run import Bridge
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Settings, load_settings
from playvisor.cli import console
from playvisor.cli.call import make_request, require_data, run_interruptibly
from playvisor.cli.output import Output, print_document
from playvisor.fleet.adopt.adoption import GUESTS, NOT_MANAGED, PARTS, Adoption, adopt_cluster
from playvisor.fleet.adopt.mentions import Found, Mention, find_mentioned
from playvisor.fleet.adopt.observed import Guest, Observed, read_observation
from playvisor.fleet.adopt.proof import CLAIMED, prove_fixed_point
from playvisor.fleet.adopt.selection import parse_selection, select_guests
from playvisor.fleet.adopt.sources import read_mentions
from playvisor.fleet.adopt.writing import check_place, write_files
from playvisor.fleet.shape import FLEET_NAME

# What each part of a fleet is read from.
_KINDS: Mapping[str, tuple[str, ...]] = {
    GUESTS: ("ha_resource",),
    "pools": ("pool",),
    "storages": ("storage",),
    "backup_jobs": ("backup_job",),
    "ha_rules": ("ha_rule",),
    "firewall": ("firewall",),
    "access": ("user", "group", "role", "acl", "token"),
}


@dataclass(frozen=True)
class Wish:
    """What to import: words of --select, the parts, paths to leave out, and a file that names guests."""

    select: Sequence[str] = ()
    parts: Sequence[str] = ()
    without: Sequence[str] = ()
    source: Path | None = None
    name: str = ""

    def require_words(self) -> None:
        """Raise UsageError for a name that no fleet can have, and for an empty path."""
        if self.name and not FLEET_NAME.fullmatch(self.name):
            raise UsageError(
                f"{self.name} can't be the name of a fleet.",
                "Give small letters, digits and hyphens, a letter first, such as --name web-shop.",
            )
        if not all(path.strip() for path in self.without):
            raise UsageError("--without names nothing.", "Give a path, such as --without 'guests.*.description'.")

    def list_parts(self) -> list[str]:
        """The parts to import: all, or the guests where these are chosen. Raises UsageError for an unknown one."""
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown:
            raise UsageError(f"There is no part {unknown[0]}.", f"There are {', '.join(PARTS)}.")
        return list(self.parts) or ([GUESTS] if self.select or self.source else list(PARTS))


@dataclass(frozen=True)
class _Session:
    """Calls of tools for one import."""

    bridge: Bridge
    settings: Settings
    output: Output

    def tell(self, sentence: str) -> None:
        """Say to somebody who waits what goes on."""
        if not self.output.is_quiet and console.get_stderr().is_terminal:
            console.get_stderr().print(sentence)

    def report(self, fleet: Mapping[str, Any], only: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """The objects of a fleet that would change, or can't be planned."""
        result = self._run("report_fleet", {"fleet": fleet, **({"only": list(only)} if only else {})})
        claims = result.failure.fields if result.failure else {}
        if claims and claims.keys() <= set(split_document(fleet)):
            return [{"path": path, "failure": {"code": CLAIMED, "message": why}} for path, why in claims.items()]
        objects: Sequence[Mapping[str, Any]] = require_data(result)["objects"]
        return objects

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The data of a reading tool's result; raises PlayvisorError where it failed."""
        return require_data(self._run(tool, arguments))

    def _run(self, tool: str, arguments: Mapping[str, Any]) -> Result:
        request = make_request(self.settings, tool, arguments, mode="read", internal=True)
        return run_interruptibly(self.bridge, request, quiet=self.output.is_quiet)


def import_fleet(into: Path, wish: Wish, *, force: bool, output: Output) -> int:
    """Write the files of a fleet that is as the cluster is; returns the exit status.

    Raises PlayvisorError, and has written nothing, where the fleet would change anything.
    """
    wish.require_words()
    selection = parse_selection(wish.select)
    parts = wish.list_parts()
    mentions = read_mentions(wish.source) if wish.source else ()
    check_place(into, force=force)
    settings = load_settings()
    session = _Session(make_bridge(settings), settings, output)
    with tempfile.TemporaryDirectory(prefix="playvisor-import-") as folder:
        observed = _observe(session, Path(folder) / "observed.jsonl", selection, mentions, parts)
        chosen = {guest.vmid for guest in _choose(observed, selection, mentions)}
        guests = [guest for guest in observed.list_guests() if guest.vmid in chosen]
        if not guests and parts == [GUESTS]:
            raise UsageError("No guest is chosen that can be read, so there is nothing to import.", "Choose others.")
        adoption = adopt_cluster(
            observed,
            guests,
            name=wish.name,
            parts=parts,
            without=wish.without,
            chosen=chosen if selection or mentions else None,
        )
        session.tell(f"Read {len(guests)} guests. Planning a fleet of them, to see that nothing would change.")
        draft = Path(folder) / into.name
        adoption, texts = prove_fixed_point(adoption, draft, session.report)
    files = {into / file.relative_to(draft): text for file, text in texts.items()}
    write_files(files, into)
    found = find_mentioned(observed.list_guests(with_config=False), mentions)
    _show(adoption, into, list(files), found, mentions, output)
    return 0


def _observe(
    session: _Session, file: Path, selection: Mapping[str, Sequence[str]], mentions: Sequence[Mention], parts: list[str]
) -> Observed:
    """An observation with the details of the guests that are chosen, and of the kinds that the parts need."""
    kinds = [kind for part in parts for kind in _KINDS[part]]
    arguments: dict[str, Any] = {"dest": str(file), "parts": kinds}
    if GUESTS not in parts:
        arguments["guests"] = []
    elif selection or mentions:
        # The list of all guests says which these are.
        session.call("observe_cluster", {"dest": str(file), "parts": [], "guests": []})
        arguments["guests"] = [guest.vmid for guest in _choose(read_observation(file), selection, mentions)]
    session.call("observe_cluster", arguments)
    return read_observation(file)


def _choose(observed: Observed, selection: Mapping[str, Sequence[str]], mentions: Sequence[Mention]) -> list[Guest]:
    """The guests that are meant, whether their details were read or not."""
    listed = select_guests(observed.list_guests(with_config=False), selection)
    return list(find_mentioned(listed, mentions).guests) if mentions else listed


def _show(
    adoption: Adoption,
    into: Path,
    files: Sequence[Path],
    found: Found,
    mentions: Sequence[Mention],
    output: Output,
) -> None:
    counts = {part: len(adoption.document[part]) for part in PARTS if adoption.document.get(part)}
    left_out = [*adoption.left_out, *found.unknown]
    not_carried = [f"{mention.label}: {note}" for mention in mentions for note in mention.notes]
    not_managed = [
        f"{'.'.join(path)}: {phrase.removeprefix(NOT_MANAGED)}"
        for path, phrases in adoption.notes.items()
        for phrase in phrases
        if phrase.startswith(NOT_MANAGED)
    ]
    following = f"playvisor fleet plan {shlex.quote(str(into))}"
    if output.is_document:
        data = {
            "files": [str(file) for file in files],
            "counts": counts,
            "left_out": left_out,
            "not_managed": not_managed,
            "not_carried_over": not_carried,
            "differing": list(found.differing),
            "plan": following,
        }
        print_document(data, output)
        return
    parts = [_describe_count(part, count) for part, count in counts.items()] or ["nothing"]
    what = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    show = console.get_stderr().print
    show(f"Wrote {what} into {into}. A plan of it is empty: nothing on the cluster would change.")
    for title, sentences in (
        ("Not imported", left_out),
        ("Not managed", not_managed),
        ("Not carried over", not_carried),
        ("Not as the file says", found.differing),
    ):
        for sentence in sentences:
            show(f"{title}: {sentence}", markup=False)
    console.get_stdout().print(following, soft_wrap=True)


def _describe_count(part: str, count: int) -> str:
    if part in ("firewall", "access"):
        return part
    noun = "HA rules" if part == "ha_rules" else part.replace("_", " ")
    return f"{count} {noun if count != 1 else noun.removesuffix('s')}"
