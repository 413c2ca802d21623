from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.tags import choose_tags


@pytest.mark.parametrize(
    ("present", "wished", "sensitive", "folded"),
    [
        (["DMZ", "Prod"], {"added": ["reviewed"]}, ["DMZ", "Prod", "reviewed"], ["dmz", "prod", "reviewed"]),
        (["DMZ", "Prod"], {"added": ["prod"]}, ["DMZ", "Prod", "prod"], ["DMZ", "Prod"]),
        (["DMZ", "Prod"], {"removed": ["prod"]}, ["DMZ", "Prod"], ["dmz"]),
        (["DMZ", "Prod"], {"removed": ["Prod"]}, ["DMZ"], ["dmz"]),
        (["DMZ"], {"tags": ["dmz"]}, ["dmz"], ["DMZ"]),
        (["web"], {"tags": ["Web", "web"]}, ["Web", "web"], ["web"]),
        (["web"], {"tags": []}, [], []),
        (["web"], {"added": ["b"], "removed": ["web"]}, ["b"], ["b"]),
        (["web"], {}, None, None),
    ],
    ids=range(9),
)
def test_the_tags_to_have_keep_their_case_where_it_makes_a_difference(present, wished, sensitive, folded):
    options = [wished.get(name) for name in ("tags", "added", "removed")]

    assert choose_tags(present, *options, case_sensitive=True) == sensitive
    assert choose_tags(present, *options, case_sensitive=False) == folded
