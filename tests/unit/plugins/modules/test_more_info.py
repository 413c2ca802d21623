"""What the modules that show the log, templates, pools and rights make of the API's answers."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._access.access import Access
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.modules import (
    pve_access_info,
    pve_cluster_log_info,
    pve_guest_info,
    pve_pool_info,
    pve_template_info,
)

ACCESS = Access(
    {
        ("user", "ops@pve"): {"exists": True, "groups": ["ops"], "enable": True},
        ("token", "ops@pve!ci"): {"exists": True, "privsep": True},
        ("role", "PVEAuditor"): {"exists": True, "privileges": ["VM.Audit"]},
        ("role", "Own"): {"exists": True, "privileges": []},
        ("acl", "/vms group ops"): {"roles": {"PVEVMUser": True, "Own": False}},
    },
    special=frozenset({"PVEAuditor"}),
)


NOW = 1_796_000_000


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("user", [{"user": "ops@pve", "groups": ["ops"], "enable": True}]),
        ("token", [{"token": "ops@pve!ci", "privsep": True}]),
        ("group", []),
        (
            "role",
            [
                {"role": "Own", "privileges": [], "special": False},
                {"role": "PVEAuditor", "privileges": ["VM.Audit"], "special": True},
            ],
        ),
        (
            "acl",
            [
                {"path": "/vms", "kind": "group", "holder": "ops", "role": "Own", "propagate": False},
                {"path": "/vms", "kind": "group", "holder": "ops", "role": "PVEVMUser", "propagate": True},
            ],
        ),
    ],
)
def test_entries_of_a_kind_are_listed_in_order(kind, shown):
    assert pve_access_info.list_entries(ACCESS, kind) == shown


@pytest.mark.parametrize(("pri", "severity"), [(3, "err"), (6, "info"), ("4", "warning"), (None, "info")])
def test_a_line_of_the_log_has_its_severity_in_words(pri, severity):
    entry = {"time": 7, "node": "pve1", "user": "root@pam", "tag": "pvedaemon", "msg": "end task", "pri": pri}
    if pri is None:
        del entry["pri"]

    described = pve_cluster_log_info.describe(entry)

    assert (described["severity"], described["message"], described["time"]) == (severity, "end task", 7)


MESSAGES = [
    {"time": NOW - 60 * minutes, "user": user}
    for minutes, user in ((1, "root@pam!ai"), (23, "root@pam"), (30, "ops@pve"), (90, None))
]


@pytest.mark.parametrize(
    ("wished", "minutes"),
    [
        ({}, [1, 23, 30, 90]),
        ({"since": NOW - 1500}, [1, 23]),
        ({"since": NOW - 1380}, [1, 23]),
        ({"until": NOW - 1500}, [30, 90]),
        ({"since": NOW - 3600, "until": NOW - 120}, [23, 30]),
        ({"user": "root@pam"}, [1, 23]),
        ({"user": "root@pam!ai"}, [1]),
        ({"user": "ops@pve", "since": NOW - 1500}, []),
        ({"since": NOW - 86400, "limit": 2}, [1, 23]),
    ],
)
def test_messages_are_those_of_the_period_and_user(wished, minutes):
    params = {"since": None, "until": None, "user": None, "limit": 50, **wished}

    chosen = pve_cluster_log_info.select(MESSAGES, params)

    assert [(NOW - message["time"]) // 60 for message in chosen] == minutes


def test_templates_are_those_of_the_section_by_name():
    entries = [
        {"template": "debian.tar.zst", "section": "system", "location": "http://x"},
        {"template": "wiki.tar.gz", "section": "turnkeylinux"},
        {"template": "alpine.tar.xz", "section": "system"},
    ]

    assert [one["template"] for one in pve_template_info.select_templates(entries, "system")] == [
        "alpine.tar.xz",
        "debian.tar.zst",
    ]
    with pytest.raises(PveError, match="There is no section System"):
        pve_template_info.select_templates(entries, "System")
    assert len(pve_template_info.select_templates(entries, None)) == 3
    assert "location" not in pve_template_info.select_templates(entries, None)[0]


def test_the_first_node_that_is_online_is_asked():
    nodes = [{"node": "pve2", "status": "online"}, {"node": "pve1", "status": "offline"}]

    assert pve_template_info.find_online_node(nodes) == "pve2"
    with pytest.raises(PveError) as raised:
        pve_template_info.find_online_node(nodes[1:])
    assert raised.value.code == "node_offline"


def test_a_pool_is_shown_with_its_members():
    entry = {"comment": "Web", "members": [{"vmid": 102}, {"vmid": 101}, {"storage": "local"}]}

    assert pve_pool_info.describe_pool("prod", entry) == {
        "pool": "prod",
        "comment": "Web",
        "vmids": [101, 102],
        "storages": ["local"],
    }


def test_only_tasks_that_run_are_about_a_guest_now():
    def task(start, **more):
        upid = f"UPID:pve1:000003FE:00089254:{start:08X}:vzdump:101:root@pam!mcp:"
        return {"upid": upid, "type": "vzdump", "starttime": start, **more}

    listed = pve_guest_info.select_running([task(5), task(9), task(7, endtime=8)])

    assert [(one["starttime"], one["user"]) for one in listed] == [(9, "root@pam!mcp"), (5, "root@pam!mcp")]
