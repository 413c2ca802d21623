"""The files of a cloud-init drive, and how far the drive is behind the configuration."""

from __future__ import annotations

import pytest

from pve_simulator.guests.qemu.cloudinit import render_file
from pve_simulator.guests.qemu.cloudinit_state import record_change
from pve_simulator.state.guest import Guest
from pve_simulator.state.qemu import QemuState

DNS = {"search": "lab.test", "dns1": "10.0.0.254"}
NET = {"net0": "virtio=BC:24:11:ED:67:9C,bridge=vmbr0"}


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            {"name": "web", "ciuser": "root", "ciupgrade": "0"},
            "#cloud-config\nhostname: web\nmanage_etc_hosts: true\nfqdn: web\nuser: root\nchpasswd:\n  expire: False\n",
        ),
        (
            {"name": "a.example.com", "sshkeys": "ssh-ed25519%20AAAA%20me%40host%0A", "cipassword": "pw"},
            "#cloud-config\nhostname: a\nmanage_etc_hosts: true\nfqdn: a.example.com\npassword: pw\n"
            "ssh_authorized_keys:\n  - ssh-ed25519 AAAA me@host\nchpasswd:\n  expire: False\n"
            "users:\n  - default\npackage_upgrade: true\n",
        ),
        (
            {"searchdomain": "example.com", "ciupgrade": "0"},
            "#cloud-config\nhostname: VM101\nmanage_etc_hosts: true\nfqdn: VM101.example.com\nchpasswd:\n"
            "  expire: False\nusers:\n  - default\n",
        ),
    ],
)
def test_the_user_file_names_the_host_its_login_and_keys(config, text):
    assert render_file(config, 101, "user", DNS) == text


def test_the_network_file_has_every_address_and_the_nodes_name_servers():
    config = {**NET, "ipconfig0": "ip=10.0.0.5/20,gw=10.0.0.1,ip6=fd00::5/64,gw6=fd00::1"}

    assert render_file(config, 101, "network", DNS) == (
        "version: 1\nconfig:\n"
        "    - type: physical\n      name: eth0\n      mac_address: 'bc:24:11:ed:67:9c'\n      subnets:\n"
        "      - type: static\n        address: '10.0.0.5'\n        netmask: '255.255.240.0'\n"
        "        gateway: '10.0.0.1'\n"
        "      - type: static6\n        address: 'fd00::5/64'\n        gateway: 'fd00::1'\n"
        "    - type: nameserver\n      address:\n      - '10.0.0.254'\n      search:\n      - 'lab.test'\n"
    )


@pytest.mark.parametrize(
    ("addresses", "subnets"),
    [
        ("ip6=auto", ["- type: ipv6_slaac"]),
        ("ip=dhcp,ip6=dhcp", ["- type: dhcp4", "- type: dhcp6"]),
        ("gw=10.0.0.1,ip=dhcp", []),
        ("gw6=fd00::1,ip6=auto", []),
    ],
)
def test_addresses_that_come_by_themselves_have_no_gateway(addresses, subnets):
    text = render_file({**NET, "ipconfig0": addresses}, 101, "network", {})

    assert [line.strip() for line in text.partition("subnets:\n")[2].splitlines()] == subnets


def test_windows_gets_the_network_as_interfaces():
    config = {**NET, "ipconfig0": "ip=dhcp,ip6=auto", "ostype": "win11", "nameserver": "1.1.1.1", "searchdomain": "x.y"}

    assert render_file(config, 101, "network", DNS) == (
        "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\niface eth0 inet6 auto\n"
        "        dns_nameservers 1.1.1.1\n        dns_search x.y\n"
    )
    assert '"content_path": "/content/0000"' in render_file(config, 101, "meta", DNS)


def test_the_instance_changes_with_what_is_on_the_drive():
    before = render_file({"name": "a"}, 101, "meta", DNS)

    assert before.startswith("instance-id: ")
    assert render_file({"name": "a"}, 101, "meta", DNS) == before
    assert render_file({"name": "b"}, 101, "meta", DNS) != before


@pytest.mark.parametrize(
    ("changes", "recorded", "added"),
    [
        ([("ciuser", "a", "b")], {"ciuser": "a"}, []),
        ([("ciuser", "a", "b"), ("ciuser", "b", "c")], {"ciuser": "a"}, []),
        ([("ciuser", "a", "b"), ("ciuser", "b", "a")], {}, []),
        ([("ciuser", None, "b")], {}, ["ciuser"]),
        ([("ciuser", None, "b"), ("ciuser", "b", "c")], {}, ["ciuser"]),
        ([("ciuser", None, "b"), ("ciuser", "b", None)], {}, []),
        ([("ciuser", "a", None)], {"ciuser": "a"}, []),
        ([("memory", "512", "1024")], {}, []),
    ],
)
def test_what_is_not_on_the_drive_is_remembered(changes, recorded, added):
    guest = Guest(101, "qemu", "pve1")

    for change in changes:
        record_change(guest, *change)

    state = guest.part(QemuState)
    assert (state.cloudinit, state.cloudinit_added) == (recorded, added)


def test_a_running_machine_shows_what_waits_for_the_next_drive(machines):
    machines.create(ide2="local-lvm:cloudinit", ciuser="debian", cipassword="secret")
    machines.start(300)
    machines.put(300, ciuser="admin", searchdomain="lab.test", delete="cipassword")

    entries = {entry.pop("key"): entry for entry in machines.get("/300/cloudinit")}
    assert entries == {
        "ciuser": {"value": "debian", "pending": "admin"},
        "searchdomain": {"pending": "lab.test"},
        "cipassword": {"delete": 1},
    }
    machines.call("PUT", "/300/cloudinit")
    assert [entry["key"] for entry in machines.get("/300/cloudinit")] == ["ciuser", "searchdomain"]
    assert machines.pending(300) == {}


def test_a_machine_has_one_cloud_init_drive(machines):
    machines.create(ide2="local-lvm:cloudinit")

    text = "ide0 - cloud-init drive is already attached at 'ide2'"
    assert machines.refused("PUT", "/300/config", ide0="local-lvm:cloudinit") == text
    machines.put(300, delete="ide2")
    assert "local-lvm:vm-300-cloudinit" not in machines.volumes()


@pytest.mark.parametrize(("ostype", "begins"), [("l26", "$5$"), ("win11", "secret")])
def test_a_changed_password_is_kept_as_a_hash_where_the_system_reads_one(machines, ostype, begins):
    machines.create(ostype=ostype)

    machines.put(300, cipassword="secret")

    assert machines.config(300)["cipassword"] == "**********"
    assert f"password: {begins}" in machines.get("/300/cloudinit/dump", type="user")
