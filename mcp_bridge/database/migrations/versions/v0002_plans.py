# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that wait to be approved or applied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("plan_id", sa.String(36), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("tool", sa.String(64), nullable=False),
        sa.Column("arguments", sa.Text),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("asker", sa.String(128), nullable=False),
        sa.Column("local_user", sa.String(128), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_at", sa.String(32)),
        sa.Column("approval", sa.String(16)),
        sa.Column("approver", sa.String(128)),
        sa.Column("used_by", sa.String(36)),
    )
    op.create_index("ix_plans_state", "plans", ["state", "expires_at"])
    op.create_index("ix_plans_digest", "plans", ["digest"])


def downgrade() -> None:
    op.drop_table("plans")
