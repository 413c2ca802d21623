# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users, tokens, groups, roles and access control lists."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field

from pve_simulator.schema import ROLES

ROOT = "root@pam"


@dataclass
class Token:
    """An API token; `expire` is seconds since the epoch, 0 for never."""

    secret: str = field(default_factory=lambda: str(uuid.uuid4()))
    privsep: bool = True
    expire: int = 0
    comment: str | None = None


@dataclass
class TfaEntry:
    """A second factor: a `totp` with its secret (base32), or `recovery` with the codes that are left."""

    type: str
    description: str = ""
    created: int = 0
    enable: bool = True
    secret: str = ""
    digits: int = 6
    period: int = 30
    codes: dict[str, str] = field(default_factory=dict)


@dataclass
class User:
    """A user; unset attributes are None and absent from the API's answers."""

    enable: bool = True
    expire: int = 0
    password: str | None = None
    groups: list[str] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    firstname: str | None = None
    lastname: str | None = None
    email: str | None = None
    comment: str | None = None
    keys: str | None = None
    # Second factors by id.
    tfa: dict[str, TfaEntry] = field(default_factory=dict)


@dataclass
class Group:
    """A group; who is in it is written at the users."""

    comment: str | None = None


@dataclass
class Role:
    """A named set of privileges; special ones come with the product."""

    privileges: list[str] = field(default_factory=list)
    special: bool = False


@dataclass
class Realm:
    """An authentication realm; `config` is what else its section of domains.cfg holds."""

    type: str
    comment: str | None = None
    config: dict[str, str] = field(default_factory=dict)


@dataclass
class AclEntry:
    """One role for one user, group or token on one path."""

    path: str
    kind: str
    ugid: str
    role: str
    propagate: bool = True


def _special_roles() -> dict[str, Role]:
    return {name: Role(sorted(privileges), special=True) for name, privileges in ROLES.items()}


def _realms() -> dict[str, Realm]:
    return {
        "pam": Realm("pam", "Linux PAM standard authentication"),
        "pve": Realm("pve", "Proxmox VE authentication server"),
    }


def _users() -> dict[str, User]:
    return {ROOT: User()}


@dataclass
class Access:
    """Everything access control knows."""

    users: dict[str, User] = field(default_factory=_users)
    groups: dict[str, Group] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=_special_roles)
    realms: dict[str, Realm] = field(default_factory=_realms)
    acl: list[AclEntry] = field(default_factory=list)
    # Signs login tickets; a new one for every cluster, never saved in a seed.
    ticket_key: str = field(default_factory=lambda: secrets.token_hex(16))
