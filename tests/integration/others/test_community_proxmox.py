"""A client written elsewhere works on the simulator unchanged: the community.proxmox collection, and bare proxmoxer."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from proxmoxer import ProxmoxAPI

from pve_simulator import Simulator, build_cluster

ROOT = Path(__file__).resolve().parents[3]
# The package `ansible` carries the collection; only its files are kept.
PACKAGE = "ansible==12.3.0"
CACHE = ROOT / ".work" / "community"

# Each task is applied twice where the collection itself is idempotent; `assert` tells what must have come of it.
TASKS = """
- proxmox_vm_info: {}
  assert: result.proxmox_vms | length == 6
- proxmox_kvm: {name: spynal, vmid: 900, node: pve1, memory: 256, cores: 1, kvm: false,
                net: {net0: 'virtio,bridge=vmbr0'}, scsi: {scsi0: 'local-lvm:1'}, boot: order=scsi0}
  assert: result is changed and result.vmid == 900
- proxmox_kvm: {name: spynal, vmid: 900, node: pve1}
  assert: result is not changed
- proxmox_kvm: {vmid: 900, node: pve1, state: started}
  assert: result is changed
- proxmox_kvm: {vmid: 900, node: pve1, state: current}
  assert: result.status == 'running'
- proxmox_kvm: {name: spynal, vmid: 900, node: pve1, update: true, cores: 2, description: updated}
  assert: result is changed
- proxmox_snap: {vmid: 900, state: present, snapname: before}
  assert: result is changed
- proxmox_snap: {vmid: 900, state: present, snapname: before}
  assert: result is not changed
- proxmox_snap: {vmid: 900, state: rollback, snapname: before}
  assert: result is changed
- proxmox_kvm: {vmid: 900, node: pve1, state: stopped, force: true}
  assert: result is not failed
- proxmox_snap: {vmid: 900, state: absent, snapname: before}
  assert: result is changed
- proxmox_nic: {vmid: 900, interface: net1, bridge: vmbr0, model: virtio, mac: 'BC:24:11:00:00:07'}
  assert: result is changed
- proxmox_nic: {vmid: 900, interface: net1, state: absent}
  assert: result is changed
- proxmox_disk: {vmid: 900, disk: scsi1, storage: local-lvm, size: 1, state: present}
  assert: result is changed
- proxmox_disk: {vmid: 900, disk: scsi1, size: +1G, state: resized}
  assert: result is changed
- proxmox_disk: {vmid: 900, disk: scsi1, state: detached}
  assert: result is changed
- proxmox_disk: {vmid: 900, disk: unused0, state: absent}
  assert: result is changed
- proxmox_backup: {mode: include, vmids: [900], storage: local, compress: zstd, wait: true, wait_timeout: 30}
  assert: result is changed
- proxmox_firewall: {level: cluster, state: present,
                     rules: [{type: in, action: ACCEPT, source: 192.0.2.1, pos: 0, enable: true}]}
  assert: result is changed
- proxmox_firewall: {level: vm, vmid: 900, state: present, rules: [{type: out, action: DROP, pos: 0, enable: true}]}
  assert: result is changed
- proxmox_kvm: {clone: spynal, vmid: 900, newid: 901, name: copy, node: pve1, timeout: 60}
  assert: result is changed and result.vmid == 901
- proxmox_vm_info: {name: copy}
  assert: result.proxmox_vms | map(attribute='vmid') | list == [901]
- proxmox_kvm: {vmid: 901, node: pve1, state: absent}
  assert: result is changed
- proxmox_kvm: {vmid: 900, node: pve1, state: absent}
  assert: result is changed
- proxmox_kvm: {vmid: 900, node: pve1, state: absent}
  assert: result is not changed
"""


@pytest.fixture(scope="session")
def community() -> Path:
    """A collections path with community.proxmox; skips where it can't be had."""
    if CACHE.exists():
        return CACHE
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as folder:
        fetched = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE],
            capture_output=True,
            text=True,
            check=False,
        )
        wheels = list(Path(folder).glob("ansible-*.whl"))
        if fetched.returncode or not wheels:
            pytest.skip(f"{PACKAGE} can't be downloaded here")
        ready = Path(folder) / "ready"
        with zipfile.ZipFile(wheels[0]) as wheel:
            wanted = "ansible_collections/community/proxmox/"
            wheel.extractall(ready, [name for name in wheel.namelist() if name.startswith(wanted)])
        # Another worker of the same test run may have been faster.
        with contextlib.suppress(OSError):
            ready.rename(CACHE)
    return CACHE


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    # The collection goes by the list of all guests, and looks at it right after each change.
    with Simulator(build_cluster(nodes=2, guests=6), port=0, task_seconds=0.0, resources_lag=0) as running:
        yield running


def connection(simulator: Simulator) -> dict[str, object]:
    return {
        "api_host": simulator.host,
        "api_port": simulator.port,
        "api_user": simulator.user,
        "api_token_id": simulator.token_id,
        "api_token_secret": simulator.token_secret,
        "validate_certs": False,
    }


def environment(collections: Path) -> dict[str, str]:
    # REQUESTS_CA_BUNDLE would win over validate_certs: false in that collection.
    left_out = ("PROXMOX_", "ANSIBLE_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(left_out)},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_NOCOLOR": "1",
    }


def playbook(simulator: Simulator) -> str:
    tasks = []
    for number, entry in enumerate(yaml.safe_load(TASKS), 1):
        claim = entry.pop("assert")
        ((module, options),) = entry.items()
        tasks += [
            {"name": f"{number}: {module}", f"community.proxmox.{module}": options, "register": "result"},
            {"ansible.builtin.assert": {"that": claim, "fail_msg": "{{ result | to_json }}", "quiet": True}},
        ]
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "module_defaults": {"group/community.proxmox.proxmox": connection(simulator)},
        "tasks": tasks,
    }
    return json.dumps([play])


@pytest.mark.thorough
@pytest.mark.xdist_group("community")
def test_the_modules_of_community_proxmox_work_unchanged(community, simulator, tmp_path):
    path = tmp_path / "play.json"
    path.write_text(playbook(simulator))

    run = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), str(path)],
        env=environment(community),
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-1000:]


@pytest.mark.thorough
@pytest.mark.xdist_group("community")
def test_the_inventory_plugin_of_community_proxmox_works_unchanged(community, simulator, tmp_path):
    source = tmp_path / "test.proxmox.yml"
    source.write_text(
        yaml.safe_dump(
            {
                "plugin": "community.proxmox.proxmox",
                "url": simulator.url,
                "user": simulator.user,
                "token_id": simulator.token_id,
                "token_secret": simulator.token_secret,
                "validate_certs": False,
                "want_facts": True,
            }
        )
    )

    run = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-inventory"), "-i", str(source), "--list"],
        env=environment(community),
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    inventory = json.loads(run.stdout)
    names = {guest.name for guest in simulator.cluster.guests.values() if not guest.template}
    assert names <= set(inventory["_meta"]["hostvars"])
    assert set(inventory["proxmox_all_running"]["hosts"]) == {
        guest.name for guest in simulator.cluster.guests.values() if guest.running
    }


@pytest.mark.parametrize("way", ["token", "password"])
def test_proxmoxer_logs_in_and_runs_a_task(simulator, way):
    login = (
        {"token_name": simulator.token_id, "token_value": simulator.token_secret}
        if way == "token"
        else {"password": simulator.password}
    )
    api = ProxmoxAPI(simulator.host, port=simulator.port, user=simulator.user, verify_ssl=simulator.ca_path, **login)
    stopped = next(
        g for g in simulator.cluster.guests.values() if g.type == "qemu" and not g.running and not g.template
    )

    upid = api.nodes(stopped.node).qemu(stopped.vmid).status.start.post()

    assert upid.startswith(f"UPID:{stopped.node}:")
    assert stopped.vmid in {entry["vmid"] for entry in api.cluster.resources.get(type="vm")}
