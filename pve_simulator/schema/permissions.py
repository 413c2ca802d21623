# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permission rules that the schema gives an endpoint (PVE::RPCEnvironment::check_api2_permissions)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from pve_simulator.schema.errors import FormatError, PermissionCheckError, PermissionDenied
from pve_simulator.schema.formats.access import verify_username
from pve_simulator.schema.model import Endpoint
from pve_simulator.schema.perl import split_list, to_text

_Params = Mapping[str, Any]
_Check = Sequence[Any]
_PLACEHOLDER = re.compile(r"\{([^}]+)\}")
_PATH = re.compile(r"^[a-zA-Z0-9._/-]+$")
# What else lets one change permissions below a path, beside Permissions.Modify.
_ALLOCATE = (("/storage/", "Datastore.Allocate"), ("/vms/", "VM.Allocate"), ("/pool/", "Pool.Allocate"))


class Subject(Protocol):
    """Who asks. What depends on the cluster's state, such as pools and groups, is the caller's to answer."""

    @property
    def userid(self) -> str:
        """user@realm, or user@realm!token; empty when nobody is logged in."""

    @property
    def is_root_password_login(self) -> bool:
        """Whether this is root@pam by ticket; root's tokens are not."""

    def privileges(self, path: str) -> Collection[str]:
        """Names of the privileges on a path of the access control list, pools and tokens accounted for."""

    def user_exists(self, userid: str) -> bool:
        """Whether the cluster knows a user."""

    def group_members(self) -> Mapping[str, Collection[str]]:
        """The users of every group."""


def check_permissions(endpoint: Endpoint, params: _Params, subject: Subject) -> None:
    """Raise PermissionDenied unless the endpoint's rule lets the subject in.

    Raises PermissionCheckError where the rule is about a user that cannot be (HTTP 500).
    `params` are those of path, query and body together, not yet verified.
    """
    rule = endpoint.permissions
    if not subject.userid:
        if rule is not None and rule.get("user") == "world":
            return
        raise PermissionDenied("user != null")
    if subject.is_root_password_login:
        return
    if rule is None:
        raise PermissionDenied("user != root@pam")
    # Paths that are open to all are open to tickets and tokens too.
    if rule.get("user") in ("all", "world"):
        return
    if not rule.get("check"):
        raise PermissionDenied
    _passes(rule["check"], params, subject, quiet=False)


def check_token_allowed(endpoint: Endpoint, path: str, subject: Subject) -> None:
    """Raise PermissionDenied for an API token where only a ticket will do."""
    if not endpoint.allow_token and "!" in subject.userid:
        raise PermissionDenied(f"URI '{path}' not available with API token, need proper ticket.\n")


def _passes(check: _Check, params: _Params, subject: Subject, *, quiet: bool) -> bool:
    """Whether a rule holds. One that does not raises, unless `quiet`: an alternative of an `or`.

    The parts of an `and` are never quiet, not even inside an `or`: the server's own error texts follow.
    """
    kind = check[0]
    if kind == "and":
        for part in check[1:]:
            _passes(part, params, subject, quiet=False)
        return True
    if kind == "or":
        return any(_passes(part, params, subject, quiet=True) for part in check[1:]) or _refuse("", quiet)
    return _TESTS[kind](check, params, subject, quiet)


def _refuse(what: str, quiet: bool) -> bool:
    if quiet:
        return False
    raise PermissionDenied(what)


def _check_perm(check: _Check, params: _Params, subject: Subject, quiet: bool) -> bool:
    dummy, template, any_of, *rest = check
    options = _options(rest)
    required = options.get("require_param")
    if required is not None and params.get(required) is None:
        return _refuse("", quiet)
    path = normalize_path(_fill(template, params))
    if options.get("any"):
        return _require_any(subject, path, any_of, quiet)
    return all(_require_any(subject, path, (privilege,), quiet) for privilege in any_of)


def _check_perm_modify(check: _Check, params: _Params, subject: Subject, quiet: bool) -> bool:
    path = normalize_path(_fill(check[1], params))
    if path is None:
        # The server lets it through here; the code behind refuses such a path.
        return False
    any_of = ["Permissions.Modify"]
    any_of += [privilege for prefix, privilege in _ALLOCATE if path.startswith(prefix)]
    return _require_any(subject, path, any_of, quiet)


def _check_userid_group(check: _Check, params: _Params, subject: Subject, quiet: bool) -> bool:
    dummy, any_of, *rest = check
    groups_param = _options(rest).get("groups_param")
    userid = to_text(params.get("userid", ""))
    existing = groups_param != "create"
    if existing and not _user_exists(subject, userid, quiet):
        return False
    if _has_any(subject, "/access/groups", any_of):
        return True
    members = subject.group_members()
    allowed = {group for group in members if _has_any(subject, f"/access/groups/{group}", any_of)}
    if groups_param:
        named = split_list(to_text(params.get("groups") or ""))
        if not named:
            raise PermissionDenied(f"/access/groups, {'|'.join(any_of)}")
        for group in named:
            if group not in allowed:
                raise PermissionDenied(f"/access/groups/{group}, {'|'.join(any_of)}")
    if existing and not any(userid in members[group] for group in allowed):
        return _refuse("", quiet)
    return True


def _check_userid_param(check: _Check, params: _Params, subject: Subject, quiet: bool) -> bool:
    userid = to_text(params.get("userid", ""))
    _verify_userid(userid)
    if check[1] == "self":
        if not _user_exists(subject, userid, quiet):
            return False
        return subject.userid == userid or _refuse("", quiet)
    realm = userid.rpartition("@")[2]
    return _require_any(subject, f"/access/realm/{realm}", (check[1],), quiet)


_TESTS = {
    "perm": _check_perm,
    "perm-modify": _check_perm_modify,
    "userid-group": _check_userid_group,
    "userid-param": _check_userid_param,
}


def _options(rest: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(rest[::2], rest[1::2], strict=False))


def _verify_userid(userid: str) -> None:
    try:
        verify_username(userid)
    except FormatError as error:
        raise PermissionCheckError(error.text.strip()) from error


def _user_exists(subject: Subject, userid: str, quiet: bool) -> bool:
    if subject.user_exists(userid):
        return True
    if quiet:
        return False
    _verify_userid(userid)
    raise PermissionCheckError(f"no such user ('{userid}')")


def _has_any(subject: Subject, path: str | None, any_of: Sequence[str]) -> bool:
    return path is not None and not set(any_of).isdisjoint(subject.privileges(path))


def _require_any(subject: Subject, path: str | None, any_of: Sequence[str], quiet: bool) -> bool:
    return _has_any(subject, path, any_of) or _refuse(f"{path or ''}, {'|'.join(any_of)}", quiet)


def _fill(template: str, params: _Params) -> str:
    return _PLACEHOLDER.sub(lambda match: to_text(params.get(match.group(1)) or ""), template)


def normalize_path(path: str) -> str | None:
    """A path of the access control list in its one form; None when it has characters that none may have."""
    if not path:
        return None
    normal = "/" + "/".join(part for part in path.split("/") if part)
    return normal if _PATH.search(normal) else None
