# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written into the ledger: runs with who did it where, plans that wait, and fleets."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from mcp_bridge.system import processes
from mcp_bridge.system.identity import current_timestamp, format_timestamp, local_user

LOOK, SELF = "observe_cluster", "playvisor"
"""The tool that looks at the cluster, and the client that Playvisor is for runs that it wants itself."""


@dataclass(frozen=True)
class Who:
    """Who asked for a run, by which program, and as whom it reaches which cluster.

    `asker` is the identity that is proven, `client_name` what the program calls itself.
    """

    client_name: str
    client_version: str | None = None
    proxmox_user: str | None = None
    cluster_url: str | None = None
    asker: str | None = None
    asker_kind: str | None = None


@dataclass(frozen=True)
class Opening:
    """What is known before a run starts. `arguments` are redacted already."""

    run_id: str
    tool: str
    arguments: dict[str, Any]
    mode: str
    who: Who
    collection_version: str
    playbook: str | None = None

    def row(self) -> dict[str, Any]:
        """The columns of the opening entry, as of now, for this process."""
        return {
            "run_id": self.run_id,
            "opened_at": current_timestamp(),
            "tool": self.tool[:64],
            "arguments": _json(self.arguments),
            "mode": self.mode,
            "playbook": self.playbook,
            "collection_version": self.collection_version,
            "client_name": self.who.client_name[:128],
            "client_version": self.who.client_version[:64] if self.who.client_version else None,
            "proxmox_user": self.who.proxmox_user,
            "cluster_url": self.who.cluster_url,
            "local_user": local_user(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "process_started": processes.read_start_time(os.getpid()),
            "asker": self.who.asker,
            "asker_kind": self.who.asker_kind,
        }


@dataclass(frozen=True)
class Closing:
    """What is known when a run has ended, however it ended.

    `rules` are those of the policy that decided, `cluster` is the identity of the cluster.
    """

    outcome: str
    decision: str
    changed: bool
    summary: str
    plan_digest: str | None = None
    failure_code: str | None = None
    upids: list[str] = field(default_factory=list)
    artifacts_sha256: str | None = None
    rules: str | None = None
    approver: str | None = None
    cluster: str | None = None

    def row(self) -> dict[str, Any]:
        """The columns of the closing entry, as of now."""
        return {**asdict(self), "upids": _json(self.upids), "closed_at": current_timestamp()}


@dataclass(frozen=True)
class RunRow:
    """One run as the ledger has it. What is known only when it has ended is None until then."""

    run_id: str
    opened_at: str
    tool: str
    arguments: dict[str, Any]
    mode: str
    client_name: str
    client_version: str | None
    local_user: str
    proxmox_user: str | None
    cluster_url: str | None
    playbook: str | None
    collection_version: str
    host: str
    pid: int
    process_started: str
    asker: str | None
    asker_kind: str | None
    closed_at: str | None
    decision: str | None
    rules: str | None
    approver: str | None
    plan_digest: str | None
    outcome: str | None
    changed: bool | None
    failure_code: str | None
    summary: str | None
    upids: list[str]
    artifacts_sha256: str | None
    cluster: str | None
    opened_seq: int
    opened_prev: str
    opened_hash: str
    closed_seq: int | None
    closed_prev: str | None
    closed_hash: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, by the names of the ledger's columns."""
        return dict(vars(self))


@dataclass(frozen=True)
class Act:
    """Something that was done with authority. `subject` is what it is about, `facts` are JSON-compatible and few."""

    kind: str
    facts: dict[str, Any]
    subject: str = ""
    who: str = field(default_factory=local_user)

    def row(self) -> dict[str, Any]:
        """The columns of its entry, as of now."""
        row = {"kind": self.kind, "at": current_timestamp(), "who": self.who, "subject": self.subject}
        return row | {"facts": dump_canonically(self.facts)}


def dump_canonically(value: Any) -> str:
    """Write JSON the one way in which it is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


State = Literal["ready", "held", "approved", "denied", "used", "expired"]
"""`ready`: policy would let it be applied. `held`: somebody has to approve it first."""


@dataclass(frozen=True)
class Binding:
    """What a plan, and with it an approval, is good for; with anything else it is not.

    `cluster` is the identity of the cluster, `asker` the proven identity of who asks, `judged` the SHA-256 of all that
    policy judged (tags, pool, protection, effects, rules), and `policy` that of the policy's text.
    """

    tool: str
    digest: str
    asker: str
    asker_kind: str = "client"
    cluster: str = ""
    judged: str = ""
    policy: str = ""


@dataclass(frozen=True)
class KeptPlan:
    """A plan by the run that made it. `arguments` are those of its tool, None when they hold a secret.

    It is bound to what `Binding` says. `approval` says how `approver` approved it: as an `operator`, with a `passkey`,
    or as the asking client's own user (`elicitation`); `seen` is the SHA-256 of the text that the approver saw. `label`
    is what the asking program calls itself.
    """

    plan_id: str
    digest: str
    tool: str
    arguments: dict[str, Any] | None
    shown: dict[str, Any]
    asker: str
    expires_at: str
    state: State
    reason: str | None = None
    approval: str | None = None
    approver: str | None = None
    local_user: str = field(default_factory=local_user)
    made_at: str = field(default_factory=lambda: format_timestamp(datetime.now(UTC)))
    decided_at: str | None = None
    used_by: str | None = None
    asker_kind: str = "client"
    label: str = ""
    cluster: str = ""
    judged: str = ""
    policy: str = ""
    seen: str | None = None

    @property
    def approvers(self) -> tuple[str, ...]:
        """The identities of those who approved it, in that order."""
        return tuple(self.approver.split(", ")) if self.approver else ()

    @property
    def needs_passkey(self) -> bool:
        """Whether no approval suffices but one with a passkey."""
        return bool(self.shown.get("needs_passkey"))

    @property
    def binding(self) -> Binding:
        """What it is bound to."""
        return Binding(self.tool, self.digest, self.asker, self.asker_kind, self.cluster, self.judged, self.policy)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for people and clients; arguments and plan are part of what is shown."""
        return {**self.__dict__}


@dataclass(frozen=True)
class Claim:
    """What came of asking for an approval: the plan that has one, or why the one there is does not do.

    Both are empty when there is none.
    """

    plan: KeptPlan | None = None
    difference: str = ""


@dataclass(frozen=True)
class FleetObject:
    """An object that carries a fleet's mark: what was applied to it last, by which run and revision.

    `entry` is empty where it is not known what was (`is_certain` is false). A guest has its `vmid` and its `uuid`:
    that of its SMBIOS, or `vmgenid:` and what follows.
    """

    path: str
    entry: Mapping[str, Any]
    uuid: str | None = None
    vmid: int | None = None
    is_certain: bool = True
    fleet: str = ""
    revision: int = 0
    run_id: str = ""


@dataclass(frozen=True)
class Revision:
    """A revision of a fleet that was applied: its document without secrets, by which run, when, and by whom.

    `outcome` is how the run ended, `changes` how many objects it changed.
    """

    fleet: str
    revision: int
    document: Mapping[str, Any]
    sha256: str
    run_id: str
    at: str
    who: str
    outcome: str
    changes: int


@dataclass(frozen=True)
class FleetChange:
    """What a run has come to for a fleet: the objects that are as declared now, and those that it is not known of.

    `released` are the paths of objects that are gone, or have no mark any longer. Without a `document` nothing was
    declared anew. Nothing in it is secret.
    """

    fleet: str
    cluster: str
    run_id: str
    who: str
    outcome: str
    document: Mapping[str, Any] | None = None
    objects: tuple[FleetObject, ...] = ()
    released: tuple[str, ...] = ()
    changes: int = 0


@dataclass(frozen=True)
class FleetSummary:
    """A fleet: its newest revision, and how many objects carry its mark."""

    fleet: str
    revision: Revision | None
    objects: int


def make_expiry(seconds: int) -> str:
    """When a plan that is made now goes out of date."""
    return format_timestamp(datetime.now(UTC) + timedelta(seconds=seconds))
