# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a clock that was ahead has written, put right once it was set back."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from mcp_bridge.database.tables import history_objects as objects
from mcp_bridge.database.tables import history_versions as versions
from mcp_bridge.history.rows import LEAST, format_time
from mcp_bridge.system.identity import format_timestamp


def set_back(connection: Connection, cluster: str, at: datetime) -> None:
    """Put what a clock that was ahead has written right before a moment, in the order in which it was written."""
    ids = select(objects.c.id).where(objects.c.cluster == cluster)
    query = select(versions.c.id, versions.c.object_id).where(
        versions.c.object_id.in_(ids), versions.c.valid_from >= format_time(at)
    )
    order = query.order_by(versions.c.object_id, versions.c.valid_from.desc())
    ranks: dict[int, int] = defaultdict(int)
    newer: dict[int, str | None] = {}
    for row in connection.execute(order).all():
        ranks[row.object_id] += 1
        moment = format_timestamp(at - ranks[row.object_id] * LEAST)
        # From the newest back, the time of the next one is free already only if it was moved to the front.
        connection.execute(
            update(versions)
            .where(versions.c.id == row.id)
            .values(valid_from=moment, valid_to=newer.get(row.object_id), not_before=None)
        )
        newer[row.object_id] = moment
    for object_id, first in newer.items():
        before = select(func.max(versions.c.valid_from)).where(
            versions.c.object_id == object_id, versions.c.valid_from < first
        )
        last = connection.execute(before).scalar()
        connection.execute(
            update(versions)
            .where(versions.c.object_id == object_id, versions.c.valid_from == last)
            .values(valid_to=first)
        )
    for name in ("first_seen", "last_seen", "changed_at", "gone_at", "missing_since"):
        column = objects.c[name]
        wrong = update(objects).where(objects.c.cluster == cluster, column >= format_time(at))
        connection.execute(wrong.values({name: format_timestamp(at - LEAST)}))
    for name in ("detailed_at", "tried_at"):
        column = objects.c[name]
        wrong = update(objects).where(objects.c.cluster == cluster, column >= format_time(at))
        connection.execute(wrong.values({name: None}))
