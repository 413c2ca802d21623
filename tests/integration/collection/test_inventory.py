"""The inventory plugin through ansible-inventory against a simulated cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pve_simulator import Simulator
from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.state.access import Token, User

pytestmark = [pytest.mark.flow, pytest.mark.every_core]


@pytest.fixture
def inventory(connection_env, tmp_path, collections_path):
    """`inventory(want_config=True)`: what ansible-inventory lists, or another `command` does with it."""

    def read(env=None, command=("ansible-inventory", "--list"), **options):
        source = tmp_path / "test.pve.yml"
        source.write_text(yaml.safe_dump({"plugin": "playvisor.proxmox.pve", **options}))
        return subprocess.run(
            [str(Path(sys.executable).parent / command[0]), "-i", str(source), *command[1:]],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("PROXMOX_")},
                "ANSIBLE_COLLECTIONS_PATH": str(collections_path),
                "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
                **connection_env,
                **(env or {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return read


def test_every_guest_is_a_host_from_one_request(inventory, simulator):
    hosts = json.loads(inventory().stdout)

    guests = [guest for guest in simulator.cluster.guests.values() if not guest.template]
    assert set(hosts["_meta"]["hostvars"]) == {guest.name for guest in guests}
    assert set(hosts["pve_lxc"]["hosts"]) == {guest.name for guest in guests if guest.type == "lxc"}
    assert simulator.requests == [("GET", "/cluster/resources", 200)]


def test_filters_and_configuration_choose_and_group_hosts(inventory, simulator):
    hosts = json.loads(
        inventory(
            want_config=True,
            filters=["pve_type == 'qemu'", "pve_status == 'running'"],
            keyed_groups=[{"key": "pve_config.ostype", "prefix": "os"}],
        ).stdout
    )

    running = {g.name for g in simulator.cluster.guests.values() if g.type == "qemu" and g.running}
    assert set(hosts["os_l26"]["hosts"]) == running


def test_a_broken_filter_leaves_guests_out_or_fails_when_strict(inventory, simulator):
    filters = ["pve_config.agent == '1'"]

    lenient = inventory(want_facts=True, filters=filters)
    assert "can't be evaluated" in lenient.stderr
    assert set(json.loads(lenient.stdout)["_meta"]["hostvars"]) == {
        guest.name for guest in simulator.cluster.guests.values() if guest.config.get("agent") and not guest.template
    }
    strict = inventory(want_facts=True, filters=filters, strict=True)
    assert strict.returncode != 0
    assert "pve_config.agent" in strict.stderr


def test_a_node_that_is_down_is_a_warning_and_its_guests_stay_hosts(inventory, simulator):
    simulator.cluster.nodes["pve2"].online = False

    run = inventory(want_config=True, want_addresses=True)

    assert run.returncode == 0
    assert "pve2" in run.stderr
    away = [guest for guest in simulator.cluster.guests.values() if guest.node == "pve2" and not guest.template]
    assert len(json.loads(run.stdout)["pve_node_pve2"]["hosts"]) == len(away)


def test_a_cluster_that_refuses_the_login_is_said(inventory):
    run = inventory(env={"PROXMOX_TOKEN_SECRET": "wrong"})

    assert run.returncode != 0
    assert "refused the login" in run.stderr


def test_the_cache_spares_the_cluster(inventory, simulator, tmp_path):
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}

    first, second = inventory(**cached), inventory(**cached)

    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert len(simulator.requests) == 1


def test_what_is_written_in_a_guest_is_never_a_template(inventory, simulator, tmp_path):
    guest = next(guest for guest in simulator.cluster.guests.values() if not guest.template)
    made = tmp_path / "made"
    guest.config["description"] = f"{{{{ lookup('pipe', 'touch {made}') }}}}"
    show = "ansible.builtin.debug", "-a", "msg='{{ pve_config.description }} {{ composed }}'"

    done = inventory(
        command=("ansible", guest.name, "-c", "local", "-m", *show),
        want_config=True,
        compose={"composed": "pve_config.description"},
    )

    assert done.returncode == 0, done.stdout
    assert done.stdout.count("lookup('pipe'") == 2
    assert not made.exists()


NAMED_LIKE_GROUPS = """
name: lab
nodes: [pve1, pve2]
guests:
  - {vmid: 101, name: docker, status: running, tags: [docker]}
  - {vmid: 102, name: media, type: lxc, tags: [docker], rootfs: "local-lvm:vm-102-disk-0,size=1G",
     net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:BB:00:02,ip=10.0.0.21/24,type=veth"}
  - {vmid: 103, name: db, status: running}
  - {vmid: 104, name: web-01, type: lxc, node: pve2, status: running, rootfs: "local-lvm:vm-104-disk-0,size=1G",
     net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:BB:00:04,ip=10.0.0.24/24,type=veth"}
"""


class TestHostsNamedLikeGroups:
    @pytest.fixture
    def simulator(self):
        with Simulator(cluster_from_data(yaml.safe_load(NAMED_LIKE_GROUPS)), port=0, task_seconds=0.0) as running:
            yield running

    def test_each_is_in_its_own_groups(self, inventory):
        groups = json.loads(
            inventory(
                keyed_groups=[{"key": "pve_tags", "prefix": "", "separator": ""}],
                groups={"db": "pve_type == 'lxc' or pve_name == 'db'"},
                want_config=True,
                compose={"ansible_host": "pve_config.net0.ip | split('/') | first"},
            ).stdout
        )

        assert set(groups["pve_running"]["hosts"]) == {"docker", "db", "web-01"}
        assert set(groups["pve_qemu"]["hosts"]) == {"docker", "db"}
        assert set(groups["docker"]["hosts"]) == {"docker", "media"}
        assert set(groups["db"]["hosts"]) == {"db", "media", "web-01"}
        assert "children" not in groups["pve_running"]
        assert groups["_meta"]["hostvars"]["media"]["ansible_host"] == {"__ansible_unsafe": "10.0.0.21"}

    def test_what_costs_requests_is_read_only_of_the_wanted(self, inventory, simulator, tmp_path):
        cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "c")}
        options = {"want_config": True, "want_addresses": True, **cached}
        names = [
            set(json.loads(inventory(filters=filters, **options).stdout)["_meta"]["hostvars"])
            for filters in (["pve_config.hostname == 'web-01'", "pve_name == 'web-01'"], ["pve_name == 'media'"])
        ]

        assert names == [{"web-01"}, {"media"}]
        assert [path for _method, path, _status in simulator.requests] == [
            "/cluster/resources",
            "/nodes/pve2/lxc/104/config",
            "/nodes/pve2/lxc/104/interfaces",
            "/cluster/resources",
            "/nodes/pve1/lxc/102/config",
        ]

    def test_options_are_templates_and_unknown_ones_are_told(self, inventory, connection_env):
        mine = {name.replace("PROXMOX", "MY"): value for name, value in connection_env.items()}
        options = {
            f"api_{name}": f"{{{{ lookup('ansible.builtin.env', 'MY_{name.upper()}') }}}}"
            for name in ("url", "user", "token_id", "token_secret")
        }
        run = inventory(
            env={**dict.fromkeys(connection_env, ""), **mine, "MY_NODE": "pve2"},
            **options,
            fingerprint="{{ lookup('ansible.builtin.env', 'MY_FINGERPRINT') }}",
            validate_certs="{{ lookup('ansible.builtin.env', 'MY_VERIFY') }}",
            filters=["{{ pve_type == 'lxc' }}", "pve_node == '{{ lookup('ansible.builtin.env', 'MY_NODE') }}'"],
        )
        assert set(json.loads(run.stdout)["_meta"]["hostvars"]) == {"web-01"}, run.stderr

        unknown = inventory(url="https://pve1", token_id="ops@pve!x")
        # Ansible breaks lines where it likes.
        assert "token_id, url. Did you mean api_token_id, api_url?" in " ".join(unknown.stderr.split())

    def test_a_group_that_can_not_be_below_another_one_stays_beside_it(self, inventory):
        run = inventory(keyed_groups=[{"key": "pve_tags", "prefix": "", "separator": "", "parent_group": "docker"}])

        assert set(json.loads(run.stdout)["docker"]["hosts"]) == {"docker", "media"}
        assert "The group docker is not made a child of docker" in " ".join(run.stderr.split())


def test_credentials_that_see_no_guest_are_told_so(inventory, simulator):
    secret = "6f6f6f6f-0000-4000-8000-000000000000"
    simulator.cluster.access.users["eve@pve"] = User(tokens={"look": Token(secret=secret)})
    run = inventory(
        env={"PROXMOX_USER": "eve@pve", "PROXMOX_TOKEN_ID": "look", "PROXMOX_TOKEN_SECRET": secret},
    )

    assert json.loads(run.stdout)["_meta"]["hostvars"] == {}
    assert "they have no VM.Audit on /vms" in " ".join(run.stderr.split())
