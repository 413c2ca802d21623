# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was observed of clusters: objects, their versions, tasks, numbers, and how far it was observed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_METRICS = ("cpu", "mem", "disk", "netin", "netout", "diskread", "diskwrite")
_OPEN = sa.text("gone_at IS NULL")
_NEWEST = sa.text("valid_to IS NULL")


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    time = _sorted_by_bytes(32)
    op.create_table(
        "history_objects",
        sa.Column("id", number, primary_key=True),
        sa.Column("cluster", sa.String(256), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", _sorted_by_bytes(256), nullable=False),
        sa.Column("name", _sorted_by_bytes(256), nullable=False),
        sa.Column("node", sa.String(64)),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("sections", sa.Text, nullable=False),
        sa.Column("first_seen", time, nullable=False),
        sa.Column("last_seen", time, nullable=False),
        sa.Column("detailed_at", time),
        sa.Column("tried_at", time),
        sa.Column("changed_at", time, nullable=False),
        sa.Column("missing_since", time),
        sa.Column("gone_at", time),
    )
    key = ["cluster", "kind", "key"]
    op.create_index("ix_history_objects_key", "history_objects", key)
    op.create_index("ix_history_objects_name", "history_objects", ["name"])
    op.create_index("ix_history_objects_changed", "history_objects", ["changed_at"])
    op.create_index(
        "ux_history_objects_open", "history_objects", key, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_table(
        "history_versions",
        sa.Column("id", number, primary_key=True),
        sa.Column("object_id", sa.BigInteger, nullable=False),
        sa.Column("valid_from", time, nullable=False),
        sa.Column("valid_to", time),
        sa.Column("not_before", time),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("document", sa.Text),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("source", sa.String(16)),
        sa.Column("run_id", sa.String(36)),
        sa.Column("upid", sa.String(256)),
        sa.Column("user", sa.String(256)),
        sa.Column("changes", sa.Integer, nullable=False),
    )
    op.create_index("ux_history_versions_object", "history_versions", ["object_id", "valid_from"], unique=True)
    op.create_index(
        "ux_history_versions_open",
        "history_versions",
        ["object_id"],
        unique=True,
        sqlite_where=_NEWEST,
        postgresql_where=_NEWEST,
    )
    op.create_index("ix_history_versions_at", "history_versions", ["valid_from", "id"])
    op.create_index("ix_history_versions_user", "history_versions", ["user", "valid_from"])
    op.create_index("ix_history_versions_end", "history_versions", ["valid_to"])
    op.create_table(
        "history_tasks",
        sa.Column("cluster", sa.String(256), primary_key=True),
        sa.Column("upid", _sorted_by_bytes(256), primary_key=True),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("target", _sorted_by_bytes(256), nullable=False),
        sa.Column("user", sa.String(256), nullable=False),
        sa.Column("token_id", sa.String(128)),
        sa.Column("started", time, nullable=False),
        sa.Column("ended", time),
        sa.Column("status", sa.Text),
    )
    op.create_index("ix_history_tasks_target", "history_tasks", ["cluster", "target", "started"])
    op.create_index("ix_history_tasks_started", "history_tasks", ["started"])
    op.create_table(
        "history_metrics",
        sa.Column("object_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", time, primary_key=True),
        sa.Column("samples", sa.Integer, nullable=False),
        *(sa.Column(f"{name}{suffix}", sa.Float) for name in _METRICS for suffix in ("", "_max")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_history_metrics_at", "history_metrics", ["step", "at"])
    op.create_table(
        "history_state",
        sa.Column("cluster", sa.String(256), primary_key=True),
        sa.Column("name", _sorted_by_bytes(256), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("state", "metrics", "tasks", "versions", "objects"):
        op.drop_table(f"history_{table}")


def _sorted_by_bytes(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")
