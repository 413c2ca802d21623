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
        {"PROXMOX_USER": "root@pam!playvisor", "PROXMOX_PASSWORD": SECRET},
        {"PROXMOX_TOKEN_ID": "root@pam!playvisor", "PROXMOX_PASSWORD": SECRET},
        {"PROXMOX_TOKEN_ID": "root@pam\\!playvisor", "PROXMOX_TOKEN_SECRET": f"Bearer {SECRET}"},
        {"PROXMOX_TOKEN_ID": "root%40pam%21playvisor", "PROXMOX_TOKEN_SECRET": f"playvisor={SECRET}"},
        {"PROXMOX_TOKEN_ID": "root@pam!playvisor=", "PROXMOX_TOKEN_SECRET": f"{SECRET} # for Playvisor"},
        {"PROXMOX_TOKEN_ID": "root@pam!playvisor # mine", "PROXMOX_TOKEN_SECRET": f"# the token\n{SECRET}"},
        {"PROXMOX_TOKEN_ID": '"root@pam!playvisor",', "PROXMOX_TOKEN_SECRET": f'"{SECRET}",'},
        {"PROXMOX_TOKEN_SECRET": f'{{"full-tokenid":"root@pam!playvisor","value":"{SECRET}"}}'},
        {"PROXMOX_TOKEN_SECRET": f"│ full-tokenid │ root@pam!playvisor │\n│ value │ {SECRET} │"},
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


@pytest.mark.parametrize(
    ("token_id", "said"),
    [
        ("root@pam", "is a user, without the name of a token"),
        ("root@pam:playvisor", "has no ! between the user and the name of the token"),
        ("root@pam/playvisor", "has no ! between the user and the name of the token"),
        ("root@pam=playvisor", "has no ! between the user and the name of the token"),
        ("root@pam!playvisor!tokenid", "has more than one !"),
        ("root!playvisor", "has no realm"),
    ],
)
def test_it_is_told_what_is_wrong_with_a_tokens_id(token_id, said):
    with pytest.raises(UsageError) as error:
        separate({"PROXMOX_TOKEN_ID": token_id, "PROXMOX_TOKEN_SECRET": SECRET})

    assert error.value.message.startswith(f"PROXMOX_TOKEN_ID {said}")
    assert "user@realm!name" in error.value.hint


def test_what_pveum_printed_of_another_token_is_refused():
    with pytest.raises(UsageError, match="something else"):
        separate({"PROXMOX_TOKEN_ID": "a@pve!b", "PROXMOX_TOKEN_SECRET": f'{{"id":"c@pve!d","value":"{SECRET}"}}'})


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
        ("pve1", "", "https://pve1:8006"),
        ("pve1 # the first node", "'443'", "https://pve1:443"),
    ],
)
def test_a_host_may_be_given_as_an_address(environment, host, port, url):
    environment.setenv("PROXMOX_HOST", host)
    if port is not None:
        environment.setenv("PROXMOX_PORT", port)

    assert load_settings().endpoint.url == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://pve1", "https://pve1:8443"), ("https://pve1:9000", "https://pve1:9000")],
)
def test_the_port_is_that_of_the_url_or_else_its_own_variables(environment, url, expected):
    environment.setenv("PROXMOX_URL", url)
    environment.setenv("PROXMOX_PORT", "8443")

    assert load_settings().endpoint.url == expected


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PROXMOX_PORT": "eight"}, "PROXMOX_PORT must be a whole number."),
        ({"PROXMOX_PORT": "80060"}, "PROXMOX_PORT must be 65535 or less."),
        ({"PROXMOX_VERIFY_SSL": "disabled"}, "PROXMOX_VERIFY_SSL must be true or false."),
        ({"PLAYVISOR_MODE": "Apply"}, "PLAYVISOR_MODE must be 'read', 'check' or 'apply'."),
        ({"PROXMOX_USER": "root", "PROXMOX_PASSWORD": "x"}, "PROXMOX_USER has no realm: root."),
        ({"PROXMOX_USER": "CORP\\ann", "PROXMOX_PASSWORD": "x"}, "PROXMOX_USER has no realm: CORP\\ann."),
        ({"PROXMOX_USER": "ann@pve", "PROXMOX_PASSWORD": ""}, "PROXMOX_PASSWORD or PROXMOX_PASSWORD_FILE"),
        ({"PROXMOX_TOKEN_ID": "a@pve!b", "PROXMOX_PASSWORD": "x"}, "PROXMOX_PASSWORD is not for tokens"),
    ],
)
def test_a_setting_that_can_not_be_is_told_by_its_variable(environment, variables, said):
    environment.setenv("PROXMOX_URL", "https://pve:8006")
    for name, value in variables.items():
        environment.setenv(name, value)

    with pytest.raises(UsageError) as error:
        load_settings().require_cluster()

    assert said in error.value.message


@pytest.mark.parametrize(
    ("content", "said"), [(None, "names no file"), ("\n", "is empty"), (b"\xff\xfe\x00", "it is not text")]
)
def test_a_file_without_a_secret_is_told_and_what_may_be_the_secret_is_not_shown(environment, tmp_path, content, said):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    environment.setenv("PROXMOX_TOKEN_SECRET_FILE", SECRET if content is None else str(file))

    with pytest.raises(UsageError) as error:
        load_settings()

    assert "PROXMOX_TOKEN_SECRET_FILE" in error.value.message
    assert said in error.value.message
    assert SECRET not in f"{error.value.message}{error.value.hint}"


def test_the_names_of_other_programs_are_told(environment):
    environment.setenv("PROXMOX_URL", "https://pve:8006")
    environment.setenv("PROXMOX_TOKEN_VALUE", SECRET)

    with pytest.raises(UsageError, match="PROXMOX_TOKEN_VALUE is what other programs call PROXMOX_TOKEN_SECRET"):
        load_settings().require_cluster()


@pytest.mark.parametrize(
    "name", ["PROXMOX_TOKEN_SECERT", "proxmox_token_secret", "\ufeffPROXMOX_TOKEN_SECRET", "PROXMOX_TOKENSECRET"]
)
def test_a_variable_whose_name_is_written_wrong_is_told(environment, name):
    environment.setenv("PROXMOX_URL", "https://pve:8006")
    environment.setenv("PROXMOX_TOKEN_ID", "a@pve!b")
    environment.setenv(name, SECRET)

    with pytest.raises(UsageError) as error:
        load_settings().require_cluster()

    assert f"{name} is set" in error.value.message
    assert "the name is PROXMOX_TOKEN_SECRET." in error.value.message
    assert SECRET not in error.value.message


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:h%40nter2@db/x", "postgresql://db/x?user=me&password=h%40nter2", "postgresql://me:h@nter2@db/x"],
)
def test_the_password_of_the_ledgers_database_is_hidden(environment, url):
    environment.setenv("PLAYVISOR_LEDGER_URL", url)

    redactor = load_settings().redactor

    assert "nter2" not in redactor.redact_text(f"{url} says h%40nter2 or h@nter2 is wrong")
