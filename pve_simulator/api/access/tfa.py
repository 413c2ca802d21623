# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/access/tfa: second factors of users."""

from __future__ import annotations

from typing import Any

from pve_simulator.access.passwords import confirm_identity
from pve_simulator.access.tfa import add_recovery, is_totp_valid, make_id, parse_totp
from pve_simulator.access.usercfg import find_user
from pve_simulator.errors import ApiError, failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.access import TfaEntry, User

_SEES = ("User.Modify", "Sys.Audit")


@route("GET", "/access/tfa")
def list_all(call: Call) -> list[dict[str, Any]]:
    """Users that have second factors, and that the caller may see."""
    sees_all = call.subject.may("/access/groups", *_SEES)
    groups = {group for group in call.cluster.access.groups if call.subject.may(f"/access/groups/{group}", *_SEES)}
    return [
        {"userid": userid, "entries": _build_views(user)}
        for userid, user in sorted(call.cluster.access.users.items())
        if user.tfa and (sees_all or userid == call.subject.userid or groups.intersection(user.groups))
    ]


@route("GET", "/access/tfa/{userid}")
def list_entries(call: Call) -> list[dict[str, Any]]:
    """One user's second factors."""
    user = call.cluster.access.users.get(call.need("userid"))
    return _build_views(user) if user else []


@route("GET", "/access/tfa/{userid}/{id}")
def read_entry(call: Call) -> dict[str, Any]:
    """One second factor, without its secret."""
    return _build_view(call.need("id"), _find_entry(call))


@route("POST", "/access/tfa/{userid}")
def add_entry(call: Call) -> dict[str, Any]:
    """Add a time-based password, whose current value must be given, or recovery codes."""
    user, now = _find_confirmed_user(call), call.world.clock.time()
    kind = call.need("type")
    if kind == "recovery":
        if any(call.text(name) is not None for name in ("totp", "value", "challenge")):
            raise failure("generating recovery tokens does not allow additional parameters")
        return {"id": kind, "recovery": add_recovery(user, now)}
    if kind == "yubico":
        raise failure(f"no yubico otp configuration available for realm {call.need('userid').rpartition('@')[2]}")
    if kind != "totp":
        raise failure(f"no {kind} configuration available")
    if call.text("description") is None:
        raise failure("'description' is required for new entries")
    if call.text("totp") is None or call.text("value") is None:
        raise failure("'totp' type requires both 'totp' and 'value' parameters")
    entry = parse_totp(call.need("totp"))
    if not is_totp_valid(entry, call.need("value"), now):
        raise failure("failed to verify TOTP challenge")
    entry.description, entry.created = call.need("description"), int(now)
    name = make_id()
    user.tfa[name] = entry
    user.keys = "x"
    return {"id": name}


@route("PUT", "/access/tfa/{userid}/{id}")
def change_entry(call: Call) -> None:
    """Change the description, or whether it is asked for."""
    _find_confirmed_user(call)
    entry = _find_entry(call)
    entry.description = call.text("description", entry.description) or ""
    entry.enable = call.flag("enable", entry.enable)


@route("DELETE", "/access/tfa/{userid}/{id}")
def delete_entry(call: Call) -> None:
    """Remove a second factor."""
    user = _find_confirmed_user(call)
    _find_entry(call)
    del user.tfa[call.need("id")]
    if not user.tfa:
        user.keys = None


@route("GET", "/access/users/{userid}/tfa")
def read_types(call: Call) -> dict[str, Any]:
    """Which types a user has; the first only, unless `multiple` is set."""
    userid = call.need("userid")
    realm = userid.rpartition("@")[2]
    if realm not in call.cluster.access.realms:
        raise failure(f"auth domain '{realm}' does not exist")
    user = call.cluster.access.users.get(userid)
    types = sorted({entry.type for entry in user.tfa.values()}) if user else []
    if call.flag("multiple"):
        return {"user": types}
    return {"user": types[0]} if types else {}


@route("PUT", "/access/users/{userid}/unlock-tfa")
def unlock(call: Call) -> int:
    """Whether the user was locked out, which never happens here."""
    find_user(call.cluster.access, call.need("userid"))
    return 0


def _find_confirmed_user(call: Call) -> User:
    access, userid = call.cluster.access, call.need("userid")
    confirm_identity(access, call.subject, userid, call.text("password"), "password")
    return find_user(access, userid)


def _find_entry(call: Call) -> TfaEntry:
    user = call.cluster.access.users.get(call.need("userid"))
    entry = user.tfa.get(call.need("id")) if user else None
    if entry is None:
        raise ApiError(404, f"No such tfa entry '{call.need('id')}'", newline=False)
    return entry


def _build_views(user: User) -> list[dict[str, Any]]:
    return [_build_view(name, entry) for name, entry in user.tfa.items()]


def _build_view(name: str, entry: TfaEntry) -> dict[str, Any]:
    view = {"id": name, "type": entry.type, "description": entry.description, "created": entry.created}
    return view if entry.enable else {**view, "enable": 0}
