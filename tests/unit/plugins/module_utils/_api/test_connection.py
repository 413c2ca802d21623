from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import INVALID_PARAMETER, PveError

TOKEN = {"api_token_id": "ops@pve!ansible", "api_token_secret": "secret"}
DEFAULTS = {"validate_certs": True, "connect_timeout": 10.0, "read_timeout": 60.0}
FINGERPRINT = ":".join(["AB"] * 32)


def connection(**params):
    return Connection.from_params({**DEFAULTS, **params})


@pytest.mark.parametrize(
    ("params", "url"),
    [
        ({"api_url": "https://pve.example.com:8443"}, "https://pve.example.com:8443"),
        ({"api_url": "https://pve.example.com"}, "https://pve.example.com:8006"),
        ({"api_url": "https://pve.example.com:8006/api2/json"}, "https://pve.example.com:8006"),
        ({"api_url": "pve.example.com:8443"}, "https://pve.example.com:8443"),
        ({"api_url": "https://[2001:db8::1]:8006"}, "https://[2001:db8::1]:8006"),
        ({"api_host": "pve1"}, "https://pve1:8006"),
        ({"api_host": "pve1", "api_port": 443}, "https://pve1:443"),
        ({"api_host": "2001:db8::1"}, "https://[2001:db8::1]:8006"),
        ({"api_url": "https://one", "api_host": "two"}, "https://one:8006"),
    ],
)
def test_the_address_comes_from_url_or_host(params, url):
    assert connection(**TOKEN, **params).url == url


@pytest.mark.parametrize(
    ("params", "user", "token"),
    [
        ({"api_token_id": "ops@pve!ansible"}, "ops@pve", "ansible"),
        ({"api_token_id": "ansible", "api_user": "ops@pve"}, "ops@pve", "ansible"),
        ({"api_token_id": "ops@pve!ansible", "api_user": "ops@pve"}, "ops@pve", "ansible"),
    ],
)
def test_a_token_is_named_bare_or_in_full(params, user, token):
    link = connection(api_host="pve1", api_token_secret="secret", **params)

    assert (link.user, link.token_id) == (user, token)


@pytest.mark.parametrize(
    ("params", "trust"),
    [
        ({}, "verified"),
        ({"ca_path": "/ca.pem"}, "ca_path"),
        ({"ca_path": "/ca.pem", "fingerprint": FINGERPRINT}, "fingerprint"),
        ({"validate_certs": False}, "unverified"),
        ({"validate_certs": False, "fingerprint": FINGERPRINT.lower().replace(":", "")}, "fingerprint"),
    ],
)
def test_the_strictest_trust_wins(params, trust):
    assert connection(api_host="pve1", **TOKEN, **params).trust == trust


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({**TOKEN}, "PROXMOX_URL"),
        ({"api_host": "pve1"}, "PROXMOX_USER"),
        ({"api_host": "pve1", "api_user": "root@pam"}, "api_password"),
        ({"api_host": "pve1", "api_user": "root", "api_password": "x"}, "realm"),
        ({"api_host": "pve1", "api_token_id": "ops@pve!ansible"}, "PROXMOX_TOKEN_SECRET"),
        ({"api_host": "pve1", "api_user": "eve@pve", **TOKEN}, "ops@pve"),
        ({"api_url": "http://pve1", **TOKEN}, "HTTPS"),
        ({"api_url": "https://pve1:port", **TOKEN}, "https://pve1:port"),
        ({"api_host": "pve1", "fingerprint": "AB:CD", **TOKEN}, "SHA-256"),
    ],
)
def test_a_connection_that_does_not_fit_together_is_refused(params, named):
    with pytest.raises(PveError) as caught:
        connection(**params)

    assert caught.value.code == INVALID_PARAMETER
    assert named in f"{caught.value.message} {caught.value.hint}"


def test_a_huge_throttle_does_not_make_a_huge_pool():
    assert connection(api_host="pve1", **TOKEN, throttle=10**9).pool_size == 100


GATEWAY = {"api_gateway": "/run/gateway", "api_gateway_key": "key"}


class TestThroughAGateway:
    def test_neither_address_nor_credentials_are_needed(self):
        link = connection(**GATEWAY)

        assert (link.gateway, link.gateway_key) == ("/run/gateway", "key")
        assert link.url == "http+unix://%2Frun%2Fgateway"

    def test_options_given_all_the_same_describe_the_way(self):
        link = connection(**GATEWAY, api_url="https://pve1", api_token_id="ops@pve!ansible")

        assert (link.url, link.user, link.token_id) == ("https://pve1:8006", "ops@pve", "ansible")

    def test_the_key_is_needed(self):
        with pytest.raises(PveError, match="api_gateway_key"):
            connection(api_gateway="/run/gateway")
