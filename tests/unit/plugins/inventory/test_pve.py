from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.inventory.pve import (
    assign_host_names,
    build_address_variables,
    build_base_variables,
    build_config_variables,
    find_similar_options,
    list_groups,
    needs_further_variables,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest

WEB = build_base_variables(Guest(101, "web-01", "pve1", "qemu", "running", ("prod", "web"), pool="shop"))
TWIN = build_base_variables(Guest(302, "twin", "pve2", "lxc", "stopped"))


def test_variables_are_plain_data_with_a_prefix():
    assert WEB["pve_vmid"] == 101
    assert WEB["pve_tags"] == ["prod", "web"]
    assert all(name.startswith("pve_") for name in WEB)


@pytest.mark.parametrize(
    ("names", "hosts"),
    [
        ("web-01 twin twin", "web-01 twin-2 twin-3"),
        ("web-01 - twin", "web-01 guest-2 twin"),
        # A name that another guest's becomes with its id.
        ("twin twin twin-1", "twin-1 twin-2 twin-1-3"),
        ("twin twin twin-1 twin-1-3", "twin-1 twin-2 twin-1-3 twin-1-3-4"),
        ("guest-2 -", "guest-2-1 guest-2"),
        # What they mean to Ansible.
        ("all ungrouped localhost All", "all-1 ungrouped-2 localhost-3 All"),
    ],
)
def test_every_guest_is_a_host_of_its_own(names, hosts):
    guests = [{"pve_name": name.strip("-"), "pve_vmid": vmid} for vmid, name in enumerate(names.split(), 1)]

    assert [name for name, dummy in assign_host_names(guests)] == hosts.split()


@pytest.mark.parametrize(
    ("guest", "expected"),
    [
        (
            WEB,
            ["pve_qemu", "pve_running", "pve_node_pve1", "pve_pool_shop", "pve_tag_prod", "pve_tag_web"],
        ),
        (TWIN, ["pve_lxc", "pve_stopped", "pve_node_pve2"]),
        ({**TWIN, "pve_config": {"ostype": "debian"}}, ["pve_lxc", "pve_stopped", "pve_node_pve2", "pve_os_debian"]),
    ],
)
def test_a_guest_is_in_the_groups_of_what_it_is(guest, expected):
    assert list_groups(guest) == expected


LOOPBACK = {"name": "lo", "mac": "00:00:00:00:00:00", "addresses": ["127.0.0.1", "::1"]}
LAN = {"name": "eth0", "mac": "BC:24:11:00:00:07", "addresses": ["fe80::7", "2001:db8::7", "10.0.0.7"]}


@pytest.mark.parametrize(
    ("interfaces", "addresses", "host"),
    [
        ([LOOPBACK, LAN], ["10.0.0.7", "2001:db8::7"], {"ansible_host": "10.0.0.7"}),
        ([LOOPBACK], [], {}),
        ([], [], {}),
    ],
)
def test_the_first_address_is_the_host(interfaces, addresses, host):
    assert build_address_variables(interfaces) == {"pve_interfaces": interfaces, "pve_addresses": addresses, **host}


@pytest.mark.parametrize(
    ("kind", "raw", "parsed"),
    [
        (
            "lxc",
            {"net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:BB:00:02,ip=10.0.0.21/24,type=veth"},
            {
                "net0": {"name": "eth0", "bridge": "vmbr0", "hwaddr": "BC:24:11:BB:00:02", "ip": "10.0.0.21/24"}
                | {"type": "veth"}
            },
        ),
        (
            "qemu",
            {"net1": "virtio=BC:24:11:AA:00:01,bridge=vmbr1,tag=7"},
            {"net1": {"model": "virtio", "macaddr": "BC:24:11:AA:00:01", "bridge": "vmbr1", "tag": "7"}},
        ),
        ("qemu", {"ipconfig0": "ip=dhcp,ip6=auto"}, {"ipconfig0": {"ip": "dhcp", "ip6": "auto"}}),
        ("qemu", {"scsi0": "a:b,size=3G"}, {"scsi0": {"volume": "a:b", "size": "3G"}}),
        ("qemu", {"ide2": "none,media=cdrom"}, {"ide2": {"volume": "none", "media": "cdrom"}}),
        ("lxc", {"mp0": "a:b,mp=/data"}, {"mp0": {"volume": "a:b", "mp": "/data"}}),
        ("lxc", {"features": "nesting=1"}, {"features": {"nesting": "1"}}),
        ("qemu", {"startup": "order=2,up=30"}, {"startup": {"order": "2", "up": "30"}}),
        ("qemu", {"hostpci0": "0000:01:00.0,pcie=1"}, {"hostpci0": {"host": "0000:01:00.0", "pcie": "1"}}),
        # The grammar by which wishes are read: names may lack or be others, and values have one form.
        ("qemu", {"startup": "2,up=30"}, {"startup": {"order": "2", "up": "30"}}),
        ("qemu", {"usb0": "spice,usb3=yes"}, {"usb0": {"host": "spice", "usb3": "1"}}),
        ("qemu", {"numa0": "cpus=0-1,memory=512"}, {"numa0": {"cpus": "0-1", "memory": "512"}}),
        ("qemu", {"sata1": "file=a:b,ssd=1"}, {"sata1": {"volume": "a:b", "ssd": "1"}}),
        ("lxc", {"dev0": "/dev/kvm,deny-write=on"}, {"dev0": {"path": "/dev/kvm", "deny-write": "1"}}),
        ("lxc", {"unused0": "a:b"}, {"unused0": {"volume": "a:b"}}),
        # What may be one value stays text, and so does what only looks like properties.
        ("qemu", {"agent": "1", "numa": 0}, {"agent": "1", "numa": 0}),
        ("qemu", {"agent": "enabled=1,type=virtio"}, {"agent": "enabled=1,type=virtio"}),
        ("qemu", {"description": "a=1,b=2", "scsihw": "lsi"}, {"description": "a=1,b=2", "scsihw": "lsi"}),
    ],
)
def test_properties_of_a_configuration_are_mappings_and_its_texts_are_kept(kind, raw, parsed):
    assert build_config_variables(kind, raw) == {"pve_config": parsed, "pve_config_raw": raw}


@pytest.mark.parametrize(
    ("expression", "further"),
    [
        ("pve_name == 'web-01'", False),
        ("'prod' in pve_tags and pve_status == 'running'", False),
        ("pve_name is match('pve_config')", False),
        ("pve_name in lookup('ansible.builtin.env', 'GUESTS')", False),
        ("pve_config.ostype == 'l26'", True),
        ("pve_type == 'lxc' or pve_config['onboot'] | default(0)", True),
        ("pve_addresses | length > 0", True),
        ("ansible_host is defined", True),
        ("pve_interfaces", True),
        ("vars['pve_config'].ostype == 'l26'", True),
        ("lookup('vars', 'pve_config')", True),
        ("this is no expression (", False),
    ],
)
def test_a_filter_is_known_to_need_more_than_the_list(expression, further):
    assert needs_further_variables(expression) is further


@pytest.mark.parametrize(
    ("name", "similar"),
    [("url", ["api_url"]), ("filter", ["filters"]), ("want_adresses", ["want_addresses"]), ("quux", [])],
)
def test_the_option_that_was_meant_is_found(name, similar):
    assert find_similar_options(name, {"api_url", "filters", "want_addresses", "want_config"}) == similar
