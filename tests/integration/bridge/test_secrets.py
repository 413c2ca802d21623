"""What a run leaves behind holds no secret, and what a client supplies stays data."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.flow, pytest.mark.every_core]

OTHER_SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"


@pytest.fixture
def spied(tmp_path, env):
    """Everything a run may write to, apart from the state directory, in one place."""
    home = tmp_path / "home"
    home.mkdir()
    # pytest's own folder would be too deep for the sockets that Ansible makes below TMPDIR.
    with tempfile.TemporaryDirectory(prefix="spied-", dir="/tmp") as temporary:
        (tmp_path / "tmp").symlink_to(temporary)
        yield {**env, "HOME": str(home), "TMPDIR": temporary, "AWS_SECRET_ACCESS_KEY": OTHER_SECRET}


def everything_below(folder):
    temporary = folder / "tmp"
    folders = [folder, temporary.resolve()] if temporary.is_symlink() else [folder]
    return {path: path.read_bytes() for one in folders for path in one.rglob("*") if path.is_file()}


@pytest.mark.parametrize("login", ["token", pytest.param("password", marks=pytest.mark.thorough)])
def test_no_secret_is_left_behind(playvisor, spied, simulator, tmp_path, guest, login):
    # A secret that looks like an option, the first word of a usage error.
    simulator.cluster.access.users["root@pam"].password = simulator.password = "--Zk4_pq7-LmN2x"
    secret = simulator.password if login == "password" else simulator.token_secret
    if login == "password":
        del spied["PROXMOX_TOKEN_SECRET"], spied["PROXMOX_TOKEN_ID"]
        spied |= {"PROXMOX_PASSWORD": secret}

    commands = [
        ("call", "stop_guest", f"vmid={guest(running=True).vmid}", "--json"),
        ("call", "get_guest", "name=nobody"),
        ("call", "list_guests", f"api_token_secret={secret}"),
        ("call", "list_guests", f"guests.pool={secret}x", f"{secret}=1"),
        ("doctor", "--json"),
        ("runs", "list"),
    ]
    done = [playvisor(*command, environment=spied) for command in commands]
    assert [one.status for one in done] == [0, 1, 2, 2, 0, 0]

    left = everything_below(tmp_path)
    environments = [json.loads(content)["env"] for path, content in left.items() if path.name == "command"]
    assert len(environments) > 2
    for environment in environments:
        assert not {name for name in environment if "SECRET" in name or "PASSWORD" in name}
        # The key of the run was in a file, which is gone with the run.
        assert not Path(environment["PROXMOX_GATEWAY"]).exists()
        assert not Path(environment["PROXMOX_GATEWAY_KEY_FILE"]).exists()
    for hidden in (secret, OTHER_SECRET):
        assert [str(path) for path, content in left.items() if hidden.encode() in content] == []
        assert not any(hidden in one.stdout + one.stderr for one in done)


def test_a_wrong_secret_is_not_shown_either(playvisor, spied, tmp_path):
    spied |= {"PROXMOX_TOKEN_SECRET": OTHER_SECRET}

    done = playvisor("call", "list_guests", "--json", environment=spied)

    assert done.json["failure"]["code"] == "auth_failed"
    assert OTHER_SECRET not in done.stdout + done.stderr
    assert not any(OTHER_SECRET.encode() in content for content in everything_below(tmp_path).values())


def test_a_template_in_an_argument_is_only_ever_a_string(playvisor, tmp_path, ledger):
    owned = tmp_path / "owned"
    template = "{{ lookup('pipe', 'touch " + str(owned) + "') }}"

    named = playvisor("call", "stop_guest", f"name={template}", "--json")
    chosen = playvisor("call", "list_guests", f"guests.pool={template}", "--json")
    tagged = playvisor("call", "list_guests", f'guests.tags=["{template}"]', "--json")

    for done, code in ((named, "not_found"), (chosen, "not_found"), (tagged, "invalid_parameter")):
        assert done.json["failure"]["code"] == code
        assert template[:40] in done.json["failure"]["message"]
    assert not owned.exists()
    assert ledger.recent()[2].arguments == {"name": template}


def test_the_name_of_a_guest_can_not_become_a_template_either(playvisor, simulator, guest, tmp_path):
    owned = tmp_path / "owned"
    web = guest(running=True)
    web.config["name"] = "{{ lookup('pipe', 'touch " + str(owned) + "') }}"

    done = playvisor("call", "stop_guest", f"vmid={web.vmid}", "--json")

    assert done.json["guests"][0]["name"] == web.config["name"]
    assert done.json["status"] == "ok"
    assert not owned.exists()


def test_what_a_run_leaves_behind_is_for_its_owner_only(playvisor, state_dir):
    playvisor("call", "list_guests")

    folders = [path for path in state_dir.rglob("*") if path.is_dir()]
    assert state_dir.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o022 == 0 for path in folders)


@pytest.mark.thorough
def test_a_whole_token_is_taken_apart_and_what_can_not_be_is_refused(playvisor, spied, simulator, tmp_path, ledger):
    secret = simulator.token_secret
    whole = f"{simulator.user}!{simulator.token_id}={secret}"
    for name in ("PROXMOX_TOKEN_SECRET", "PROXMOX_USER"):
        del spied[name]
    changes = [
        {"PROXMOX_TOKEN_ID": whole},
        {"PROXMOX_TOKEN_ID": f"'PVEAPIToken={whole}'", "PROXMOX_TOKEN_SECRET": secret},
        {"PROXMOX_TOKEN_ID": None, "PROXMOX_USER": whole},
        {"PROXMOX_TOKEN_ID": f"{simulator.user} {secret}"},
        {"PROXMOX_URL": f"{simulator.url}/?token={secret}"},
        {"PROXMOX_URL": simulator.url.replace("://", f"://root:{secret}@")},
        {"PROXMOX_TOKEN_ID": whole, "PLAYVISOR_LEDGER_URL": f"postgresql://me:{secret}@127.0.0.1:1/x"},
    ]
    done = [playvisor("call", "list_guests", "--json", environment=spied, **change) for change in changes]
    # It is not lent a fork, so it takes longer.
    done += [playvisor("doctor", environment=spied, **change) for change in (changes[0], *changes[3:6])]
    done += [playvisor("runs", "show", ledger.recent()[0].run_id, environment=spied, PROXMOX_TOKEN_ID=whole)]

    assert [one.status for one in done[:6]] == [0, 0, 0, 2, 2, 2]
    assert done[6].status
    assert [one.status for one in done[8:11]] == [2] * 3
    assert {row.proxmox_user for row in ledger.recent()} == {f"{simulator.user}!{simulator.token_id}"}
    left = everything_below(tmp_path)
    assert [str(path) for path, content in left.items() if secret.encode() in content] == []
    assert [one for one in done if secret in one.stdout + one.stderr] == []


@pytest.mark.parametrize("executor", ["warm", "cold"])
def test_what_is_said_to_a_guest_is_left_to_the_guest(playvisor, spied, simulator, tmp_path, guest, ledger, executor):
    web = guest(running=True)
    script = f"root:{OTHER_SECRET}"

    done = playvisor(
        "call",
        "exec_guest",
        f"vmid={web.vmid}",
        'command=["chpasswd"]',
        f"stdin={script}",
        "--json",
        environment={**spied, "PLAYVISOR_EXECUTOR": executor},
    )

    kept = f"sha256:{hashlib.sha256(script.encode()).hexdigest()} ({len(script)} bytes)"
    assert done.json["plan"]["steps"][0]["params"]["input-data"] == kept
    assert ledger.recent()[0].arguments["stdin"] == kept
    left = everything_below(tmp_path)
    assert [str(path) for path, content in left.items() if OTHER_SECRET.encode() in content] == []
    assert OTHER_SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("list_guests", f"password={OTHER_SECRET}"),
        ("list_guests", f"guests.password={OTHER_SECRET}"),
        ("get_guest", f"vmid={OTHER_SECRET}"),
        ("list_storage_content", f"content={OTHER_SECRET}"),
        ("no_such_tool", f"anything={OTHER_SECRET}"),
    ],
)
def test_of_arguments_that_are_refused_only_the_type_is_recorded(playvisor, env, words, ledger, state_dir):
    done = playvisor("call", *words, "--json", environment=env)

    assert done.status == 2
    row = ledger.recent()[0]
    assert "not kept" in json.dumps(row.arguments)
    assert OTHER_SECRET not in json.dumps(row.as_dict())
    assert not any(OTHER_SECRET.encode() in file.read_bytes() for file in state_dir.rglob("*") if file.is_file())
