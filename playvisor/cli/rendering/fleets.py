# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet would change, or has changed, as lines for a terminal and as Markdown for a merge request. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from playvisor.cli.rendering.values import format_moment, format_value

Row = Mapping[str, Any]
_CONSEQUENCES = {
    "live": "live",
    "pending": "at its next restart",
    "needs_stop": "needs a stop",
    "replaces": "replaces it",
    "loses_data": "LOSES DATA",
}
_SEVERE = ("needs_stop", "replaces", "loses_data")
WAVES = ("storages", "pools", "templates", "guests", "configuration", "cluster", "power", "health")
"""What the waves are about, as the module numbers them."""
_ARROW = " → "
_WIDEST_NAME = 30
_MOST_NAMED = 3
_GAP = "  "
_MARKUP = re.compile(r"[\\`*_<>|\[\]~#]")


@dataclass(frozen=True)
class Line:
    """A line of text, and what it is: `title`, `object`, `field`, `severe`, `conflict` or `note`."""

    text: str
    kind: str = "note"


def count_changes(objects: Sequence[Row]) -> dict[str, int]:
    """How many objects are made, changed and taken away."""
    changed = [row for row in objects if row.get("changed")]
    signs = [get_sign(row) for row in changed]
    return {"new": signs.count("+"), "changed": signs.count("~"), "removed": signs.count("-")}


def describe_counts(objects: Sequence[Row]) -> str:
    """`2 new, 1 changed of 12 objects`."""
    counts = [f"{number} {what}" for what, number in count_changes(objects).items() if number]
    return f"{', '.join(counts) or 'nothing changed'} of {_count(objects, 'object')}"


def describe_applied(objects: Sequence[Row]) -> str:
    """What came of applying a plan, in sentences: what was changed, what of it is not finished, what was not begun."""
    changed = [row for row in objects if row.get("changed")]
    broken = [row for row in changed if _is_undone(row)]
    failed = [row for row in objects if row.get("failure") and not row.get("changed")]
    skipped = [row for row in objects if row.get("skipped") and not row.get("failure") and not row.get("changed")]
    done = f"Applied: {describe_counts(objects)}" if changed else "Nothing was changed"
    broken_off = f"{len(broken)} of them {'is' if len(broken) == 1 else 'are'} not finished: {_name_some(broken)}"
    others = [
        *([broken_off] if broken else []),
        *([f"{_count(failed, 'object')} failed unchanged"] if failed else []),
        *([f"{_count(skipped, 'object')} {'was' if len(skipped) == 1 else 'were'} skipped"] if skipped else []),
    ]
    return f"{'; '.join([done, *others])}."


def _is_undone(row: Row) -> bool:
    return bool(row.get("failure") or row.get("skipped"))


def _name_some(rows: Sequence[Row]) -> str:
    more = f" and {len(rows) - _MOST_NAMED} more" if len(rows) > _MOST_NAMED else ""
    return f"{', '.join(str(row['path']) for row in rows[:_MOST_NAMED])}{more}"


def get_sign(row: Row) -> str:
    """`+` for what is made, `-` for what is taken away, `~` for what is changed."""
    signs = (("before", "+"), ("after", "-"))
    return next((sign for when, sign in signs if _is_absent(row.get(when))), "~")


def _is_absent(aspects: Any) -> bool:
    """Whether one of the aspects of an object says that it is not there."""
    states = aspects.values() if isinstance(aspects, Mapping) else ()
    return any(isinstance(state, Mapping) and state.get("exists") is False for state in states)


def lay_out_plan(objects: Sequence[Row], width: int | None) -> list[Line]:
    """The objects that change, in their waves, each with its fields and what becomes of them."""
    changed = sorted((row for row in objects if row.get("changed")), key=_get_wave)
    return [line for wave, rows in groupby(changed, key=_get_wave) for line in _lay_out_wave(wave, list(rows), width)]


def lay_out_fields(rows: Sequence[Row], width: int | None) -> list[Line]:
    """Objects with their fields, without waves."""
    return [line for row in rows for line in _lay_out_object(row, width)]


def _lay_out_wave(wave: Any, rows: Sequence[Row], width: int | None) -> Iterator[Line]:
    yield Line("")
    yield Line(f"{_name_wave(wave)}: {_count(rows, 'object')}", "title")
    for row in rows:
        yield from _lay_out_object(row, width)


def _name_wave(wave: Any) -> str:
    is_known = isinstance(wave, int) and 0 <= wave < len(WAVES)
    return f"Wave {wave + 1}, {WAVES[wave]}" if is_known else "At last"


def _lay_out_object(row: Row, width: int | None) -> Iterator[Line]:
    yield Line(f"  {get_sign(row)} {row['path']}{_describe_place(row)}", "object")
    fields = [(_strip_path(change["path"], row["path"]), change) for change in list_fields(row)]
    shown = [(name, describe_values(row, change), describe_consequence(row, change)) for name, change in fields]
    names = min(max((len(name) for name, _value, _what in shown), default=0), _WIDEST_NAME)
    values = max((len(value) for _name, value, _what in shown), default=0)
    room = (width or 10_000) - 6 - names - 2 * len(_GAP) - max((len(what) for *_rest, what in shown), default=0)
    for (name, value, what), (_name, change) in zip(shown, fields, strict=True):
        kind = "severe" if change.get("consequence") in _SEVERE else "field"
        start = f"      {name.ljust(names)}{_GAP}"
        if not what or len(value) <= room:
            padding = " " * (min(values, room) - len(value)) if what else ""
            yield Line(f"{start}{value}{padding}{_GAP if what else ''}{what}".rstrip(), kind)
        else:
            yield Line(f"{start}{value}", kind)
            yield Line(f"{' ' * len(start)}{what}", kind)
        if change.get("by"):
            yield Line(f"      {describe_author(change['by'])}", "note")


def list_fields(row: Row) -> list[Row]:
    """What changes of an object, apart from that it is there, which the sign before its path says."""
    return [
        change
        for change in row.get("changes") or ()
        if not (change["path"].endswith(".state") and isinstance(change.get("after"), bool | None))
    ]


def describe_values(row: Row, change: Row) -> str:
    """`2 → 4`, or the one value that there is."""
    before, after = format_value(change.get("before")), format_value(change.get("after"))
    if not before or get_sign(row) == "+":
        return after or "nothing"
    return f"{before}{_ARROW}{after or 'nothing'}"


def describe_consequence(row: Row, change: Row) -> str:
    """What a change means for a guest that runs; nothing where the object is new."""
    consequence = change.get("consequence")
    return "" if not consequence or get_sign(row) == "+" else _CONSEQUENCES.get(str(consequence), str(consequence))


def lay_out_conflicts(conflicts: Sequence[Row]) -> list[Line]:
    """Fields that somebody else has changed since: what is declared, what is there, what was applied, and who."""
    lines = [Line(""), Line(f"Conflicts: {_count(conflicts, 'field')} that somebody else has changed", "title")]
    for conflict in conflicts:
        lines.append(Line(f"  ! {conflict['path']}", "conflict"))
        values = {"declared": "desired", "is": "observed", "was applied": "last"}
        said = ", ".join(f"{word} {format_value(conflict.get(name)) or 'nothing'}" for word, name in values.items())
        lines.append(Line(f"      {said} ({_POLICIES.get(str(conflict.get('policy')), 'the plan fails')})", "field"))
        lines += [Line(f"      declared in {conflict['place']}")] if conflict.get("place") else []
        lines.append(Line(f"      {describe_author(conflict.get('by'))}", "note"))
    return lines


_POLICIES = {"keep": "it stays", "take": "it is taken back", "fail": "the plan fails"}


def describe_author(by: Row | None) -> str:
    """Who made a change, and when, as far as that is known."""
    if not by:
        return "who did it is not known here: `playvisor history sync` before and after shows it"
    when = format_moment(by.get("at"), time.time())
    if by.get("source") == "outside":
        since = f" after {format_moment(by['not_before'], time.time())}" if by.get("not_before") else ""
        return f"changed outside, by no task,{since} and before {when}"
    run = f", run {str(by['run_id'])[:8]}" if by.get("run_id") else ""
    upid = f", {by['upid']}" if by.get("upid") else ""
    if by.get("source") == "several":
        return f"changed before {when}, not certain by whom: {by.get('user') or 'somebody'}{run}{upid}"
    return f"changed by {by.get('user') or 'somebody'}, {when}{run}{upid}"


def lay_out_outcome(objects: Sequence[Row], *, is_applied: bool = False) -> list[Line]:
    """What can't be done, or was not, and why."""
    lines = []
    for row in objects:
        failure = row.get("failure") or {}
        if failure:
            when = "begun, and failed: " if row.get("changed") and is_applied else ""
            lines.append(Line(f"  ! {row['path']}: {when}{failure.get('message')}", "severe"))
            lines += [Line(f"      {failure['hint']}")] if failure.get("hint") else []
            if not row.get("changed"):
                lines += [
                    Line(
                        f"      {_strip_path(change['path'], row['path'])}{_GAP}{describe_consequence(row, change)}",
                        "severe",
                    )
                    for change in row.get("changes") or ()
                    if change.get("consequence") == "needs_stop"
                ]
        elif row.get("skipped"):
            when = "begun, and then skipped" if row.get("changed") and is_applied else "skipped"
            lines.append(Line(f"  · {row['path']}: {when}, {row['skipped']}", "note"))
    return [Line(""), Line("Not done", "title"), *lines] if lines else []


def write_markdown(title: str, objects: Sequence[Row], conflicts: Sequence[Row], notes: Sequence[str]) -> str:
    """The same for a comment at a merge request."""
    lines = [f"### {_escape(title)}", "", f"{describe_counts(objects)}.", ""]
    changed = sorted((row for row in objects if row.get("changed")), key=_get_wave)
    if changed:
        lines += ["| object | field | change | consequence |", "| --- | --- | --- | --- |"]
    for row in changed:
        name = _escape(f"{get_sign(row)} {row['path']}")
        for change in list_fields(row) or [{"path": row["path"]}]:
            field = _escape(_strip_path(change["path"], row["path"]))
            consequence = describe_consequence(row, change)
            strong = f"**{consequence}**" if change.get("consequence") in _SEVERE and consequence else consequence
            lines.append(f"| {name} | {field} | {_escape(describe_values(row, change))} | {strong} |")
            name = ""
    if conflicts:
        lines += ["", "#### Conflicts", ""]
    for conflict in conflicts:
        values = (format_value(conflict.get(name)) or "nothing" for name in ("desired", "observed", "last"))
        declared, found, last = (_escape(value) for value in values)
        who = f"; {_escape(describe_author(conflict.get('by')))}"
        lines.append(f"- {_escape(conflict['path'])}: declared {declared}, is {found}, was applied {last}{who}")
    lines += ["", *(f"> {_escape(note)}" for note in notes)] if notes else []
    return "\n".join(lines).rstrip() + "\n"


def _escape(text: Any) -> str:
    """Text that is no markup, on one line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(str(text).split()))


def _describe_place(row: Row) -> str:
    place = " on ".join(str(row[name]) for name in ("vmid", "node") if row.get(name))
    return f"  {place}" if place else ""


def _strip_path(path: str, start: str) -> str:
    return path.removeprefix(f"{start}.") if path != start else path.rpartition(".")[2]


def _get_wave(row: Row) -> int:
    wave = row.get("wave")
    return wave if isinstance(wave, int) else len(WAVES)


def _count(things: Sequence[Any], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
