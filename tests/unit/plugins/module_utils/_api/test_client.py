from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import segment


@pytest.mark.parametrize("value", ["../../access", "a/b", "a?b=c", "a#b"])
def test_a_segment_can_not_reach_another_path(value):
    assert not set(segment(value)) & set("/?#")


def test_a_upid_is_a_segment_as_it_is():
    upid = "UPID:pve1:000003FE:00089254:6B00E968:qmstart:101:root@pam!mcp:"

    assert segment(upid) == upid
