from __future__ import annotations

import itertools

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import (
    Upid,
    is_by,
    is_upid,
    poll_delays,
)

UPID = "UPID:pve1:000003FE:00089254:6B00E968:qmstart:101:root@pam!mcp:"


def test_a_upid_names_node_type_and_user():
    upid = Upid.parse(UPID)

    assert (upid.node, upid.type, upid.id, upid.user) == ("pve1", "qmstart", "101", "root@pam!mcp")
    assert upid.path == f"/nodes/pve1/tasks/{UPID}"


def test_a_task_of_the_node_itself_has_no_id():
    assert Upid.parse("UPID:pve1:000003FE:00089254:6B00E968:vzdump::root@pam:").id == ""


@pytest.mark.parametrize("text", ["", "UPID:pve1", "pve1:1:2:3:4:5:6:7:8"])
def test_anything_but_a_upid_is_refused(text):
    with pytest.raises(PveError):
        Upid.parse(text)


@pytest.mark.parametrize(
    ("wanted", "user", "expected"),
    [
        ("root@pam", "root@pam", True),
        ("root@pam", "root@pam!mcp", True),
        ("root@pam!mcp", "root@pam!mcp", True),
        ("root@pam!mcp", "root@pam", False),
        ("root@pam", "root@pve", False),
        # Without a realm, one of any realm.
        ("bob", "bob@pve!deploy", True),
        ("bob", "bob@ad", True),
        ("bob", "bobby@pve", False),
        ("pve", "bob@pve", False),
    ],
)
def test_what_a_user_did_was_done_by_its_tokens_too(wanted, user, expected):
    assert is_by(wanted, user) is expected


@pytest.mark.parametrize(("data", "expected"), [(UPID, True), (None, False), ("", False), (["UPID:"], False)])
def test_only_a_upid_is_waited_for(data, expected):
    assert is_upid(data) is expected


def test_waiting_starts_at_50_ms_and_never_sleeps_more_than_a_second():
    delays = list(itertools.islice(poll_delays(), 40))

    assert delays[0] == 0.05
    assert delays == sorted(delays)
    assert delays[-1] == 1.0


def test_the_end_of_a_task_is_noticed_late_by_a_sixth_of_its_time_at_most():
    delays = list(itertools.islice(poll_delays(), 40))

    for passed, delay in zip(itertools.accumulate(delays), delays[1:], strict=False):
        assert delay <= max(0.05, passed / 6 + 1e-9)
