from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PROTECTED, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.pool import Pool, Pools

NONE = Pool()
POOL = Pool(True, "money", (101, 102), ("local",))
OPTIONS = {"state": "present", "comment": None, "vmids": None, "storages": None, "purge": False, "move": False}


def plan(pool, **options):
    return Pools("prod").plan(pool, {**OPTIONS, **options})


@pytest.mark.parametrize(
    ("pool", "options", "requests"),
    [
        (NONE, {}, [("POST", {})]),
        (NONE, {"comment": "c", "vmids": [101]}, [("POST", {"comment": "c"}), ("PUT", {"vms": "101"})]),
        (POOL, {}, []),
        (POOL, {"comment": "money", "vmids": [102], "storages": ["local"]}, []),
        (POOL, {"comment": ""}, [("PUT", {"comment": ""})]),
        (POOL, {"vmids": [103, 101], "move": True}, [("PUT", {"vms": "103", "allow-move": 1})]),
        (
            POOL,
            {"vmids": [103], "storages": [], "purge": True},
            [("PUT", {"vms": "103"}), ("PUT", {"vms": "101,102", "storage": "local", "delete": 1})],
        ),
        (POOL, {"vmids": [101, 102], "purge": True}, []),
        (NONE, {"state": "absent"}, []),
        (
            POOL,
            {"state": "absent"},
            [("PUT", {"vms": "101,102", "storage": "local", "delete": 1}), ("DELETE", {})],
        ),
    ],
)
def test_a_pool_is_reached_by_these_requests(pool, options, requests):
    made = plan(pool, **options)

    assert [(step.method, step.path, step.params) for step in made.steps] == [
        (method, "/pools", {"poolid": "prod", **params}) for method, params in requests
    ]


@pytest.mark.parametrize("options", [{"vmids": [103], "purge": True}, {"comment": "x"}, {"state": "absent"}])
def test_the_state_after_needs_nothing_more(options):
    after = plan(POOL, **options).after
    reached = Pool(after["exists"], after["comment"], tuple(after["vmids"]), tuple(after["storages"]))

    assert plan(reached, **options).steps == ()


@pytest.mark.parametrize(
    ("pool", "options", "named"),
    [
        (replace(POOL, inner=("prod/a", "prod/b")), {"state": "absent"}, "prod/a, prod/b"),
        (replace(POOL, owners={103: "web"}), {"vmids": [103]}, "103 in web"),
    ],
)
def test_what_proxmox_ve_would_refuse_halfway_is_refused(pool, options, named):
    with pytest.raises(PveError, match=named) as refused:
        plan(pool, **options)

    assert refused.value.code == PROTECTED
