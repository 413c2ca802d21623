# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Acts as entries of the chain; plans that are bound to what policy judged; freezes, policies, leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_RUNS = {"asker": 128, "asker_kind": 16, "cluster": 256}
_PLANS = {"asker_kind": 16, "label": 128, "cluster": 256, "judged": 64, "policy": 64}


def upgrade() -> None:
    at = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
    op.create_table(
        "acts",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", at, nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_index("ix_acts_subject", "acts", ["subject", "seq"])
    op.create_index("ix_acts_kind", "acts", ["kind", "seq"])
    op.create_table(
        "freezes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("act", sa.BigInteger, nullable=False),
        sa.Column("is_frozen", sa.Boolean, nullable=False),
    )
    op.create_table(
        "policies",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("first_seen", sa.String(32), nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(320), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    for name, length in _RUNS.items():
        op.add_column("runs", sa.Column(name, sa.String(length)))
    op.add_column("ledger_head", sa.Column("ledger_id", sa.String(36)))
    # Plans of before have no acts, so they count no longer; the runs that made them stay.
    op.execute("DELETE FROM plans")
    for name, length in _PLANS.items():
        op.add_column("plans", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        for name in _PLANS:
            op.alter_column("plans", name, server_default=None)
    op.add_column("plans", sa.Column("seen", sa.String(64)))


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT count(*) FROM acts")).scalar():
        raise RuntimeError("There are acts in this ledger: without them its chain can't be verified")
    for name in ("seen", *_PLANS):
        op.drop_column("plans", name)
    op.drop_column("ledger_head", "ledger_id")
    for name in _RUNS:
        op.drop_column("runs", name)
    for table in ("leases", "policies", "freezes", "acts"):
        op.drop_table(table)
