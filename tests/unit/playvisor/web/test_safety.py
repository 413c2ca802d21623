"""Whether the web server listens as it is wanted, and what is said when it does not."""

from __future__ import annotations

import pytest

from mcp_bridge.errors import UsageError
from mcp_bridge.settings.web import load_web_settings
from playvisor.web.signin.safety import is_behind_proxy, require_safe

TLS = {"tls_cert": "cert.pem", "tls_key": "key.pem"}
REALM = {"realm_login": True, "realm_role": ("ada@pve=admin",)}
OIDC = {
    "oidc_issuer": "https://idp.example.com",
    "oidc_client_id": "playvisor",
    "oidc_role": ("cn=ops,dc=example,dc=com=operator",),
}
PROXY = {"trusted_proxy": ("127.0.0.1",), "public_url": "https://pv.example.com"}
ELSEWHERE = {"host": "0.0.0.0"}


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch):
    monkeypatch.delenv("PLAYVISOR_WEB_URL", raising=False)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"host": "::1"},
        {"host": "localhost", "port": 0},
        {**ELSEWHERE, **TLS, **REALM},
        {**ELSEWHERE, **TLS, **OIDC},
        {**ELSEWHERE, **TLS, "passkey_login": True},
        {**PROXY, **OIDC},
        {**ELSEWHERE, **PROXY, **REALM},
    ],
)
def test_it_listens_where_only_those_who_may_come_in(options):
    require_safe(load_web_settings(options))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({**ELSEWHERE, **REALM}, "would read everything without TLS"),
        ({**ELSEWHERE, **TLS}, "there is no way for them to sign in"),
        (PROXY, "there is no way for them to sign in"),
        ({"public_url": "https://pv.example.com", **REALM}, "would read everything without TLS"),
        ({"public_url": "http://pv.example.com", **REALM}, "could read everything"),
        ({"public_url": "https://pv.example.com/playvisor"}, "not the address of a server"),
        ({"public_url": "pv.example.com"}, "not the address of a server"),
        ({**ELSEWHERE, "trusted_proxy": ("10.0.0.1",), **REALM}, "by which address people reach it"),
        ({"tls_cert": "cert.pem"}, "only one is given"),
        ({"realm_login": True}, "there is no --realm-role"),
        ({"realm_login": True, "realm_role": ("ada@pve=mine",)}, "there is no --realm-role"),
        ({"realm_login": True, "realm_role": ("ada@pve",)}, "--realm-role is wrong: 'ada@pve'"),
        ({"realm_login": True, "realm_role": ("ada@pve=person",)}, "--realm-role is wrong"),
        ({"realm_role": ("ada@pve=admin",)}, "not --realm-login"),
        ({**OIDC, "oidc_client_id": None}, "no --oidc-client-id"),
        ({**OIDC, "oidc_role": ()}, "there is no --oidc-role"),
        ({**OIDC, "oidc_issuer": "http://idp.example.com"}, "not an https address"),
        ({**OIDC, "oidc_issuer": None}, "no --oidc-issuer"),
        ({"trusted_proxy": ("proxy",), **REALM}, "--trusted-proxy is wrong"),
    ],
)
def test_it_does_not_listen_where_others_could(options, why):
    settings = load_web_settings(options)
    with pytest.raises(UsageError) as refused:
        require_safe(settings)
    assert why in refused.value.message
    assert refused.value.hint


def test_the_environment_says_what_no_option_says(monkeypatch, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    for name, value in {
        "PORT": "9000",
        "OIDC_ROLES": "ops=operator; cn=all,dc=example=viewer",
        "TRUSTED_PROXY": "10.0.0.1, 10.0.1.0/24",
        "OIDC_CLIENT_SECRET_FILE": str(secret),
    }.items():
        monkeypatch.setenv(f"PLAYVISOR_WEB_{name}", value)
    settings = load_web_settings({"host": "::1"})

    assert (settings.host, settings.port) == ("::1", 9000)
    assert settings.oidc_role == ("ops=operator", "cn=all,dc=example=viewer")
    assert [str(network) for network in settings.proxies] == ["10.0.0.1/32", "10.0.1.0/24"]
    assert settings.oidc_client_secret.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)
    assert load_web_settings({"port": 0}).port == 0, "that is any free one"


def test_a_secret_of_the_environment_is_taken_out_of_it(monkeypatch):
    import os

    monkeypatch.setenv("PLAYVISOR_WEB_OIDC_CLIENT_SECRET", "s3cret")
    assert load_web_settings({}).oidc_client_secret.get_secret_value() == "s3cret"
    assert "PLAYVISOR_WEB_OIDC_CLIENT_SECRET" not in os.environ


def test_a_proxy_is_the_only_way_where_there_is_no_tls():
    assert is_behind_proxy(load_web_settings({**PROXY, **REALM}))
    assert not is_behind_proxy(load_web_settings({**ELSEWHERE, **TLS, "trusted_proxy": ("10.0.0.1",), **REALM}))
