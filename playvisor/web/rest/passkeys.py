# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passkeys: signing in with one, enrolling one for this server, and revoking one."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from mcp_bridge.auth.passkeys import Passkey
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.rest.schemas import OBJECT, TEXT, make_list, make_object
from playvisor.web.rest.session import describe_session
from playvisor.web.signin.entering import enter, sign_in
from playvisor.web.signin.passkeys import find_relying_party, prove_by_passkey

_NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
_CREDENTIAL = {**OBJECT, "description": "`PublicKeyCredential.toJSON()` of the browser"}
_ENROLMENT = {
    **make_object("name credential", name={**TEXT, "minLength": 1, "maxLength": 64}, credential=_CREDENTIAL),
    "additionalProperties": False,
}
_PASSKEY = make_object(
    "id name owner state made_at is_own",
    id=TEXT,
    name=TEXT,
    owner=TEXT,
    state=TEXT,
    made_at=TEXT,
    used_at={"type": ["string", "null"]},
    revoked_at={"type": ["string", "null"]},
    host=TEXT,
    roles={"type": "array", "items": TEXT},
    may_approve={"type": "boolean"},
    is_backed_up={"type": "boolean"},
    is_own={"type": "boolean"},
)


def list_endpoints() -> list[Endpoint]:
    """The endpoints of passkeys."""

    def endpoint(method: str, path: str, name: str, summary: str, function: Any, **further: Any) -> Endpoint:
        return Endpoint(method, path, name, summary, function, **{"group": "passkeys", **further})

    return [
        endpoint(
            "POST",
            "/session/passkey/options",
            "begin_passkey_sign_in",
            "Make the options with which a browser asks for a passkey",
            begin_sign_in,
            may=None,
            body=_NOTHING,
            group="session",
            prompt=True,
        ),
        endpoint(
            "POST",
            "/session/passkey",
            "sign_in_by_passkey",
            "Sign in with a passkey",
            sign_in_by_passkey,
            may=None,
            body=_CREDENTIAL,
            group="session",
            prompt=True,
        ),
        endpoint(
            "GET",
            "/passkeys",
            "list_passkeys",
            "List your own passkeys; all of them with the right to administer",
            list_passkeys,
            returns={200: make_list("passkeys", _PASSKEY)},
        ),
        endpoint(
            "POST",
            "/passkeys/options",
            "begin_enrolment",
            "Make the options with which a browser makes a passkey of yours",
            begin_enrolment,
            body=_NOTHING,
        ),
        endpoint(
            "POST",
            "/passkeys",
            "enrol_passkey",
            "Enrol a passkey of yours, for this server",
            enrol_passkey,
            body=_ENROLMENT,
            returns={201: _PASSKEY},
        ),
        endpoint(
            "DELETE",
            "/passkeys/{id}",
            "revoke_passkey",
            "Revoke a passkey of your own; any with the right to administer",
            revoke_passkey,
            returns={200: _PASSKEY},
        ),
    ]


def begin_sign_in(ask: Ask) -> Answer:
    """Answer with the options for `navigator.credentials.get`."""
    rp = find_relying_party(ask.context, ask.request)
    return Answer(ask.context.bridge.passkeys.make_sign_in_options(rp))


def sign_in_by_passkey(ask: Ask) -> Answer:
    """Begin a session of the owner of a passkey."""
    session, secret = sign_in(
        ask.context,
        ask.request,
        lambda: prove_by_passkey(ask.context, ask.request, dict(ask.body)),
        is_guessable=False,
    )
    return Answer(response=enter(ask.context, JSONResponse(describe_session(ask.context, session)), secret))


def list_passkeys(ask: Ask) -> Answer:
    """Answer with the passkeys that who asks may revoke, the oldest first."""
    found = ask.context.bridge.passkeys.list_all()
    return Answer({"passkeys": [_describe(ask, passkey) for passkey in found if _may_see(ask, passkey)]})


def begin_enrolment(ask: Ask) -> Answer:
    """Answer with the options for `navigator.credentials.create`."""
    _require_person(ask)
    rp = find_relying_party(ask.context, ask.request)
    return Answer(ask.context.bridge.passkeys.make_enrolment_options(ask.caller.caller, rp))


def enrol_passkey(ask: Ask) -> Answer:
    """Enrol a passkey with the roles of this session."""
    roles = _require_person(ask)
    passkey = ask.context.bridge.passkeys.enrol(
        ask.caller.caller,
        ask.body["credential"],
        find_relying_party(ask.context, ask.request),
        ask.body["name"],
        roles=roles,
        may_approve="approve" in ask.caller.rights,
    )
    return Answer(_describe(ask, passkey), 201)


def revoke_passkey(ask: Ask) -> Answer:
    """Revoke a passkey. Raises Problem 404 for one that is not there, and for others' without the right to them."""
    known = (one for one in ask.context.bridge.passkeys.list_all() if one.key == ask.path["id"])
    passkey = next(known, None)
    if passkey is None or not _may_see(ask, passkey):
        raise Problem(404, "There is no such passkey.", "GET /passkeys lists them.", code="not_found")
    ask.context.bridge.passkeys.revoke(passkey.key, ask.caller.caller)
    return Answer({**_describe(ask, passkey), "state": "revoked"})


def _require_person(ask: Ask) -> tuple[str, ...]:
    """The roles of the person who asks. Raises Problem 403 for a token."""
    if ask.caller.session is None:
        raise Problem(403, "A client has no passkeys.", "Sign in with a browser.")
    return ask.caller.session.roles


def _may_see(ask: Ask, passkey: Passkey) -> bool:
    return "administer" in ask.caller.rights or _is_own(ask, passkey)


def _is_own(ask: Ask, passkey: Passkey) -> bool:
    return ask.caller.session is not None and passkey.owner == ask.caller.caller.identity


def _describe(ask: Ask, passkey: Passkey) -> dict[str, Any]:
    return {
        "id": passkey.key,
        "name": passkey.name,
        "owner": passkey.owner,
        "state": passkey.state,
        "made_at": passkey.made_at,
        "used_at": passkey.used_at,
        "revoked_at": passkey.revoked_at,
        "host": passkey.rp_id,
        "roles": list(passkey.roles),
        "may_approve": passkey.may_approve,
        "is_backed_up": passkey.is_backed_up,
        "is_own": _is_own(ask, passkey),
    }
