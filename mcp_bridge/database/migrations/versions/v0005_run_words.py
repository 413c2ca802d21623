# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""By which words runs are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_bridge.ledger import guest_index

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BATCH = 1000
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
            for word in {*guest_index.of_arguments(str(row.arguments)), *guest_index.of_summary(str(row.summary or ""))}
        ]
        if found:
            connection.execute(sa.insert(unsorted), found)
        last = rows[-1].opened_seq
