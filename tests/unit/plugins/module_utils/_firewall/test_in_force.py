"""Why the firewall of a guest is not in force."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._firewall.in_force import (
    describe_what_is_not_in_force,
    wants_filtering,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest

MAC = "virtio=BC:24:11:00:00:01,bridge=vmbr0"
OPEN = Guest(101, "web-01", "pve1", "qemu", "running", config={"net0": MAC, "net1": f"{MAC},firewall=1", "cores": 2})
SHUT = Guest(104, "cache", "pve1", "lxc", "running", config={"net0": "name=eth0,bridge=vmbr0,firewall=1"})


@pytest.mark.parametrize(
    ("is_off", "guests", "said"),
    [
        (True, [SHUT], ["Not in force: the cluster's firewall is off."]),
        (False, [OPEN, SHUT], ["Not in force: net0 of guest 101 (web-01) has firewall=0."]),
        (
            True,
            [OPEN],
            ["Not in force: the cluster's firewall is off; net0 of guest 101 (web-01) has firewall=0."],
        ),
        (False, [SHUT], []),
        (True, [], []),
    ],
)
def test_what_is_not_in_force_is_told_with_the_reason(is_off, guests, said):
    assert describe_what_is_not_in_force(is_off, guests) == said


def test_of_many_devices_some_are_named():
    (told,) = describe_what_is_not_in_force(False, [OPEN] * 12)

    assert told.count("net0") == 10
    assert "and 2 more have firewall=0" in told


@pytest.mark.parametrize(
    ("options", "rules", "wants"),
    [
        ({"enable": True}, None, True),
        (None, [{"state": "present"}], True),
        ({"enable": False}, [{"state": "present"}], False),
        (None, [{"state": "absent"}], False),
        ({"policy_in": "DROP"}, None, False),
    ],
)
def test_only_who_wants_traffic_filtered_is_told(options, rules, wants):
    assert wants_filtering({"options": options, "rules": rules}) is wants
