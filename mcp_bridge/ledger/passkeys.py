# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the chain says of passkeys: a row of theirs counts only when it says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from mcp_bridge.database.tables import acts, passkeys
from mcp_bridge.ledger.acts import list_acts, read_facts
from mcp_bridge.ledger.assertions import BadAssertion, decode
from mcp_bridge.ledger.chain import Fault

ENROLLED, USED, REVOKED = KINDS = ("passkey_enrolled", "passkey_used", "passkey_revoked")
"""The acts about a passkey; their subject is its key."""

_ENROLMENT = "enrolment"
_CHANGING = ("sign_count", "is_backed_up", "used_at")


def describe_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """What the acts say of a passkey's row."""
    facts = {column.name: row[column.name] for column in passkeys.columns if column.name != "key"}
    return {name: value for name, value in facts.items() if value is not None}


def describe_enrolment(row: Mapping[Any, Any], attestation: str, client_data: str) -> dict[str, Any]:
    """What the act of an enrolment says: the row, and what the passkey and the browser answered, in base64url."""
    return describe_row(row) | {_ENROLMENT: {"attestation": attestation, "client_data": client_data}}


def fold(found: Iterable[Mapping[Any, Any]]) -> dict[str, Any]:
    """What the row has to say after these acts."""
    facts: dict[str, Any] = {}
    for number, act in enumerate(found):
        said = read_facts(act)
        if act["kind"] == ENROLLED and not number:
            facts = {name: value for name, value in said.items() if name != _ENROLMENT}
        elif act["kind"] == USED:
            facts |= {name: said[name] for name in _CHANGING if name in said}
        elif act["kind"] == REVOKED:
            facts |= said
    return facts


def find_faults(connection: Connection) -> Iterator[Fault]:
    """The rows that are not what the acts say, acts without a row, and enrolments that say two things."""
    for row in connection.execute(select(passkeys)).mappings():
        found = list_acts(connection, row["key"])
        if fold(found) != describe_row(row):
            what = "the passkey is not what the entries about it say" if found else "a passkey without any entry"
            yield Fault(str(row["key"]), found[-1]["seq"] if found else 0, what)
    for act in connection.execute(select(acts).where(acts.c.kind == ENROLLED)).mappings():
        if connection.execute(select(passkeys.c.key).where(passkeys.c.key == act["subject"])).first() is None:
            yield Fault(act["subject"], act["seq"], "the passkey that was enrolled is missing")
        flaw = find_enrolment_flaw(act)
        if flaw:
            yield Fault(act["subject"], act["seq"], flaw)


def find_enrolment_flaw(act: Mapping[Any, Any]) -> str | None:
    """Why the public key of an enrolment is not the one that the passkey gave then; None when it is."""
    from webauthn.helpers import parse_attestation_object

    facts = read_facts(act)
    kept = facts.get(_ENROLMENT)
    try:
        given = parse_attestation_object(decode(kept["attestation"])).auth_data.attested_credential_data  # type: ignore[index]
        known = decode(facts["credential_id"]), decode(facts["public_key"])
    except BadAssertion:
        given, known = None, (b"", b"")
    except Exception:
        # What can't be parsed fails in many ways.
        return "what the passkey gave when it was enrolled can't be read"
    if given is None or (given.credential_id, given.credential_public_key) != known:
        return "the public key of the passkey is not the one that it was enrolled with"
    return None
