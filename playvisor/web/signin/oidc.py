# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in by an identity provider: OpenID Connect, authorization code with PKCE (RFC 7636), state and nonce."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx2
import jwt

from mcp_bridge.auth.issuer import (
    TIMEOUT_SECONDS,
    Issuer,
    Provider,
    is_safe,
    make_oauth_principal,
    read_subject,
    read_words,
)
from mcp_bridge.auth.principals import CannotVerify
from playvisor.web.problems import Problem
from playvisor.web.signin.attempts import shorten_address
from playvisor.web.signin.people import Person, make_known_person
from playvisor.web.signin.roles import map_roles

if TYPE_CHECKING:
    from pydantic import SecretStr

CALLBACK = "/sign-in/oidc/callback"
ATTEMPT_SECONDS = 600.0
"""Within which somebody has to come back from the identity provider."""
MOST_ATTEMPTS = 1000
"""Of those who are there at a time; beyond them, the oldest of the address with most has to begin again."""
MOST_OF_AN_ADDRESS = 50
"""The same of one address."""
_LONGEST_ANSWER = 1024 * 1024
# What people are called, the best first.
_NAMES = ("preferred_username", "email", "name")
_REASONS = {
    "access_denied": "The identity provider let you not in, or you have cancelled.",
    "login_required": "The identity provider wants you to sign in there first.",
    "temporarily_unavailable": "The identity provider is not available now.",
    "server_error": "The identity provider failed.",
}


@dataclass(frozen=True)
class Client:
    """This server as its identity provider knows it, and the roles of each group there."""

    id: str
    secret: SecretStr | None
    redirect_url: str
    scopes: str
    roles: Mapping[str, tuple[str, ...]]
    label: str | None = None


@dataclass(frozen=True)
class Going:
    """Somebody who is at the identity provider: what has to come back, and where they go on to."""

    browser: str
    nonce: str
    verifier: str
    next: str
    end: float
    address: str = ""


class OidcLogIn:
    """The log-in by one identity provider. Safe to use from several threads."""

    def __init__(self, issuer: Issuer, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._client = client
        self._provider = Provider(issuer)
        self._clock = clock
        self._lock = threading.Lock()
        self._going: dict[str, Going] = {}

    @property
    def label(self) -> str:
        """What people know the identity provider by."""
        return self._client.label or urlsplit(self._issuer.url).hostname or self._issuer.url

    def begin(self, next_page: str, address: str = "") -> tuple[str, str]:
        """Begin; returns the URL to go to, and the secret that the same browser has to come back with. Raises Problem.

        Browsers keep it apart from the session: what they bring from elsewhere has to be in a cookie that is sent then.
        """
        where = self._find_endpoint("authorization_endpoint")
        whence = shorten_address(address)
        state, browser, nonce, verifier = (secrets.token_urlsafe(32) for _part in range(4))
        with self._lock:
            now = self._clock()
            self._going = {key: one for key, one in self._going.items() if one.end > now}
            self._make_room(whence)
            self._going[state] = Going(_hash(browser), nonce, verifier, next_page, now + ATTEMPT_SECONDS, whence)
        query = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": self._client.redirect_url,
            "scope": self._client.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(query)}", browser

    def _make_room(self, address: str) -> None:
        """Let the oldest go of an address that has many, and of too many in all the oldest of whoever has most."""
        counts = Counter(one.address for one in self._going.values())
        while self._going and (counts[address] >= MOST_OF_AN_ADDRESS or len(self._going) >= MOST_ATTEMPTS):
            busiest = address if counts[address] >= MOST_OF_AN_ADDRESS else counts.most_common(1)[0][0]
            del self._going[next(state for state, one in self._going.items() if one.address == busiest)]
            counts[busiest] -= 1

    def take(self, state: str, browser: str) -> Going:
        """Who comes back, once. Raises Problem 401 for a browser that did not begin it."""
        with self._lock:
            going = self._going.pop(state, None)
        if going is None or going.end <= self._clock() or not hmac.compare_digest(going.browser, _hash(browser)):
            raise Problem(
                401, "This sign-in was not begun in this browser, or too long ago.", "Begin again.", code="auth_failed"
            )
        return going

    def prove(self, going: Going, query: Mapping[str, str]) -> Person:
        """Find who comes back with what the provider says in the query. Raises Problem."""
        if query.get("iss", self._issuer.url) != self._issuer.url:
            raise _refuse("Another identity provider than the one that was asked has answered.")
        if "error" in query:
            raise _refuse(_REASONS.get(query["error"], "The identity provider did not let you in."))
        if not query.get("code"):
            raise _refuse("The identity provider's answer has no code.")
        tokens = self._redeem(query["code"], going.verifier)
        claims = self._read_claims(str(tokens.get("id_token", "")), going.nonce)
        subject = read_subject(claims)
        if subject is None:
            raise _refuse("The identity provider does not say who you are.")
        groups = read_words(claims, self._issuer.roles_claim)
        if not groups:
            claims = {**self._read_user(str(tokens.get("access_token", "")), subject), **claims}
            groups = read_words(claims, self._issuer.roles_claim)
        name = next((claims[word] for word in _NAMES if isinstance(claims.get(word), str)), subject)
        roles = map_roles(groups, self._client.roles)
        principal = make_oauth_principal(claims, subject, roles)
        return make_known_person(principal.name, principal.roles, principal.proof, name)

    def make_sign_out_url(self, back: str) -> str | None:
        """Where the provider's own session ends; None where it publishes no such address."""
        try:
            where = self._provider.metadata.get("end_session_endpoint")
        except CannotVerify:
            return None
        if not isinstance(where, str) or not is_safe(where):
            return None
        query = urlencode({"client_id": self._client.id, "post_logout_redirect_uri": back})
        return f"{where}{'&' if urlsplit(where).query else '?'}{query}"

    def _find_endpoint(self, name: str) -> str:
        try:
            where = self._provider.metadata.get(name)
        except CannotVerify as error:
            raise Problem(
                502, "The identity provider can't be reached.", "Try again later.", code="unreachable"
            ) from error
        if not isinstance(where, str) or not is_safe(where):
            raise Problem(502, f"The identity provider publishes no {name}.", code="unreachable")
        return where

    def _redeem(self, code: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_url,
            "code_verifier": verifier,
        }
        secret, login = self._client.secret, None
        if secret is None:
            form["client_id"] = self._client.id
        elif self._may_post_secret():
            form |= {"client_id": self._client.id, "client_secret": secret.get_secret_value()}
        else:
            login = httpx2.BasicAuth(_encode(self._client.id), _encode(secret.get_secret_value()))
        where = self._find_endpoint("token_endpoint")
        answer = _ask("POST", where, data=form, auth=login)
        if not isinstance(answer.get("id_token"), str):
            raise _refuse("The identity provider did not take the code; its log says why.")
        return answer

    def _may_post_secret(self) -> bool:
        """Whether the secret goes into the form: only where the provider does not take it as a header, the default."""
        methods = self._provider.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_basic" not in methods and "client_secret_post" in methods

    def _read_claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        try:
            claims = self._provider.read_claims(token, self._client.id, ("iat", "nonce"))
        except jwt.InvalidTokenError:
            raise _refuse("The identity provider's token is not valid.") from None
        except CannotVerify:
            raise Problem(
                502, "The identity provider's keys can't be fetched.", "Try again later.", code="unreachable"
            ) from None
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        is_ours = claims.get("azp", self._client.id) == self._client.id and (len(audiences) == 1 or "azp" in claims)
        if not is_ours or not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise _refuse("The identity provider's token is not for this sign-in.")
        return claims

    def _read_user(self, access_token: str, subject: str) -> Mapping[str, Any]:
        """What the provider says of the user apart from the token, where it does."""
        where = self._provider.metadata.get("userinfo_endpoint")
        if not access_token or not isinstance(where, str) or not is_safe(where):
            return {}
        found = _ask("GET", where, headers={"authorization": f"Bearer {access_token}"})
        return found if found.get("sub") == subject else {}


def _ask(method: str, where: str, **request: Any) -> Mapping[str, Any]:
    """The object that an address of the provider answers; an empty one where it refuses. Raises Problem 502."""
    try:
        with httpx2.stream(method, where, timeout=TIMEOUT_SECONDS, **request) as response:
            body = b""
            for part in response.iter_bytes():
                body += part
                if len(body) > _LONGEST_ANSWER:
                    raise ValueError("too long")
            answer = httpx2.Response(response.status_code, content=body).json() if response.is_success else {}
    except httpx2.HTTPError as error:
        raise Problem(502, "The identity provider can't be reached.", "Try again later.", code="unreachable") from error
    except ValueError:
        answer = {}
    return answer if isinstance(answer, Mapping) else {}


def _refuse(why: str) -> Problem:
    return Problem(401, why, "Try again, or sign in in another way.", code="auth_failed")


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _encode(text: str) -> str:
    """Encode a part of the client's log-in, as RFC 6749, 2.3.1, has it."""
    return urlencode({"": text})[1:]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
