# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""By which words runs are found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BATCH = 1000
# How words were found when this was written; what the ledger does later is another thing.
_LONGEST = 253
_MOST_NAMES = 2000
_MOST_IN_TEXTS = 200
_WORD = re.compile(r"(?<![\w.-])\w[\w-]*(?:\.\w[\w-]*)*")
_RUNS = sa.table("runs", sa.column("opened_seq"), sa.column("arguments"), sa.column("summary"))


def upgrade() -> None:
    sorted_text = sa.String(253).with_variant(sa.String(253, collation="C"), "postgresql")
    made = op.create_table(
        "run_words",
        sa.Column("word", sorted_text, primary_key=True),
        sa.Column("opened_seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    # Row by row into an index as large as this one, each would write a page of its own.
    unsorted = op.create_table(
        "unsorted_words",
        sa.Column("word", sorted_text),
        sa.Column("opened_seq", sa.BigInteger),
        prefixes=["TEMPORARY"],
    )
    _collect(op.get_bind(), unsorted)
    by_word = sa.select(unsorted).order_by(unsorted.c.word, unsorted.c.opened_seq)
    op.execute(sa.insert(made).from_select(["word", "opened_seq"], by_word))
    op.drop_table("unsorted_words")


def downgrade() -> None:
    op.drop_table("run_words")


def _collect(connection: sa.Connection, unsorted: sa.Table) -> None:
    last = 0
    while True:
        batch = sa.select(_RUNS).where(_RUNS.c.opened_seq > last).order_by(_RUNS.c.opened_seq).limit(_BATCH)
        rows = connection.execute(batch).all()
        if not rows:
            return
        # What somebody put into the database by hand may be of any type.
        found = [
            {"word": word, "opened_seq": row.opened_seq}
            for row in rows
            for word in {*_find_in_arguments(str(row.arguments)), *_find_in_text(str(row.summary or ""))}
        ]
        if found:
            connection.execute(sa.insert(unsorted), found)
        last = rows[-1].opened_seq


def _find_in_arguments(arguments: str) -> list[str]:
    try:
        values = list(_walk(json.loads(arguments)))
    except (ValueError, RecursionError):
        return []
    words = {value: len(value) <= _LONGEST and _WORD.fullmatch(value) is not None for value in values}
    names = (value for value, is_word in words.items() if is_word)
    texts = (word for value, is_word in words.items() if not is_word for word in _find_words(value))
    return [*islice(names, _MOST_NAMES), *islice(dict.fromkeys(texts), _MOST_IN_TEXTS)]


def _find_in_text(text: str) -> list[str]:
    return list(islice(dict.fromkeys(_find_words(text)), _MOST_IN_TEXTS))


def _find_words(text: str) -> Iterator[str]:
    return (found[0] for found in _WORD.finditer(text) if len(found[0]) <= _LONGEST)


def _walk(data: Any) -> Iterator[str]:
    if isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _walk(item)
    elif isinstance(data, str):
        yield data
    elif data is not None and not isinstance(data, bool):
        yield json.dumps(data)
