"""The HTTP transport with an identity provider's tokens, whose keys are published on this machine."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mcp_bridge.auth.issuer import Issuer
from mcp_bridge.auth.oauth import OAuth, parse_principal
from mcp_bridge.auth.principals import CannotVerify
from mcp_bridge.errors import UsageError

RESOURCE = "https://playvisor.example.com/mcp"
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def issuer():
    """The address of an identity provider that publishes its metadata and two keys, as any web server does."""

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(pages.get(self.path, {})).encode()
            self.send_response(200 if self.path in pages else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        url = f"http://127.0.0.1:{server.server_port}/realms/ops"
        pages = {
            "/realms/ops/.well-known/openid-configuration": {"issuer": url, "jwks_uri": f"{url}/keys"},
            "/realms/ops/keys": {"keys": [published("ec", KEY), published("rsa", RSA_KEY)]},
        }
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield url
        server.shutdown()


def published(name, key):
    algorithm = jwt.algorithms.RSAAlgorithm if name == "rsa" else jwt.algorithms.ECAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": name, "use": "sig"}


def token(issuer, key=KEY, algorithm="ES256", kid="ec", **claims):
    told = {"iss": issuer, "aud": RESOURCE, "sub": "ada", "exp": time.time() + 60, "roles": ["ops"], **claims}
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers={"kid": kid})


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(KEY, "ES256", "ec"), (RSA_KEY, "RS256", "rsa")])
def test_a_token_of_the_issuer_says_who_comes(issuer, key, algorithm, kid):
    found = OAuth(Issuer(issuer), RESOURCE).verify(token(issuer, key, algorithm, kid))

    assert (found.name, found.roles) == ("oauth:ada", ("ops",))


PUBLIC = json.dumps(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))
BAD = {
    "another key": {"key": OTHER_KEY},
    "an unknown key": {"kid": "unknown"},
    "expired": {"exp": 1.0},
    "for ever": {"exp": None},
    "not yet": {"nbf": 99999999999.0},
    "for another": {"aud": "https://elsewhere.example.com/mcp"},
    "for anybody": {"aud": None},
    "of another": {"iss": "https://elsewhere.example.com"},
    "about nobody": {"sub": None},
    "about no name": {"sub": ""},
    "about two lines": {"sub": "a\nb"},
    "about too long a name": {"sub": "a" * 101},
    "not signed": {"key": "", "algorithm": "none"},
    "signed with what is public": {"key": PUBLIC, "algorithm": "HS256"},
}


@pytest.mark.parametrize("changed", BAD.values(), ids=BAD)
def test_any_other_token_is_nobodys(issuer, changed):
    assert OAuth(Issuer(issuer), RESOURCE).verify(token(issuer, **changed)) is None


@pytest.mark.parametrize("bearer", ["", "x", "a.b.c", "pv_12345678_abc"])
def test_what_is_no_token_is_nobodys_and_asks_nobody(bearer):
    assert OAuth(Issuer("https://127.0.0.1:1"), RESOURCE).verify(bearer) is None


@pytest.mark.parametrize(
    ("claim", "claims", "roles"),
    [
        ("roles", {"roles": ["ops", "ops", "Bad Role", 5, "person", "client"]}, ("ops",)),
        ("scope", {"scope": "ops night"}, ("ops", "night")),
        ("realm_access.roles", {"realm_access": {"roles": ["ops"]}}, ("ops",)),
        ("roles", {}, ()),
        ("roles.x", {"roles": ["ops"]}, ()),
    ],
)
def test_roles_are_those_that_a_claim_names(claim, claims, roles):
    assert parse_principal({"iss": "https://idp", "sub": "ada", **claims}, claim).roles == roles


@pytest.mark.parametrize(
    "issuer_of",
    [
        lambda url: Issuer(f"{url}/nosuch"),
        lambda url: Issuer(url.replace("/ops", "/ops/")),
        lambda url: Issuer(url, f"{url}/nosuch"),
        lambda _url: Issuer("https://127.0.0.1:1"),
    ],
    ids=["publishes nothing", "is about another", "has no keys there", "is not there"],
)
def test_while_its_keys_cannot_be_had_nobody_is_known(issuer, issuer_of):
    with pytest.raises(CannotVerify, match="can't be"):
        OAuth(issuer_of(issuer), RESOURCE).verify(token(issuer))


@pytest.mark.parametrize("address", ["http://idp.example.com", "idp.example.com", "ftp://idp.example.com", ""])
def test_an_issuer_that_others_could_speak_for_is_refused(address):
    with pytest.raises(UsageError, match="is not an https address"):
        Issuer(address).require_safe()


@pytest.mark.flow
def test_a_client_learns_where_tokens_come_from_and_is_known_by_its_own(issuer, serving, talk, ledger):
    with serving("--oauth-issuer", issuer, "--mode", "read") as url:
        unknown = httpx2.post(url, json={})
        wrong = httpx2.post(url, json={}, headers={"authorization": f"Bearer {token(issuer)}"})
        signpost = unknown.headers["www-authenticate"].partition('resource_metadata="')[2].partition('"')[0]
        told = httpx2.get(signpost).json()

        async def steps(client):
            return await client.call_tool("list_guests", {})

        listed = anyio.run(talk, url, token(issuer, aud=told["resource"]), steps)

    assert (unknown.status_code, wrong.status_code) == (401, 401)
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]
    assert (told["resource"], [str(one).rstrip("/") for one in told["authorization_servers"]]) == (url, [issuer])
    assert not listed.is_error
    runs = [(run.asker, run.asker_kind, run.client_name) for run in ledger.recent(5)]
    assert runs == [("oauth:ada", "client", "test-client")]
    refused = ledger.list_acts(kind="login_refused")
    assert sum(act["facts"]["count"] for act in refused) == 2
    assert ledger.verify().faults == []
