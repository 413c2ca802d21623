"""What people paste as addresses, users and tokens."""

from __future__ import annotations

import os

import pytest

from mcp_bridge.errors import UsageError
from mcp_bridge.settings import load_settings
from mcp_bridge.settings.identities import separate

SECRET = "6f1c2a9e-1234-4444-8888-abcdefabcdef"
WHOLE = f"root@pam!playvisor={SECRET}"
SPLIT = {"PROXMOX_TOKEN_ID": "root@pam!playvisor", "PROXMOX_TOKEN_SECRET": SECRET}


@pytest.mark.parametrize(
    "pasted",
    [
        {"PROXMOX_TOKEN_ID": WHOLE},
        {"PROXMOX_TOKEN_ID": f"  '{WHOLE}'\n"},
        {"PROXMOX_TOKEN_ID": f"PVEAPIToken={WHOLE}"},
        {"PROXMOX_TOKEN_ID": f'"Authorization: PVEAPIToken={WHOLE}"'},
        {"PROXMOX_TOKEN_ID": WHOLE, "PROXMOX_TOKEN_SECRET": SECRET},
        {"PROXMOX_TOKEN_ID": WHOLE, "PROXMOX_TOKEN_SECRET": WHOLE},
        {"PROXMOX_TOKEN_SECRET": WHOLE},
        {"PROXMOX_TOKEN_SECRET": f"PVEAPIToken={WHOLE}"},
        {"PROXMOX_TOKEN_ID": "root@pam!playvisor", "PROXMOX_TOKEN_SECRET": WHOLE},
        {"PROXMOX_TOKEN_ID": "root@pam!playvisor", "PROXMOX_TOKEN_SECRET": f"PVEAPIToken={SECRET}"},
        {"PROXMOX_TOKEN_ID": "'root@pam!playvisor'", "PROXMOX_TOKEN_SECRET": f'"{SECRET}"\r\n'},
        {"PROXMOX_USER": WHOLE},
        {"PROXMOX_USER": "root@pam!playvisor", "PROXMOX_TOKEN_SECRET": SECRET},
    ],
)
def test_a_whole_token_is_taken_apart(pasted):
    separated = {name: value for name, value in separate(pasted).items() if value is not None}

    assert separated == SPLIT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROXMOX_TOKEN_ID", f"root@pam {SECRET}"),
        ("PROXMOX_TOKEN_ID", f"root@pam:{SECRET}"),
        ("PROXMOX_TOKEN_ID", f"playvisor={SECRET}"),
        ("PROXMOX_TOKEN_ID", "${TOKEN}"),
        ("PROXMOX_TOKEN_SECRET", "${PROXMOX_TOKEN_SECRET}"),
        ("PROXMOX_TOKEN_SECRET", "$SECRET"),
        ("PROXMOX_TOKEN_SECRET", "%PROXMOX_TOKEN_SECRET%"),
        ("PROXMOX_TOKEN_SECRET", "{{ secret }}"),
        ("PROXMOX_TOKEN_SECRET", f"{SECRET} {SECRET}"),
        ("PROXMOX_PASSWORD", "${PROXMOX_PASSWORD}"),
        ("PROXMOX_USER", f"root@pam:{SECRET}"),
        ("PROXMOX_USER", f"root:{SECRET}@pam"),
        ("PROXMOX_USER", f"root@pam {SECRET}"),
        ("PROXMOX_URL", f"https://root:{SECRET}@pve:8006"),
        ("PROXMOX_URL", f"https://{SECRET}@pve:8006"),
        ("PROXMOX_URL", f"https://pve:8006/?token={SECRET}"),
        ("PROXMOX_URL", f"https://pve:8006/#{SECRET}"),
        ("PROXMOX_URL", f"https://pve:8006/PVEAPIToken=root@pam!a={SECRET}"),
        ("PROXMOX_URL", f"https://pve:{SECRET}"),
        ("PROXMOX_HOST", f"root:{SECRET}@pve"),
        ("PROXMOX_HOST", f"pve?password={SECRET}"),
        ("PROXMOX_FINGERPRINT", WHOLE),
        ("PROXMOX_PORT", WHOLE),
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(name, value):
    with pytest.raises(UsageError) as error:
        separate({name: value})

    assert name in error.value.message
    assert SECRET not in f"{error.value.message}{error.value.hint}"


def test_two_different_secrets_are_not_chosen_from():
    with pytest.raises(UsageError, match="something else") as error:
        separate({"PROXMOX_TOKEN_ID": WHOLE, "PROXMOX_TOKEN_SECRET": "another"})

    assert SECRET not in f"{error.value.message}{error.value.hint}"


@pytest.mark.parametrize(
    "plain",
    [
        {"PROXMOX_URL": "https://pve1.example.com:8006"},
        {"PROXMOX_URL": "https://[2001:db8::1]:8006/"},
        {"PROXMOX_HOST": "pve1"},
        {"PROXMOX_USER": "jane.doe+ops@ad-1.example"},
        {"PROXMOX_USER": "root@pam", "PROXMOX_TOKEN_ID": "automation"},
        {"PROXMOX_TOKEN_ID": "svc_a-b@pve!ci.job-1", "PROXMOX_TOKEN_SECRET": SECRET},
        {"PROXMOX_PASSWORD": "'it has = and ! and quotes'"},
        {"PROXMOX_FINGERPRINT": "AB:CD"},
    ],
)
def test_what_is_right_stays(plain):
    assert separate(plain) == plain


@pytest.fixture
def environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith(("PROXMOX_", "PLAYVISOR_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PLAYVISOR_PROFILES", str(tmp_path / "none.yml"))
    return monkeypatch


def test_nothing_that_is_kept_shown_or_passed_on_holds_the_secret(environment):
    environment.setenv("PROXMOX_URL", '"https://pve:8006"')
    environment.setenv("PROXMOX_TOKEN_ID", f'"PVEAPIToken={WHOLE}"')

    settings = load_settings()

    assert settings.endpoint.url == "https://pve:8006"
    assert settings.endpoint.identity == "root@pam!playvisor"
    assert settings.token_secret.get_secret_value() == SECRET
    assert settings.redactor.redact_text(f"x {SECRET}") == "x [redacted]"
    assert SECRET not in f"{settings!r}{settings.connection_env()}{dict(os.environ)}"
    settings.require_cluster()


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("pve1", None, "https://pve1:8006"),
        ("https://pve1", None, "https://pve1:8006"),
        ("https://pve1:443/", None, "https://pve1:443"),
        ("pve1:443", None, "https://pve1:443"),
        ("pve1:443", "8007", "https://pve1:8007"),
        ("[2001:db8::1]", None, "https://[2001:db8::1]:8006"),
    ],
)
def test_a_host_may_be_given_as_an_address(environment, host, port, url):
    environment.setenv("PROXMOX_HOST", host)
    if port:
        environment.setenv("PROXMOX_PORT", port)

    assert load_settings().endpoint.url == url


def test_the_names_of_other_programs_are_told(environment):
    environment.setenv("PROXMOX_URL", "https://pve:8006")
    environment.setenv("PROXMOX_TOKEN_VALUE", SECRET)

    with pytest.raises(UsageError, match="PROXMOX_TOKEN_VALUE is what other programs call PROXMOX_TOKEN_SECRET"):
        load_settings().require_cluster()


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:h%40nter2@db/x", "postgresql://db/x?user=me&password=h%40nter2", "postgresql://me:h@nter2@db/x"],
)
def test_the_password_of_the_ledgers_database_is_hidden(environment, url):
    environment.setenv("PLAYVISOR_LEDGER_URL", url)

    redactor = load_settings().redactor

    assert "nter2" not in redactor.redact_text(f"{url} says h%40nter2 or h@nter2 is wrong")
