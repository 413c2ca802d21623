"""The id of a new guest: a free one that nobody else was given."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import INVALID_PARAMETER, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.free_ids import (
    find_free_vmid,
    find_free_vmids,
)


class Cluster:
    """Answers GET /cluster/nextid as Proxmox VE does."""

    def __init__(self, *taken):
        self.taken = taken

    def get(self, path, vmid=None):
        assert path == "/cluster/nextid"
        if vmid in self.taken:
            raise PveError(INVALID_PARAMETER, f"VM {vmid} already exists", "")
        return str(vmid or next(number for number in range(100, 200) if number not in self.taken))


@pytest.mark.parametrize(
    ("taken", "own", "reserved", "expected"),
    [
        ((), "", "", 100),
        ((100, 101), "", "", 102),
        ((), "", "100,101", 102),
        ((101,), "", "100", 102),
        ((100, 102, 103), "", "101", 104),
        ((), "105", "100", 105),
        ((105,), "105", "100", 101),
        ((), "100", "100", 100),
    ],
)
def test_it_is_free_and_nobody_elses(monkeypatch, taken, own, reserved, expected):
    monkeypatch.setenv("PVE_OWN_VMID", own)
    monkeypatch.setenv("PVE_RESERVED_VMIDS", reserved)

    assert find_free_vmid(Cluster(*taken)) == expected


@pytest.mark.parametrize(
    ("taken", "own", "reserved", "others", "count", "expected"),
    [
        ((), "", "", (), 3, [100, 101, 102]),
        ((101,), "", "100", (), 2, [102, 103]),
        ((), "110,105", "100", (), 2, [110, 105]),
        ((105,), "105,110", "100", (), 2, [110, 101]),
        ((), "100,101", "", (100,), 2, [101, 102]),
        ((), "100", "", (), 0, []),
    ],
)
def test_several_are_different_and_nobody_elses(monkeypatch, taken, own, reserved, others, count, expected):
    monkeypatch.setenv("PVE_OWN_VMID", own)
    monkeypatch.setenv("PVE_RESERVED_VMIDS", reserved)

    assert find_free_vmids(Cluster(*taken), count, others) == expected
