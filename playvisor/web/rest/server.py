# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""This server: whether it is well, what it is set to, and the profiles of clusters."""

from __future__ import annotations

import os
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from mcp_bridge import collection, version
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.settings import profiles
from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.rest.schemas import FLAG, MAYBE_TEXT, NUMBER, TEXT, make_list, make_object, refer
from playvisor.web.rest.tools import find_mode, read_cluster

_HEALTH = {
    "type": "object",
    "properties": {"status": {"type": "string", "enum": ["ok", "degraded"]}, "version": {"type": "string"}},
    "required": ["status"],
}
_CHECKS = make_object(
    "status version mode cluster ledger runs frozen",
    status={"type": "string", "enum": ["ok", "degraded"]},
    version=TEXT,
    mode=TEXT,
    cluster=make_object("reached said", reached=FLAG, said=TEXT, name=TEXT, url=MAYBE_TEXT),
    ledger=make_object("entry", entry=NUMBER),
    runs={**NUMBER, "description": "How many are under way"},
    frozen=FLAG,
)


def list_endpoints() -> list[Endpoint]:
    """The endpoints of the server itself."""
    return [
        Endpoint(
            "GET",
            "/health",
            "get_health",
            "Show whether the server can do its work",
            get_health,
            may=None,
            returns={200: _HEALTH, 503: _HEALTH},
            group="server",
            prompt=True,
        ),
        Endpoint(
            "GET",
            "/health/checks",
            "check_health",
            "Check the ledger and the cluster, and show what goes on",
            check_health,
            returns={200: _CHECKS},
            group="server",
        ),
        Endpoint(
            "GET",
            "/settings",
            "list_settings",
            "List what the server is set to, without secrets",
            list_settings,
            may="administer",
            returns={200: make_list("settings", refer("Setting"), version=TEXT, collection=TEXT, mode=TEXT)},
            group="server",
        ),
        Endpoint(
            "GET",
            "/profiles",
            "list_profiles",
            "List the profiles of clusters",
            list_profiles,
            may="administer",
            returns={200: make_list("profiles", refer("Profile"), chosen=MAYBE_TEXT)},
            group="server",
        ),
    ]


def get_health(ask: Ask) -> Answer:
    """Answer whether the ledger can be read; nothing that a stranger should not know."""
    try:
        ask.context.bridge.ledger.last_entry()
    except PlayvisorError:
        return Answer({"status": "degraded", "version": version()}, 503)
    return Answer({"status": "ok", "version": version()})


def check_health(ask: Ask) -> Answer:
    """Answer whether the ledger and the cluster can be used; the cluster is asked for its nodes."""
    context, bridge = ask.context, ask.context.bridge
    found = read_cluster(ask, "list_nodes", {})
    reached = found.failure is None
    cluster = {"reached": reached, "said": found.summary, "url": bridge.settings.endpoint.url, **context.cluster}
    data = {
        "status": "ok" if reached else "degraded",
        "version": version(),
        "mode": find_mode(ask),
        "cluster": cluster,
        "ledger": {"entry": bridge.ledger.last_entry()},
        "runs": len(bridge.ledger.list_unclosed()),
        "frozen": bridge.authority.read_freeze() is not None,
    }
    return Answer(bridge.redact(data))


def list_settings(ask: Ask) -> Answer:
    """Answer with every setting, its value, and whether the environment sets it."""
    groups = filter(None, (ask.context.bridge.settings, ask.context.options))
    rows = {row["name"]: row for group in groups for row in _describe_settings(group)}
    facts = {"version": version(), "collection": collection.version(), "mode": ask.context.mode}
    return Answer(ask.context.bridge.redact({**facts, "settings": list(rows.values())}))


def _describe_settings(settings: BaseSettings) -> list[dict[str, Any]]:
    return [_describe_setting(settings, name) for name in type(settings).model_fields]


def _describe_setting(settings: BaseSettings, name: str) -> dict[str, Any]:
    field = type(settings).model_fields[name]
    aliases = getattr(field.validation_alias, "choices", [name])
    value = getattr(settings, name)
    variable = str(aliases[0])
    return {
        "name": variable,
        "value": "set, and not shown" if isinstance(value, SecretStr) else _show_value(value),
        "is_set": bool(os.environ.get(variable)),
        "default": _show_default(field),
    }


def _show_default(field: Any) -> Any:
    return _show_value(field.get_default(call_default_factory=True))


def _show_value(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def list_profiles(_ask: Ask) -> Answer:
    """Answer with the profiles, without their secrets."""
    saved = profiles.load()
    rows = [
        {
            "name": name,
            "is_default": name == saved.default,
            "url": profile.url,
            "identity": profile.token_id or profile.user,
            "secret": profile.secret,
            "verify_ssl": profile.verify_ssl,
        }
        for name, profile in saved.profiles.items()
    ]
    return Answer({"profiles": rows, "chosen": profiles.choose_name()})
