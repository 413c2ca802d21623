# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/access/ticket: login by password, and by a second factor; verification of a login."""

from __future__ import annotations

from typing import Any

from pve_simulator.access.capabilities import list_capabilities
from pve_simulator.access.tfa import is_answer_valid, is_challenge_valid, issue_challenge_ticket, needs_second_factor
from pve_simulator.errors import ApiError
from pve_simulator.requests.auth import is_password_valid, is_user_enabled, issue_csrf, issue_ticket
from pve_simulator.requests.call import Call
from pve_simulator.requests.privileges import privileges
from pve_simulator.requests.router import route
from pve_simulator.schema import normalize_path


@route("GET", "/access/ticket")
def dummy(call: Call) -> None:
    """A dummy, which the API has for formatters that need a GET."""


@route("POST", "/access/ticket")
def login(call: Call) -> dict[str, Any]:
    """A ticket and CSRF token for a user name and password; the password may be a valid ticket."""
    userid = f"{call.need('username')}@{call.text('realm')}" if call.text("realm") else call.need("username")
    if not is_user_enabled(call.cluster, userid, call.world.clock.time()):
        raise _authentication_failure()
    answer = _verify_login(call, userid) if call.text("path") and call.items("privs") else _issue_ticket(call, userid)
    if "NeedTFA" not in answer:
        answer["cap"] = list_capabilities(call.cluster, userid)
    if call.cluster.name and "Sys.Audit" in privileges(call.cluster, userid, "/"):
        answer["clustername"] = call.cluster.name
    call.world.write_log(call.cluster.local_node, "root@pam", f"successful auth for user '{userid}'")
    return answer


def _issue_ticket(call: Call, userid: str) -> dict[str, Any]:
    now, password = call.world.clock.time(), call.need("password")
    answer: dict[str, Any] = {"username": userid, "CSRFPreventionToken": issue_csrf(call.cluster, userid, now)}
    user, challenge, otp = call.cluster.access.users[userid], call.text("tfa-challenge"), call.text("otp")
    if challenge is not None:
        good = otp is None and is_challenge_valid(call.cluster, userid, challenge, now)
        good = good and is_answer_valid(user, password, now)
    else:
        good = is_password_valid(call.cluster, userid, password, now)
        if good and not password.startswith("PVE:"):
            # Both factors may come at once; one that the user does not have is wrong.
            if otp is not None:
                good = needs_second_factor(user) and is_answer_valid(user, otp, now)
            elif needs_second_factor(user):
                return {**answer, "ticket": issue_challenge_ticket(call.cluster, userid, now), "NeedTFA": 1}
    if not good:
        raise _authentication_failure()
    return {**answer, "ticket": issue_ticket(call.cluster, userid, now)}


def _verify_login(call: Call, userid: str) -> dict[str, Any]:
    """Check a password or ticket, and privileges on a path, without issuing a ticket."""
    path = normalize_path(call.need("path"))
    required = call.items("privs")
    good = is_password_valid(call.cluster, userid, call.need("password"), call.world.clock.time())
    if path is None or not good or not privileges(call.cluster, userid, path).keys() >= set(required):
        raise _authentication_failure()
    return {"username": userid}


def _authentication_failure() -> ApiError:
    return ApiError(401, "authentication failure")
