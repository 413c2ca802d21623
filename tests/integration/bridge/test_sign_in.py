"""Who comes in: by link, identity provider, user of Proxmox VE and passkey; sessions, limits, and what is recorded."""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
import pytest
from oidc_provider import OidcProvider
from pydantic import SecretStr
from software_authenticator import SoftwareAuthenticator
from starlette.testclient import TestClient
from trust.lab import Lab
from web_client import COOKIE, HOST, Web

from mcp_bridge.auth.addresses import find_own_addresses
from mcp_bridge.auth.issuer import Issuer
from mcp_bridge.executor.cold import ColdExecutor
from playvisor.web.context import Ways
from playvisor.web.rest.sign_in import PROBLEM_COOKIE
from playvisor.web.signin import oidc, sessions
from playvisor.web.signin.attempts import ADDRESS_BURST, Attempts
from playvisor.web.signin.oidc import CALLBACK, Client, OidcLogIn
from playvisor.web.signin.realm import RealmLogIn
from pve_simulator.access.tfa import add_recovery, totp_code
from pve_simulator.state.access import Group, TfaEntry, User

PASSWORD = "correct horse battery staple"
REFUSED = "The user name, the password or the realm is not right."


def make_web(bridge, ways=None, clock=None, **further):
    """A server that refuses at once, and a browser at it."""
    attempts = Attempts(refusal_seconds=0)
    if clock:
        attempts.by_address.clock = attempts.in_all.clock = clock
    return Web(bridge, ways=ways or Ways(), attempts=attempts, url=HOST, **further)


@pytest.fixture
def lab(simulator, state_dir):
    """A bridge whose executor starts nothing before it is needed: few of these tests run a playbook."""
    lab = Lab(simulator, state_dir, None)
    lab.executor = ColdExecutor(lab.make_settings().connection_env())
    yield lab
    lab.close()


def list_kinds(lab, *kinds):
    return [(act["kind"], act["facts"]) for act in lab.bridge.ledger.list_acts(100) if act["kind"] in kinds][::-1]


# One-time links.


def test_a_link_lets_the_user_of_the_server_in_once(lab):
    web = make_web(lab.bridge)
    code = web.context.links.make()
    first = web.call("POST", "/session/link", {"code": code})
    again = web.call("POST", "/session/link", {"code": code})

    assert (first.status_code, first.json()["proof"], first.json()["roles"][-1]) == (200, "uid", "admin")
    assert (again.status_code, again.json()["hint"]) == (401, "`playvisor web --link` prints a new one.")
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.2"])
def test_a_browser_of_another_user_gets_nothing_by_a_link_that_it_has_seen(lab, monkeypatch, address):
    web = make_web(lab.bridge)
    monkeypatch.setattr("playvisor.web.signin.visitors.find_peer_user", lambda peer, own: 4711)
    local = TestClient(web.app, base_url=HOST, client=(address, 40000))
    code = web.context.links.make()
    refused = local.post("/api/v1/session/link", json={"code": code})

    assert (refused.status_code, refused.json()["hint"]) == (403, "Open it as that user.")
    monkeypatch.setattr("playvisor.web.signin.visitors.find_peer_user", lambda peer, own: None)
    assert local.post("/api/v1/session/link", json={"code": code}).status_code == 200, "the link was not used up"


def test_a_cookie_that_another_port_has_got_is_of_no_use_to_another_user(lab, monkeypatch):
    web = make_web(lab.bridge)
    web.sign_in()
    stolen = {COOKIE: web.browser.cookies[COOKIE]}
    thief = TestClient(web.app, base_url=HOST, client=("127.0.0.1", 40000), cookies=stolen)
    monkeypatch.setattr("playvisor.web.signin.visitors.find_peer_user", lambda peer, own: 4711)

    assert thief.get("/api/v1/session").status_code == 403


# Sessions.


def test_sessions_are_listed_and_revoked_and_recorded(lab):
    web = make_web(lab.bridge)
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    web.browser.headers["user-agent"] = firefox
    own = web.sign_in()
    other = TestClient(web.app, base_url=HOST)
    code = web.context.links.make()
    second = other.post("/api/v1/session/link", json={"code": code}).json()

    rows = web.get("/sessions")["sessions"]
    assert {(row["id"], row["is_current"]) for row in rows} == {(own["id"], True), (second["id"], False)}
    assert next(row for row in rows if row["is_current"])["browser"] == "Firefox on Linux"
    assert web.call("DELETE", f"/sessions/{second['id']}").status_code == 200
    assert other.get("/api/v1/session").status_code == 401
    assert web.call("DELETE", f"/sessions/{second['id']}").status_code == 404
    assert web.call("DELETE", "/session").json() == {"signed_out": True}
    kinds = list_kinds(lab, "session_opened", "session_closed")
    assert [(kind, facts.get("why")) for kind, facts in kinds] == [
        ("session_opened", None),
        ("session_opened", None),
        ("session_closed", "revoked"),
        ("session_closed", "signed out"),
    ]


def test_signing_in_again_ends_the_session_before_and_makes_another_secret(lab):
    web = make_web(lab.bridge)
    web.sign_in()
    before = web.browser.cookies[COOKIE]
    web.csrf = ""
    web.sign_in()

    assert web.browser.cookies[COOKIE] != before
    stale = TestClient(web.app, base_url=HOST, cookies={COOKIE: before})
    assert stale.get("/api/v1/session").status_code == 401
    assert len(web.get("/sessions")["sessions"]) == 1


def test_a_session_ends_without_use_and_in_any_case_and_both_are_recorded(lab):
    web = make_web(lab.bridge)
    clock = {"now": 1000.0}
    web.context.sessions._clock = lambda: clock["now"]
    web.sign_in()
    clock["now"] += sessions.IDLE_SECONDS + 1
    assert web.call("GET", "/session").status_code == 401
    web.csrf = ""
    web.sign_in()
    for _time in range(13):
        clock["now"] += sessions.IDLE_SECONDS - 1
        status = web.call("GET", "/session").status_code
    assert status == 401
    web.csrf = ""
    web.sign_in()
    closed = list_kinds(lab, "session_closed")
    assert [facts["why"] for _kind, facts in closed] == ["it was not used, or too old"] * 2


def test_of_too_many_sessions_of_one_person_the_oldest_ends(lab, monkeypatch):
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 2)
    web = make_web(lab.bridge)
    browsers = [TestClient(web.app, base_url=HOST) for _number in range(3)]
    for browser in browsers:
        browser.post("/api/v1/session/link", json={"code": web.context.links.make()})

    assert [browser.get("/api/v1/session").status_code for browser in browsers] == [401, 200, 200]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 404),
        ({"sec-fetch-site": "none"}, 404),
        ({"origin": "https://elsewhere.example.com"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"x-csrf-token": "wrong"}, 403),
        ({"x-csrf-token": ""}, 403),
    ],
    ids=str,
)
def test_what_another_page_sends_changes_nothing(lab, headers, status):
    web = make_web(lab.bridge)
    web.sign_in()

    assert web.call("DELETE", "/sessions/nosuch", **headers).status_code == status


# Proxies.


def make_proxied(lab, *networks, **further):
    from ipaddress import ip_network

    addresses = find_own_addresses("0.0.0.0", 8786, public_url="https://pv.example.com")
    web = make_web(lab.bridge, is_secure=True, proxies=tuple(map(ip_network, networks)), **further)
    object.__setattr__(web.context, "addresses", addresses)
    return web


def ask_by_link(web, peer, **headers):
    client = TestClient(web.app, base_url="https://pv.example.com", client=(peer, 40000))
    return client.post("/api/v1/session/link", json={"code": web.context.links.make()}, headers=headers)


def test_only_trusted_proxies_say_who_comes(lab):
    web = make_proxied(lab, "10.0.0.0/24")
    by_proxy = ask_by_link(web, "10.0.0.5", **{"x-forwarded-for": "6.6.6.6, 203.0.113.9", "x-forwarded-proto": "https"})
    by_hand = ask_by_link(web, "192.0.2.7", **{"x-forwarded-for": "203.0.113.10"})

    assert (by_proxy.status_code, by_hand.status_code) == (200, 200)
    assert by_proxy.headers["set-cookie"].startswith("__Host-playvisor=")
    addresses = {session.address for session in web.context.sessions.list_all()}
    assert addresses == {"203.0.113.9", "192.0.2.7"}, "what the client itself wrote first does not count"


def test_who_comes_past_the_proxy_is_refused_where_there_is_no_tls(lab):
    web = make_proxied(lab, "10.0.0.0/24", is_behind_proxy=True)

    assert ask_by_link(web, "10.0.0.5").status_code == 200
    assert ask_by_link(web, "192.0.2.7").status_code == 421


# Users of Proxmox VE.


@pytest.fixture
def ada(simulator):
    """A user of the cluster with a password, in the group ops."""
    access = simulator.cluster.access
    access.groups["ops"] = Group()
    access.users["ada@pve"] = User(password=PASSWORD, groups=["ops"])
    return access.users["ada@pve"]


def make_realm_web(lab, clock=None, **roles):
    given = {"@ops": ("operator",), **roles}
    return make_web(lab.bridge, Ways(realm=RealmLogIn(lab.bridge, given)), clock)


def sign_in_by_realm(web, username="ada", password=PASSWORD, realm="pve", **further):
    return web.call("POST", "/session/realm", {"username": username, "realm": realm, "password": password, **further})


def test_a_user_of_the_cluster_comes_in_with_the_roles_of_their_groups(lab, ada):
    web = make_realm_web(lab)
    ways = web.get("/sign-in")["ways"]
    entered = sign_in_by_realm(web)

    assert [way["kind"] for way in ways] == ["realm", "link"]
    assert {realm["realm"] for realm in ways[0]["realms"]} >= {"pam", "pve"}
    assert entered.status_code == 200, entered.text
    session = entered.json()
    assert (session["identity"], session["name"], session["proof"]) == ("realm:ada@pve", "ada@pve", "realm")
    assert (session["roles"], session["kind"]) == (["operator"], "person")


@pytest.mark.flow
def test_what_such_a_user_does_is_recorded_as_theirs_and_judged_with_their_roles(lab, ada):
    web = make_realm_web(lab)
    web.csrf = sign_in_by_realm(web).json()["csrf"]
    run = web.call("POST", "/tools/stop_guest", {"vmid": 101})
    row = web.get(f"/runs/{run.json()['run_id']}")

    assert (row["asker"], row["asker_kind"], row["outcome"]) == ("realm:ada@pve", "person", "ok")
    assert web.call("GET", "/tokens").status_code == 403
    assert web.call("POST", "/freeze", {"why": "x"}).status_code == 403


def test_whoever_can_not_prove_it_learns_nothing_and_is_recorded(lab, ada, simulator):
    simulator.cluster.access.users["off@pve"] = User(password=PASSWORD, enable=False)
    web = make_realm_web(lab)
    wrong = [
        sign_in_by_realm(web, password="wrong"),
        sign_in_by_realm(web, username="nobody"),
        sign_in_by_realm(web, username="off"),
        sign_in_by_realm(web, realm="nosuch"),
    ]

    assert [(one.status_code, one.json()["detail"]) for one in wrong] == [(401, REFUSED)] * 4
    lab.bridge.authority.refused_logins.flush()
    refused = list_kinds(lab, "login_refused")
    assert sum(facts["count"] for _kind, facts in refused) == 4
    assert "wrong" not in json.dumps(refused)
    assert "nobody" not in json.dumps(refused)


def test_a_refusal_takes_as_long_whatever_the_reason(lab, ada):
    slept, web = [], make_realm_web(lab)
    web.context.attempts.refusal_seconds = 100.0
    web.context.attempts.sleep = slept.append
    sign_in_by_realm(web, password="wrong")
    sign_in_by_realm(web, username="nobody")

    assert [90 < seconds <= 100 for seconds in slept] == [True, True]


def test_a_user_without_a_role_is_told_who_they_are(lab, ada):
    web = make_realm_web(lab, **{"@ops": ()})
    refused = sign_in_by_realm(web)

    assert refused.status_code == 403
    assert refused.json()["detail"] == "You are ada@pve, and have no role here."
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_a_second_factor_is_asked_for_and_checked(lab, ada, simulator, kind):
    clock = simulator.world.clock
    if kind == "totp":
        ada.tfa["1"] = TfaEntry("totp", secret="JBSWY3DPEHPK3PXP")
        code = totp_code(ada.tfa["1"], clock.time())
    else:
        code = add_recovery(ada, clock.time())[0]
    web = make_realm_web(lab)
    first = sign_in_by_realm(web)
    wrong = sign_in_by_realm(web, otp="000000")
    right = sign_in_by_realm(web, otp=code)

    assert (first.status_code, first.json()["code"]) == (401, "otp_needed")
    assert (wrong.status_code, wrong.json()["detail"]) == (401, "The one-time code is not right.")
    assert right.status_code == 200, right.text


def test_neither_password_nor_ticket_is_kept(lab, ada, state_dir, caplog):
    web = make_realm_web(lab)
    sign_in_by_realm(web)
    sign_in_by_realm(web, password=f"{PASSWORD}?")
    lab.bridge.authority.refused_logins.flush()

    kept = b"".join(path.read_bytes() for path in state_dir.rglob("*") if path.is_file())
    assert kept
    assert PASSWORD.encode() not in kept
    assert b"PVE:ada" not in kept
    assert PASSWORD not in caplog.text


def test_too_many_attempts_of_an_address_are_told_and_others_come_in(lab, ada):
    now = {"seconds": 0.0}
    web = make_realm_web(lab, clock=lambda: now["seconds"])
    for _time in range(ADDRESS_BURST):
        assert sign_in_by_realm(web, password="wrong").status_code == 401
    locked = sign_in_by_realm(web)
    elsewhere = TestClient(web.app, base_url=HOST, client=("192.0.2.1", 1))
    body = {"username": "ada", "realm": "pve", "password": PASSWORD}

    assert locked.status_code == 429, "not even the right password"
    assert locked.json()["detail"] == "There were too many attempts from this address; wait 30 s."
    assert locked.headers["retry-after"] == "30"
    assert elsewhere.post("/api/v1/session/realm", json=body).status_code == 200
    now["seconds"] += 30
    assert sign_in_by_realm(web).status_code == 200


def test_a_cluster_that_does_not_answer_keeps_nobody_from_another_way(lab, simulator, monkeypatch):
    monkeypatch.setattr("playvisor.web.signin.realm.REALMS_PATIENCE_SECONDS", 0.1)
    web = make_realm_web(lab)
    simulator.inject(action="hang", method="GET", path="^/access/domains$", seconds=5)

    assert [way["kind"] for way in web.get("/sign-in")["ways"]] == ["realm", "link"]


def test_while_the_cluster_can_not_be_asked_nobody_is_refused(lab, ada):
    bridge = lab.make_bridge(url="https://127.0.0.1:1")
    web = make_web(bridge, Ways(realm=RealmLogIn(bridge, {"@ops": ("operator",)})))
    failed = sign_in_by_realm(web)

    assert (failed.status_code, failed.json()["code"]) == (502, "unreachable")
    assert web.get("/sign-in")["ways"][0]["realms"] == []


# Identity providers.

USERS = {
    "ada": {"groups": ["ops", "staff"], "preferred_username": "Ada L."},
    "bob": {"groups": ["staff"], "email": "bob@example.com"},
    "cyd": {"groups": ["ops"]},
}


@pytest.fixture
def provider():
    with OidcProvider(USERS, hidden=frozenset({"cyd"})) as provider:
        yield provider


def make_oidc_web(lab, provider, **further):
    client = Client(
        provider.client_id,
        SecretStr(further.pop("secret", provider.client_secret)),
        f"{HOST}{CALLBACK}",
        "openid",
        {"ops": ("operator", "approver")},
        "Example",
    )
    return make_web(lab.bridge, Ways(oidc=OidcLogIn(Issuer(provider.issuer, roles_claim="groups"), client)))


def visit(web, user="ada", next_page="/runs", **query):
    """Go to the provider as a browser does, choose a user there, and come back."""
    away = web.browser.get("/api/v1/session/oidc", params={"next": next_page}, follow_redirects=False)
    assert away.status_code == 303, away.text
    back = httpx2.get(f"{away.headers['location']}&user={user}").headers["location"]
    parts = urlsplit(back)
    came = {name: values[0] for name, values in parse_qs(parts.query).items()} | query
    return web.browser.get(parts.path, params=came, follow_redirects=False)


def test_somebody_comes_in_by_the_identity_provider(lab, provider):
    web = make_oidc_web(lab, provider)
    came = visit(web)

    assert came.status_code == 200, came.headers.get("location")
    assert 'http-equiv="refresh" content="0;url=/runs"' in came.text
    session = web.get("/session")
    assert (session["identity"], session["name"], session["proof"]) == ("oauth:ada", "Ada L.", "oauth")
    assert session["roles"] == ["operator", "approver"]
    assert web.get("/sign-in")["ways"][0] == {"kind": "oidc", "label": "Example"}
    web.csrf = session["csrf"]
    out = web.call("DELETE", "/session").json()
    assert out["go_to"].startswith(f"{provider.issuer}/logout?client_id=playvisor+web&post_logout_redirect_uri=")


def test_groups_that_the_token_lacks_are_asked_for(lab, provider):
    web = make_oidc_web(lab, provider)
    visit(web, "cyd")

    assert web.get("/session")["roles"] == ["operator", "approver"]


@pytest.mark.parametrize("page", ["//evil.example", "https://evil.example", "/\\evil", "/sign-in", "x"])
def test_nobody_is_sent_to_another_site_afterwards(lab, provider, page):
    web = make_oidc_web(lab, provider)

    assert 'content="0;url=/"' in visit(web, next_page=page).text


def read_problem(came):
    assert (came.status_code, came.headers["location"]) == (303, "/sign-in")
    return json.loads(unquote(came.cookies[PROBLEM_COOKIE]))["detail"]


def test_a_user_without_a_role_there_does_not_come_in(lab, provider):
    web = make_oidc_web(lab, provider)

    assert read_problem(visit(web, "bob")) == "You are bob@example.com, and have no role here."
    assert web.call("GET", "/session").status_code == 401


def test_who_cancels_there_is_told_so(lab, provider):
    web = make_oidc_web(lab, provider)

    assert read_problem(visit(web, "nobody")) == "The identity provider let you not in, or you have cancelled."


BAD_TOKENS = {
    "for another client": {"aud": "another"},
    "for several, and made for another": {"aud": ["playvisor web", "another"], "azp": "another"},
    "of another issuer": {"iss": "https://elsewhere.example.com"},
    "with another nonce": {"nonce": "another"},
    "expired": {"exp": 1.0},
    "about nobody": {"sub": ""},
}


@pytest.mark.parametrize("changes", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(lab, provider, changes):
    web = make_oidc_web(lab, provider)
    provider.changes.update(changes)

    assert "identity provider" in read_problem(visit(web))
    assert web.call("GET", "/session").status_code == 401


def test_a_token_without_nonce_or_signed_by_another_lets_nobody_in(lab, provider):
    from cryptography.hazmat.primitives.asymmetric import ec

    web = make_oidc_web(lab, provider)
    provider.without = ("nonce",)
    assert read_problem(visit(web)) == "The identity provider's token is not valid."
    provider.without, provider.key = (), ec.generate_private_key(ec.SECP256R1())
    assert read_problem(visit(web)) == "The identity provider's token is not valid."


@pytest.mark.parametrize(
    "query", [{"state": "another"}, {"iss": "https://elsewhere.example.com"}, {"code": "another"}], ids=str
)
def test_an_answer_that_was_not_asked_for_lets_nobody_in(lab, provider, query):
    web = make_oidc_web(lab, provider)

    read_problem(visit(web, **query))
    assert web.call("GET", "/session").status_code == 401


def test_an_answer_that_another_browser_has_asked_for_lets_nobody_in(lab, provider):
    web = make_oidc_web(lab, provider)
    away = web.browser.get("/api/v1/session/oidc", follow_redirects=False)
    back = httpx2.get(f"{away.headers['location']}&user=ada").headers["location"]
    victim = TestClient(web.app, base_url=HOST)
    came = victim.get(back.removeprefix(HOST), follow_redirects=False)

    assert read_problem(came) == "This sign-in was not begun in this browser, or too long ago."
    assert provider.redeemed == []


def test_a_code_is_of_no_use_with_another_secret(lab, provider):
    web = make_oidc_web(lab, provider, secret="wrong")

    assert read_problem(visit(web)) == "The identity provider did not take the code; its log says why."


def test_of_too_many_who_have_gone_the_oldest_begins_again(lab, provider, monkeypatch):
    monkeypatch.setattr(oidc, "MOST_ATTEMPTS", 2)
    web = make_oidc_web(lab, provider)
    for _time in range(5):
        web.browser.get("/api/v1/session/oidc", follow_redirects=False)

    assert len(web.context.ways.oidc._going) == 2


def test_who_begins_often_lets_nobody_else_begin_again(lab, provider, monkeypatch):
    monkeypatch.setattr(oidc, "MOST_ATTEMPTS", 6)
    monkeypatch.setattr(oidc, "MOST_OF_AN_ADDRESS", 3)
    log_in = make_oidc_web(lab, provider).context.ways.oidc
    log_in.begin("/", "192.0.2.1")
    for number in range(20):
        log_in.begin("/", f"2001:db8::{number}")
    for number in range(20):
        log_in.begin("/", "192.0.2.2" if number % 2 else "192.0.2.3")

    whence = Counter(one.address for one in log_in._going.values())
    assert whence["192.0.2.1"] == 1
    assert max(whence.values()) <= 3


def test_while_the_provider_is_not_there_the_page_says_so(lab, provider):
    web = make_oidc_web(lab, provider)
    object.__setattr__(web.context.ways.oidc._provider._issuer, "url", "http://127.0.0.1:1")
    failed = web.call("GET", "/session/oidc")

    assert (failed.status_code, failed.json()["detail"]) == (502, "The identity provider can't be reached.")


# Passkeys.

NAMED = "http://localhost:8786"


def enrol(web, name="phone"):
    device = SoftwareAuthenticator(NAMED)
    options = web.call("POST", "/passkeys/options", {}).json()
    made = web.call("POST", "/passkeys", {"name": name, "credential": device.create(options)})
    assert made.status_code == 201, made.text
    return device, made.json()


def sign_in_by_passkey(web, device):
    options = web.call("POST", "/session/passkey/options", {}).json()
    return web.call("POST", "/session/passkey", device.get(options))


@pytest.fixture
def named_web(lab):
    """A browser at a name, since there are no passkeys at addresses."""
    web = make_web(lab.bridge)
    web.browser.base_url = NAMED
    return web


def test_a_passkey_lets_its_owner_in_with_the_roles_that_it_was_enrolled_with(named_web, lab):
    own = named_web.sign_in()
    device, row = enrol(named_web)
    named_web.call("DELETE", "/session")
    named_web.csrf = ""
    assert [way["kind"] for way in named_web.get("/sign-in")["ways"]] == ["passkey", "link"]
    entered = sign_in_by_passkey(named_web, device)

    assert entered.status_code == 200, entered.text
    session = entered.json()
    assert (session["identity"], session["proof"]) == (own["identity"], "passkey")
    assert session["roles"] == own["roles"] == row["roles"]
    named_web.csrf = session["csrf"]
    assert named_web.call("DELETE", f"/passkeys/{row['id']}").json()["state"] == "revoked"
    assert [one["state"] for one in named_web.get("/passkeys")["passkeys"]] == ["revoked"]
    assert sign_in_by_passkey(named_web, device).status_code == 401


def test_another_device_lets_nobody_in_and_that_is_recorded_once(named_web, lab):
    named_web.sign_in()
    enrol(named_web)
    refused = sign_in_by_passkey(named_web, SoftwareAuthenticator(NAMED))

    assert refused.status_code == 401
    lab.bridge.authority.refused_logins.flush()
    assert sum(facts["count"] for _kind, facts in list_kinds(lab, "login_refused")) == 1


def test_at_an_address_without_a_name_the_page_says_where_passkeys_work(lab):
    web = make_web(lab.bridge)
    web.sign_in()
    failed = web.call("POST", "/passkeys/options", {})

    assert failed.status_code == 422
    assert "localhost" in failed.json()["hint"]


def test_the_passkey_of_a_user_of_the_cluster_gives_no_role_that_they_have_lost(lab, ada):
    web = make_realm_web(lab, **{"ada@pve": ("viewer",)})
    web.browser.base_url = NAMED
    web.csrf = sign_in_by_realm(web).json()["csrf"]
    device, row = enrol(web)
    ada.groups.clear()
    web.csrf = ""
    entered = sign_in_by_passkey(web, device)

    assert row["roles"] == ["viewer", "operator"]
    assert entered.json()["roles"] == ["viewer"]


def test_people_see_and_revoke_their_own_sessions_and_passkeys_only(named_web, lab, ada):
    named_web.sign_in()
    _device, row = enrol(named_web)
    web = make_realm_web(lab)
    web.browser.base_url = NAMED
    web.csrf = sign_in_by_realm(web).json()["csrf"]

    assert web.get("/passkeys")["passkeys"] == []
    assert web.call("DELETE", f"/passkeys/{row['id']}").status_code == 404
    assert [one["identity"] for one in web.get("/sessions")["sessions"]] == ["realm:ada@pve"]


@pytest.mark.flow
def test_a_plan_that_needs_a_passkey_is_approved_by_one(named_web, lab):
    import threading

    from mcp_bridge.auth.caller import make_local_client
    from mcp_bridge.run import Request

    lab.send("POST", "/nodes/pve1/qemu/101/snapshot", snapname="before")
    named_web.sign_in()
    device, _row = enrol(named_web)
    wish = Request("delete_snapshot", {"vmid": 101, "snapname": "before"}, "apply", make_local_client("model"))
    held = lab.bridge.call(wish, print, threading.Event())
    assert held.status == "held", held
    (plan,) = named_web.get("/plans")["plans"]
    shown = named_web.get(f"/plans/{plan['plan_id']}")
    body = {"approve": True, "seal": shown["seal"]}
    without = named_web.call("POST", f"/plans/{plan['plan_id']}/decision", body)
    options = named_web.call("POST", f"/plans/{plan['plan_id']}/options", {}).json()
    denial = named_web.call("POST", f"/plans/{plan['plan_id']}/options", {"approve": False}).json()
    other = {**body, "assertion": device.get(denial)}
    right = {**body, "assertion": device.get(options)}

    assert shown["needs"] == {"passkey": True}
    assert (without.status_code, without.json()["code"]) == (403, "approval_required")
    assert named_web.call("POST", f"/plans/{plan['plan_id']}/decision", other).status_code == 403
    approved = named_web.call("POST", f"/plans/{plan['plan_id']}/decision", right)
    assert (approved.status_code, approved.json()["approval"]) == (200, "passkey"), approved.text
