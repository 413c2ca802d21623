# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The desired users, groups, roles, API tokens and ACLs, from the options and checked before anything is read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .._api.errors import INVALID_PARAMETER, PveError, refuse_values
from .._values.names import ACL_PATH
from .access import HOLDERS, KINDS, make_acl_id

_TOKEN = re.compile(r"[^\s:/!]+@[A-Za-z][A-Za-z0-9.\-_]+![A-Za-z][A-Za-z0-9.\-_]+")
_USER = re.compile(r"[^\s:/!]+@[A-Za-z][A-Za-z0-9.\-_]+")


@dataclass(frozen=True)
class DesiredEntry:
    """The desired state of one entry; I(options) are those of the module, None where they are not set."""

    kind: str
    id: str
    options: dict[str, Any]

    @property
    def is_absent(self) -> bool:
        return self.options["state"] == "absent"


def parse_desired_entries(params: dict[str, Any]) -> list[DesiredEntry]:
    """The entries in the options, in the order in which to change them; raises C(invalid_parameter)."""
    entries: list[DesiredEntry] = []
    for kind in KINDS:
        for options in params[f"{kind}s"] or []:
            entries.append(DesiredEntry(kind, _make_id(kind, options), options))
    keys = [(entry.kind, entry.id) for entry in entries]
    for kind, ident in sorted({key for key in keys if keys.count(key) > 1}):
        raise _invalid_parameter_error(f"The {kind} {ident} is named twice.", "Say everything about it in one place.")
    absent = {(entry.kind, entry.id) for entry in entries if entry.is_absent}
    for entry in entries:
        _check_entry(entry, absent)
    present_first = [entry for entry in entries if not entry.is_absent]
    return [*present_first, *(entry for entry in reversed(entries) if entry.is_absent)]


def normalize_acl_path(options: dict[str, Any]) -> str:
    """The path of an ACL in the API's form."""
    path = re.sub("/+", "/", options["path"])
    return path.rstrip("/") or "/"


def _make_id(kind: str, options: dict[str, Any]) -> str:
    if kind != "acl":
        return options[kind]
    (holder,) = (holder for holder in HOLDERS if options[holder] is not None)
    return make_acl_id(normalize_acl_path(options), holder, options[holder])


def _check_entry(entry: DesiredEntry, absent: set[tuple[str, str]]) -> None:
    options = entry.options
    if entry.kind == "user" and not _USER.fullmatch(entry.id):
        raise refuse_values([("user", entry.id, "it must be user@realm, such as ops@pve")])
    if entry.kind == "token" and not _TOKEN.fullmatch(entry.id):
        raise refuse_values([("token", entry.id, "it must be user@realm!name, such as ops@pve!deploy")])
    password = options.get("password")
    if password is not None and not 8 <= len(password) <= 64:
        raise _invalid_parameter_error(
            f"The password of {entry.id} is {len(password)} characters long.", "Proxmox VE takes 8 to 64."
        )
    if entry.kind == "token" and options["regenerate"] == "lost" and not options["secret_file"]:
        raise _invalid_parameter_error(
            f"The token {entry.id} has regenerate=lost, but no secret_file.", "Say where its secret is kept."
        )
    if entry.is_absent:
        return
    if entry.kind == "acl":
        try:
            # Nothing is not the root.
            ACL_PATH.check_text(options["path"] and normalize_acl_path(options))
        except ValueError as error:
            raise refuse_values([("path", options["path"], str(error))]) from error
    for reference in _find_references(entry):
        if reference in absent:
            what = f"the {entry.kind} {entry.id} needs the {' '.join(reference)}"
            raise _invalid_parameter_error(
                f"{what[0].upper()}{what[1:]}, which is to be absent.", "Ask for one of the two."
            )


def _find_references(entry: DesiredEntry) -> list[tuple[str, str]]:
    options = entry.options
    references = [("group", group) for group in options.get("groups") or []]
    if entry.kind == "token":
        references.append(("user", entry.id.partition("!")[0]))
    if entry.kind == "acl":
        references += [("role", role) for role in options["roles"] or []]
        references += [(kind, options[kind]) for kind in HOLDERS if options[kind] is not None]
    return references


def _invalid_parameter_error(message: str, hint: str) -> PveError:
    return PveError(INVALID_PARAMETER, message, hint)
