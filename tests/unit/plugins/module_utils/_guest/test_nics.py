from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.nics import (
    check_wishes,
    read_nic,
    render_changed_nic,
    render_new_nic,
    view,
    view_wish,
)

VM = {"net0": "virtio=BC:24:11:B0:69:6B,bridge=vmbr0,firewall=1,tag=20"}
CT = {"net0": "name=eth0,bridge=vmbr0,gw=10.99.0.254,hwaddr=BC:24:11:9B:A3:1D,ip=10.99.0.60/24,type=veth"}


def wish(**given):
    return {"slot": "net0", "state": "present", **given}


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("qemu", {"bridge": "vmbr0"}, "virtio,bridge=vmbr0"),
        ("qemu", {"bridge": "vmbr0", "tag": 5, "firewall": True}, "virtio,bridge=vmbr0,tag=5,firewall=1"),
        ("qemu", {"model": "e1000", "mac": "bc:24:11:00:00:01", "tag": 0}, "e1000=BC:24:11:00:00:01"),
        ("lxc", {"bridge": "vmbr0", "ip": "dhcp"}, "name=eth0,bridge=vmbr0,ip=dhcp"),
        ("qemu", {"mac": "bc-24-11-00-00-0f", "rate": 12.50, "mtu": 0}, "virtio=BC:24:11:00:00:0F,rate=12.5"),
        ("qemu", {"model": "VirtIO", "options": {"trunks": [1, "2-4"]}}, "virtio,trunks=1;2-4"),
        ("lxc", {"ip": "10.0.0.5/24", "ip6": "2001:0DB8::05/64"}, "name=eth0,ip=10.0.0.5/24,ip6=2001:db8::5/64"),
        ("lxc", {"name": "lan", "mac": "bc:24:11:00:00:01"}, "name=lan,hwaddr=BC:24:11:00:00:01"),
    ],
)
def test_a_new_device_is_asked_for_like_this(kind, given, value):
    assert render_new_nic(kind, wish(**given)) == value


@pytest.mark.parametrize(
    ("kind", "config", "given"),
    [
        ("qemu", VM, {"bridge": "vmbr0", "tag": 20, "firewall": True, "model": "virtio", "mac": "bc:24:11:b0:69:6b"}),
        ("qemu", VM, {"rate": 0.0, "link_down": False}),
        # It would get another one each time.
        ("qemu", VM, {"mac": "", "model": ""}),
        ("lxc", CT, {"mac": "", "name": "", "ip6": "", "options": {"type": ""}}),
        ("qemu", VM, {"options": {"host-tunnel": "off"}, "queues": 0}),
        ("qemu", {"net0": "virtio=BC:24:11:B0:69:6B,rate=12.50,firewall=yes"}, {"rate": 12.5, "firewall": True}),
        (
            "lxc",
            {"net0": "name=eth0,ip6=2001:db8:0:0::5/64"},
            {"ip6": "2001:DB8::5/64", "options": {"host-managed": 0}},
        ),
        ("qemu", {"net0": "bridge=vmbr0,macaddr=BC:24:11:B0:69:6B,model=virtio"}, {"model": "virtio"}),
        ("lxc", CT, {"ip": "10.99.0.60/24", "gw": "10.99.0.254", "name": "eth0", "firewall": False}),
    ],
)
def test_a_device_that_is_as_wished_is_left_alone(kind, config, given):
    nic = read_nic(kind, config, "net0")

    assert render_changed_nic(kind, nic, wish(**given)) is None
    assert view(kind, nic, wish(**given)) == view_wish(kind, wish(**given))


@pytest.mark.parametrize(
    ("kind", "config", "given", "value"),
    [
        ("qemu", VM, {"tag": 30}, "virtio=BC:24:11:B0:69:6B,bridge=vmbr0,firewall=1,tag=30"),
        ("qemu", VM, {"tag": 0, "firewall": False}, "virtio=BC:24:11:B0:69:6B,bridge=vmbr0"),
        ("qemu", VM, {"model": "e1000"}, "e1000=BC:24:11:B0:69:6B,bridge=vmbr0,firewall=1,tag=20"),
        ("qemu", VM, {"mac": "bc:24:11:00:00:09"}, "virtio=BC:24:11:00:00:09,bridge=vmbr0,firewall=1,tag=20"),
        (
            "qemu",
            VM,
            {"options": {"trunks": "1;2"}},
            "virtio=BC:24:11:B0:69:6B,bridge=vmbr0,firewall=1,tag=20,trunks=1;2",
        ),
        ("lxc", CT, {"ip": "dhcp", "gw": ""}, "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:9B:A3:1D,ip=dhcp,type=veth"),
    ],
)
def test_a_device_keeps_what_is_not_given(kind, config, given, value):
    assert render_changed_nic(kind, read_nic(kind, config, "net0"), wish(**given)) == value


@pytest.mark.parametrize(
    ("kind", "wishes"),
    [
        ("qemu", [wish(ip="dhcp")]),
        ("lxc", [wish(model="virtio")]),
        ("qemu", [wish(), wish()]),
        ("qemu", [{"slot": "eth0", "state": "present"}]),
        ("qemu", [{"slot": "net32", "state": "present"}]),
        ("qemu", [wish(model="virtio-net")]),
        ("qemu", [wish(mac="01:00:5e:00:00:01")]),
        ("qemu", [wish(tag=4095)]),
        ("qemu", [wish(tag=5, options={"tag": 6})]),
        ("qemu", [wish(options={"vlan": 6})]),
        ("lxc", [wish(ip="10.0.0.5")]),
        ("lxc", [wish(gw6="10.0.0.1")]),
    ],
)
def test_what_makes_no_sense_is_refused(kind, wishes):
    with pytest.raises(errors.PveError) as caught:
        check_wishes(kind, wishes)

    assert caught.value.code == errors.INVALID_PARAMETER
