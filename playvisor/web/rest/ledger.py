# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger as a resource: its entries, its head, and whether it is as it was written; tokens and the freeze."""

from __future__ import annotations

from typing import Any

from mcp_bridge.ledger.verify import LIMITS
from mcp_bridge.run import Request
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import PREFIX, Answer, Ask, Endpoint
from playvisor.web.rest.pages import QUERY, make_cursor, read_cursor
from playvisor.web.rest.schemas import FLAG, NEXT, NUMBER, TEXT, make_list, make_object, refer

# How long a freeze waits for what is being sent.
_FREEZE_SECONDS = 10
# How long a verification is waited for.
_VERIFY_SECONDS = 20
_LEDGER = make_object("entry limits", entry=NUMBER, limits=TEXT)
_NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
_TOKEN = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,39}$"},
        "roles": {"type": "array", "items": {"type": "string"}},
        "days": {"type": "integer", "minimum": 1, "maximum": 3650},
    },
    "required": ["name"],
    "additionalProperties": False,
}
_FREEZE = {
    "type": "object",
    "properties": {"why": {"type": "string", "maxLength": 200}},
    "required": ["why"],
    "additionalProperties": False,
}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of the ledger, of tokens and of the freeze."""
    acts = {
        **QUERY,
        "kind": {"type": "string", "description": "Such as plan_approved, token_created or frozen"},
        "subject": {"type": "string", "description": "What it is about, such as a plan's or a run's id"},
    }
    verification, token, freezing = refer("Verification"), refer("Token"), refer("Freeze")

    def endpoint(method: str, path: str, name: str, summary: str, function: Any, **further: Any) -> Endpoint:
        return Endpoint(method, path, name, summary, function, **{"group": "ledger", **further})

    return [
        endpoint("GET", "/ledger", "get_ledger", "Show the ledger's newest entry", get_ledger, returns={200: _LEDGER}),
        endpoint(
            "GET",
            "/ledger/acts",
            "list_acts",
            "List what was done with authority besides runs",
            list_acts,
            query=acts,
            returns={200: make_list("acts", refer("Act"), next=NEXT)},
        ),
        endpoint(
            "POST",
            "/ledger/verify",
            "verify_ledger",
            "Verify every entry and every artifact; 202 while that goes on",
            verify_ledger,
            body=_NOTHING,
            returns={200: verification, 202: verification},
        ),
        endpoint(
            "GET",
            "/ledger/verify",
            "get_verification",
            "Show what the newest verification has found",
            get_verification,
            returns={200: verification},
        ),
        endpoint(
            "GET",
            "/tokens",
            "list_tokens",
            "List the tokens of clients",
            list_tokens,
            may="administer",
            returns={200: make_list("tokens", token)},
        ),
        endpoint(
            "POST",
            "/tokens",
            "create_token",
            "Create a token; its secret is shown once",
            create_token,
            may="administer",
            body=_TOKEN,
            returns={201: {"allOf": [token, make_object("token", token={**TEXT, "description": "The secret"})]}},
        ),
        endpoint(
            "DELETE",
            "/tokens/{name}",
            "revoke_token",
            "Revoke a token",
            revoke_token,
            may="administer",
            returns={200: token},
        ),
        endpoint(
            "GET",
            "/freeze",
            "get_freeze",
            "Show whether all changes are frozen",
            get_freeze,
            returns={200: freezing},
            prompt=True,
        ),
        endpoint(
            "POST",
            "/freeze",
            "freeze",
            "Refuse all changes from now on",
            freeze,
            may="administer",
            body=_FREEZE,
            returns={200: freezing},
            prompt=True,
        ),
        endpoint(
            "DELETE",
            "/freeze",
            "thaw",
            "Allow changes again",
            thaw,
            may="administer",
            returns={200: make_object("frozen", frozen=FLAG, was={"type": ["object", "null"]})},
            prompt=True,
        ),
    ]


def get_ledger(ask: Ask) -> Answer:
    """Answer with how far the ledger goes."""
    ledger = ask.context.bridge.ledger
    return Answer({"entry": ledger.last_entry(), "limits": LIMITS})


def list_acts(ask: Ask) -> Answer:
    """Answer with one page of acts, newest first."""
    query = dict(ask.query)
    limit, before = query.pop("limit"), read_cursor(query.pop("cursor", None))
    found = ask.context.bridge.ledger.list_acts(limit + 1, before=before, **query)
    following = make_cursor(found[limit - 1]["seq"]) if len(found) > limit else None
    return Answer(ask.context.bridge.redact({"acts": found[:limit], "next": following}))


def verify_ledger(ask: Ask) -> Answer:
    """Answer with what is not as it was written, or that it is still looked for; one verification at a time."""
    found = ask.context.verifier.start(_VERIFY_SECONDS)
    if found["state"] == "running":
        return Answer(found, 202, {"location": f"{PREFIX}/ledger/verify"})
    return Answer(found)


def get_verification(ask: Ask) -> Answer:
    """Answer with the newest verification of this server; one that is under way is waited for."""
    return Answer(ask.context.verifier.follow(_VERIFY_SECONDS))


def list_tokens(ask: Ask) -> Answer:
    """Answer with all tokens, without their secrets."""
    return Answer({"tokens": [token.as_dict() for token in ask.context.bridge.tokens.list_all()]})


def create_token(ask: Ask) -> Answer:
    """Create a token as who asks."""
    request = Request("create_token", {}, "apply", ask.caller.caller)
    roles, days = list(ask.body.get("roles", ())), ask.body.get("days")
    token, secret = ask.context.bridge.create_token(request, ask.body["name"], roles, days)
    return Answer({**token.as_dict(), "token": secret}, 201)


def revoke_token(ask: Ask) -> Answer:
    """Revoke a token as who asks. Raises Problem 404."""
    name = ask.path["name"]
    if not any(token.name == name and token.state == "valid" for token in ask.context.bridge.tokens.list_all()):
        raise Problem(404, f"There is no valid token {name[:40]!r}.", code="not_found")
    request = Request("revoke_token", {}, "apply", ask.caller.caller)
    return Answer({**ask.context.bridge.revoke_token(request, name).as_dict(), "state": "revoked"})


def get_freeze(ask: Ask) -> Answer:
    """Answer with the freeze that is on, if any."""
    found = ask.context.bridge.authority.read_freeze()
    return Answer(
        {"frozen": found is not None, **({"by": found.by, "since": found.since, "why": found.why} if found else {})}
    )


def freeze(ask: Ask) -> Answer:
    """Refuse all changes from now on."""
    why = f"{ask.body['why']} ({ask.caller.caller.identity})"
    found, is_quiet = ask.context.bridge.authority.freeze(why, _FREEZE_SECONDS)
    return Answer({"frozen": True, **vars(found), "writes_under_way": not is_quiet})


def thaw(ask: Ask) -> Answer:
    """Allow changes again."""
    ended = ask.context.bridge.authority.thaw()
    return Answer({"frozen": False, "was": vars(ended) if ended else None})
