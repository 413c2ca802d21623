"""Digests of firewall lists, against what real servers handed out for the same entries."""

from __future__ import annotations

import pytest

from pve_simulator.firewall.digests import add_digests, digest_of_entries

SSH = {"action": "ACCEPT", "comment": "ssh", "dport": "22", "enable": 1, "proto": "tcp", "type": "in"}
SECOND = {"type": "in", "action": "DROP", "source": "10.0.0.0/8", "comment": "second", "enable": 0, "ipversion": 4}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ([SSH], "82c60ac07c67e29c0f579b5dc1603872d4efa5c1"),
        ([SECOND, SSH], "03fa64a3610e8c2bb4ca58aa91ce88fb7d4048bf"),
        (
            [{"enable": 1, "log_level_in": "info", "macfilter": 0, "policy_in": "DROP"}],
            "dadbd5f379bf12df929361bc1d4120dfcb67f3f8",
        ),
        (
            [{"name": "myalias", "cidr": "10.0.0.7", "comment": "c", "ipversion": 4}],
            "7444fcc699cd82463061af7d6b9e99fd4035541e",
        ),
        (
            [{"cidr": "10.1.0.0/16", "comment": "e"}, {"cidr": "10.1.2.3", "nomatch": 1}, {"cidr": "renamed"}],
            "2f5366e9d7e2699165ee66a4024a87061a571ac5",
        ),
    ],
)
def test_digests_are_those_of_a_real_server(entries, expected):
    assert digest_of_entries(entries) == expected


def test_what_is_wrong_with_an_entry_does_not_change_the_digest():
    broken = {**SSH, "errors": {"source": "no such alias 'x'"}}

    assert digest_of_entries([broken]) == digest_of_entries([SSH])


def test_every_entry_carries_the_digest_of_the_list():
    entries = add_digests([SECOND, SSH])

    assert {entry["digest"] for entry in entries} == {digest_of_entries([SECOND, SSH])}
