# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each role may do on the web. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Right = Literal["read", "operate", "approve", "administer", "console"]
"""`read` what is, `operate` the cluster as policy allows, `approve` plans, `administer` sessions, tokens, freezes."""

RIGHTS: dict[str, frozenset[Right]] = {
    "viewer": frozenset({"read"}),
    "operator": frozenset({"read", "operate", "console"}),
    "approver": frozenset({"read", "approve"}),
    "admin": frozenset({"read", "operate", "approve", "administer", "console"}),
}
"""What each role may. Policies know the roles by the same names."""


def list_rights(roles: Iterable[str]) -> frozenset[Right]:
    """All that somebody with these roles may; roles that are only policy's give nothing here."""
    return frozenset(right for role in roles for right in RIGHTS.get(role, ()))
