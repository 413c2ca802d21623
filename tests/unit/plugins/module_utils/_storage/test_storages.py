"""What is used and free of storages."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._storage.storages import describe_space, sum_space


@pytest.mark.parametrize(
    ("used", "total", "free", "percent"),
    [
        (25, 100, 75, 25.0),
        (1, 3, 2, 33.3),
        (0, 100, 100, 0.0),
        (110, 100, 0, 110.0),
        (None, 100, None, None),
        (0, 0, None, None),
        (5, None, None, None),
    ],
)
def test_what_is_free_is_told_where_it_is_known(used, total, free, percent):
    assert describe_space(used, total) == {"used": used, "total": total, "free": free, "used_percent": percent}


def place(storage, node, used, total, shared=False):
    return {"storage": storage, "node": node, "used": used, "total": total, "shared": shared}


@pytest.mark.parametrize(
    ("storages", "used", "total"),
    [
        ([place("local", "a", 1, 10), place("local", "b", 2, 10)], 3, 20),
        ([place("nas", "a", 5, 50, True), place("nas", "b", 5, 50, True), place("local", "a", 1, 10)], 6, 60),
        ([place("nas", "a", None, None, True), place("nas", "b", 5, 50, True)], 5, 50),
    ],
)
def test_a_storage_that_nodes_share_counts_once(storages, used, total):
    assert sum_space(storages) == describe_space(used, total)


def test_nothing_is_known_of_no_storage():
    assert sum_space([]) == {"used": 0, "total": 0, "free": None, "used_percent": None}
