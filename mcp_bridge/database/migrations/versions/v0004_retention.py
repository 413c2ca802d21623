# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the chain begins after old runs were removed; on PostgreSQL, ids and times that sort by their bytes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# SQLite compares by bytes anyway.
_BY_BYTES = {
    "runs": {"run_id": 36, "opened_at": 32},
    "plans": {"plan_id": 36, "made_at": 32, "expires_at": 32},
}


def upgrade() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("pruned_by", sa.String(36), nullable=False),
    )
    _collate("C")


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT count(*) FROM checkpoints")).scalar():
        raise RuntimeError("Old runs were removed from this ledger: without its checkpoints it can't be verified")
    _collate("default")
    op.drop_table("checkpoints")


def _collate(collation: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in _BY_BYTES.items():
        for name, length in columns.items():
            op.execute(f'ALTER TABLE {table} ALTER COLUMN {name} TYPE VARCHAR({length}) COLLATE "{collation}"')
