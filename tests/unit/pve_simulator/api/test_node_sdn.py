"""What was applied of the software-defined network, as a node has it."""

from __future__ import annotations

import pytest

from pve_simulator.state.node_system import NodeSystem

ON_NODE = "/nodes/pve1/sdn"


@pytest.fixture
def sdn(api):
    """A simple zone with a vnet that VM 101 is plugged into, and a zone on another node; all applied."""
    for path, params in {
        "zones/a": {"zone": "z1", "type": "simple"},
        "zones/b": {"zone": "far", "type": "simple", "nodes": "pve2"},
        "vnets/a": {"vnet": "v1", "zone": "z1"},
        "vnets/b": {"vnet": "v2", "zone": "far"},
    }.items():
        assert api.post(f"/cluster/sdn/{path[:-2]}", **params)[0] == 200
    assert api.run(api.driver.call("PUT", "/cluster/sdn"))[0] == 200
    api.driver.world.cluster.guests[101].config["net7"] = "virtio=02:00:00:00:00:01,bridge=v1,firewall=1"
    return api


def test_a_node_has_its_zones_and_their_vnets(sdn):
    assert [zone["zone"] for zone in sdn.data(f"{ON_NODE}/zones")] == ["z1"]
    assert sdn.data(f"{ON_NODE}/zones/z1/content") == [{"vnet": "v1", "status": "available", "statusmsg": None}]
    assert sdn.data(f"{ON_NODE}/zones/far/content") == []
    assert [page["subdir"] for page in sdn.data(f"{ON_NODE}/zones/z1")] == ["content", "bridges", "ip-vrf"]
    assert [page["subdir"] for page in sdn.data(f"{ON_NODE}/vnets/v1")] == ["mac-vrf"]


def test_a_zones_bridges_are_its_vnets_with_what_is_plugged_in(sdn):
    port = {"name": "fwpr101p7", "vmid": "101", "index": "net7"}

    assert sdn.data(f"{ON_NODE}/zones/z1/bridges") == [{"name": "v1", "vlan_filtering": 0, "ports": [port]}]


def test_the_bridges_that_are_no_vnets_are_the_local_network(sdn):
    cluster = sdn.driver.world.cluster
    cluster.guests[101].config |= {"net1": "virtio,bridge=vmbr0,tag=5,trunks=6;7", "net2": "virtio,bridge=vmbr0"}
    main = cluster.nodes["pve1"].part(NodeSystem).interfaces["vmbr0"]
    main |= {"bridge_vlan_aware": 1, "bridge_vids": "2-99"}

    bridge = next(entry for entry in sdn.data(f"{ON_NODE}/zones/localnetwork/bridges") if entry["name"] == "vmbr0")

    ports = {port["name"]: (port["primary_vlan"], port["vlans"]) for port in bridge["ports"]}
    assert bridge["vlan_filtering"] == 1
    assert ports["tap101i1"] == (5, ["6", "7"])
    assert ports["tap101i2"] == (1, ["2-4094"])
    assert ports[main["bridge_ports"]] == (1, ["2-99"])


@pytest.mark.parametrize(
    ("path", "status", "errors"),
    [
        ("zones/no/bridges", 400, {"zone": "zone does not exist"}),
        ("zones/no/ip-vrf", 400, {"zone": "zone does not exist"}),
        ("zones/z1/ip-vrf", 400, {"zone": "zone is not an EVPN zone"}),
        ("vnets/v1/mac-vrf", 400, {"zone": "zone z1 is not an EVPN zone."}),
        ("vnets/no/mac-vrf", 500, None),
    ],
)
def test_only_evpn_zones_have_routes(sdn, path, status, errors):
    answer = sdn.get(f"{ON_NODE}/{path}")

    assert (answer[0], answer[2].get("errors")) == (status, errors)
