# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords by realm: which realms keep them, and who may change whose."""

from __future__ import annotations

from pve_simulator.access.usercfg import find_user
from pve_simulator.errors import failure, forbidden, invalid
from pve_simulator.requests.auth import Subject, is_same_secret
from pve_simulator.state.access import ROOT, Access


def check_storable(access: Access, userid: str) -> None:
    """Raise unless the user's realm stores passwords, and (for pam) the system knows the user."""
    realm = userid.rpartition("@")[2]
    settings = access.realms.get(realm)
    if settings is None:
        raise failure(f"auth domain '{realm}' does not exist")
    if settings.type == "pam" and userid != ROOT:
        raise failure("change password failed: exit code 6")
    if settings.type not in ("pam", "pve"):
        raise failure(f"can't set password on auth type '{settings.type}'")


def confirm_identity(access: Access, subject: Subject, userid: str, password: str | None, parameter: str) -> None:
    """Require the password of everybody but root before a password or second factor changes."""
    find_user(access, userid)
    if subject.is_root_password_login:
        return
    if userid == ROOT:
        raise forbidden("Permission check failed")
    if password is None:
        raise invalid({parameter: "password is required to modify user"})
    own = access.users[subject.user].password
    if own is None or not is_same_secret(own, password):
        raise failure("invalid credentials")
