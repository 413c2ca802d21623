# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked for users, groups, roles, API tokens and ACLs, checked before anything is read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .._api.errors import INVALID_PARAMETER, PveError
from .access import HOLDERS, KINDS, acl_id

_TOKEN = re.compile(r"[^\s:/!]+@[A-Za-z][A-Za-z0-9.\-_]+![A-Za-z][A-Za-z0-9.\-_]+")
_USER = re.compile(r"[^\s:/!]+@[A-Za-z][A-Za-z0-9.\-_]+")


@dataclass(frozen=True)
class Wish:
    """What is asked for one entry; I(options) are the module's for it, with None for what was not given."""

    kind: str
    id: str
    options: dict[str, Any]

    @property
    def absent(self) -> bool:
        return self.options["state"] == "absent"


def wishes(params: dict[str, Any]) -> list[Wish]:
    """All that the options ask for, in the order in which it can be done; raises C(invalid_parameter)."""
    found = []
    for kind in KINDS:
        for options in params[f"{kind}s"] or []:
            found.append(Wish(kind, _ident(kind, options), options))
    named = [(wish.kind, wish.id) for wish in found]
    for twice in sorted({name for name in named if named.count(name) > 1}):
        raise _invalid(f"The {twice[0]} {twice[1]} is named twice.", "Say everything about it in one place.")
    gone = {(wish.kind, wish.id) for wish in found if wish.absent}
    for wish in found:
        _check(wish, gone)
    return [*(wish for wish in found if not wish.absent), *(wish for wish in reversed(found) if wish.absent)]


def acl_path(options: dict[str, Any]) -> str:
    """The path of an ACL as the API writes it."""
    return options["path"].rstrip("/") or "/"


def _ident(kind: str, options: dict[str, Any]) -> str:
    if kind != "acl":
        return options[kind]
    (holder,) = (holder for holder in HOLDERS if options[holder] is not None)
    return acl_id(acl_path(options), holder, options[holder])


def _check(wish: Wish, gone: set[tuple[str, str]]) -> None:
    options = wish.options
    if wish.kind == "user" and not _USER.fullmatch(wish.id):
        raise _invalid(f"{wish.id!r} is no user.", "Write it as user@realm, such as ops@pve.")
    if wish.kind == "token" and not _TOKEN.fullmatch(wish.id):
        raise _invalid(f"{wish.id!r} is no API token.", "Write it as user@realm!name, such as ops@pve!deploy.")
    password = options.get("password")
    if password is not None and not 8 <= len(password) <= 64:
        raise _invalid(f"The password of {wish.id} is {len(password)} characters long.", "Proxmox VE takes 8 to 64.")
    if wish.kind == "token" and options["regenerate"] == "lost" and not options["secret_file"]:
        raise _invalid(f"The token {wish.id} has regenerate=lost, but no secret_file.", "Say where its secret is kept.")
    if wish.absent:
        return
    if wish.kind == "acl" and not options["path"].startswith("/"):
        raise _invalid(f"{options['path']!r} is no path of an ACL.", "It starts with a slash, such as /vms/101.")
    for reference in _references(wish):
        if reference in gone:
            what = f"the {wish.kind} {wish.id} needs the {' '.join(reference)}"
            raise _invalid(f"{what[0].upper()}{what[1:]}, which is to be absent.", "Ask for one of the two.")


def _references(wish: Wish) -> list[tuple[str, str]]:
    options = wish.options
    found = [("group", group) for group in options.get("groups") or []]
    if wish.kind == "token":
        found.append(("user", wish.id.partition("!")[0]))
    if wish.kind == "acl":
        found += [("role", role) for role in options["roles"] or []]
        found += [(kind, options[kind]) for kind in HOLDERS if options[kind] is not None]
    return found


def _invalid(message: str, hint: str) -> PveError:
    return PveError(INVALID_PARAMETER, message, hint)
