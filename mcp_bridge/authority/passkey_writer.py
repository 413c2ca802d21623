# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Enrols, uses and revokes passkeys; each is an act of the ledger's chain, and a passkey counts only with them.

Whatever comes from a browser is checked here, in the transaction that records it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, update

from mcp_bridge import collection
from mcp_bridge.auth.caller import Caller
from mcp_bridge.auth.passkeys import Passkey, Passkeys, RelyingParty, find_by_key, find_passkey, list_rows
from mcp_bridge.authority.challenges import CHALLENGE_SECONDS, Challenges
from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import fit_row, passkeys
from mcp_bridge.database.transactions import reading
from mcp_bridge.errors import LedgerError, PlayvisorError, UsageError
from mcp_bridge.evidence.plan_view import make_plan_view, render_text, seal
from mcp_bridge.ledger.assertions import (
    Action,
    Assertion,
    BadAssertion,
    Signed,
    Signer,
    compute_challenge,
    decode,
    encode,
    parse_assertion,
    read_challenge,
    read_client_data,
    require_origin,
    verify_assertion,
)
from mcp_bridge.ledger.entries import append_act, append_run, appending
from mcp_bridge.ledger.passkeys import ENROLLED, REVOKED, USED, describe_enrolment
from mcp_bridge.ledger.plans import Plans
from mcp_bridge.ledger.records import Act, Closing, Opening, Who
from mcp_bridge.system.identity import current_timestamp
from mcp_bridge.text.plain import one_line

if TYPE_CHECKING:
    from mcp_bridge.ledger.plans import Sign
    from mcp_bridge.ledger.records import KeptPlan

_SIGN_IN = "sign in"
_LONGEST_NAME = 64
_LONGEST_ENROLMENT = 32768
# What is proven by these may do away with passkeys; who came in by a weaker way needs a passkey for that.
_STRONG = ("uid", "passkey")


class PasskeyRefused(PlayvisorError):
    """A passkey, or an answer of one, that does not count."""

    code = "refused"


class PasskeyWriter(Passkeys):
    """Enrols and revokes passkeys, and checks what they sign. Safe to use from several threads.

    `note_refused` is told of every refused log-in: from where, and why.
    """

    def __init__(self, database: Database, note_refused: Callable[[str, str], None]) -> None:
        super().__init__(database)
        self._note_refused = note_refused
        self._challenges = Challenges()

    # Enrolling and revoking.

    def make_enrolment_options(self, caller: Caller, rp: RelyingParty) -> dict[str, Any]:
        """Make what a page gives to `navigator.credentials.create({publicKey})` for a passkey of this caller.

        It is `PublicKeyCredentialCreationOptionsJSON`, for `PublicKeyCredential.parseCreationOptionsFromJSON()`: a
        discoverable passkey that verifies its user. It is good once, for five minutes. Raises UsageError for a caller
        who may not enrol one.
        """
        from webauthn import generate_registration_options
        from webauthn.helpers.options_to_json_dict import options_to_json_dict
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        with reading(self._database.engine) as connection:
            known = self._list_for_enrolment(connection, caller)
        challenge = self._challenges.make(_name_enrolment(caller, rp))
        options = generate_registration_options(
            rp_id=rp.id,
            rp_name=rp.name,
            user_name=caller.identity,
            user_id=_choose_handle(known, challenge),
            challenge=challenge,
            timeout=CHALLENGE_SECONDS * 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_describe_credentials(passkey for passkey in known if passkey.rp_id == rp.id),
        )
        return options_to_json_dict(options)

    def enrol(
        self,
        caller: Caller,
        credential: Any,
        rp: RelyingParty,
        name: str,
        *,
        roles: Sequence[str] = (),
        may_approve: bool = True,
    ) -> Passkey:
        """Enrol the passkey that a browser has made for this caller, and record it.

        `credential` is its `PublicKeyCredential.toJSON()`, `roles` are those of the sessions that it will begin, and
        `may_approve` says whether its owner may approve plans now. Raises PasskeyRefused when it is not an answer to
        `make_enrolment_options` of the same caller and server, and UsageError for a name that can't be shown, or a
        caller who may not enrol one.
        """
        shown = one_line(name)[:_LONGEST_NAME].strip()
        if not shown:
            raise UsageError("A passkey needs a name.", "Call it by the device that it is on, such as: phone.")
        try:
            given = _read_registration(credential, rp, lambda found: self._is_enrolling(found, caller, rp))
        except BadAssertion as error:
            raise _refuse_enrolment(str(error)) from None
        with appending(self._database) as connection:
            known = self._list_for_enrolment(connection, caller)
            if find_passkey(connection, given["credential_id"]):
                raise _refuse_enrolment("it is enrolled already")
            if not self._challenges.use(given["challenge"], _name_enrolment(caller, rp)):
                raise _refuse_enrolment("it was used before")
            passkey = Passkey(
                key=secrets.token_hex(8),
                name=shown,
                owner=caller.identity,
                roles=tuple(dict.fromkeys(roles)),
                may_approve=may_approve,
                credential_id=given["credential_id"],
                public_key=given["public_key"],
                user_handle=encode(_choose_handle(known, given["challenge"])),
                rp_id=rp.id,
                origin=given["origin"],
                aaguid=given["aaguid"],
                transports=given["transports"],
                made_at=current_timestamp(),
                sign_count=given["sign_count"],
                is_backed_up=given["is_backed_up"],
            )
            lists = {"roles": json.dumps(passkey.roles), "transports": json.dumps(passkey.transports)}
            values = fit_row({**asdict(passkey), **lists}, passkeys)
            connection.execute(insert(passkeys).values(**values))
            facts = describe_enrolment(values, given["attestation"], given["client_data"])
            append_act(connection, Act(ENROLLED, facts, passkey.key, caller.identity))
            append_run(connection, *_make_run("enrol_passkey", "Enrolled", passkey, caller))
        return passkey

    def revoke(self, key: str, caller: Caller) -> Passkey:
        """Revoke a passkey by its key, or the first characters of it, and return it as it was.

        It signs nobody in from then on, and what it approved and nobody has applied yet does not count any more. Raises
        UsageError when there is none, it is revoked already, or the caller came in by a way that is weaker than it.
        """
        if caller.kind != "person" or caller.proof not in _STRONG:
            raise UsageError(
                "Who revokes passkeys has to have come in by one.",
                "Sign in by a passkey, or run `playvisor passkeys revoke` on the server.",
            )
        with appending(self._database) as connection:
            passkey = find_by_key(connection, key)
            if passkey.revoked_at:
                raise UsageError(
                    f"The passkey {passkey.name!r} of {passkey.owner} was revoked at {passkey.revoked_at[:19]}Z.",
                    "`playvisor passkeys list` shows which ones are valid.",
                )
            now = current_timestamp()
            connection.execute(update(passkeys).where(passkeys.c.key == passkey.key).values(revoked_at=now))
            append_act(connection, Act(REVOKED, {"revoked_at": now}, passkey.key, caller.identity))
            append_run(connection, *_make_run("revoke_passkey", "Revoked", passkey, caller))
        return passkey

    # Signing in.

    def make_sign_in_options(self, rp: RelyingParty) -> dict[str, Any]:
        """Make what a page gives to `navigator.credentials.get({publicKey})` to sign somebody in.

        It is `PublicKeyCredentialRequestOptionsJSON`, for any passkey of this server; good once, for five minutes.
        """
        return _make_request_options(rp, self._challenges.make(_name_sign_in(rp)), ())

    def sign_in(self, credential: Any, rp: RelyingParty, source: str) -> Passkey:
        """The passkey whose owner signs in with it, as it is after this use, which is recorded.

        `credential` is the browser's `PublicKeyCredential.toJSON()`, `source` the address that it came from. Raises
        PasskeyRefused, the same for every reason, when it does not count; that is noted as a refused log-in.
        """
        try:
            return self._sign_in(credential, rp)
        except (BadAssertion, LedgerError) as error:
            self._note_refused(source, f"passkey: {error}")
            raise PasskeyRefused(
                "This passkey does not sign anybody in here.", "Try again, or sign in in another way."
            ) from None

    def _sign_in(self, credential: Any, rp: RelyingParty) -> Passkey:
        assertion = parse_assertion(credential)
        challenge, purpose = assertion.challenge, _name_sign_in(rp)
        if not self._challenges.is_good(challenge, purpose):
            raise BadAssertion("it answers nothing that was asked, or too late")
        with appending(self._database) as connection:
            passkey, signed = _verify(connection, assertion, challenge, rp)
            if not self._challenges.use(challenge, purpose):
                raise BadAssertion("it was used before")
            return _note_use(connection, passkey, signed, {"for": _SIGN_IN})

    # Deciding on plans.

    def make_approval_options(
        self, plan_id: str, caller: Caller, rp: RelyingParty, *, approve: bool = True
    ) -> dict[str, Any]:
        """Make what a page gives to `navigator.credentials.get({publicKey})` to decide on a plan by a passkey.

        It is `PublicKeyCredentialRequestOptionsJSON` for the caller's own passkeys. Its challenge follows from the plan
        as it is now, from what is shown of it, and from whether it is approved or denied; it is good as long as the
        plan waits. Raises UsageError when there is no such plan, or the caller has no passkey for this server.
        """
        plan = Plans(self._database).find(plan_id)
        with reading(self._database.engine) as connection:
            own = list_rows(connection, caller.identity, rp.id)
        if not own:
            raise UsageError(
                f"{caller.identity} has no passkey for {rp.id}.", "Enrol one first, then open the plan again."
            )
        facts = {**asdict(plan.binding), "expires_at": plan.expires_at, "seen": compute_seal(plan)}
        challenge = compute_challenge("approve" if approve else "deny", plan.plan_id, facts)
        return _make_request_options(rp, challenge, own)

    def make_signing(self, credential: Any, caller: Caller, rp: RelyingParty) -> Sign:
        """Make what signs a decision of this caller's by a passkey, in the transaction that writes it.

        Called with a decision, it raises PasskeyRefused unless the passkey is the caller's and has signed exactly this.
        """

        def sign(connection: Connection, action: Action, plan_id: str, facts: Mapping[str, Any]) -> dict[str, Any]:
            try:
                assertion = parse_assertion(credential)
                passkey, signed = _verify(connection, assertion, compute_challenge(action, plan_id, facts), rp)
                if passkey.owner != caller.identity:
                    raise BadAssertion("it is somebody else's")
            except BadAssertion as error:
                raise PasskeyRefused(
                    f"The passkey does not {action} this plan: {error}.",
                    "Look at the plan again, and use a passkey of your own.",
                ) from None
            _note_use(connection, passkey, signed, {"for": action, "plan_id": plan_id})
            return {"key": passkey.key, "origin": signed.origin, **assertion.as_facts()}

        return sign

    # How it is done.

    def _is_enrolling(self, challenge: bytes, caller: Caller, rp: RelyingParty) -> bool:
        return self._challenges.is_good(challenge, _name_enrolment(caller, rp))

    def _list_for_enrolment(self, connection: Connection, caller: Caller) -> list[Passkey]:
        """The valid passkeys of who wants to enrol another one. Raises UsageError for who may not."""
        if caller.kind != "person":
            raise UsageError("A client has no passkeys.", "Sign in as a person.")
        known = list_rows(connection, caller.identity)
        if known and caller.proof not in _STRONG:
            raise UsageError(
                "Who has a passkey enrols another one by it.",
                "Sign in by a passkey; if none is left, `playvisor passkeys revoke` on the server takes them away.",
            )
        return known


def compute_seal(plan: KeptPlan) -> str:
    """The seal of what is shown of a plan."""
    return seal(render_text(make_plan_view(plan)))


def _name_enrolment(caller: Caller, rp: RelyingParty) -> str:
    return f"enrol {rp.id} {caller.identity}"


def _name_sign_in(rp: RelyingParty) -> str:
    return f"{_SIGN_IN} {rp.id}"


def _choose_handle(known: Sequence[Passkey], challenge: bytes) -> bytes:
    """By which passkeys call their user: as those that there are do, or something that says nothing of the person."""
    return decode(known[0].user_handle) if known else hashlib.sha256(challenge).digest()


def _describe_credentials(found: Iterable[Passkey]) -> list[Any]:
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=decode(passkey.credential_id),
            transports=[AuthenticatorTransport(transport) for transport in passkey.transports],
        )
        for passkey in found
    ]


def _make_request_options(rp: RelyingParty, challenge: bytes, allowed: Sequence[Passkey]) -> dict[str, Any]:
    from webauthn import generate_authentication_options
    from webauthn.helpers.options_to_json_dict import options_to_json_dict
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=rp.id,
        challenge=challenge,
        timeout=CHALLENGE_SECONDS * 1000,
        allow_credentials=_describe_credentials(allowed),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def _read_registration(credential: Any, rp: RelyingParty, is_asked: Callable[[bytes], bool]) -> dict[str, Any]:
    """What a browser says of a new passkey, checked. Raises BadAssertion when it is not what was asked for."""
    from webauthn import verify_registration_response
    from webauthn.helpers import parse_registration_credential_json

    if not isinstance(credential, Mapping) or len(json.dumps(credential, default=str)) > _LONGEST_ENROLMENT:
        raise BadAssertion("it is no new passkey")
    try:
        parsed = parse_registration_credential_json(dict(credential))
    except Exception:
        # What can't be parsed fails in many ways.
        raise BadAssertion("it is no new passkey") from None
    client_data = encode(parsed.response.client_data_json)
    challenge = read_challenge(client_data)
    if not is_asked(challenge):
        raise BadAssertion("it answers nothing that was asked, or too late")
    origin = require_origin(read_client_data(client_data), rp.id, rp.origins)
    try:
        verified = verify_registration_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=rp.id,
            expected_origin=[origin],
            require_user_verification=True,
        )
    except Exception as error:
        why = "the passkey did not verify its user" if "not verified" in str(error) else "what it says is not valid"
        raise BadAssertion(why) from None
    return {
        "challenge": challenge,
        "origin": origin,
        "credential_id": encode(verified.credential_id),
        "public_key": encode(verified.credential_public_key),
        "sign_count": verified.sign_count,
        "aaguid": verified.aaguid,
        "transports": tuple(transport.value for transport in parsed.response.transports or ()),
        "is_backed_up": verified.credential_backed_up,
        "attestation": encode(verified.attestation_object),
        "client_data": client_data,
    }


def _verify(connection: Connection, assertion: Assertion, challenge: bytes, rp: RelyingParty) -> tuple[Passkey, Signed]:
    """The valid passkey that has signed a challenge for this server. Raises BadAssertion."""
    passkey = find_passkey(connection, assertion.credential_id)
    if passkey is None or passkey.rp_id != rp.id:
        raise BadAssertion("it is not enrolled here")
    if passkey.revoked_at:
        raise BadAssertion("it was revoked")
    if assertion.user_handle not in (None, passkey.user_handle):
        raise BadAssertion("it is somebody else's")
    signer = Signer(passkey.public_key, passkey.rp_id, rp.origins, passkey.sign_count)
    return passkey, verify_assertion(assertion, challenge, signer)


def _note_use(connection: Connection, passkey: Passkey, signed: Signed, facts: Mapping[str, str]) -> Passkey:
    """Record a use of a passkey, whose count has risen by it; returns it as it is then."""
    used = {"sign_count": signed.sign_count, "is_backed_up": signed.is_backed_up, "used_at": current_timestamp()}
    connection.execute(update(passkeys).where(passkeys.c.key == passkey.key).values(**used))
    append_act(connection, Act(USED, {**used, **facts, "origin": signed.origin}, passkey.key, passkey.owner))
    return Passkey(**{**vars(passkey), **used})


def _refuse_enrolment(why: str) -> PasskeyRefused:
    return PasskeyRefused(f"The passkey was not enrolled: {why}.", "Begin again.")


def _make_run(tool: str, done: str, passkey: Passkey, caller: Caller) -> tuple[Opening, Closing]:
    opening = Opening(
        run_id=str(uuid.uuid4()),
        tool=tool,
        arguments={"name": passkey.name, "key": passkey.key, "owner": passkey.owner},
        mode="apply",
        who=Who(caller.label or caller.identity, caller.version, asker=caller.identity, asker_kind=caller.kind),
        collection_version=collection.version(),
    )
    summary = f"{done} the passkey {passkey.name} ({passkey.key}) of {passkey.owner}."
    return opening, Closing("ok", "allowed", False, summary)
