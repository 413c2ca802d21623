from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.addresses import select_reachable


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (["127.0.0.1", "::1", "fe80::1", "2001:db8::7", "10.0.0.7"], ["10.0.0.7", "2001:db8::7"]),
        (["::1", "2001:db8::7"], ["2001:db8::7"]),
        (["127.0.0.1", "169.254.1.1"], []),
        ([], []),
    ],
)
def test_addresses_that_can_be_reached_come_ipv4_first(addresses, expected):
    assert select_reachable(addresses) == expected
