from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.missing import find_near, missing_error


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("PVE1", ["pve1", "pve2"], ["pve1"]),
        ("pve1.example.com", ["pve1", "pve11"], ["pve1"]),
        ("PVE1.Example.COM", ["pve1"], ["pve1"]),
        (" pve1 ", ["pve1"], ["pve1"]),
        ("local_lvm", ["local", "local-lvm", "shared"], ["local-lvm", "local"]),
        ("Prod", ["prod", "PROD", "test"], ["prod", "PROD"]),
        ("v1.2", ["v1.2-x", "V1.2"], ["V1.2"]),
        ("nope", ["pve1", "pve2"], []),
        ("", ["pve1"], []),
        ("pve1", [], []),
    ],
)
def test_what_may_have_been_meant_is_near(name, known, near):
    assert find_near(name, known) == near


def test_the_failure_lists_what_there_is_as_far_as_it_is_of_use():
    error = missing_error("node", "n3", [f"n{number:02}" for number in range(40)], where=" here")

    assert (error.code, error.message) == ("not_found", "There is no node n3 here.")
    assert "n11 and 28 more." in error.hint
    assert error.hint.startswith("Did you mean n")


def test_what_may_be_hidden_is_told_as_such():
    error = missing_error("pool", "x", [], is_hidden=True)

    assert error.message == "There is no pool x, or these credentials can't see it."
    assert error.hint == "There is no pool that can be seen."
