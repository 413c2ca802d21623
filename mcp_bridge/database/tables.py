# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the ledger and of the history.

Times are UTC in ISO 8601 with microseconds, as text: it sorts, and hashes the same everywhere.

The truth about the schema of a database is in migrations/; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from mcp_bridge.text.redaction import make_writable

SCHEMA_VERSION = "0010"
"""The newest migration."""
LONGEST = 253
"""Characters of a DNS name, which guests have for names."""

metadata = MetaData()

# What is known before a run starts, and stands in its opening entry.
OPENING = (
    "run_id",
    "opened_at",
    "tool",
    "arguments",
    "mode",
    "client_name",
    "client_version",
    "local_user",
    "proxmox_user",
    "cluster_url",
    "playbook",
    "collection_version",
    "host",
    "pid",
    "process_started",
    "asker",
    "asker_kind",
)
# What is known when it ended, and stands in its closing entry.
CLOSING = (
    "closed_at",
    "decision",
    "rules",
    "approver",
    "plan_digest",
    "outcome",
    "changed",
    "failure_code",
    "summary",
    "upids",
    "artifacts_sha256",
    "cluster",
)
# The numbers of nodes, guests and storages that are kept: shares, bytes, and bytes a second.
METRICS = ("cpu", "mem", "disk", "netin", "netout", "diskread", "diskwrite")
# What an act is; all of it stands in its entry.
ACT = ("kind", "at", "who", "subject", "facts")


def _text_sorted_by_bytes(length: int) -> Any:
    """Text that sorts by its bytes, whatever the language of the database is."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


runs = Table(
    "runs",
    metadata,
    Column("run_id", _text_sorted_by_bytes(36), primary_key=True),
    Column("opened_at", _text_sorted_by_bytes(32), nullable=False),
    Column("tool", String(64), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("client_name", String(128), nullable=False),
    Column("client_version", String(64)),
    Column("local_user", String(128), nullable=False),
    Column("proxmox_user", String(256)),
    Column("cluster_url", String(512)),
    Column("playbook", String(128)),
    Column("collection_version", String(32), nullable=False),
    Column("host", String(256), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", String(32), nullable=False),
    # Who asked, as the system proves it; `client_name` is what the program calls itself.
    Column("asker", String(128)),
    Column("asker_kind", String(16)),
    Column("closed_at", String(32)),
    Column("decision", String(32)),
    Column("rules", Text),
    Column("approver", String(128)),
    Column("plan_digest", String(64)),
    Column("outcome", String(16)),
    Column("changed", Boolean),
    Column("failure_code", String(32)),
    Column("summary", Text),
    Column("upids", Text),
    Column("artifacts_sha256", String(64)),
    # Which cluster it was, by what the cluster is and not by where it is reached.
    Column("cluster", String(256)),
    # The chain: every opening and every closing is an entry with the next number; its hash covers the entry before
    # it, so no entry can be changed or taken out without breaking all that follow.
    Column("opened_seq", BigInteger, nullable=False, unique=True),
    Column("opened_prev", String(64), nullable=False),
    Column("opened_hash", String(64), nullable=False),
    Column("closed_seq", BigInteger, unique=True),
    Column("closed_prev", String(64)),
    Column("closed_hash", String(64)),
    Index("ix_runs_tool", "tool", "opened_seq"),
    Index("ix_runs_outcome", "outcome", "opened_seq"),
    Index("ix_runs_client", "client_name", "opened_seq"),
    Index("ix_runs_opened_at", "opened_at"),
)

# By which words runs are found. It follows from `runs` and proves nothing, so it is not in the chain. Without row ids,
# as SQLite calls them, it is the index itself.
run_words = Table(
    "run_words",
    metadata,
    Column("word", _text_sorted_by_bytes(LONGEST), primary_key=True),
    Column("opened_seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Whatever else is done with authority: plans kept, decided on and used, tokens made and revoked, freezes, removals.
# Each is an entry of the same chain. `subject` is what it is about, such as a plan's id; `facts` are canonical JSON.
acts = Table(
    "acts",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at", _text_sorted_by_bytes(32), nullable=False),
    Column("who", String(128), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("facts", Text, nullable=False),
    Index("ix_acts_subject", "subject", "seq"),
    Index("ix_acts_kind", "kind", "seq"),
    Index("ix_acts_who", "kind", "who", "at"),
)

# Plans that were made and not applied at once. A row repeats what the acts about it say, and counts only with them.
plans = Table(
    "plans",
    metadata,
    Column("plan_id", _text_sorted_by_bytes(36), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("tool", String(64), nullable=False),
    Column("arguments", Text),
    Column("shown", Text, nullable=False),
    Column("reason", Text),
    Column("asker", String(128), nullable=False),
    Column("asker_kind", String(16), nullable=False),
    Column("label", String(128), nullable=False),
    Column("local_user", String(128), nullable=False),
    Column("cluster", String(256), nullable=False),
    Column("judged", String(64), nullable=False),
    Column("policy", String(64), nullable=False),
    Column("made_at", _text_sorted_by_bytes(32), nullable=False),
    Column("expires_at", _text_sorted_by_bytes(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_at", String(32)),
    Column("approval", String(16)),
    Column("approver", String(128)),
    Column("seen", String(64)),
    Column("used_by", String(36)),
    Index("ix_plans_state", "state", "expires_at"),
    Index("ix_plans_digest", "digest"),
)

# Clients that come over HTTP. Of a token's secret there is only the SHA-256 hash; `key` is its public part. One that is
# revoked stays, so that what the ledger says of it can still be understood. A row counts only with the acts about it.
tokens = Table(
    "tokens",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("roles", Text, nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("made_by", String(128), nullable=False),
    Column("expires_at", String(32)),
    Column("revoked_at", String(32)),
    Index("ix_tokens_name", "name"),
)

# Passkeys of people: the public key and what it was enrolled for. One that is revoked stays. A row counts only with the
# acts about it, which also say each use of it.
passkeys = Table(
    "passkeys",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("owner", String(128), nullable=False),
    # Those that a session has which is begun with it.
    Column("roles", Text, nullable=False),
    Column("may_approve", Boolean, nullable=False),
    # These three are base64url without padding; the public key is that of COSE.
    Column("credential_id", String(1400), nullable=False, unique=True),
    Column("public_key", Text, nullable=False),
    Column("user_handle", String(128), nullable=False),
    Column("rp_id", String(256), nullable=False),
    Column("origin", String(512), nullable=False),
    Column("aaguid", String(36), nullable=False),
    Column("transports", Text, nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("is_backed_up", Boolean, nullable=False),
    Column("used_at", String(32)),
    Column("revoked_at", String(32)),
    Index("ix_passkeys_owner", "owner"),
)

# One row: the act that froze or thawed last. It counts only if that act says the same.
freezes = Table(
    "freezes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("act", BigInteger, nullable=False),
    Column("is_frozen", Boolean, nullable=False),
)

# The whole text of every policy that was in use, by its SHA-256.
policies = Table(
    "policies",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("first_seen", String(32), nullable=False),
)

# What was declared of a fleet, and applied; without secrets. A revision counts only with the act that names its hash.
fleet_revisions = Table(
    "fleet_revisions",
    metadata,
    Column("cluster", String(256), primary_key=True),
    Column("fleet", String(63), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("run_id", String(36), nullable=False),
    Column("at", String(32), nullable=False),
    Column("who", String(128), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("changes", Integer, nullable=False),
)

# What was applied last to each object of a fleet, which is the fleet's mark on it as well: one object belongs to one
# fleet. The newest act about a fleet has the hash of all of its rows.
fleet_objects = Table(
    "fleet_objects",
    metadata,
    Column("cluster", String(256), primary_key=True),
    Column("path", String(320), primary_key=True),
    Column("fleet", String(63), nullable=False),
    Column("entry", Text, nullable=False),
    Column("uuid", String(64)),
    Column("vmid", Integer),
    Column("revision", Integer, nullable=False),
    Column("run_id", String(36), nullable=False),
    # False where a run broke off and it is not known how far it had come: then nothing was applied last.
    Column("is_certain", Boolean, nullable=False),
    Index("ix_fleet_objects_fleet", "cluster", "fleet"),
)

# Requests that name themselves, and what they were answered, so that one that is repeated is not done again. It proves
# nothing, so it is not in the chain.
request_keys = Table(
    "request_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("asker", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("begun_at", _text_sorted_by_bytes(32), nullable=False),
    # Empty while it is under way.
    Column("status", Integer),
    Column("headers", Text),
    Column("answer", Text),
    Index("ix_request_keys_asker", "asker", "begun_at"),
    Index("ix_request_keys_begun_at", "begun_at"),
)

# Which guests are being changed, where hosts share the ledger. A lease that is not renewed ends by itself; it proves
# nothing afterwards, so it is not in the chain.
leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", String(320), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

# One row: the newest entry. Whoever appends locks it first.
head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    # Which ledger this is; the act `ledger_begun` says the same.
    Column("ledger_id", String(36)),
)

# Where the chain begins since old runs were removed: the last entry of the removed part. The act of the removal says
# the same, and so the chain covers it.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("pruned_by", String(36), nullable=False),
)

# What was observed of clusters. It follows from observations and proves nothing, so it is not in the chain.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_TIME = _text_sorted_by_bytes(32)

# One row for each thing that is, or was, somewhere: a vmid that is used again is another object. `sections` are
# digests of its sections as they were observed last.
history_objects = Table(
    "history_objects",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("cluster", String(256), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("key", _text_sorted_by_bytes(256), nullable=False),
    Column("name", _text_sorted_by_bytes(256), nullable=False),
    Column("node", String(64)),
    Column("identity", Text, nullable=False),
    Column("sections", Text, nullable=False),
    Column("first_seen", _TIME, nullable=False),
    # Up to an hour older than the truth, which the marks of `history_state` say.
    Column("last_seen", _TIME, nullable=False),
    # When its details were read last, and when that was tried.
    Column("detailed_at", _TIME),
    Column("tried_at", _TIME),
    Column("changed_at", _TIME, nullable=False),
    # Since when it can't be seen, though it may be there.
    Column("missing_since", _TIME),
    Column("gone_at", _TIME),
    Index("ix_history_objects_key", "cluster", "kind", "key"),
    Index("ix_history_objects_name", "name"),
    Index("ix_history_objects_changed", "changed_at"),
    Index(
        "ux_history_objects_open",
        "cluster",
        "kind",
        "key",
        unique=True,
        sqlite_where=text("gone_at IS NULL"),
        postgresql_where=text("gone_at IS NULL"),
    ),
)

# An object's document over an interval, and what made it so; the document of what is gone is NULL. `what` is `known`
# for what was there when it was looked at first.
history_versions = Table(
    "history_versions",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("object_id", BigInteger, nullable=False),
    Column("valid_from", _TIME, nullable=False),
    Column("valid_to", _TIME),
    Column("not_before", _TIME),
    Column("what", String(16), nullable=False),
    Column("document", Text),
    # [[path, before, after], …]
    Column("fields", Text, nullable=False),
    Column("source", String(16)),
    Column("run_id", String(36)),
    Column("upid", String(256)),
    Column("user", String(256)),
    # How many changes one after the other it stands for.
    Column("changes", Integer, nullable=False),
    Index("ux_history_versions_object", "object_id", "valid_from", unique=True),
    Index(
        "ux_history_versions_open",
        "object_id",
        unique=True,
        sqlite_where=text("valid_to IS NULL"),
        postgresql_where=text("valid_to IS NULL"),
    ),
    Index("ix_history_versions_at", "valid_from", "id"),
    Index("ix_history_versions_user", "user", "valid_from"),
    # By these, what is old is found.
    Index("ix_history_versions_end", "valid_to"),
)

# Tasks of Proxmox VE, for as long as somebody may ask who did what.
history_tasks = Table(
    "history_tasks",
    metadata,
    Column("cluster", String(256), primary_key=True),
    Column("upid", _text_sorted_by_bytes(256), primary_key=True),
    Column("node", String(64), nullable=False),
    Column("type", String(64), nullable=False),
    Column("target", _text_sorted_by_bytes(256), nullable=False),
    Column("user", String(256), nullable=False),
    Column("token_id", String(128)),
    Column("started", _TIME, nullable=False),
    Column("ended", _TIME),
    Column("status", Text),
    Index("ix_history_tasks_target", "cluster", "target", "started"),
    Index("ix_history_tasks_started", "started"),
)

# Numbers of an object over `step` seconds from `at` on: of each, the mean and the highest.
history_metrics = Table(
    "history_metrics",
    metadata,
    Column("object_id", BigInteger, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("at", _TIME, primary_key=True),
    Column("samples", Integer, nullable=False),
    *(Column(f"{name}{suffix}", Float) for name in METRICS for suffix in ("", "_max")),
    Index("ix_history_metrics_at", "step", "at"),
    sqlite_with_rowid=False,
)

# What is known of a cluster beside its objects: how far it was observed, and what was read when.
history_state = Table(
    "history_state",
    metadata,
    Column("cluster", String(256), primary_key=True),
    Column("name", _text_sorted_by_bytes(256), primary_key=True),
    Column("value", Text, nullable=False),
)


def fit_row(row: Mapping[str, Any], table: Table = runs) -> dict[str, Any]:
    """Facts of a row as every database takes them: no longer than their columns, and nothing but characters."""
    return {name: _fit(value, table.c[name].type) for name, value in row.items()}


def _fit(value: Any, kind: Any) -> Any:
    return make_writable(value)[: getattr(kind, "length", None)] if isinstance(value, str) else value
