"""An identity provider on this machine: OpenID Connect with authorization code and PKCE, as strict as real ones.

    with OidcProvider({"ada": {"groups": ["ops"]}}) as provider:
        ...  # provider.issuer, provider.client_id, provider.client_secret

Its page of `authorize` shows a link for each user; `GET …&user=ada` is what that link asks for.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

_NEEDED = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")


@dataclass
class OidcProvider:
    """`users` are the claims of each; `changes` are put into each token, and `key` signs it.

    Groups of users in `hidden` stand in userinfo only.
    """

    users: Mapping[str, Mapping[str, Any]]
    client_id: str = "playvisor web"
    client_secret: str = "s3cret/+ of the client"
    hidden: frozenset[str] = frozenset()
    changes: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    redeemed: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._codes: dict[str, dict[str, str]] = {}
        self._published = self.key
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._get(self)

            def do_POST(self) -> None:
                provider._post(self)

            def log_message(self, *_words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realms/ops"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _get(self, request: Any) -> None:
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name = parts.path.removeprefix("/realms/ops")
        if name == "/.well-known/openid-configuration":
            _answer(request, 200, self._describe())
        elif name == "/keys":
            public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._published.public_key()))
            _answer(request, 200, {"keys": [{**public, "kid": "1", "use": "sig"}]})
        elif name == "/authorize":
            self._authorize(request, query)
        elif name == "/userinfo":
            user = request.headers["authorization"].removeprefix("Bearer at-")
            _answer(request, 200, {"sub": user, **self.users[user]})
        elif name == "/logout":
            _redirect(request, query["post_logout_redirect_uri"])
        else:
            _answer(request, 404, {})

    def _describe(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def _authorize(self, request: Any, query: dict[str, str]) -> None:
        wrong = [name for name in _NEEDED if not query.get(name)]
        if wrong or query["client_id"] != self.client_id or query.get("code_challenge_method") != "S256":
            _answer(request, 400, {"error": "invalid_request", "missing": wrong})
            return
        back = {"state": query["state"], "iss": self.issuer}
        user = query.get("user")
        if user is None:
            links = "".join(
                f'<p><a href="{html.escape(request.path)}&amp;user={quote(name)}">{html.escape(name)}</a></p>'
                for name in [*self.users, "nobody"]
            )
            _send(request, 200, "text/html", f"<!doctype html><title>Provider</title>{links}".encode())
        elif user not in self.users:
            _redirect(request, f"{query['redirect_uri']}?{urlencode({**back, 'error': 'access_denied'})}")
        else:
            code = secrets.token_urlsafe(16)
            self._codes[code] = {**query, "user": user}
            _redirect(request, f"{query['redirect_uri']}?{urlencode({**back, 'code': code})}")

    def _post(self, request: Any) -> None:
        length = int(request.headers["content-length"])
        form = {name: values[0] for name, values in parse_qs(request.rfile.read(length).decode()).items()}
        asked = self._codes.pop(form.get("code", ""), {})
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        given = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        is_right = (
            [unquote(part.replace("+", " ")) for part in given.split(":")] == [self.client_id, self.client_secret]
            and asked.get("redirect_uri") == form.get("redirect_uri")
            and asked.get("code_challenge") == base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        )
        if not is_right:
            _answer(request, 400, {"error": "invalid_grant"})
            return
        self.redeemed.append(asked["user"])
        answer = {"access_token": f"at-{asked['user']}", "token_type": "Bearer"}
        _answer(request, 200, {**answer, "id_token": self._make_token(asked)})

    def _make_token(self, asked: Mapping[str, str]) -> str:
        user, now = asked["user"], time.time()
        own = {name: value for name, value in self.users[user].items() if user not in self.hidden or name != "groups"}
        claims = {"iss": self.issuer, "aud": self.client_id, "sub": user, "iat": now, "exp": now + 60, **own}
        claims = {**claims, "nonce": asked["nonce"], **self.changes}
        claims = {name: value for name, value in claims.items() if name not in self.without}
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": "1"})


def _answer(request: Any, status: int, body: Mapping[str, Any]) -> None:
    _send(request, status, "application/json", json.dumps(body).encode())


def _redirect(request: Any, where: str) -> None:
    request.send_response(302)
    request.send_header("location", where)
    request.send_header("content-length", "0")
    request.end_headers()


def _send(request: Any, status: int, media: str, body: bytes) -> None:
    request.send_response(status)
    request.send_header("content-type", media)
    request.send_header("content-length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
