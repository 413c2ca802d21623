"""Clusters from numbers and from files."""

from __future__ import annotations

import pytest

from pve_simulator import build_cluster, dump_seed, load_seed
from pve_simulator.clusters.seed import cluster_from_data, cluster_to_data


@pytest.mark.parametrize("name", ["state.yaml", "state.json"])
def test_a_dump_loads_as_the_same_state(tmp_path, name):
    cluster = build_cluster(nodes=3, guests=12)

    dump_seed(cluster, tmp_path / name)

    assert cluster_to_data(load_seed(tmp_path / name)) == cluster_to_data(cluster)


def test_the_same_numbers_give_the_same_cluster():
    assert cluster_to_data(build_cluster(4, 40)) == cluster_to_data(build_cluster(4, 40))


def test_a_built_cluster_has_what_demos_need():
    guests = build_cluster(nodes=3, guests=12).guests.values()

    assert {guest.node for guest in guests} == {"pve1", "pve2", "pve3"}
    assert {guest.type for guest in guests} == {"qemu", "lxc"}
    assert {guest.running for guest in guests} == {True, False}
    assert sum(guest.template for guest in guests) == 1
    assert [guest.name for guest in guests][:2] == ["web-01", "db-01"]


def test_short_forms_end_up_in_the_configuration():
    guest = {"vmid": 101, "type": "lxc", "name": "ct", "tags": ["b", "a"], "onboot": True, "lock": "backup"}

    made = cluster_from_data({"nodes": ["pve1"], "guests": [guest]}).guests[101]

    assert made.config["hostname"] == "ct"
    assert made.config["tags"] == "a;b"
    assert (made.config["onboot"], made.lock) == ("1", "backup")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([], "a seed is a mapping"),
        ({}, "at least one node"),
        ({"nodes": ["pve1"], "nonsense": 1}, "Cluster has no 'nonsense'"),
        ({"nodes": ["pve1"], "guests": [{"vmid": 1, "node": "pve9"}]}, "node 'pve9'"),
        ({"nodes": ["pve1"], "guests": [{"vmid": 1}, {"vmid": 1}]}, "two guests have the vmid 1"),
        ({"nodes": ["pve1"], "guests": [{"vmid": 1, "type": "docker"}]}, "'docker' is none of"),
    ],
)
def test_a_bad_seed_is_refused_with_what_is_wrong(data, complaint):
    with pytest.raises(ValueError, match=complaint):
        cluster_from_data(data)
