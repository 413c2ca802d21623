# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One backup by its volume id: describe, protect or delete it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._api.client import Client, segment
from .._api.errors import NOT_FOUND, PROTECTED, PveError
from .._module.plan import Plan, Step
from .._run.resource import Resource
from .._storage.storages import find_volume, storage_path
from .backups import parse_storage


@dataclass(frozen=True)
class Backup:
    """A backup by its volume id, on the node that sees it; I(entry) is None when there is no such volume."""

    volid: str
    node: str
    entry: dict[str, Any] | None

    @property
    def path(self) -> str:
        return f"{storage_path(self.node, parse_storage(self.volid))}/content/{segment(self.volid)}"

    def describe(self) -> dict[str, Any]:
        if self.entry is None:
            return {"exists": False}
        return {
            "exists": True,
            "notes": str(self.entry.get("notes") or ""),
            "protected": bool(int(self.entry.get("protected") or 0)),
        }


class BackupVolume(Resource[Backup]):
    noun = "backups"
    settle_seconds = 0.0

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Backup]:
        volid = params["volid"]
        node, entry = find_volume(client, parse_storage(volid), volid, "backup")
        backup = Backup(volid, node, entry)
        # The list has only the first line of the notes.
        return [backup if entry is None else Backup(volid, node, client.get(backup.path))]

    def target(self, observed: Backup) -> dict[str, Any]:
        return {"volid": observed.volid}

    def plan(self, observed: Backup, params: dict[str, Any]) -> Plan:
        before = observed.describe()
        if params["state"] == "absent":
            steps, after = _plan_deletion(observed, before), {"exists": False}
        else:
            steps, after = _plan_update(observed, before, params)
        return Plan(self.target(observed), steps, before, after)

    def read_state(self, client: Client, observed: Backup, plan: Plan) -> dict[str, Any]:
        listed = client.get(f"{storage_path(observed.node, parse_storage(observed.volid))}/content", content="backup")
        exists = any(entry["volid"] == observed.volid for entry in listed)
        return Backup(observed.volid, observed.node, client.get(observed.path) if exists else None).describe()


def _plan_deletion(backup: Backup, before: dict[str, Any]) -> tuple[Step, ...]:
    if not before["exists"]:
        return ()
    if before["protected"]:
        raise PveError(
            PROTECTED,
            f"The backup {backup.volid} is protected.",
            "Remove its protection first, with protected: false.",
        )
    return (Step("DELETE", backup.path, "it exists, and absent is asked for"),)


def _plan_update(
    backup: Backup, before: dict[str, Any], params: dict[str, Any]
) -> tuple[tuple[Step, ...], dict[str, Any]]:
    if not before["exists"]:
        raise PveError(
            NOT_FOUND,
            f"There is no backup {backup.volid}.",
            "List the backups to see which there are; leave volid out to make one.",
        )
    notes = None if params["notes"] is None else params["notes"].rstrip("\n")
    desired = {"notes": notes, "protected": params["protected"]}
    changes = {name: value for name, value in desired.items() if value is not None and value != before[name]}
    if not changes:
        return (), before
    options = {name: int(value) if isinstance(value, bool) else value for name, value in changes.items()}
    why = f"its {' and '.join(changes)} differ{'s' if len(changes) == 1 else ''}"
    return (Step("PUT", backup.path, why, options, task=False),), {**before, **changes}
