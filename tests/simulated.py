"""The simulated clusters on which scenarios run."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection
from scenarios import Place

from pve_simulator import Simulator, build_cluster
from pve_simulator.state.cluster import Cluster

OFFERS = frozenset({"snapshots", "container_snapshots", "agent", "internet", "simulator"})
CLUSTER = Place(
    node="pve1",
    other_node="pve2",
    storage="local-lvm",
    bridge="vmbr0",
    backups="local",
    ostemplate="local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst",
    first_vmid=9100,
    last_vmid=9199,
    offers=OFFERS,
)
# One node with one directory for everything and without hardware virtualization, where containers have no snapshots.
SINGLE = replace(
    CLUSTER,
    other_node=None,
    storage="local",
    disk_format="qcow2",
    kvm=False,
    offers=OFFERS - {"container_snapshots", "simulator"},
)
PLACES = {"cluster": CLUSTER, "single": SINGLE}


def build(place: Place) -> Cluster:
    """A simulated cluster of the shape of a place."""
    if place.other_node:
        return build_cluster(nodes=2, guests=8)
    cluster = build_cluster(nodes=1, guests=0)
    local = cluster.storages["local"]
    local.config["content"] = "images,rootdir,iso,vztmpl,backup,import,snippets"
    cluster.storages = {local.id: local}
    cluster.nodes[place.node].kvm = False
    return cluster


def make_client(simulator: Simulator) -> Client:
    """A client of the collection's own for a simulated cluster."""
    return Client(
        Connection(
            host=simulator.host,
            port=simulator.port,
            user=simulator.user,
            token_id=simulator.token_id,
            token_secret=simulator.token_secret,
            fingerprint=simulator.fingerprint.replace(":", "").lower(),
        )
    )
