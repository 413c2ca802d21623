from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.inventory.pve import (
    assign_host_names,
    build_address_variables,
    build_base_variables,
    list_groups,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest

WEB = build_base_variables(Guest(101, "web-01", "pve1", "qemu", "running", ("prod", "web"), pool="shop"))
TWIN1 = build_base_variables(Guest(301, "twin", "pve1", "qemu", "running"))
TWIN2 = build_base_variables(Guest(302, "twin", "pve2", "lxc", "stopped"))
NAMELESS = build_base_variables(Guest(400, "", "pve2", "qemu", "unknown"))


def test_variables_are_plain_data_with_a_prefix():
    assert WEB["pve_vmid"] == 101
    assert WEB["pve_tags"] == ["prod", "web"]
    assert all(name.startswith("pve_") for name in WEB)


def test_guests_of_one_name_are_told_apart_by_vmid():
    assert [name for name, dummy in assign_host_names([WEB, TWIN1, TWIN2, NAMELESS])] == [
        "web-01",
        "twin-301",
        "twin-302",
        "guest-400",
    ]


@pytest.mark.parametrize(
    ("guest", "expected"),
    [
        (
            WEB,
            ["pve_qemu", "pve_running", "pve_node_pve1", "pve_pool_shop", "pve_tag_prod", "pve_tag_web"],
        ),
        (TWIN2, ["pve_lxc", "pve_stopped", "pve_node_pve2"]),
        ({**TWIN2, "pve_config": {"ostype": "debian"}}, ["pve_lxc", "pve_stopped", "pve_node_pve2", "pve_os_debian"]),
    ],
)
def test_a_guest_is_in_the_groups_of_what_it_is(guest, expected):
    assert list_groups(guest) == expected


@pytest.mark.parametrize(
    ("addresses", "variables"),
    [
        (["10.0.0.7", "2001:db8::7"], {"pve_addresses": ["10.0.0.7", "2001:db8::7"], "ansible_host": "10.0.0.7"}),
        ([], {"pve_addresses": []}),
    ],
)
def test_the_first_address_is_the_host(addresses, variables):
    assert build_address_variables(addresses) == variables
