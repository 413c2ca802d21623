# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets Proxmox VE prove who people are: by the user's own password, and a second factor where there is one.

The ticket that comes of it is dropped at once, and the password is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.settings.identities import complete_otp

if TYPE_CHECKING:
    from mcp_bridge.authority.readings import Reader
    from mcp_bridge.gateway.service import Gateway

# What a person can type; a security key can't be asked here.
_FACTORS = ("totp:", "recovery:", "yubico:")
# These are not logged in to with a password.
_NO_PASSWORD = ("openid",)


class LogInRefused(PlayvisorError):
    """The cluster does not say that somebody is who they say."""

    code = "auth_failed"


class OtpNeeded(PlayvisorError):
    """The password is right, and a second factor is needed as well."""

    code = "otp_needed"


class RealmUnreachable(PlayvisorError):
    """The cluster can't be asked who somebody is."""

    code = "unreachable"


def prove_user(gateway: Gateway, user: str, password: str, otp: str | None) -> str:
    """Let the cluster prove that somebody is `user` (`name@realm`); returns what it calls them.

    Raises LogInRefused, OtpNeeded, and RealmUnreachable when the cluster can't be asked.
    """
    form = {"username": user, "password": password}
    data = _ask_ticket(gateway, form)
    if data is not None and data.get("NeedTFA"):
        if not otp:
            raise OtpNeeded(f"{user} has a second factor.", "Give its one-time code as well.")
        answer = complete_otp(otp.strip())
        if not answer.startswith(_FACTORS):
            raise LogInRefused("This second factor can't be used here.", "Use an app's code, or a recovery key.")
        data = _ask_ticket(gateway, {**form, "password": answer, "tfa-challenge": str(data.get("ticket", ""))})
        if data is None:
            raise LogInRefused("The one-time code is not right.", "Wait for the next code, and try again.")
    if data is None or data.get("NeedTFA") or not data.get("ticket"):
        raise LogInRefused("The user name, the password or the realm is not right.", "Try again.")
    found = data.get("username")
    if not isinstance(found, str) or "@" not in found or not found.isprintable():
        raise RealmUnreachable("The cluster answered the log-in with something that is not the API.")
    return found


def list_realms(read: Reader) -> list[dict[str, Any]]:
    """The realms that people log in to with a password: `realm`, `type`, and `comment` and `default` where set."""
    (reading,) = read(["access/domains"])
    rows = reading.data if isinstance(reading.data, list) else []
    return [
        {
            "realm": str(row["realm"]),
            "type": str(row.get("type", "")),
            **({"comment": str(row["comment"])} if row.get("comment") else {}),
            **({"default": True} if row.get("default") else {}),
        }
        for row in rows
        if isinstance(row, Mapping) and row.get("realm") and row.get("type") not in _NO_PASSWORD
    ]


def list_groups_of(read: Reader, user: str) -> list[str]:
    """The groups of a user, as the bridge's own identity may see them. Raises RealmUnreachable when it may not."""
    (reading,) = read([f"access/users/{quote(user, safe='@')}"])
    if not isinstance(reading.data, Mapping):
        raise RealmUnreachable(
            f"The groups of {user} can't be read: {reading.error}.",
            "Give the bridge's user Sys.Audit on /access/groups, or map users instead of groups.",
        )
    groups = reading.data.get("groups") or []
    # Lists of the API are lists, or texts with commas, depending on the version.
    return [str(group) for group in (groups.split(",") if isinstance(groups, str) else groups)]


def _ask_ticket(gateway: Gateway, form: Mapping[str, str]) -> Mapping[str, Any] | None:
    """What the cluster answers a log-in; None when it refuses it."""
    from mcp_bridge.gateway.faults import Fault

    try:
        answer = gateway.ask_ticket(form)
    except Fault as fault:
        raise RealmUnreachable(f"The cluster can't be asked now: {fault}.", "Try again later.") from None
    if answer.status in (400, 401, 403):
        return None
    try:
        data = answer.parse()["data"] if answer.status == 200 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        data = None
    if not isinstance(data, Mapping):
        raise RealmUnreachable(f"The cluster can't be asked now: it answered {answer.status}.", "Try again later.")
    return data
