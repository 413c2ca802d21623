# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes as people and clients get them: what, of what, when, which fields, who. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcp_bridge.history.attribution import describe_doer, describe_who
from mcp_bridge.system.identity import format_timestamp
from mcp_bridge.text.redaction import shorten

if TYPE_CHECKING:
    from mcp_bridge.history.changes import Attribution, Change, FieldChange

# Of the overview, what the configuration says in its own words: fields by which others are left out.
_SAID_ELSEWHERE = {
    "overview.name": ("config.name", "config.hostname"),
    "overview.tags": ("config.tags",),
    "overview.cpus": ("config.cores", "config.sockets", "config.vcpus"),
    "overview.maxmem": ("config.memory",),
    "overview.lock": ("config.lock",),
    "overview.template": ("config.template",),
    "overview.type": ("config",),
}
_DISKS = ("scsi", "sata", "ide", "virtio", "rootfs", "mp")


def describe_change(change: Change) -> dict[str, Any]:
    """A change as plain data."""
    by, fields = change.attribution, drop_repeated(change.fields)
    facts = {
        "at": format_timestamp(by.at),
        "what": change.what,
        "kind": change.kind,
        "key": change.key,
        "name": change.name,
        "node": change.node,
        "who": describe_who(fields, by),
        "source": by.source,
        "user": by.user,
        "run_id": by.run_id,
        "upids": (by.upid or "").split(),
        # Where no task says when it was, it was between two looks.
        "not_before": format_timestamp(by.not_before) if by.not_before else None,
        "fields": [_describe_field(field, by) for field in fields],
    }
    shortened: dict[str, Any] = shorten({name: value for name, value in facts.items() if value not in (None, [])})
    return shortened


def _describe_field(field: FieldChange, by: Attribution) -> dict[str, Any]:
    facts = {"path": field.path, "before": field.before, "after": field.after}
    return {**facts, "who": describe_doer(by.get_doer(field.path))} if by.source == "several" else facts


def drop_repeated(fields: Sequence[FieldChange]) -> list[FieldChange]:
    """The fields without those that only say again what others say."""
    paths = {field.path for field in fields}
    has_disk = any(path.startswith(tuple(f"config.{name}" for name in _DISKS)) for path in paths)
    has_snapshot = any(path.startswith("snapshots.") for path in paths)
    return [
        field
        for field in fields
        if not paths.intersection(_SAID_ELSEWHERE.get(field.path, ()))
        and not (field.path == "overview.maxdisk" and has_disk)
        and not (field.path == "config.parent" and has_snapshot)
    ]


def describe_object(kind: str, key: str, name: str) -> str:
    """What something is called: `guest 101 (web-01)`."""
    return f"{kind} {key} ({name})" if name and name != key else f"{kind} {key}"
