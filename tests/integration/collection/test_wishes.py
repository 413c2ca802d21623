"""What people write for a guest or storage is applied once: it is read back as what was wished."""

from __future__ import annotations

import pytest
from scenarios.running import run_module

from pve_simulator import Simulator, build_cluster

KEYS = [f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMvWUSQpZlsZzNLL6UbSiAdzVjqSkwGeWIJDTqIhKM{n}M a@{n}" for n in "gh"]
MACHINE = {"name": "wished", "disks": [{"slot": "scsi0", "storage": "local-lvm", "size": 4}]}
PRIVILEGED = {
    "name": "privileged",
    "type": "lxc",
    "node": "pve1",
    "ostemplate": "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst",
    "unprivileged": False,
    "disks": [{"slot": "rootfs", "storage": "local-lvm", "size": 4}],
}
# Module, options, and what is in the configuration afterwards.
WISHES = [
    ("pve_guest", {**PRIVILEGED, "name": "another"}, {"hostname": "another"}),
    ("pve_guest", {"name": "addressed", "nics": [{"slot": "net0", "mac": ""}]}, {}),
    (
        "pve_guest",
        {
            "name": "wished",
            "startup": {"order": 2, "up": 30},
            "agent": {"enabled": True},
            "cpu": {"cputype": "host", "flags": ["+aes", "-pcid"]},
            "boot": ["scsi0"],
            "hotplug": False,
            "description": "two\nlines \r\n\n",
            "config": {"ciuser": " bob\n"},
        },
        {
            "startup": "order=2,up=30",
            "agent": "1",
            "cpu": "host,flags=+aes;-pcid",
            "boot": "order=scsi0",
            "hotplug": "0",
            "description": "two\nlines",
            "ciuser": "bob",
        },
    ),
    (
        "pve_guest",
        {
            "name": "wished",
            "config": {
                "numa0": {"cpus": ["0-1", 3], "memory": 1024.0},
                "vga": {"type": "QXL", "memory": 32},
                "audio0": {"device": "ac97"},
                "keyboard": False,
                "cpulimit": "1.50",
                "tablet": "no",
                "rng0": {"source": "/dev/urandom", "max_bytes": 1024},
                "watchdog": {"model": "i6300esb", "action": "reset"},
            },
        },
        {
            "numa0": "cpus=0-1;3,memory=1024",
            "vga": "qxl,memory=32",
            "audio0": "device=AC97",
            "keyboard": "no",
            "tablet": 0,
            "rng0": "/dev/urandom",
        },
    ),
    (
        "pve_guest",
        {
            "name": "wished",
            "disks": [{"slot": "scsi0", "options": {"detect_zeroes": "on", "ro": "no", "serial": "A 1"}}],
        },
        {},
    ),
    (
        "pve_guest",
        {
            "name": "wished",
            "nics": [{"slot": "net0", "mac": "bc-24-11-00-00-0f", "rate": 12.5, "options": {"trunks": [1, 2]}}],
        },
        {"net0": "virtio=BC:24:11:00:00:0F,rate=12.5,trunks=1;2"},
    ),
    (
        "pve_guest",
        {
            "name": "privileged",
            "features": ["nesting=0"],
            "config": {"cmode": "Shell", "console": "off", "cpulimit": 0, "env": {"A": 1, "B": "x y"}},
            "nameserver": ["2001:DB8:0::1, 10.0.0.1"],
            "description": "a\n",
            "disks": [{"slot": "rootfs", "options": {"mountoptions": "noatime,nodev", "quota": "yes"}}],
            "nics": [{"slot": "net0", "bridge": "vmbr0", "ip6": "2001:0DB8::05/64", "gw6": "2001:DB8::1"}],
        },
        {"cmode": "shell", "console": 0, "nameserver": "2001:db8::1 10.0.0.1", "env": "A=1\0B=x y"},
    ),
    (
        "pve_cloudinit",
        {
            "name": "wished",
            "ssh_keys": [f"# mine\n{KEYS[0]}\n{KEYS[1]}\n"],
            "searchdomain": ["lab.example", "example.net"],
            "ipconfig": [{"interface": 0, "ip": "dhcp", "ip6": "2001:DB8::5/64"}],
        },
        {"searchdomain": "lab.example example.net", "ipconfig0": "ip=dhcp,ip6=2001:db8::5/64"},
    ),
    ("pve_storage", {"storage": "shared", "config": {"preallocation": False}}, {"preallocation": "off"}),
    (
        "pve_storage",
        {"storage": "shared", "retention": {"all": True}, "config": {"bwlimit": {"move": 5.0}}},
        {"bwlimit": "move=5"},
    ),
]


@pytest.fixture(scope="module")
def simulator():
    with Simulator(build_cluster(nodes=1, guests=0), port=0, task_seconds=0.0) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def guests(simulator):
    connection = simulator.environment
    for guest in (MACHINE, PRIVILEGED):
        assert run_module("pve_guest", guest, connection)["changed"]


@pytest.mark.parametrize(("module", "options", "kept"), WISHES, ids=range(len(WISHES)))
def test_a_wish_is_applied_once(client, connection_env, module, options, kept):
    planned = run_module(module, options, connection_env, check=True)
    applied = run_module(module, options, connection_env)
    again = run_module(module, options, connection_env)

    assert (applied.get("failure"), planned["changed"], applied["changed"]) == (None, True, True)
    assert (again.get("failure"), again["changed"]) == (None, False)
    assert kept.items() <= read_config(client, module, applied).items()


def read_config(client, module, result):
    if module == "pve_storage":
        return client.get(f"/storage/{result['storages'][0]['storage']}")
    guest = result["guests"][0]
    return client.get(f"/nodes/{guest['node']}/{guest['type']}/{guest['vmid']}/config")


def test_what_amounts_to_nothing_is_met(connection_env):
    disk = {"slot": "scsi0", "backup": True, "ssd": False, "iothread": False}
    options = {"name": "wished", "disks": [disk], "config": {"allow-ksm": True, "shares": 1000, "cpuunits": None}}

    assert run_module("pve_guest", options, connection_env)["changed"] is False
