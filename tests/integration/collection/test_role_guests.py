"""The role `guests` on a simulated cluster: a fleet from data, and no change the second time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.flow

FLEET = {
    "guests_defaults": {"guest": {"memory": 512, "tags": ["fleet"]}},
    "guests_fleet": [
        {
            "name": "web-11",
            "clone": "debian-13-template",
            "guest": {"cores": 2},
            "cloudinit": {"drive_storage": "local-lvm", "user": "debian", "ipconfig": [{"interface": 0, "ip": "dhcp"}]},
            "firewall": {"rules": [{"key": "ssh", "action": "ACCEPT", "macro": "SSH", "type": "in"}]},
            "snapshot": {"snapname": "first"},
        },
        {
            "name": "app-11",
            "state": "stopped",
            "guest": {"disks": [{"slot": "scsi0", "storage": "local-lvm", "size": 4}], "memory": 256},
        },
        {"name": "ci-01", "state": "absent"},
    ],
}


@pytest.fixture
def run_role(connection_env, collections_path, tmp_path):
    def run(*flags, fleet=None):
        play = {"hosts": "localhost", "gather_facts": False, "connection": "local", "vars": fleet or FLEET}
        play["roles"] = ["playvisor.proxmox.guests"]
        file = tmp_path / "site.yml"
        file.write_text(yaml.safe_dump([play]))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PROXMOX_")}
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), file, *flags],
            env={**kept, **connection_env, "ANSIBLE_COLLECTIONS_PATH": str(collections_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


def test_a_fleet_is_made_from_data_and_left_alone_the_second_time(run_role, simulator):
    before = len(simulator.requests)
    run_role("--check")
    assert [request for request in simulator.requests[before:] if request[0] != "GET"] == []

    run_role()
    again = run_role()

    guests = {guest.name: guest for guest in simulator.cluster.guests.values()}
    web, app = guests["web-11"], guests["app-11"]
    assert web.running
    assert {key: str(web.config[key]) for key in ("cores", "memory", "tags")} == {
        "cores": "2",
        "memory": "512",
        "tags": "fleet",
    }
    assert web.config["ciuser"] == "debian"
    assert (app.running, str(app.config["memory"])) == (False, "256")
    assert "ci-01" not in guests
    assert "changed=0" in again, again


@pytest.mark.thorough
@pytest.mark.parametrize("simulator", [24], indirect=True)
def test_an_empty_value_takes_a_default_away_and_containers_get_no_cloud_init(run_role, simulator):
    guests = [guest for guest in simulator.cluster.guests.values() if not guest.template]
    container, other = [guest.name for guest in guests if guest.type == "lxc"][:2]
    machine, last = [guest.name for guest in guests if guest.type == "qemu"][:2]
    fleet = {
        "guests_defaults": {"cloudinit": {"user": "a"}, "firewall": {"options": {"enable": True}}},
        "guests_fleet": [
            {"name": container, "state": "present"},
            {"name": other, "state": "present", "cloudinit": {}, "firewall": None},
            {"name": machine, "state": "present"},
            {"name": last, "state": "present", "cloudinit": None},
        ],
    }
    run_role(fleet=fleet)

    written = {path for method, path, _status in simulator.requests if method != "GET"}
    vmids = {guest.name: vmid for vmid, guest in simulator.cluster.guests.items()}
    assert {name for name in vmids for path in written if f"/{vmids[name]}/config" in path} == {machine}
    assert {name for name in vmids for path in written if f"/{vmids[name]}/firewall" in path} == {
        container,
        machine,
        last,
    }
