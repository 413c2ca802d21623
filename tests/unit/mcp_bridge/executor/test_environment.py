"""What of this process's environment a playbook gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcp_bridge.executor.environment import build_playbook_env

FOLDER = Path("/state/runs/1/plan")


def env(**inherited):
    return build_playbook_env(inherited, {"PROXMOX_URL": "https://pve:8006"}, FOLDER)


@pytest.mark.parametrize("name", ["HOME", "LANG", "TZ", "LC_TIME", "SSL_CERT_FILE", "PYTHONPATH", "no_proxy"])
def test_what_a_run_needs_is_passed_on(name):
    assert env(**{name: "value"})[name] == "value"


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "PROXMOX_TOKEN_SECRET",
        "ANSIBLE_VAULT_PASSWORD_FILE",
        "ANSIBLE_CONFIG_X",
    ],
)
def test_other_variables_are_not_passed_on(name):
    assert name not in env(**{name: "value"})


def test_the_users_ansible_settings_do_not_reach_a_run():
    found = env(ANSIBLE_CONFIG="/home/me/ansible.cfg", ANSIBLE_COLLECTIONS_PATH="/elsewhere")

    assert found["ANSIBLE_CONFIG"].endswith("/mcp_bridge/executor/ansible_home/ansible.cfg")
    assert "/elsewhere" not in found["ANSIBLE_COLLECTIONS_PATH"]


@pytest.mark.parametrize(
    ("value", "passed"),
    [
        ("http://proxy:3128", True),
        ("proxy:3128", True),
        ("http://me:secret@proxy:3128", False),
        ("me:secret@proxy", False),
    ],
)
def test_a_proxy_is_passed_on_unless_it_holds_a_password(value, passed):
    assert ("https_proxy" in env(https_proxy=value)) == passed


@pytest.mark.parametrize(
    ("inherited", "expected"),
    [
        ({}, "C.UTF-8"),
        ({"LANG": "C"}, "C.UTF-8"),
        ({"LANG": "de_AT.UTF-8"}, None),
        ({"LANG": "C.utf8"}, None),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, "C.UTF-8"),
    ],
)
def test_a_run_always_has_a_utf8_locale(inherited, expected):
    assert env(**inherited).get("LC_ALL") == expected


@pytest.mark.parametrize(("value", "passed"), [("/var/tmp", True), ("/tmp/" + "deep" * 20, False)])
def test_a_temporary_directory_in_which_no_socket_fits_is_not_passed_on(value, passed):
    assert ("TMPDIR" in env(TMPDIR=value)) is passed
