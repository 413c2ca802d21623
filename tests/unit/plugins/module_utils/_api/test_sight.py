"""Whether guests may be hidden from the credentials: by their rights, and by the rules that make exceptions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.sight import sees_all_guests
from simulated import make_client

from pve_simulator import Simulator, build_cluster


@pytest.fixture(scope="module")
def simulator():
    with Simulator(build_cluster(nodes=1, guests=2), port=0, task_seconds=0.0) as running:
        yield running


@pytest.fixture
def root(simulator):
    return make_client(simulator)


@pytest.fixture
def reader(simulator, root):
    """A client of a user of its own; gives roles by path and whether they count below, and takes them away again."""
    root.request("POST", "/access/users", {"userid": "nan.cy@pve"})
    root.request("POST", "/pools", {"poolid": "web"})
    secret = root.request("POST", "/access/users/nan.cy@pve/token/own", {"privsep": 0})["value"]

    def give(*rules):
        for path, role, propagate in rules:
            rule = {"path": path, "roles": role, "users": "nan.cy@pve", "propagate": propagate}
            root.request("PUT", "/access/acl", rule)
        return Client(replace(root.connection, user="nan.cy@pve", token_id="own", token_secret=secret))

    yield give
    root.request("DELETE", "/access/users/nan.cy@pve")
    root.request("DELETE", "/pools/web")


def test_the_administrator_sees_all_guests(root):
    assert sees_all_guests(root)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([("/", "PVEAuditor", 1)], True),
        ([("/", "PVEAuditor", 1), ("/storage", "NoAccess", 1)], True),
        # It can't be seen whether there are exceptions.
        ([("/vms", "PVEAuditor", 1)], False),
        # Only of what is there itself, and there is nothing.
        ([("/vms", "PVEAuditor", 0), ("/access", "PVEAuditor", 1)], False),
        ([("/", "PVEAuditor", 1), ("/vms/101", "NoAccess", 1)], False),
        ([("/", "PVEAuditor", 1), ("/pool/web", "NoAccess", 1)], False),
        ([], False),
    ],
)
def test_others_do_if_no_rule_hides_one(reader, rules, expected):
    assert sees_all_guests(reader(*rules)) is expected
