"""The table of effects against Proxmox VE's own schema."""

from __future__ import annotations

import pytest

from mcp_bridge.policy.effects import TABLE, describe_effects
from mcp_bridge.policy.targets import Target
from pve_simulator.schema.config import config_schema
from pve_simulator.schema.facts import load_facts

# What nobody sets by hand.
LEFT_OUT = {"lock", "template"}
SCOPES = ("/cluster", "/nodes/pve1", "/nodes/pve1/qemu/101", "/nodes/pve1/lxc/101", "/cluster/sdn/vnets/v1")


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_every_key_of_a_configuration_is_known(kind):
    guest = {101: Target("101", 101, type=kind, status="running")}
    path = f"/nodes/pve1/{kind}/101/config"

    def change(params):
        return describe_effects({"method": "PUT", "path": path, "params": params}, guest)

    keys = set(config_schema(kind))
    assert len(keys) > 40
    assert {key for key in keys if "unknown" in change({key: "1"})} == LEFT_OUT
    assert {key for key in keys if "unknown" in change({"delete": key})} == LEFT_OUT


@pytest.mark.parametrize("row", TABLE, ids=[f"{row.method} {row.path}" for row in TABLE])
def test_every_row_is_for_a_request_that_there_is(row):
    facts = load_facts()
    filled = [
        row.path.replace("{guest}", f"/nodes/pve1/{kind}/101").replace("{type}", kind).replace("{scope*}", scope)
        for kind in ("qemu", "lxc")
        for scope in SCOPES
    ]
    hows = {"suspend-{how}": "suspend-disk", "fsfreeze-{how}": "fsfreeze-thaw"}
    paths = [
        "/".join("x" if part.startswith("{") else hows.get(part, part) for part in path.split("/")) for path in filled
    ]

    assert any(row.method in facts.methods(path) for path in paths), row.path
