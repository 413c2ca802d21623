"""The file of the profiles: what makes sense in it, and what it never holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcp_bridge.errors import UsageError
from mcp_bridge.settings import load_settings, profiles
from mcp_bridge.settings.profiles import Profile, Profiles
from playvisor.cli.profiles import add

LAB = Profile("https://pve1:8006", token_id="a@pve!b", token_secret="keyring")


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """The file of the profiles, which is not there yet."""
    monkeypatch.setenv("PLAYVISOR_PROFILES", str(tmp_path / "new" / "profiles.yml"))
    return tmp_path / "new" / "profiles.yml"


def test_without_a_file_there_are_none():
    assert profiles.load() == Profiles()


def test_what_is_saved_is_loaded_again(kept):
    vault = Profile("pve2", user="root@pam", verify_ssl=False, password="$ANSIBLE_VAULT;1.1;AES256\n6162\n6364\n")
    saved = Profiles().with_profile("lab", LAB).with_profile("prod", vault)

    profiles.save(saved)

    assert profiles.load() == saved
    assert kept.stat().st_mode & 0o077 == 0
    assert "password: |\n      $ANSIBLE_VAULT;1.1;AES256\n" in kept.read_text()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("profiles: [", "while parsing"),
        ("lab: {}", "it has no `profiles`"),
        ("profiles: {lab: {}}", "profile lab has no url"),
        ("profiles: {lab: [url]}", "profile lab is no mapping"),
        ("profiles: {lab: {url: x, tokenid: y}}", "unknown key 'tokenid'"),
        ("profiles: {lab: {url: x, verify_ssl: maybe}}", "must be true or false"),
        ("profiles: {lab: {url: x, user: 5}}", "user of profile lab must be text"),
        ("{default: x, profiles: {lab: {url: y}}}", "is none of its profiles"),
    ],
)
def test_a_file_that_makes_no_sense_is_told(kept, text, why):
    kept.parent.mkdir()
    kept.write_text(text)

    with pytest.raises(UsageError, match=why):
        profiles.load()


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "lab"),
        ({"PLAYVISOR_PROFILE": "other"}, "other"),
        ({"PROXMOX_URL": "https://x:8006"}, None),
        ({"PROXMOX_HOST": "x"}, None),
        ({"PROXMOX_URL": "https://x:8006", "PLAYVISOR_PROFILE": "other"}, "other"),
    ],
)
def test_a_profile_is_chosen_unless_the_environment_names_a_cluster(monkeypatch, environment, name):
    profiles.save(Profiles().with_profile("lab", LAB))
    for variable in ("PLAYVISOR_PROFILE", "PROXMOX_URL", "PROXMOX_HOST"):
        monkeypatch.setenv(variable, environment.get(variable, ""))

    assert profiles.choose_name() == name


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "../a"])
def test_a_name_is_one_word(name):
    with pytest.raises(UsageError, match="can't be a profile's name"):
        Profiles().with_profile(name, LAB)


def test_without_a_default_no_profile_is_used():
    both = Profiles().with_profile("lab", LAB).with_profile("prod", LAB)

    assert both.default == "lab"
    assert both.without_profile("lab").default is None
    assert both.without_profile("prod").default == "lab"
    with pytest.raises(UsageError, match="There is no profile 'prd'") as caught:
        both.without_profile("prd")
    assert caught.value.hint.startswith("Did you mean prod? There are: lab, prod.")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"url": "https://root:x@pve1:8006", "token_id": "a@pve!b"}, "not hold credentials"),
        ({"url": "https://pve1:8006"}, "No token or user is given"),
        ({"url": "https://pve1:8006", "token_id": "a@pve!b"}, "The secret is empty"),
    ],
)
def test_a_profile_that_could_not_work_is_not_kept(kept, facts, why):
    with pytest.raises(UsageError, match=why):
        add("lab", facts, Path("/dev/null"), keyring=False)

    assert not kept.exists()


@pytest.fixture
def secret(tmp_path, monkeypatch):
    """The file of a secret, which will be encrypted."""
    password = tmp_path / "password"
    password.write_text("correct horse")
    monkeypatch.setenv("PLAYVISOR_VAULT_PASSWORD_FILE", str(password))
    file = tmp_path / "secret"
    file.write_text("7d9f1c1e-0f5e-4b52-9c0e-3c3f0a4d7b11")
    return file


def test_a_profile_is_kept_without_what_was_pasted_around_its_values(secret):
    add("lab", {"url": ' "https://pve1:8006"\n', "token_id": "'a@pve!b'"}, secret, keyring=False)

    saved = profiles.load().get("lab")
    assert (saved.url, saved.token_id) == (LAB.url, LAB.token_id)


def test_a_mistake_is_told_by_the_option_or_by_the_key_of_the_profile(secret, monkeypatch):
    with pytest.raises(UsageError, match="--token-id"):
        add("lab", {"url": LAB.url, "token_id": "${TOKEN_ID}"}, secret, keyring=False)

    add("lab", {"url": LAB.url, "token_id": LAB.token_id}, secret, keyring=False)
    profiles.save(Profiles().with_profile("lab", replace(profiles.load().get("lab"), token_id="${TOKEN_ID}")))
    monkeypatch.setenv(profiles.VARIABLE, "lab")
    with pytest.raises(UsageError, match="token_id of profile lab"):
        load_settings()
