"""Settings from the environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mcp_bridge.errors import UsageError
from mcp_bridge.settings import load_settings

SECRET = "0d8c8f16-3333-4444-9999-1234567890ab"
CLUSTER = {"PROXMOX_URL": "https://pve:8006", "PROXMOX_TOKEN_ID": "ops@pve!a", "PROXMOX_TOKEN_SECRET": SECRET}


@pytest.fixture
def environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("PROXMOX_", "PLAYVISOR_")):
            monkeypatch.delenv(name)

    def set_all(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all


def test_secrets_are_taken_out_of_the_environment_and_never_shown(environment):
    environment(**CLUSTER, PROXMOX_PASSWORD="also secret")

    settings = load_settings()

    assert settings.token_secret.get_secret_value() == SECRET
    assert not {"PROXMOX_TOKEN_SECRET", "PROXMOX_PASSWORD"} & set(os.environ)
    assert SECRET not in f"{settings!r}{settings}{settings.connection_env()}"


def test_secrets_are_not_left_in_what_linux_shows_of_the_process(tmp_path):
    shown = "print(open(f'/proc/{__import__(\"os\").getpid()}/environ').read())"
    script = f"from mcp_bridge.settings import load_settings; load_settings(); {shown}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PROXMOX_", "PLAYVISOR_"))}

    done = subprocess.run(
        [sys.executable, "-c", script], env={**clean, **CLUSTER}, capture_output=True, text=True, check=True
    )

    assert "PROXMOX_TOKEN_ID=ops@pve!a" in done.stdout
    assert SECRET not in done.stdout


def test_a_secret_is_read_from_its_file(environment, tmp_path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    environment(PROXMOX_TOKEN_SECRET_FILE=str(file))

    assert load_settings().token_secret.get_secret_value() == SECRET


def test_a_secret_file_that_is_not_there_is_named(environment, tmp_path):
    environment(PROXMOX_PASSWORD_FILE=str(tmp_path / "missing"))

    with pytest.raises(UsageError, match=r"PROXMOX_PASSWORD_FILE can't be read: .*missing"):
        load_settings()


@pytest.mark.parametrize(
    ("values", "identity", "url"),
    [
        (CLUSTER, "ops@pve!a", "https://pve:8006"),
        ({**CLUSTER, "PROXMOX_TOKEN_ID": "a", "PROXMOX_USER": "ops@pve"}, "ops@pve!a", "https://pve:8006"),
        (
            {"PROXMOX_HOST": "pve", "PROXMOX_USER": "root@pam", "PROXMOX_PASSWORD": SECRET},
            "root@pam",
            "https://pve:8006",
        ),
        ({**CLUSTER, "PROXMOX_URL": "pve:443"}, "ops@pve!a", "https://pve:443"),
    ],
)
def test_a_cluster_and_who_asks_can_be_given_in_several_ways(environment, values, identity, url):
    environment(**values)
    settings = load_settings()

    settings.require_cluster()
    assert (settings.endpoint.identity, settings.endpoint.url) == (identity, url)


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("PROXMOX_URL", "PROXMOX_URL"),
        ("PROXMOX_TOKEN_ID", "PROXMOX_TOKEN_ID"),
        ("PROXMOX_TOKEN_SECRET", "PROXMOX_TOKEN_SECRET_FILE"),
    ],
)
def test_what_is_not_configured_is_named(environment, missing, named):
    environment(**{name: value for name, value in CLUSTER.items() if name != missing})

    with pytest.raises(UsageError, match=named) as caught:
        load_settings().require_cluster()
    assert "playvisor sim" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROXMOX_PORT", "eighty"),
        ("PROXMOX_VERIFY_SSL", "perhaps"),
        ("PLAYVISOR_MODE", "yolo"),
        ("PROXMOX_URL", "https://root:hunter2@pve:8006"),
    ],
)
def test_what_makes_no_sense_is_named_without_repeating_it(environment, name, value):
    environment(**{name: value})

    with pytest.raises(UsageError, match=name) as caught:
        load_settings()
    assert value not in str(caught.value)


def test_variables_of_other_programs_are_not_taken_for_ours(environment):
    environment(USER="alice", HOST="somewhere", PORT="99", MODE="test", URL="http://x", POLICY="/x", SERVE="auto")

    settings = load_settings()

    assert (settings.user, settings.host, settings.port, settings.mode) == (None, None, None, None)
    assert (settings.url, settings.policy, settings.serve) == (None, None, "off")
