# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a decision by a passkey is signed by it: checked from the entries of the ledger alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from mcp_bridge.database.tables import acts
from mcp_bridge.ledger.acts import find_flaw, list_acts, read_facts
from mcp_bridge.ledger.assertions import (
    Action,
    BadAssertion,
    Signer,
    compute_challenge,
    read_assertion,
    verify_assertion,
)
from mcp_bridge.ledger.chain import Fault
from mcp_bridge.ledger.passkeys import ENROLLED, REVOKED, find_enrolment_flaw

BY_PASSKEY = "passkey"
"""What a plan and the act about it call such an approval."""
SIGNATURE = "signature"
"""The fact of the act that has the passkey's key, the page where it was used, and what it signed."""


def find_faults(connection: Connection, kinds: Mapping[str, Action]) -> Iterator[Fault]:
    """The decisions whose signature does not count; `kinds` says which acts are decisions, and which ones."""
    for act in _list_decisions(connection, kinds):
        flaw = find_signature_flaw(connection, act, kinds[act["kind"]])
        if flaw:
            yield Fault(act["subject"], act["seq"], f"the decision by a passkey does not count: {flaw}")


def count(connection: Connection, kinds: Mapping[str, Action]) -> int:
    """How many decisions were signed."""
    return sum(1 for _act in _list_decisions(connection, kinds))


def find_open_flaw(connection: Connection, found: Sequence[Mapping[Any, Any]], kinds: Mapping[str, Action]) -> str:
    """Why one of the decisions about a plan does not count now; empty when each does, or none is by a passkey.

    It is checked like `find_faults` does, and the entries about its passkey as well; one that was revoked meanwhile
    counts no longer.
    """
    for act in found:
        if act["kind"] in kinds and read_facts(act).get("approval") == BY_PASSKEY:
            flaw = find_signature_flaw(connection, act, kinds[act["kind"]], is_open=True)
            if flaw:
                return flaw
    return ""


def find_signature_flaw(
    connection: Connection, act: Mapping[Any, Any], action: Action, *, is_open: bool = False
) -> str | None:
    """Why a passkey did not sign what an act says; None when it did, and was enrolled at that time.

    With `is_open`, it has to be enrolled still.
    """
    facts = read_facts(act)
    said = facts.get(SIGNATURE)
    if not isinstance(said, dict):
        return "it has no signature"
    about = list_acts(connection, str(said.get("key")))
    enrolment = next((one for one in about if one["kind"] == ENROLLED and one["seq"] < act["seq"]), None)
    if enrolment is None:
        return "its passkey was not enrolled at that time"
    if any(one["kind"] == REVOKED and (is_open or one["seq"] < act["seq"]) for one in about):
        return "its passkey was revoked"
    if is_open and any(find_flaw(connection, one) for one in about):
        return "the entries about its passkey were changed"
    enrolled = read_facts(enrolment)
    flaw = find_enrolment_flaw(enrolment)
    if flaw:
        return flaw
    if str(enrolled.get("owner")) != act["who"]:
        return "its passkey is somebody else's"
    signer = Signer(str(enrolled.get("public_key")), str(enrolled.get("rp_id")), [str(said.get("origin"))])
    try:
        assertion = read_assertion(said)
        if assertion.credential_id != enrolled.get("credential_id"):
            return "it is signed by another passkey"
        verify_assertion(assertion, compute_challenge(action, act["subject"], facts), signer)
    except BadAssertion as error:
        return str(error)
    return None


def _list_decisions(connection: Connection, kinds: Mapping[str, Action]) -> Iterator[Mapping[Any, Any]]:
    query = select(acts).where(acts.c.kind.in_(kinds)).order_by(acts.c.seq)
    for act in connection.execute(query).mappings().all():
        if read_facts(act).get("approval") == BY_PASSKEY:
            yield act
