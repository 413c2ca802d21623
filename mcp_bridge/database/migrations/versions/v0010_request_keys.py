# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of the REST API that name themselves, and what they were answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
    op.create_table(
        "request_keys",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("begun_at", text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("answer", sa.Text),
    )
    op.create_index("ix_request_keys_asker", "request_keys", ["asker", "begun_at"])
    op.create_index("ix_request_keys_begun_at", "request_keys", ["begun_at"])


def downgrade() -> None:
    op.drop_table("request_keys")
