# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Appends entries to the chain: openings and closings of runs, and acts, each in the transaction that it belongs to."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import CLOSING, acts, fit_row, head, run_words, runs, tokens
from mcp_bridge.database.transactions import transaction
from mcp_bridge.ledger import chain, guest_index
from mcp_bridge.ledger.head_file import Head, HeadFile
from mcp_bridge.ledger.records import Act, Closing, Opening
from mcp_bridge.system.identity import current_timestamp

BEGUN = "ledger_begun"
"""The act with which a ledger begins; one of before, the acts of a ledger."""
HEAD_LOST = "head_lost"
"""The act that says that the file with the head of the ledger was not there."""
ADOPTED = "token_adopted"
"""The act that takes over a token of a ledger from before it had acts."""

# Built once: building them takes as long as executing them.
_INSERT = insert(runs)
_INSERT_ACT = insert(acts)
_HEAD = select(head.c.seq, head.c.hash, head.c.ledger_id).with_for_update()
_NEWEST = select(head.c.seq, head.c.hash, head.c.ledger_id)
_NEW_HEAD = update(head).values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
_OPENED = select(runs.c.opened_seq, runs.c.opened_hash).where(runs.c.run_id == bindparam("run"))
_CLOSING = (*CLOSING, "closed_seq", "closed_prev", "closed_hash")
_COMPLETE = (
    update(runs).where(runs.c.run_id == bindparam("run")).values({name: bindparam(f"new_{name}") for name in _CLOSING})
)
_NEW_WORD = bindparam("new_word", type_=run_words.c.word.type)
_ITS_RUN = bindparam("run", type_=run_words.c.opened_seq.type)
_HAS_WORD = exists().where(run_words.c.word == _NEW_WORD, run_words.c.opened_seq == _ITS_RUN)
_INSERT_WORD = insert(run_words).from_select(["word", "opened_seq"], select(_NEW_WORD, _ITS_RUN).where(~_HAS_WORD))


@contextmanager
def appending(database: Database) -> Iterator[Connection]:
    """A transaction that appends entries; afterwards, the file beside the ledger says how far it has come.

    Raises LedgerError; then nothing was appended.
    """
    file = HeadFile(database.state_dir)
    with transaction(database.engine) as connection:
        # Locked first: nobody else appends from then on.
        end = connection.execute(_HEAD).one()
        if end.ledger_id is None:
            _begin(connection, file)
        elif not file.require_no_newer(Head(end.ledger_id, end.seq, end.hash)):
            append_act(connection, Act(HEAD_LOST, {"entries": end.seq, "host": socket.gethostname()}))
        yield connection
        newest = connection.execute(_NEWEST).one()
    file.advance(Head(newest.ledger_id, newest.seq, newest.hash))


def append_act(connection: Connection, act: Act) -> int:
    """Append an act in the caller's transaction, which `appending` has begun; returns the number of its entry."""
    row = fit_row(act.row(), acts)
    seq, previous = _take_number(connection)
    digest = chain.entry_hash("act", seq, previous, row)
    connection.execute(_INSERT_ACT, {**row, "seq": seq, "prev": previous, "hash": digest})
    connection.execute(_NEW_HEAD, {"new_seq": seq, "new_hash": digest})
    return seq


def append_opening(connection: Connection, opening: Opening) -> None:
    """Append that a run starts."""
    row = fit_row(opening.row())
    seq, previous = _take_number(connection)
    digest = chain.entry_hash("opened", seq, previous, row)
    connection.execute(_INSERT, {**row, "opened_seq": seq, "opened_prev": previous, "opened_hash": digest})
    connection.execute(_NEW_HEAD, {"new_seq": seq, "new_hash": digest})
    _index(connection, seq, guest_index.find_in_arguments(row["arguments"]))


def append_closing(connection: Connection, run_id: str, closing: Closing) -> None:
    """Append how a run ended."""
    row = fit_row(closing.row())
    seq, previous = _take_number(connection)
    opened = connection.execute(_OPENED, {"run": run_id}).one()
    digest = chain.entry_hash("closed", seq, previous, {**row, "run_id": run_id, "opened_hash": opened.opened_hash})
    written = {**row, "closed_seq": seq, "closed_prev": previous, "closed_hash": digest}
    connection.execute(_COMPLETE, {"run": run_id, **{f"new_{name}": written[name] for name in _CLOSING}})
    connection.execute(_NEW_HEAD, {"new_seq": seq, "new_hash": digest})
    _index(connection, opened.opened_seq, guest_index.find_in_summary(row["summary"]))


def append_run(connection: Connection, opening: Opening, closing: Closing) -> None:
    """Append a run that has ended already."""
    append_opening(connection, opening)
    append_closing(connection, opening.run_id, closing)


def describe_token(row: Any) -> dict[str, Any]:
    """What an act says of a token: everything that its row says."""
    return {name: row[name] for name in ("name", "hash", "roles", "made_at", "made_by", "expires_at")}


def _begin(connection: Connection, file: HeadFile) -> None:
    """Give the ledger its id. One from before it had acts has tokens, which are taken over as they are."""
    ledger_id = str(uuid.uuid4())
    file.begin(ledger_id)
    connection.execute(update(head).values(ledger_id=ledger_id))
    append_act(connection, Act(BEGUN, {"id": ledger_id}, ledger_id))
    is_valid = tokens.c.revoked_at.is_(None) & (
        tokens.c.expires_at.is_(None) | (tokens.c.expires_at > current_timestamp())
    )
    for row in connection.execute(select(tokens).where(is_valid).order_by(tokens.c.key)).mappings().all():
        note = "It was made before the ledger recorded tokens."
        append_act(connection, Act(ADOPTED, {**describe_token(row), "note": note}, row["key"]))


def _take_number(connection: Connection) -> tuple[int, str]:
    """The number for a new entry and the hash before it; until the transaction ends, nobody else gets one."""
    end = connection.execute(_HEAD).one()
    return end.seq + 1, end.hash


def _index(connection: Connection, opened_seq: int, found: Sequence[str]) -> None:
    """Let a run be found by these words, too; it may have been by some already."""
    if found:
        connection.execute(_INSERT_WORD, [{"new_word": word, "run": opened_seq} for word in found])
