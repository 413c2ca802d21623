"""pve_storage through ansible-playbook against a simulated cluster: what scenarios can't show."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.flow


def test_a_definition_stays_while_disks_of_guests_are_on_its_storage(play, simulator):
    refused = play("storage", storage="local-lvm", state="absent")
    assert refused.result["failure"]["code"] == "protected"
    assert "101" in refused.result["msg"]

    forced = play("storage", storage="local-lvm", state="absent", force=True)
    assert forced.rc == 0, forced.stdout
    assert "local-lvm" not in simulator.cluster.storages


def test_a_secret_is_nowhere_in_what_a_play_prints(play, simulator):
    options = {"storage": "pbs", "type": "pbs", "server": "192.0.2.1", "datastore": "main", "username": "a@pbs"}

    run = play("storage", "--diff", "-vvv", **options, password="not-for-eyes", config={"port": 8007})
    assert run.rc == 0, run.stdout
    assert simulator.cluster.storages["pbs"].config["port"] == "8007"
    assert "not-for-eyes" not in str(run.result)
