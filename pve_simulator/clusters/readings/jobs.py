# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster does by itself, from readings: high availability, backup jobs, replication."""

from __future__ import annotations

from typing import Any

from pve_simulator.clusters.readings.answers import Answers, property_string, to_texts
from pve_simulator.state.backup import BackupJobs
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.ha import Ha, HaResource
from pve_simulator.state.replication import Replication, ReplicationJob

_NOT_IN_JOB = frozenset({"id", "type", "next-run", "digest"})


def load(cluster: Cluster, answers: Answers) -> None:
    """HA resources and rules, backup jobs, replication jobs."""
    _load_ha(cluster, answers)
    jobs = cluster.part(BackupJobs).jobs
    for entry in answers.entries("/cluster/backup"):
        jobs[entry["id"]] = {key: _to_plain(value) for key, value in entry.items() if key not in _NOT_IN_JOB}
    replication = cluster.part(Replication).jobs
    for entry in answers.entries("/cluster/replication"):
        replication[entry["id"]] = ReplicationJob(to_texts(entry, "id", "guest", "jobnum", "digest"))


def _load_ha(cluster: Cluster, answers: Answers) -> None:
    ha = cluster.part(Ha)
    states = {
        f"{'vm' if entry['type'] == 'qemu' else 'ct'}:{entry['vmid']}": entry.get("hastate")
        for entry in answers.entries("/cluster/resources")
        if entry["type"] in ("qemu", "lxc")
    }
    for entry in answers.entries("/cluster/ha/resources"):
        config = to_texts(entry, "sid", "type", "digest")
        ha.resources[entry["sid"]] = HaResource(config, states.get(entry["sid"]) or config.get("state", "started"))
    # Nodes have an HA state once the manager has been active, even if nothing is managed any more.
    nodes = [entry for entry in answers.entries("/cluster/resources") if entry["type"] == "node"]
    ha.active = ha.active or bool(ha.resources) or any("hastate" in entry for entry in nodes)
    for entry in sorted(answers.entries("/cluster/ha/rules"), key=lambda entry: int(entry.get("order", 0))):
        ha.rules[entry["rule"]] = {
            key: value for key, value in entry.items() if key not in ("rule", "order", "digest", "errors")
        }


def _to_plain(value: Any) -> Any:
    return property_string(value) if isinstance(value, dict) else value
