# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hash chain: what an entry's hash covers, and whether the entries form one unbroken chain. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from mcp_bridge.database.tables import ACT, CLOSING, OPENING

Kind = Literal["opened", "closed", "act"]

GENESIS = "0" * 64
_FACTS: dict[Kind, tuple[str, ...]] = {
    "opened": OPENING,
    "closed": (*CLOSING, "run_id", "opened_hash"),
    "act": ACT,
}
_ENDS = ("opened_seq", "opened_prev", "opened_hash", "closed_seq", "closed_prev", "closed_hash")
COLUMNS = (*_ENDS, *OPENING, *CLOSING)
"""The order in which `find_faults` wants the columns of a run's row."""
ACT_COLUMNS = ("seq", "prev", "hash", *ACT)
"""The order in which it wants those of an act."""
_RUN_ID = COLUMNS.index("run_id")
_SUBJECT = ACT_COLUMNS.index("subject")


@dataclass(frozen=True)
class Fault:
    """Something in the ledger that is not as it was written: where (a run, or what an act is about), and what."""

    run_id: str
    seq: int
    what: str


@dataclass(frozen=True)
class Start:
    """The entry after which a chain begins; `kept` are the hashes of older entries that are still there."""

    seq: int = 0
    hash: str = GENESIS
    kept: Mapping[int, str] = field(default_factory=dict)


def entry_hash(kind: Kind, seq: int, previous: str, row: Mapping[Any, Any]) -> str:
    """SHA-256 of an entry: its number, the hash before it, and every fact of the row that it stands for.

    Facts that are null are left out, so that a column which a later version adds does not change old hashes.
    """
    facts = {name: row[name] for name in _FACTS[kind] if row.get(name) is not None}
    text = json.dumps([kind, seq, previous, facts], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class _Hasher:
    """`entry_hash` for rows in the order of COLUMNS or ACT_COLUMNS. It writes the same text sooner."""

    def __init__(self, kind: Kind) -> None:
        names, columns = sorted(_FACTS[kind]), ACT_COLUMNS if kind == "act" else COLUMNS
        self._kind = kind
        self._names = [f'"{name}":' for name in names]
        self._pick = itemgetter(*(columns.index(name) for name in names))

    def __call__(self, seq: int, previous: str, row: Sequence[Any]) -> str:
        escape = encode_basestring
        facts = ",".join(
            [
                name + (escape(value) if value.__class__ is str else _scalar(value))
                for name, value in zip(self._names, self._pick(row))  # noqa: B905 - strict takes a tenth longer
                if value is not None
            ]
        )
        text = f'["{self._kind}",{_scalar(seq)},{_scalar(previous)},{{{facts}}}]'
        return hashlib.sha256(text.encode()).hexdigest()


def _scalar(value: Any) -> str:
    kind = value.__class__
    if kind is int:
        return repr(value)
    if kind is bool:
        return "true" if value else "false"
    # What somebody put into the database by hand may be of any type.
    return encode_basestring(value) if kind is str else json.dumps(value, default=repr)


_HASHERS = {"opened": _Hasher("opened"), "closed": _Hasher("closed"), "act": _Hasher("act")}


class _Entry(NamedTuple):
    kind: Kind
    seq: int
    previous: str
    hash: str
    row: Sequence[Any]


def find_faults(
    rows: Iterable[Sequence[Any]],
    head_seq: int,
    head_hash: str,
    start: Start | None = None,
    acts: Iterable[Sequence[Any]] = (),
) -> Iterator[Fault]:
    """Every break of the chain, in its order.

    `rows` of runs come by opened_seq, `acts` by seq; only unclosed runs are kept in memory.
    """
    start = start or Start()
    waiting: dict[int, _Entry] = {}
    missing = dict(start.kept)
    seq, previous = start.seq, start.hash
    for entry in _merge(rows, acts):
        row = entry.row
        if entry.seq <= start.seq:
            yield from _check_kept(entry, missing)
        else:
            if waiting and seq + 1 != entry.seq:
                for found in _take_closings(waiting, entry.seq):
                    yield from _check(found, seq, previous)
                    seq, previous = found.seq, found.hash
            yield from _check(entry, seq, previous)
            seq, previous = entry.seq, entry.hash
        if entry.kind == "act":
            continue
        closed_seq, closed_prev, closed_hash = row[3:6]
        if closed_seq is None:
            yield from _check_open(row)
            continue
        closed = _Entry("closed", closed_seq, closed_prev or "", closed_hash or "", row)
        if closed_seq == seq + 1 and not waiting:
            yield from _check(closed, seq, previous)
            seq, previous = closed_seq, closed.hash
        else:
            waiting[closed_seq] = closed
    for found in (waiting[number] for number in sorted(waiting)):
        yield from _check(found, seq, previous)
        seq, previous = found.seq, found.hash
    for number in sorted(missing):
        yield Fault("", number, "an entry that was kept when older ones were removed is missing")
    if (seq, previous) != (head_seq, head_hash):
        what = f"the newest entry is {seq}, but {head_seq} were written" if seq != head_seq else "its hash is another"
        yield Fault("", head_seq, f"the end of the ledger: {what}")


def _merge(rows: Iterable[Sequence[Any]], acts: Iterable[Sequence[Any]]) -> Iterator[_Entry]:
    """The openings of runs and the acts, by their numbers."""
    remaining = iter(acts)
    act = next(remaining, None)
    for row in rows:
        while act is not None and act[0] < row[0]:
            yield _Entry("act", act[0], act[1], act[2], act)
            act = next(remaining, None)
        yield _Entry("opened", row[0], row[1], row[2], row)
    while act is not None:
        yield _Entry("act", act[0], act[1], act[2], act)
        act = next(remaining, None)


class Stretch(NamedTuple):
    """Entries that follow each other without a gap: the first one's number and the hash before it, and the last one."""

    first: int
    previous: str
    last: int
    hash: str


def find_stretches(
    rows: Iterable[Sequence[Any]], last: int, acts: Iterable[Sequence[Any]] = ()
) -> list[Stretch] | None:
    """The stretches that the entries of some rows form, up to number `last`; None when a fact was changed.

    What was closed later counts as open. `rows` and `acts` come as `find_faults` wants them.
    """
    closed_hash = _HASHERS["closed"]
    found: list[Stretch] = []
    waiting: dict[int, Sequence[Any]] = {}
    first, before, end, end_hash = 0, "", -1, ""

    def follow(seq: int, previous: str, digest: str) -> None:
        nonlocal first, before, end, end_hash
        if seq != end + 1 or previous != end_hash:
            if first:
                found.append(Stretch(first, before, end, end_hash))
            first, before = seq, previous
        end, end_hash = seq, digest

    for kind, seq, previous, digest, row in _merge(rows, acts):
        if _HASHERS[kind](seq, previous, row) != digest:
            return None
        if waiting:
            for number in sorted(number for number in waiting if number < seq):
                follow(*waiting.pop(number))
        follow(seq, previous, digest)
        if kind == "act":
            continue
        closed_seq, closed_previous, closed_digest = row[3:6]
        if closed_seq is None:
            if any(True for _fault in _check_open(row)):
                return None
        elif closed_seq <= last:
            if closed_hash(closed_seq, closed_previous, row) != closed_digest:
                return None
            if closed_seq == end + 1 and not waiting:
                follow(closed_seq, closed_previous, closed_digest)
            else:
                waiting[closed_seq] = (closed_seq, closed_previous, closed_digest)
    for number in sorted(waiting):
        follow(*waiting[number])
    return [*found, Stretch(first, before, end, end_hash)] if first else found


def is_whole(found: Iterable[Stretch], head_seq: int, head_hash: str) -> bool:
    """Whether stretches, in any order, are one chain from its beginning to its end."""
    seq, previous = 0, GENESIS
    for stretch in sorted(found):
        if (stretch.first, stretch.previous) != (seq + 1, previous):
            return False
        seq, previous = stretch.last, stretch.hash
    return (seq, previous) == (head_seq, head_hash)


def _take_closings(waiting: dict[int, _Entry], limit: int) -> Iterator[_Entry]:
    """Take the closings with numbers below `limit`, in order."""
    for number in sorted(number for number in waiting if number < limit):
        yield waiting.pop(number)


def _check(entry: _Entry, seq: int, previous: str) -> list[Fault]:
    found = []
    if entry.seq != seq + 1:
        missing = f"entry {seq + 1}" if entry.seq == seq + 2 else f"entries {seq + 1} to {entry.seq - 1}"
        found.append(f"{missing} before it are missing" if entry.seq > seq else "its number was given twice")
    elif entry.previous != previous:
        found.append(f"the {entry.kind} entry does not follow the one before it")
    if entry.hash != _HASHERS[entry.kind](entry.seq, entry.previous, entry.row):
        found.append(f"the facts of the {entry.kind} entry were changed after it was written")
    return [Fault(_name_entry(entry), entry.seq, what) for what in found] if found else []


def _name_entry(entry: _Entry) -> str:
    return str(entry.row[_SUBJECT if entry.kind == "act" else _RUN_ID])


def _check_kept(entry: _Entry, missing: dict[int, str]) -> list[Fault]:
    """An entry whose neighbours were removed: its hash is known from when that was done."""
    if missing.pop(entry.seq, None) != entry.hash:
        return [Fault(_name_entry(entry), entry.seq, "it is older than where the ledger begins")]
    return _check(entry, entry.seq - 1, entry.previous)


def _check_open(row: Sequence[Any]) -> Iterator[Fault]:
    """A row that was never closed has no facts of a closing."""
    facts = dict(zip(COLUMNS, row, strict=True))
    written = [name for name in (*CLOSING, "closed_prev", "closed_hash") if facts[name] is not None]
    if written:
        yield Fault(facts["run_id"], facts["opened_seq"], f"it was never closed, yet it has {', '.join(written)}")
