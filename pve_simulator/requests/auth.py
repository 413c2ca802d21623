# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authentication: API tokens, login tickets with their CSRF tokens, and the subject they stand for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import unquote

from pve_simulator.errors import forbidden
from pve_simulator.http.message import Request
from pve_simulator.requests.privileges import privileges, roles
from pve_simulator.state.access import ROOT, User
from pve_simulator.state.cluster import Cluster

_TICKET_SECONDS = 7200
_CONSOLE_SECONDS = 40
_PUBLIC = frozenset(
    {
        ("GET", "/access/domains"),
        ("GET", "/access/ticket"),
        ("POST", "/access/ticket"),
        ("POST", "/access/vncticket"),
        ("POST", "/access/openid/auth-url"),
        ("POST", "/access/openid/login"),
    }
)
_TOKEN = re.compile(r"(?P<user>[^\s!]+)!(?P<name>[A-Za-z][A-Za-z0-9._-]+)=(?P<secret>[0-9a-f-]{36})")


class Unauthorized(Exception):
    """Authentication failed; the text is the reason phrase of the 401."""


class Subject:
    """An authenticated user or token, or nobody on a public path."""

    def __init__(self, cluster: Cluster, userid: str | None, token: str | None = None) -> None:
        self._cluster = cluster
        self.user = userid or ""
        self.token = token

    @property
    def userid(self) -> str:
        """The full id, `user@realm` or `user@realm!token`."""
        return f"{self.user}!{self.token}" if self.token else self.user

    @property
    def is_root_password_login(self) -> bool:
        """Whether this is root@pam itself; its tokens are not."""
        return self.user == ROOT and self.token is None

    def privileges(self, path: str) -> set[str]:
        """Names of the privileges on a path."""
        return set(privileges(self._cluster, self.userid, path))

    def roles(self, path: str) -> set[str]:
        """Names of the roles on a path."""
        return set(roles(self._cluster.access, self.userid, path))

    def user_exists(self, userid: str) -> bool:
        """Whether the cluster knows a user."""
        return userid in self._cluster.access.users

    def group_members(self) -> dict[str, list[str]]:
        """The users of every group."""
        access = self._cluster.access
        return {
            group: [userid for userid, user in access.users.items() if group in user.groups] for group in access.groups
        }

    def may(self, path: str, *any_of: str) -> bool:
        """Whether the subject has any of the privileges on a path."""
        return self.is_root_password_login or bool(self.privileges(path).intersection(any_of))

    def require(self, path: str, *any_of: str) -> None:
        """Raise 403 unless the subject has any of the privileges on a path."""
        if not self.may(path, *any_of):
            raise forbidden(f"Permission check failed ({path}, {'|'.join(any_of)})")

    def make_guest_filter(self, *any_of: str) -> Callable[[int], bool]:
        """A test for any of the privileges on `/vms/{vmid}`, for many guests.

        All guests of a pool that have no entry of their own in the access control list are alike.
        """
        if self.is_root_password_login:
            return lambda vmid: True
        own = {entry.path for entry in self._cluster.access.acl if entry.path.startswith("/vms/")}
        pools = {vmid: name for name, pool in self._cluster.pools.items() for vmid in pool.vms}
        alike: dict[str | None, bool] = {}

        def is_allowed(vmid: int) -> bool:
            path = f"/vms/{vmid}"
            if path in own:
                return self.may(path, *any_of)
            pool = pools.get(vmid)
            if pool not in alike:
                alike[pool] = self.may(path, *any_of)
            return alike[pool]

        return is_allowed


def is_public(method: str, path: str) -> bool:
    """Whether a path answers without authentication."""
    return (method, path) in _PUBLIC


def authenticate(cluster: Cluster, request: Request, now: float) -> Subject:
    """The subject of a request; raises Unauthorized."""
    header = request.headers.get("authorization", "")
    if header.startswith("PVEAPIToken"):
        return _authenticate_token(cluster, header.removeprefix("PVEAPIToken")[1:], now)
    cookie = _find_cookie(request)
    if cookie is None:
        raise Unauthorized("No ticket")
    userid = find_ticket_user(cluster, cookie, now)
    if userid is None or not _is_usable(cluster.access.users.get(userid), now):
        raise Unauthorized("Authentication failed!")
    if request.method != "GET":
        sent = request.headers.get("csrfpreventiontoken", "")
        if not is_csrf_valid(cluster, userid, sent, now):
            raise Unauthorized("Permission denied - invalid csrf token")
    return Subject(cluster, userid)


def issue_ticket(cluster: Cluster, userid: str, now: float, bound: str = "") -> str:
    """A login ticket, valid for two hours; `bound` is signed with it, and not in it."""
    stamp = f"PVE:{userid}:{int(now):08X}"
    return f"{stamp}::{_sign(cluster, stamp + bound)}"


def issue_csrf(cluster: Cluster, userid: str, now: float) -> str:
    """The CSRF token that goes with a ticket."""
    stamp = f"{int(now):08X}"
    return f"{stamp}:{_sign(cluster, f'{stamp}:{userid}', short=True)}"


def issue_console_ticket(cluster: Cluster, userid: str, path: str, now: float) -> str:
    """A ticket for the console that an ACL path protects, such as `/vms/101`."""
    stamp = f"PVEVNC:{int(now):08X}"
    return f"{stamp}::{_sign(cluster, f'{stamp}:{userid}:{path}')}"


def is_console_ticket_valid(cluster: Cluster, ticket: str, userid: str, path: str, now: float) -> bool:
    """Whether a ticket opens this user's console."""
    stamp, _sep, signature = ticket.partition("::")
    good = is_same_secret(signature, _sign(cluster, f"{stamp}:{userid}:{path}"))
    return (
        good
        and stamp.startswith("PVEVNC:")
        and _is_fresh(stamp.removeprefix("PVEVNC:"), now, early=20, late=_CONSOLE_SECONDS)
    )


def find_ticket_user(cluster: Cluster, ticket: str, now: float, bound: str = "") -> str | None:
    """The user of a ticket; None when it is not valid."""
    stamp, _sep, signature = ticket.partition("::")
    if not is_same_secret(signature, _sign(cluster, stamp + bound)):
        return None
    rest = stamp.partition(":")[2]
    userid, _sep, issued = rest.rpartition(":")
    return userid if _is_fresh(issued, now) else None


def is_csrf_valid(cluster: Cluster, userid: str, sent: str, now: float) -> bool:
    """Whether a CSRF token belongs to the user and is not too old."""
    stamp, _sep, signature = sent.partition(":")
    good = is_same_secret(signature, _sign(cluster, f"{stamp}:{userid}", short=True))
    return good and _is_fresh(stamp, now)


def is_user_enabled(cluster: Cluster, userid: str, now: float) -> bool:
    """Whether a user is there, enabled and not expired."""
    return _is_usable(cluster.access.users.get(userid), now)


def is_password_valid(cluster: Cluster, userid: str, password: str, now: float) -> bool:
    """Whether a login with this password (or with a still valid ticket in its place) succeeds."""
    user = cluster.access.users.get(userid)
    if user is None or not _is_usable(user, now):
        return False
    if password.startswith("PVE:") and find_ticket_user(cluster, password, now) in (userid, ROOT):
        return True
    return user.password is not None and is_same_secret(user.password, password)


def _authenticate_token(cluster: Cluster, value: str, now: float) -> Subject:
    match = _TOKEN.fullmatch(value.strip())
    if match is None:
        raise Unauthorized("Authentication failed!")
    user = cluster.access.users.get(match["user"])
    token = user.tokens.get(match["name"]) if user else None
    if token is None or not _is_usable(user, now) or (token.expire and token.expire < now):
        raise Unauthorized("Authentication failed!")
    if not is_same_secret(token.secret, match["secret"]):
        raise Unauthorized("Authentication failed!")
    return Subject(cluster, match["user"], match["name"])


def _is_usable(user: User | None, now: float) -> bool:
    return user is not None and user.enable and not (user.expire and user.expire < now)


def _find_cookie(request: Request) -> str | None:
    try:
        jar = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return None
    for name in ("__Host-PVEAuthCookie", "PVEAuthCookie"):
        if name in jar:
            return unquote(jar[name].value)
    return None


def _is_fresh(issued: str, now: float, *, early: float = 300, late: float = _TICKET_SECONDS) -> bool:
    try:
        age = now - int(issued, 16)
    except ValueError:
        return False
    return -early < age < late


def is_same_secret(one: str, other: str) -> bool:
    """Whether two secrets are equal, compared in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def _sign(cluster: Cluster, text: str, *, short: bool = False) -> str:
    digest = hashlib.sha256 if short else hashlib.sha512
    mac = hmac.new(cluster.access.ticket_key.encode(), text.encode(), digest).digest()
    return base64.b64encode(mac).decode().rstrip("=")
