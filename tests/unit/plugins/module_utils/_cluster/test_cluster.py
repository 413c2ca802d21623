from __future__ import annotations

from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PERMISSION_DENIED, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._cluster.cluster import read_ha, read_replication

STATUS = [
    {"id": "quorum", "node": "pve2", "quorate": 1, "status": "OK", "type": "quorum"},
    {"id": "master", "node": "pve2", "status": "pve2 (active, Sat Nov 21 00:37:16 2026)", "type": "master"},
    {
        "id": "fencing",
        "node": "pve2",
        "armed-state": "armed",
        "status": "armed (CRM watchdog active)",
        "type": "fencing",
    },
    {"id": "lrm:pve3", "node": "pve3", "status": "pve3 (idle)", "type": "lrm"},
    {"id": "lrm:pve2", "node": "pve2", "status": "pve2 (active)", "type": "lrm"},
    {
        "id": "service:vm:300",
        "sid": "vm:300",
        "type": "service",
        "node": "pve2",
        "state": "starting",
        "crm_state": "started",
        "request_state": "started",
        "max_restart": 2,
        "max_relocate": 1,
        "failback": 1,
    },
]
RULES = [{"rule": "r", "type": "node-affinity", "order": 1, "resources": "vm:300", "nodes": "pve2:2", "digest": "8a"}]
JOBS = [
    {"id": "300-1", "guest": 300, "jobnum": 1, "type": "local", "target": "pve4", "disable": 1},
    {"id": "300-0", "guest": 300, "jobnum": 0, "type": "local", "target": "pve3", "schedule": "*/5", "comment": "c"},
]
WENT = [{"id": "300-0", "guest": 300, "last_sync": 9, "next_sync": 19, "duration": 1.5, "fail_count": 2, "error": "no"}]
RESOURCES = [{"type": "qemu", "vmid": 300, "node": "pve2"}, {"type": "node", "node": "pve2"}]


class Answering:
    """The answers of a cluster by path; what has none is forbidden."""

    def __init__(self, answers):
        self.answers = answers

    def get(self, path):
        if path not in self.answers:
            raise PveError(PERMISSION_DENIED, f"Not allowed: GET {path}")
        return self.answers[path]


ANSWERS = {
    "/cluster/ha/status/current": STATUS,
    "/cluster/ha/rules": RULES,
    "/cluster/replication": JOBS,
    "/nodes/pve2/replication": WENT,
}


def test_ha_is_read_from_two_requests():
    warnings = []

    assert read_ha(Answering(ANSWERS), warnings) == {
        "master": "pve2",
        "armed": "armed",
        "nodes": [{"node": "pve2", "status": "pve2 (active)"}, {"node": "pve3", "status": "pve3 (idle)"}],
        "resources": [
            {
                "sid": "vm:300",
                "vmid": 300,
                "node": "pve2",
                "state": "starting",
                "request_state": "started",
                "max_restart": 2,
                "max_relocate": 1,
                "failback": True,
                "comment": "",
            }
        ],
        "rules": [
            {
                "rule": "r",
                "type": "node-affinity",
                "resources": ["vm:300"],
                "disable": False,
                "comment": "",
                "nodes": {"pve2": 2},
                "strict": False,
            }
        ],
    }
    assert warnings == []


def test_a_part_that_can_not_be_read_is_null_and_a_warning():
    warnings = []

    found = read_ha(Answering({"/cluster/ha/rules": []}), warnings)
    jobs = read_replication(Answering({}), RESOURCES, warnings)

    assert (found, jobs) == ({**dict.fromkeys(("master", "armed", "nodes", "resources")), "rules": []}, None)
    assert [warning.split(" can't")[0] for warning in warnings] == ["The state of HA", "Replication"]


def test_replication_jobs_are_told_with_how_they_went():
    first, second = read_replication(Answering(ANSWERS), RESOURCES, [])

    assert first == {
        "id": "300-0",
        "vmid": 300,
        "source": "pve2",
        "target": "pve3",
        "schedule": "*/5",
        "disable": False,
        "comment": "c",
        "last_sync": 9,
        "next_sync": 19,
        "duration": 1.5,
        "fail_count": 2,
        "error": "no",
    }
    assert (second["disable"], second["schedule"], second["last_sync"]) == (True, "*/15", None)


def test_jobs_are_told_although_their_node_does_not_answer():
    warnings = []

    jobs = read_replication(Answering({"/cluster/replication": JOBS}), RESOURCES, warnings)

    assert [job["fail_count"] for job in jobs] == [None, None]
    assert warnings == [
        "How the replication of guests on pve2 went can't be read: Not allowed: GET /nodes/pve2/replication"
    ]
