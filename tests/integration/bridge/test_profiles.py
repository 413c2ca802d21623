"""Clusters by name: kept without their secrets in clear, and used by every command."""

from __future__ import annotations

import pytest
import yaml

pytestmark = pytest.mark.flow

WRONG = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def kept(tmp_path):
    """The file of the profiles."""
    return tmp_path / "config" / "profiles.yml"


@pytest.fixture
def keeping(playvisor, clean_env, kept, tmp_path, simulator):
    """`keeping(words…)`: a command with no cluster in its environment, and a vault password in a file."""
    password = tmp_path / "vault-password"
    password.write_text("correct horse\n")
    secret = tmp_path / "secret"
    secret.write_text(f"{simulator.token_secret}\n")
    none = dict.fromkeys(("PROXMOX_URL", "PROXMOX_USER", "PROXMOX_TOKEN_ID", "PROXMOX_TOKEN_SECRET"), "")
    settings = {
        **none,
        "PROXMOX_FINGERPRINT": "",
        "PLAYVISOR_PROFILES": str(kept),
        "PLAYVISOR_VAULT_PASSWORD_FILE": str(password),
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    return lambda *words, **more: playvisor(*words, **{**settings, **more})


@pytest.fixture
def add(keeping, simulator, tmp_path):
    """`add(name, options…)`: the simulator as a profile."""
    login = ("--token-id", f"{simulator.user}!{simulator.token_id}", "--secret-file", str(tmp_path / "secret"))
    trust = ("--fingerprint", simulator.fingerprint)

    def run(name, *options):
        done = keeping("profile", "add", name, "--url", simulator.url, *login, *trust, *options)
        assert done.status == 0, done.stderr

    return run


@pytest.mark.parametrize(
    "way", [pytest.param([], id="vault"), pytest.param(["--keyring"], marks=pytest.mark.thorough, id="keyring")]
)
def test_a_profile_leads_to_its_cluster_and_holds_no_secret_in_clear(add, keeping, kept, simulator, way):
    add("lab", *way)

    by_name = keeping("--profile", "lab", "guest", "list", "--json")
    by_default = keeping("guest", "list", "--json")
    by_variable = keeping("guest", "list", "--json", PLAYVISOR_PROFILE="nosuch")
    [listed] = keeping("profile", "list", "--json").json
    tested = keeping("profile", "test", "lab", "--json")

    assert (by_name.status, len(by_name.json["guests"])) == (0, 8)
    assert (by_default.status, len(by_default.json["guests"])) == (0, 8)
    assert (by_variable.status, "There is no profile 'nosuch'" in by_variable.json["summary"]) == (2, True)
    assert (listed["name"], listed["default"], listed["secret"]) == ("lab", True, "keyring" if way else "vault")
    assert (tested.status, tested.json["healthy"]) == (0, True)
    assert "pinned by fingerprint of profile lab" in str(tested.json)
    assert simulator.token_secret not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--user", "root"], "--user has no realm: root."),
        (["--token-id", "root@pam"], "--token-id is a user, without the name of a token"),
        (["--token-id", "a@pve!b", "--fingerprint", "AB:CD"], "--fingerprint is not a SHA-256 fingerprint: AB:CD"),
        (["--token-id", "a@pve!b", "--ca-path", "/nowhere"], "--ca-path can't be used: /nowhere can't be read"),
    ],
)
def test_what_can_not_work_is_told_by_its_option_and_not_kept(keeping, kept, options, told):
    done = keeping("profile", "add", "lab", "--url", "https://pve1:8006", *options)

    assert done.status == 2
    assert told in done.stderr
    assert not kept.exists()


def test_the_environment_is_used_unless_a_profile_is_asked_for(add, keeping, simulator):
    add("lab")
    elsewhere = {"PROXMOX_URL": "https://127.0.0.1:1", "PROXMOX_TOKEN_ID": "root@pam!x", "PROXMOX_TOKEN_SECRET": WRONG}

    assert keeping("guest", "list", **elsewhere).status == 4
    assert keeping("--profile", "lab", "guest", "list", **elsewhere).status == 0


def test_a_secret_in_clear_is_refused_and_can_be_encrypted(add, keeping, kept, simulator):
    add("lab")
    data = yaml.safe_load(kept.read_text())
    data["profiles"]["lab"]["token_secret"] = simulator.token_secret
    kept.write_text(yaml.safe_dump(data))

    refused = keeping("guest", "list", "--json")
    moved = keeping("profile", "encrypt", "lab", "--keyring")
    in_keyring = yaml.safe_load(kept.read_text())["profiles"]["lab"]["token_secret"]
    back = keeping("profile", "encrypt", "lab")

    assert (refused.status, refused.json["failure"]["hint"]) == (2, "Run `playvisor profile encrypt lab`.")
    assert (moved.status, in_keyring) == (0, "keyring")
    assert (back.status, simulator.token_secret in kept.read_text()) == (0, False)
    assert keeping("guest", "list").status == 0


def test_several_profiles_one_default(add, keeping):
    add("lab")
    add("prod", "--keyring")

    assert keeping("profile", "use", "prod").status == 0
    assert {one["name"]: one["default"] for one in keeping("profile", "list", "--json").json} == {
        "lab": False,
        "prod": True,
    }
    assert keeping("profile", "remove", "prod").status == 0
    left = keeping("profile", "show", "prod", "--json")
    assert (left.status, left.json["failure"]["hint"].startswith("There are: lab.")) == (2, True)
    assert keeping("guest", "list").status == 2


def test_another_vault_password_is_told(add, keeping, tmp_path):
    add("lab")
    other = tmp_path / "other"
    other.write_text("wrong")

    wrong = keeping("guest", "list", "--json", PLAYVISOR_VAULT_PASSWORD_FILE=str(other))
    none = keeping("guest", "list", "--json", PLAYVISOR_VAULT_PASSWORD_FILE="")

    assert (wrong.status, "encrypted with another password" in wrong.json["summary"]) == (2, True)
    assert (none.status, "PLAYVISOR_VAULT_PASSWORD_FILE" in none.json["failure"]["hint"]) == (2, True)


def test_a_client_is_given_the_profile_and_nothing_else_of_the_cluster(add, keeping):
    add("lab")

    printed = keeping("--profile", "lab", "mcp", "install", "cursor", "--print", PROXMOX_URL="https://other:8006").json

    env = printed["mcpServers"]["playvisor"]["env"]
    assert env["PLAYVISOR_PROFILE"] == "lab"
    assert not any(name.startswith("PROXMOX_") for name in env)
