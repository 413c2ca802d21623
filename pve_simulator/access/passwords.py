# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords by realm: which realms keep them, and who may change whose."""

from __future__ import annotations

from pve_simulator.access.usercfg import find_user
from pve_simulator.errors import failed, forbidden, invalid
from pve_simulator.requests.auth import Subject, same_secret
from pve_simulator.state.access import ROOT, Access


def check_storable(access: Access, userid: str) -> None:
    """Raise unless the user's realm stores passwords, and (for pam) the system knows the user."""
    realm = userid.rpartition("@")[2]
    found = access.realms.get(realm)
    if found is None:
        raise failed(f"auth domain '{realm}' does not exist")
    if found.type == "pam" and userid != ROOT:
        raise failed("change password failed: exit code 6")
    if found.type not in ("pam", "pve"):
        raise failed(f"can't set password on auth type '{found.type}'")


def confirm(access: Access, subject: Subject, userid: str, password: str | None, parameter: str) -> None:
    """Who is not root proves again who they are, before a password or second factor changes."""
    find_user(access, userid)
    if subject.is_root_password_login:
        return
    if userid == ROOT:
        raise forbidden("Permission check failed")
    if password is None:
        raise invalid({parameter: "password is required to modify user"})
    own = access.users[subject.user].password
    if own is None or not same_secret(own, password):
        raise failed("invalid credentials")
