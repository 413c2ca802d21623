from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.power import parse_power_state


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        ({"status": "running", "qmpstatus": "running"}, "running"),
        ({"status": "running"}, "running"),
        ({"status": "running", "qmpstatus": "paused"}, "paused"),
        ({"status": "running", "qmpstatus": "prelaunch"}, "paused"),
        ({"status": "running", "qmpstatus": "io-error"}, "paused"),
        ({"status": "running", "qmpstatus": "internal-error"}, "internal-error"),
        ({"status": "stopped", "qmpstatus": "stopped"}, "stopped"),
        ({"status": "stopped", "lock": "suspended"}, "hibernated"),
        ({"status": "stopped", "lock": "backup"}, "stopped"),
        ({"status": "unknown"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_status_qmpstatus_and_lock_make_the_power_state(entry, state):
    assert parse_power_state(entry) == state
