"""Firewall, second factors and realms survive a seed."""

from __future__ import annotations

from pve_simulator.clusters.seed import cluster_from_data, cluster_to_data
from pve_simulator.state.access import Realm, TfaEntry, User
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.firewall import Alias, Firewall, FirewallFile, IpSet, IpSetEntry, SecurityGroup
from pve_simulator.state.node import Node


def test_what_is_dumped_loads_the_same():
    cluster = Cluster(nodes={"pve1": Node("pve1")})
    cluster.access.users["ann@pve"] = User(tfa={"recovery": TfaEntry("recovery", codes={"3": "aaaa-bbbb"})})
    cluster.access.realms["corp"] = Realm("openid", "Corporate", {"issuer-url": "https://id.example"})
    firewall = cluster.part(Firewall)
    firewall.cluster.groups["web"] = SecurityGroup("c", [{"type": "in", "action": "ACCEPT", "enable": "1"}])
    firewall.guests[101] = FirewallFile(
        {"enable": "1"},
        aliases={"app": Alias("App", "10.0.0.7")},
        ipsets={"servers": IpSet("s", {"10.0.0.0/8": IpSetEntry(nomatch=True)})},
    )

    loaded = cluster_from_data(cluster_to_data(cluster))

    assert loaded.part(Firewall) == firewall
    assert loaded.access.users["ann@pve"].tfa == cluster.access.users["ann@pve"].tfa
    assert loaded.access.realms["corp"] == cluster.access.realms["corp"]
