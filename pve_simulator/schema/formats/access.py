# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users, groups, roles, tokens, realms, pools (pve-access-control)."""

from __future__ import annotations

import re

from pve_simulator.schema.formats._base import Validator, format_error, match_pattern
from pve_simulator.schema.privileges import PRIVILEGES

_REALM = r"[A-Za-z][A-Za-z0-9.\-_]+"
_USER = re.compile(rf"^[^\s:/]+@{_REALM}$")
_NAME = r"^[A-Za-z0-9.\-_]+$"
_POOL_LEVELS = 3


def verify_username(value: str) -> None:
    """Take name@realm of 3 to 64 characters."""
    if len(value) < 3:
        raise format_error(f"user name '{value}' is too short")
    if len(value) > 64:
        raise format_error(f"user name '{value}' is too long ({len(value)} > 64)")
    if not _USER.search(value):
        raise format_error(f"value '{value}' does not look like a valid user name")


def _verify_pool(value: str) -> None:
    if len([part for part in value.split("/") if part]) > _POOL_LEVELS:
        raise format_error(f"pool name '{value}' nested too deeply (max levels = {_POOL_LEVELS})")
    if not re.search(r"^[A-Za-z0-9.\-_]+(?:/[A-Za-z0-9.\-_]+){0,2}$", value):
        raise format_error(f"pool name '{value}' contains invalid characters")


def _verify_privilege(value: str) -> None:
    if value not in PRIVILEGES:
        raise format_error(f"invalid privilege '{value}'")


FORMATS: dict[str, Validator] = {
    "pve-userid": verify_username,
    "pve-realm": match_pattern(rf"^{_REALM}$", "value does not look like a valid realm"),
    "pve-groupid": match_pattern(_NAME, "group name '{}' contains invalid characters"),
    "pve-roleid": match_pattern(_NAME, "role name '{}' contains invalid characters"),
    "pve-priv": _verify_privilege,
    "pve-tokenid": match_pattern(
        rf"^[^\s:/]+@{_REALM}![A-Za-z][A-Za-z0-9.\-_]+$", "value '{}' does not look like a valid token ID"
    ),
    "pve-poolid": _verify_pool,
    "ldap-simple-attr": match_pattern(r"^[a-zA-Z0-9]+$", "value '{}' does not look like a simple ldap attribute name"),
}
