# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The views that SQL may read: the one table of their names, columns and meanings. Times are texts, in UTC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mcp_bridge.database.tables import METRICS


@dataclass(frozen=True)
class View:
    """A view: its columns in their order, each with what it means."""

    name: str
    meaning: str
    columns: Mapping[str, str]


_PLACE = {
    "cluster": "the cluster's name, and what proves which one it is",
    "kind": "guest, node, storage, volumes, pool, firewall, ha_resource, backup_job, network, user, acl …",
    "key": "what names it in its kind: of a guest the vmid, as text",
    "name": "what people call it",
}
_GUEST = {
    "cluster": _PLACE["cluster"],
    "vmid": "the guest's number",
    "name": "its name",
}
_WHO = {
    "source": "run (of Playvisor), task (of Proxmox VE), several (it is not certain which), or outside (neither)",
    "run_id": "the run of Playvisor that did it",
    "upid": "the task of Proxmox VE that did it, or all that may have, with spaces between them",
    "who": "the user that did it",
}
_ID = {"object_id": "which object; a vmid that is used again is another one"}

VIEWS: Mapping[str, View] = MappingProxyType(
    {
        view.name: view
        for view in (
            View(
                "objects",
                "Everything that is, or was, in a cluster.",
                {
                    **_ID,
                    **_PLACE,
                    "node": "the node that it is on, or was last",
                    "uuid": "a virtual machine's SMBIOS UUID",
                    "first_seen": "when it was seen first",
                    "last_seen": "when it was seen last",
                    "missing_since": "since when it could not be read, though it may be there",
                    "changed_at": "when it changed last",
                    "gone_at": "when it was found to be gone; NULL while it is there",
                },
            ),
            View(
                "changes",
                "What changed, a row for each field; a row without path for what appeared, is gone, or came back.",
                {
                    "version_id": "the version that the change made",
                    **_ID,
                    **_PLACE,
                    "node": "the node that it is on, or was last",
                    "at": "when the change was seen",
                    "not_before": "when it was seen last without the change",
                    "what": "appeared, changed, gone or back",
                    "path": "the field, such as config.cores or snapshots.before-upgrade",
                    "before": "its value before, as text or JSON",
                    "after": "its value after",
                    **_WHO,
                    "merged": "how many changes one after the other it stands for",
                },
            ),
            View(
                "versions",
                "Each object's document over each interval in which it was the same.",
                {
                    "version_id": "the version",
                    **_ID,
                    **_PLACE,
                    "valid_from": "since when",
                    "valid_to": "until when; NULL for the newest",
                    "document": "JSON of its sections, such as overview and config of a guest; NULL while it is gone",
                },
            ),
            View(
                "sections",
                "The newest document of everything that is there, a row for each section.",
                {**_ID, **_PLACE, "section": "its name, such as config", "content": "JSON"},
            ),
            View(
                "guests",
                "The guests that are there, as they were seen last.",
                {
                    **_ID,
                    **_GUEST,
                    "node": "the node that it is on",
                    "type": "qemu or lxc",
                    "status": "running, stopped …",
                    "template": "1 for a template",
                    "pool": "its pool",
                    "tags": "its tags, with ; between them",
                    "lock": "what it is locked for",
                    "hastate": "its state in HA",
                    "cpus": "how many processors it has",
                    "maxmem": "its memory in bytes",
                    "maxdisk": "the size of its first disk in bytes",
                    "uuid": "a virtual machine's SMBIOS UUID",
                    "first_seen": "when it was seen first",
                    "last_seen": "when it was seen last",
                    "detailed_at": "when its configuration, snapshots and firewall were read last",
                },
            ),
            View(
                "guest_configs",
                "The configuration of the guests that are there, a row for each option.",
                {**_ID, **_GUEST, "option": "such as cores or net0", "value": "as Proxmox VE writes it"},
            ),
            View(
                "snapshots",
                "The snapshots of the guests that are there.",
                {
                    **_ID,
                    **_GUEST,
                    "snapshot": "the snapshot's name",
                    "parent": "the snapshot before it",
                    "taken_at": "when it was taken",
                    "description": "what was written to it",
                },
            ),
            View(
                "tasks",
                "The tasks of Proxmox VE.",
                {
                    "cluster": _PLACE["cluster"],
                    "upid": "the task",
                    "node": "the node that it ran on",
                    "type": "such as qmstart or vzdump",
                    "target": "what it was about, such as a vmid",
                    "who": "the user that started it",
                    "token_id": "the name of the user's API token",
                    "started": "when it started",
                    "ended": "when it ended; NULL while it runs",
                    "status": "OK, or why it failed",
                },
            ),
            View(
                "metrics",
                "Numbers of nodes, guests and storages (volumes): of each hour and each day the mean and the highest.",
                {
                    **_ID,
                    **_PLACE,
                    "step": "3600 for an hour, 86400 for a day",
                    "at": "when the hour or the day began",
                    "samples": "how many values it is made of",
                    "cpu": "share of its processors, of 1",
                    "mem": "bytes of memory",
                    "disk": "bytes of disk",
                    "netin": "bytes a second; netout, diskread and diskwrite, too",
                    **{name: "" for name in METRICS if name not in ("cpu", "mem", "disk", "netin")},
                    **{f"{name}_max": f"the highest {name}" for name in METRICS},
                },
            ),
            View(
                "runs",
                "What was asked of Playvisor, and what came of it, without arguments.",
                {
                    "run_id": "the run",
                    "opened_at": "when it was asked for",
                    "closed_at": "when it ended",
                    "tool": "the tool",
                    "mode": "read, check or apply",
                    "asker": "who asked",
                    "asker_kind": "person or agent",
                    "client_name": "what the client calls itself",
                    "proxmox_user": "the user at Proxmox VE",
                    "cluster": _PLACE["cluster"],
                    "decision": "what the policy said",
                    "approver": "who approved it",
                    "outcome": "ok, failed, refused …",
                    "changed": "whether it changed something",
                    "failure_code": "why it failed",
                    "summary": "one sentence",
                    "upids": "the tasks that it started, as JSON",
                },
            ),
        )
    }
)


def describe_views() -> Iterator[str]:
    """The views for people and models, a line for each of them and of their columns."""
    for view in VIEWS.values():
        yield f"{view.name}: {view.meaning}"
        yield from (f"  {name}: {meaning}" if meaning else f"  {name}" for name, meaning in view.columns.items())
