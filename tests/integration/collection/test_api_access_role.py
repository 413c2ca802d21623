"""The role api_access on a simulated cluster, and what the token that it makes is good for."""

from __future__ import annotations

import stat

import pytest
import yaml

pytestmark = pytest.mark.flow


@pytest.fixture
def role(play, tmp_path):
    """`role(state="present")`: one run of the role with its variables."""

    def run(*flags, **variables):
        task = {
            "name": "Make access",
            "ansible.builtin.include_role": {"name": "playvisor.proxmox.api_access"},
            "vars": {f"api_access_{name}": value for name, value in variables.items()},
        }
        playbook = tmp_path / "access.yml"
        playbook.write_text(
            yaml.safe_dump([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}])
        )
        made = play(str(playbook.with_suffix("")), *flags)
        assert made.rc == 0, made.stdout
        return made

    return run


@pytest.mark.every_core
def test_the_token_may_do_what_its_toolsets_need_and_no_more(play, role, simulator, tmp_path):
    secret = tmp_path / "token"
    variables = {"toolsets": ["observe", "power"], "secret_file": str(secret)}

    made = role("-v", **variables)

    assert "changed=1" in made.stdout
    assert f"PROXMOX_TOKEN_SECRET_FILE={secret}" in made.stdout
    assert secret.read_text().strip() not in made.stdout
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert "changed=0" in role(**variables).stdout

    env = {"PROXMOX_USER": "", "PROXMOX_TOKEN_ID": "playvisor@pve!playvisor"}
    env |= {"PROXMOX_TOKEN_SECRET": "", "PROXMOX_TOKEN_SECRET_FILE": str(secret)}
    web = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and g.running)
    stopped = play("guest_state", env=env, vmid=web.vmid, state="stopped")
    refused = play("snapshot", env=env, vmid=web.vmid, snapname="before")

    assert stopped.rc == 0, stopped.stdout
    assert not web.running
    assert refused.result["failure"]["code"] == "permission_denied"


def test_the_role_follows_its_toolsets_and_takes_everything_away_again(role, simulator, tmp_path):
    secret = str(tmp_path / "token")
    role(toolsets="power", extra_privileges="", paths="/pool/web, /vms", secret_file=secret)
    access = simulator.cluster.access
    assert access.roles["Playvisor"].privileges == ["VM.Audit", "VM.PowerMgmt"]
    assert sorted((entry.path, entry.kind) for entry in access.acl if entry.role == "Playvisor") == [
        (path, kind) for path in ("/pool/web", "/vms") for kind in ("token", "user")
    ]

    role(state="absent")

    assert "Playvisor" not in access.roles
    assert "playvisor@pve" not in access.users
