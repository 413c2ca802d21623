"""pve_access against a simulated cluster: what becomes of secrets, and what it refuses."""

from __future__ import annotations

import stat

import pytest
from scenarios.running import run_module

TOKEN = "ops@pve!ci"


@pytest.fixture
def access(connection_env):
    """`access(tokens=[…])`: the result of one run of the module."""

    def run(*, check=False, **options):
        return run_module("pve_access", options, connection_env, check=check)

    return run


@pytest.fixture
def secret_of(simulator):
    def look(token):
        user, name = token.split("!")
        return simulator.cluster.access.users[user].tokens[name].secret

    return look


@pytest.mark.flow
def test_neither_a_password_nor_the_secret_of_a_token_is_printed(play, secret_of, tmp_path):
    secret = tmp_path / "secret"
    options = {
        "users": [{"user": "ops@pve", "password": "correct horse"}],
        "tokens": [{"token": TOKEN, "secret_file": str(secret)}],
    }

    made = play("access", "-vvv", "--diff", **options)

    assert made.rc == 0, made.stdout
    assert secret.read_text() == f"{secret_of(TOKEN)}\n"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret_of(TOKEN) not in made.stdout
    assert "correct horse" not in made.stdout.split("TASK [", 1)[1]


def test_a_secret_that_was_lost_is_renewed_once(access, secret_of, tmp_path, capsys):
    secret = tmp_path / "secret"
    token = {"token": "root@pam!ci", "secret_file": str(secret), "regenerate": "lost"}
    access(tokens=[token])
    first = secret_of("root@pam!ci")
    secret.unlink()

    left = access(tokens=[{**token, "regenerate": "never"}])
    # Where the controller's half of Ansible is loaded, warnings are printed.
    assert "its secret is not in" in str(left.get("warnings")) + capsys.readouterr().err
    assert not left["changed"]
    assert access(tokens=[token])["changed"]

    assert secret_of("root@pam!ci") != first
    assert secret.read_text() == f"{secret_of('root@pam!ci')}\n"
    assert not access(tokens=[token])["changed"]


def test_a_token_is_not_made_when_its_secret_could_not_be_kept(access, simulator, tmp_path):
    result = access(tokens=[{"token": "root@pam!ci", "secret_file": str(tmp_path / "none" / "secret")}])

    assert result["failure"]["code"] == "invalid_parameter"
    assert "ci" not in simulator.cluster.access.users["root@pam"].tokens


def test_a_secret_without_a_file_is_returned_once(access, secret_of):
    tokens = [{"token": "root@pam!ci"}]

    assert "secret" not in access(check=True, tokens=tokens)["entries"][0]
    assert access(tokens=tokens)["entries"][0]["secret"] == secret_of("root@pam!ci")
    assert "secret" not in access(tokens=tokens)["entries"][0]


def test_nobody_deletes_the_token_that_they_use(access, simulator):
    result = access(tokens=[{"token": f"{simulator.user}!{simulator.token_id}", "state": "absent"}])

    assert result["failure"]["code"] == "protected"
    assert not result["changed"]


def test_a_password_is_changed_with_a_login_and_not_with_a_token(access, simulator, connection_env):
    users = [{"user": "ops@pve", "password": "correct horse"}]
    access(users=users)
    changed = [{**users[0], "password": "battery staple", "update_password": "always"}]

    refused = access(users=changed)
    assert (refused["failure"]["code"], refused["changed"]) == ("unsupported", False)
    assert simulator.cluster.access.users["ops@pve"].password == "correct horse"

    simulator.cluster.access.users["root@pam"].password = "the password of root"
    login = {**connection_env, "PROXMOX_PASSWORD": "the password of root"}
    del login["PROXMOX_TOKEN_ID"]
    assert run_module("pve_access", {"users": changed}, login)["changed"]
    assert simulator.cluster.access.users["ops@pve"].password == "battery staple"
