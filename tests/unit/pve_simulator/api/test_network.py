"""Interfaces of a node are kept as they read back from their file, and refused when the file can't hold them."""

from __future__ import annotations

import pytest

from pve_simulator.state.access import AclEntry, Token, User

PATH = "/nodes/pve1/network"


def send(api, method, path, **params):
    """Status, and the reason or the data."""
    status, reason, body = api.run(api.driver.call(method, path, **params))
    assert "simulator defect" not in reason
    return status, body["data"] if status == 200 else body.get("errors") or reason


def add(api, iface, kind, **params):
    assert send(api, "POST", PATH, iface=iface, type=kind, **params) == (200, None)


@pytest.fixture
def bond(api):
    """Two cards, a bond of them that knows VLANs on a bridge, and a VLAN."""
    add(api, "eth8", "eth")
    add(api, "eth9", "eth")
    add(api, "bond0", "bond", slaves="eth9 eth8", bond__mode="802.3ad", bond__xmit__hash__policy="layer2+3")
    add(api, "vmbr5", "bridge", bridge__ports="bond0", bridge__vlan__aware=1, mtu=1400, comments="two\nlines")
    add(api, "eno1.5", "vlan", cidr="10.7.0.1/24")
    return api


def test_interfaces_read_back_with_what_the_file_adds(bond):
    found = {entry["iface"]: entry for entry in bond.data(PATH)}

    assert found["bond0"] | {"slaves": "eth8 eth9", "bond_miimon": "100", "bond_mode": "802.3ad"} == found["bond0"]
    assert found["eth8"]["autostart"] == 1
    assert found["vmbr5"] | {"bridge_vids": "2-4094", "mtu": "1400", "comments": "two\nlines\n"} == found["vmbr5"]
    assert found["eno1.5"] | {"vlan-raw-device": "eno1", "vlan-id": "5", "netmask": "24"} == found["eno1.5"]
    order = sorted(found, key=lambda iface: found[iface]["priority"])
    assert order == ["eno1", "eth8", "eth9", "eno1.5", "bond0", "vmbr0", "vmbr5"]


@pytest.mark.parametrize(
    ("iface", "kind", "params", "reason"),
    [
        ("vmbr6", "bridge", {"bridge__ports": "eth7"}, "bridge 'vmbr6' - unable to find bridge port 'eth7'"),
        ("vmbr6", "bridge", {"bridge__ports": "eno1.5"}, "iface eno1.5 - ip address can't be set on interface if"),
        ("vmbr6", "bridge", {"bridge__ports": "eth9"}, {"bridge_ports": "Port 'eth9' is already used on interface"}),
        ("bond1", "bond", {"slaves": "eth7"}, "bond 'bond1' - unable to find slave 'eth7'"),
        ("bond1", "bond", {"slaves": "vmbr0"}, "bond 'bond1' - wrong interface type on slave 'vmbr0' ('bridge' !="),
        ("vlan7", "vlan", {}, "missing vlan-raw-device option"),
        ("vlan7", "vlan", {"vlan-raw-device": "eth7"}, "vlan 'vlan7' - unable to find parent 'eth7'"),
        ("lan", "vlan", {"vlan-raw-device": "eno1"}, "missing vlan-id option"),
        ("eno1.6", "vlan", {"mtu": 9000}, "interface 'eno1' - mtu 1500 is lower than 'eno1.6' - mtu 9000"),
        ("ovs0", "OVSBridge", {}, "Open VSwitch is not installed (need package 'openvswitch-switch')"),
        ("vmbr6", "bridge", {"cidr": "10.1.0.1/24", "address": "10.1.0.1", "netmask": "255.255.255.0"}, "address"),
    ],
)
def test_an_interface_that_the_file_cannot_hold_is_refused(bond, iface, kind, params, reason):
    named = {name.replace("-", "_"): value for name, value in params.items()}
    status, text = send(bond, "POST", PATH, iface=iface, type=kind, **named)

    assert status in (400, 500)
    assert str(reason).removesuffix("'}").removesuffix('"}') in str(text)
    assert send(bond, "GET", f"{PATH}/{iface}")[0] == 400


def test_what_others_need_is_not_removed(bond):
    assert send(bond, "DELETE", f"{PATH}/bond0") == (500, "bridge 'vmbr5' - unable to find bridge port 'bond0'")
    assert send(bond, "DELETE", f"{PATH}/vmbr5") == (200, None)
    assert send(bond, "DELETE", f"{PATH}/bond0") == (200, None)


def test_an_update_without_an_address_leaves_it_but_is_no_more_static(bond):
    path = f"{PATH}/eno1.5"
    send(bond, "PUT", path, type="vlan", comments="x")
    assert (bond.data(path)["method"], bond.data(path)["cidr"]) == ("manual", "10.7.0.1/24")

    send(bond, "PUT", path, type="vlan", delete="cidr")
    assert "address" not in bond.data(path)

    send(bond, "PUT", path, type="vlan", cidr6="fd00::1/64")
    assert bond.data(path) | {"cidr6": "fd00::1/64", "netmask6": "64", "families": ["inet6"]} == bond.data(path)
    assert "+iface eno1.5 inet6 static\n+\taddress fd00::1/64\n" in bond.get(PATH)[2]["changes"]


@pytest.mark.parametrize(
    ("path", "role", "seen"),
    [
        ("/nodes", "PVEAuditor", {"eno1"}),
        ("/sdn", "PVESDNUser", {"eno1", "vmbr0", "vmbr5"}),
        ("/sdn/zones/localnetwork/vmbr5", "PVESDNUser", {"eno1", "vmbr5"}),
        ("/sdn/zones/localnetwork/vmbr5/7", "PVESDNUser", {"eno1", "vmbr5"}),
    ],
)
def test_a_bridge_is_listed_for_whoever_may_use_it(api, path, role, seen):
    add(api, "vmbr5", "bridge")
    access = api.driver.world.cluster.access
    access.users["eye@pve"] = User(tokens={"look": Token(privsep=False)})
    access.acl.append(AclEntry(path, "user", "eye@pve", role))

    found = {entry["iface"] for entry in api.as_token("eye@pve", "look", PATH)}

    assert found & {"eno1", "vmbr0", "vmbr5"} == seen
