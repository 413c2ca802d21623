from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import (
    Connection,
    describe_source,
    list_hidden,
    require_usable_ca,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import INVALID_PARAMETER, PveError

TOKEN = {"api_token_id": "ops@pve!ansible", "api_token_secret": "secret"}
UUID = "6f1c2a9e-1234-4444-8888-abcdefabcdef"
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
        ({"api_url": "https://pve1:8006/#v1:0:=qemu%2F100:4"}, "https://pve1:8006"),
        ({"api_url": "  'https://pve1:443/'\r\n"}, "https://pve1:443"),
        ({"api_url": "\ufeffhttps://pve1"}, "https://pve1:8006"),
        ({"api_host": "https://pve1"}, "https://pve1:8006"),
        ({"api_host": "https://127.0.0.1:8443/api2/json"}, "https://127.0.0.1:8443"),
        ({"api_host": "127.0.0.1:8443"}, "https://127.0.0.1:8443"),
        ({"api_host": "[2001:db8::1]"}, "https://[2001:db8::1]:8006"),
        ({"api_host": "[2001:db8::1]:443"}, "https://[2001:db8::1]:443"),
        ({"api_url": "https://pve1", "api_port": 443}, "https://pve1:443"),
        ({"api_url": "https://pve1:8443", "api_port": 443}, "https://pve1:8443"),
        ({"api_url": "https://pve1:8006/#"}, "https://pve1:8006"),
        ({"api_url": "https://pve1:8006//"}, "https://pve1:8006"),
        ({"api_url": "https://pve1:8006 # the first node"}, "https://pve1:8006"),
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
        ({"api_url": "https://pve1:port", **TOKEN}, "api_url is no address"),
        ({"api_host": "pve1", "fingerprint": "AB:CD", **TOKEN}, "SHA-256"),
    ],
)
def test_a_connection_that_does_not_fit_together_is_refused(params, named):
    with pytest.raises(PveError) as caught:
        connection(**params)

    assert caught.value.code == INVALID_PARAMETER
    assert named in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"api_host": "root@pve1"}, "api_host: an address must not hold credentials"),
        ({"api_host": "http://pve1"}, "api_host begins with http://"),
        ({"api_host": "ftp://pve1"}, "api_host is no address"),
        ({"api_host": "pve1,pve2"}, "more than one address"),
        ({"api_host": "pve1 pve2"}, "more than one address"),
        ({"api_host": "https://pve1/proxmox"}, "api_host has a path"),
        ({"api_host": "2001:db8::1:8006"}, "with or without a port"),
        ({"api_url": "https://2001:db8::1:45678"}, "with or without a port"),
        ({"api_url": "https//pve1:8006"}, "api_url is no address"),
        ({"api_url": "https:/pve1:8006"}, "api_url is no address"),
        ({"api_url": "https://https://pve1:8006"}, "api_url is no address"),
        ({"api_host": "pve1,example.com"}, "white space or a comma"),
        ({"api_host": "<your-node>"}, "placeholder <your-node>"),
        ({"api_url": "https://${PVE}:8006"}, "api_url contains the placeholder ${PVE}"),
        ({"api_host": "pve1", "api_token_secret": "{{ token }}"}, "api_token_secret is the placeholder {{ token }}"),
        ({"api_host": "pve1", "api_token_secret": "<hunter2>"}, "api_token_secret is a placeholder"),
        ({"api_host": "pve1", "api_token_secret": "/run/secrets/pve"}, "says where the secret is"),
        ({"api_host": "pve1", "api_token_secret": "$ANSIBLE_VAULT;1.1;AES256"}, "encrypted with ansible-vault"),
        ({"api_host": "pve1", "api_token_id": UUID}, "api_token_id is a token's secret"),
        ({"api_host": "pve1", "api_token_id": UUID, "api_token_secret": "ops@pve!x"}, "are exchanged"),
        ({"api_host": "pve1", "api_token_secret": "ops@pve!ansible"}, "a token's id, without its secret"),
    ],
)
def test_a_mistake_is_told_by_the_option_and_never_repeats_a_secret(params, said):
    with pytest.raises(PveError) as caught:
        connection(**{**TOKEN, **params})

    assert caught.value.code == INVALID_PARAMETER
    assert said in caught.value.message
    assert not any(secret in f"{caught.value.message}{caught.value.hint}" for secret in (UUID, "hunter2"))


@pytest.mark.parametrize(
    "params",
    [
        {"api_token_id": f"PVEAPIToken=ops@pve!x={UUID}", "api_token_secret": None},
        {"api_token_id": None, "api_token_secret": f"ops@pve!x={UUID}"},
        {"api_token_id": None, "api_token_secret": f"export PROXMOX_TOKEN_SECRET='ops@pve!x={UUID}'"},
        {"api_token_id": "ops@pve!x", "api_token_secret": f"\u201c{UUID}\u201d\r\n"},
        {"api_token_id": f"ops@pve!x:{UUID}", "api_token_secret": None},
        {"api_token_id": "ops@pve!x", "api_token_secret": f"<{UUID}>"},
    ],
)
def test_a_pasted_token_is_understood_and_its_secret_hidden(params):
    link = connection(api_host="pve1", **params)

    assert (link.user, link.token_id, link.token_secret) == ("ops@pve", "x", UUID)
    assert UUID in list_hidden({"api_host": "pve1", **params})


def test_a_mistake_in_the_environment_is_told_by_its_variable(monkeypatch):
    monkeypatch.setenv("PROXMOX_HOST", "root@pve1")
    with pytest.raises(PveError, match=r"^PROXMOX_HOST: an address must not hold credentials"):
        connection(api_host="root@pve1", **TOKEN)


@pytest.mark.parametrize("written", ["~/ca.pem", "'~/ca.pem'", " /home/me/ca.pem "])
def test_a_path_is_told_by_its_variable_however_it_is_written(monkeypatch, written):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("PROXMOX_CA_PATH", written)
    with pytest.raises(PveError, match=r"^PROXMOX_CA_PATH can't be used: /home/me/ca.pem can't be read"):
        require_usable_ca(connection(api_host="pve1", **TOKEN, ca_path="/home/me/ca.pem"))


def test_what_other_programs_call_it_is_told(monkeypatch):
    monkeypatch.setenv("PM_API_URL", "https://pve1:8006/api2/json")
    with pytest.raises(PveError) as caught:
        connection(**TOKEN)

    assert "PM_API_URL is what other programs call PROXMOX_URL." in caught.value.hint


def test_a_huge_throttle_does_not_make_a_huge_pool():
    assert connection(api_host="pve1", **TOKEN, throttle=10**9).pool_size == 100


@pytest.mark.parametrize(
    "written",
    [
        FINGERPRINT,
        FINGERPRINT.lower(),
        FINGERPRINT.replace(":", ""),
        FINGERPRINT.replace(":", "-"),
        f"SHA256:{FINGERPRINT}",
        f"sha256 Fingerprint={FINGERPRINT}",
        f"SHA-256 Fingerprint: {FINGERPRINT}",
    ],
)
def test_a_fingerprint_is_understood_as_programs_show_it(written):
    assert connection(api_host="pve1", **TOKEN, fingerprint=written).fingerprint == "ab" * 32


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read: No such file or directory"),
        ("", "holds no certificate"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is a private key"),
    ],
)
def test_a_file_that_is_no_ca_is_told_by_the_variable(monkeypatch, tmp_path, content, said):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("PROXMOX_CA_PATH", str(path))
    with pytest.raises(PveError) as caught:
        require_usable_ca(connection(api_host="pve1", **TOKEN, ca_path=str(path)))

    assert caught.value.message.startswith("PROXMOX_CA_PATH can't be used: ")
    assert said in caught.value.message


@pytest.mark.parametrize(("port", "named"), [("eight", "PROXMOX_PORT"), (None, None)])
def test_the_variable_of_an_option_that_ansible_refuses_is_told(monkeypatch, port, named):
    if port:
        monkeypatch.setenv("PROXMOX_PORT", port)
    told = describe_source("argument 'api_port' is of type str and we were unable to convert to int")

    assert named in told if named else told is None


def test_a_file_of_a_secret_that_can_not_be_read_is_told(monkeypatch):
    monkeypatch.setenv("PROXMOX_TOKEN_SECRET_FILE", "/nowhere")
    with pytest.raises(PveError) as caught:
        connection(api_host="pve1", api_token_id="ops@pve!ansible")

    assert "PROXMOX_TOKEN_SECRET_FILE is set, but the file is empty or can't be read." in caught.value.hint


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
