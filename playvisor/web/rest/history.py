# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history as resources: what changed, who did it, and how the cluster was at a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mcp_bridge.history.store import History
from mcp_bridge.ledger.periods import parse_time, require_past
from mcp_bridge.run.tools.history import open_readings
from mcp_bridge.system.identity import format_timestamp
from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.rest.pages import MOST_ITEMS
from playvisor.web.rest.schemas import make_list

MOST_STATES = 5000
_OBJECT = {"type": "object"}
_PERIOD: dict[str, dict[str, Any]] = {
    "since": {"type": "string", "default": "1d", "description": "24h, yesterday, or ISO 8601"},
    "until": {"type": "string", "description": "Like since"},
}
_CHANGES: dict[str, dict[str, Any]] = {
    **_PERIOD,
    "what": {"type": "string", "description": "A vmid, a name, or a pattern such as web-*"},
    "kind": {"type": "string", "description": "Such as guest, storage, pool, firewall, ha_rule or acl"},
    "user": {"type": "string"},
    "net": {"type": "boolean", "default": False, "description": "Only what differs between since and until"},
    "limit": {"type": "integer", "default": 100, "minimum": 1, "maximum": MOST_ITEMS},
}
_STATE: dict[str, dict[str, Any]] = {
    "at": {"type": "string", "default": "now"},
    "kind": {"type": "string", "default": "guest"},
    "after": {"type": "string", "description": "`next` of the answer before"},
    "limit": {"type": "integer", "default": 1000, "minimum": 1, "maximum": MOST_STATES},
}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of the history."""
    return [
        Endpoint(
            "GET",
            "/history/changes",
            "list_changes",
            "List what changed in the cluster, and who did it",
            list_changes,
            query=_CHANGES,
            returns={200: make_list("changes", _OBJECT)},
            group="history",
        ),
        Endpoint(
            "GET",
            "/history/state",
            "list_states",
            "List the objects of a kind as they were at a moment",
            list_states,
            query=_STATE,
            returns={200: make_list("objects", _OBJECT, next={"type": ["string", "null"]})},
            group="history",
        ),
        Endpoint(
            "GET",
            "/history/objects/{what}",
            "get_state",
            "Show one object as it was at a moment",
            get_state,
            query={"at": _STATE["at"], "kind": {"type": "string"}, "since": {"type": "string"}},
            group="history",
        ),
        Endpoint(
            "GET",
            "/history/span",
            "get_span",
            "Show from when on the history is known, and when it was looked at last",
            get_span,
            group="history",
        ),
    ]


def list_changes(ask: Ask) -> Answer:
    """Answer with the changes of a period, or with what differs between its ends."""
    query = dict(ask.query)
    is_net, since, until = query.pop("net"), query.pop("since"), query.pop("until", None)
    readings, what = open_readings(ask.context.bridge), query.pop("what", None)
    if is_net:
        query.pop("user", None)
        found = readings.diff(what, start=since, end=until or "now", **query)
    else:
        # It is a filter, which nothing may meet: a guest may be newer than the last look.
        found = readings.list_changes(what, since=since, until=until, may_be_unknown=True, **query)
    return Answer(ask.context.bridge.redact(found))


def list_states(ask: Ask) -> Answer:
    """Answer with the documents of all objects of a kind that were there."""
    now = datetime.now(UTC)
    moment = parse_time(ask.query["at"], now)
    require_past(ask.query["at"], moment, now)
    limit, cluster = ask.query["limit"], _find_cluster(ask)
    history = History(ask.context.bridge.ledger.database)
    found = history.list_states(ask.query["kind"], moment, cluster, limit=limit + 1, after=ask.query.get("after", ""))
    page = [{"key": key, "document": document} for key, document in found[:limit]]
    following = page[-1]["key"] if len(found) > limit else None
    return Answer(ask.context.bridge.redact({"at": format_timestamp(moment), "objects": page, "next": following}))


def get_state(ask: Ask) -> Answer:
    """Answer with one object, with its changes since a time."""
    found = open_readings(ask.context.bridge).show(
        ask.path["what"], at=ask.query["at"], since=ask.query.get("since"), kind=ask.query.get("kind")
    )
    return Answer(ask.context.bridge.redact(found))


def get_span(ask: Ask) -> Answer:
    """Answer with the span of time that the history knows; None where nobody has looked."""
    history, cluster = History(ask.context.bridge.ledger.database), _find_cluster(ask)
    begin = history.find_first_moment(cluster)
    last = history.find_last_observation(cluster) if cluster else None
    moments: dict[str, Any] = {"begins_at": begin, "looked_at": last}
    return Answer({name: format_timestamp(value) if value else None for name, value in moments.items()})


def _find_cluster(ask: Ask) -> str | None:
    """The cluster of this server in the history; None while nobody has looked at it."""
    bridge = ask.context.bridge
    history, url = History(bridge.ledger.database), bridge.settings.endpoint.url
    clusters = history.list_clusters()
    named = [name for name in clusters if url in (history.get_cursor(name) or {}).get("urls", ())]
    return next(iter(named or clusters), None)
