# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs and the head of their chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(36), primary_key=True),
        sa.Column("opened_at", sa.String(32), nullable=False),
        sa.Column("tool", sa.String(64), nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("client_name", sa.String(128), nullable=False),
        sa.Column("client_version", sa.String(64)),
        sa.Column("local_user", sa.String(128), nullable=False),
        sa.Column("proxmox_user", sa.String(256)),
        sa.Column("cluster_url", sa.String(512)),
        sa.Column("playbook", sa.String(128)),
        sa.Column("collection_version", sa.String(32), nullable=False),
        sa.Column("host", sa.String(256), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_started", sa.String(32), nullable=False),
        sa.Column("closed_at", sa.String(32)),
        sa.Column("decision", sa.String(32)),
        sa.Column("rules", sa.Text),
        sa.Column("approver", sa.String(128)),
        sa.Column("plan_digest", sa.String(64)),
        sa.Column("outcome", sa.String(16)),
        sa.Column("changed", sa.Boolean),
        sa.Column("failure_code", sa.String(32)),
        sa.Column("summary", sa.Text),
        sa.Column("upids", sa.Text),
        sa.Column("artifacts_sha256", sa.String(64)),
        sa.Column("opened_seq", sa.BigInteger, nullable=False, unique=True),
        sa.Column("opened_prev", sa.String(64), nullable=False),
        sa.Column("opened_hash", sa.String(64), nullable=False),
        sa.Column("closed_seq", sa.BigInteger, unique=True),
        sa.Column("closed_prev", sa.String(64)),
        sa.Column("closed_hash", sa.String(64)),
    )
    op.create_index("ix_runs_tool", "runs", ["tool", "opened_seq"])
    op.create_index("ix_runs_outcome", "runs", ["outcome", "opened_seq"])
    op.create_index("ix_runs_client", "runs", ["client_name", "opened_seq"])
    op.create_index("ix_runs_opened_at", "runs", ["opened_at"])
    head = op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64}])


def downgrade() -> None:
    op.drop_table("ledger_head")
    op.drop_table("runs")
