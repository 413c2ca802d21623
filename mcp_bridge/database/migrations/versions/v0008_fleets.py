# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets: the revisions of what was declared, and what was applied last to each object."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fleet_revisions",
        sa.Column("cluster", sa.String(256), primary_key=True),
        sa.Column("fleet", sa.String(63), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
    )
    op.create_table(
        "fleet_objects",
        sa.Column("cluster", sa.String(256), primary_key=True),
        sa.Column("path", sa.String(320), primary_key=True),
        sa.Column("fleet", sa.String(63), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("uuid", sa.String(64)),
        sa.Column("vmid", sa.Integer),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("is_certain", sa.Boolean, nullable=False),
    )
    op.create_index("ix_fleet_objects_fleet", "fleet_objects", ["cluster", "fleet"])


def downgrade() -> None:
    op.drop_table("fleet_objects")
    op.drop_table("fleet_revisions")
