# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/replication and /nodes/{node}/replication: jobs that copy a guest's volumes to another node."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

from pve_simulator.api.sections import change_section, read_section
from pve_simulator.errors import check_unmodified, failure, invalid
from pve_simulator.guests import sizes
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Reply, route
from pve_simulator.state.conf_file import digest_of
from pve_simulator.state.guest import Guest
from pve_simulator.state.replication import Replication, ReplicationJob
from pve_simulator.state.sections import Options
from pve_simulator.world.calendar_events import parse_event

_CLUSTER, _NODE = "/cluster/replication", "/nodes/{node}/replication"
_SCHEDULE = "*/15"
_OPTIONS = replace(
    Options.build("disable comment rate schedule remove_job source", "target"), fixed=frozenset({"target"})
)
_INTEGERS = frozenset({"guest", "jobnum", "disable"})
# Only these keep snapshots that can be sent to another node.
_REPLICABLE = frozenset({"zfspool"})


@route("GET", _CLUSTER)
def list_jobs(call: Call) -> list[dict[str, Any]]:
    """The jobs of all guests that one may see."""
    jobs = call.cluster.part(Replication).jobs.items()
    return [
        _build_view(job_id, job) for job_id, job in jobs if call.subject.may(f"/vms/{_parse_vmid(job_id)}", "VM.Audit")
    ]


@route("POST", _CLUSTER)
def create(call: Call) -> None:
    """Add a job; the guest's volumes must be on storages that can replicate."""
    job_id, target, source = call.need("id"), call.need("target"), call.text("source")
    vmid = _require_right(call, "VM.Replicate")
    guest = call.cluster.guests.get(vmid)
    if guest is None:
        raise failure(f"Guest '{vmid}' does not exist.")
    if target not in call.cluster.nodes:
        raise failure(f"Target '{target}' does not exist.")
    if source not in (None, guest.node):
        raise failure(f"Source '{source}' does not match current node of guest '{vmid}' ({guest.node})")
    if guest.node == target:
        raise failure("Source and target must not be identical")
    _check_volumes(call, guest)
    jobs = call.cluster.part(Replication).jobs
    if job_id in jobs:
        raise failure(f"replication job '{job_id}' already exists")
    if any(_parse_vmid(other) == vmid and job.config["target"] == target for other, job in jobs.items()):
        raise failure(f"replication job for guest '{vmid}' to target 'local/{target}' already exists")
    section = {**read_section(call.params, ("id",)), "source": guest.node}
    jobs[job_id] = ReplicationJob({name: str(value) for name, value in section.items()})


@route("GET", f"{_CLUSTER}/{{id}}")
def read(call: Call) -> dict[str, Any]:
    """One job."""
    job = _require_job(call)
    _require_right(call, "VM.Audit")
    return {**_build_view(call.need("id"), job), "digest": _compute_digest(call)}


@route("PUT", f"{_CLUSTER}/{{id}}")
def update(call: Call) -> None:
    """Set and delete options of a job."""
    _require_right(call, "VM.Replicate")
    check_unmodified(call.text("digest"), _compute_digest(call))
    job_id = call.need("id")
    job = call.cluster.part(Replication).jobs.get(job_id)
    if job is None:
        raise failure(f"no such job '{job_id}'")
    section = change_section(job.config, call.params, ("id", "delete", "digest"))
    _OPTIONS.delete(section, call.items("delete"), ())
    job.config = {name: str(value) for name, value in section.items()}


@route("DELETE", f"{_CLUSTER}/{{id}}")
def delete(call: Call) -> None:
    """Remove a job: at once with `force`, else at its next run."""
    _require_right(call, "VM.Replicate")
    jobs, job_id = call.cluster.part(Replication).jobs, call.need("id")
    if call.flag("force") and call.flag("keep"):
        raise invalid({"keep": "conflicts with parameter 'force'"})
    if job_id not in jobs and not call.flag("force"):
        raise failure(f"no such job '{job_id}'")
    # Only `schedule_now` runs jobs, so a removal has nothing to wait for.
    jobs.pop(job_id, None)


@route("GET", _NODE)
def node_jobs(call: Call) -> list[dict[str, Any]]:
    """The jobs of the node's guests, with the status of their last runs."""
    vmid = call.params.get("guest")
    return [
        _build_status(call, job_id, job)
        for job_id, job in call.cluster.part(Replication).jobs.items()
        if (guest := call.cluster.guests.get(_parse_vmid(job_id))) is not None
        and guest.node == call.node
        and vmid in (None, guest.vmid)
        and call.subject.may(f"/vms/{guest.vmid}", "VM.Audit")
    ]


@route("GET", f"{_NODE}/{{id}}/status")
def status(call: Call) -> dict[str, Any]:
    """The status of a job's last run."""
    job = _require_job(call)
    _require_right(call, "VM.Audit")
    return _build_status(call, call.need("id"), job)


@route("GET", f"{_NODE}/{{id}}/log")
def log(call: Call) -> Reply:
    """The log of the last run."""
    lines = _require_job(call).log or ["no content"]
    start, limit = call.integer("start"), call.integer("limit", 50)
    page = lines[start : start + limit if limit else None]
    return Reply([{"n": start + n, "t": line} for n, line in enumerate(page, start=1)], {"total": len(lines)})


@route("POST", f"{_NODE}/{{id}}/schedule_now")
def schedule_now(call: Call) -> None:
    """Run a job soon."""
    job, job_id = _require_job(call), call.need("id")
    call.world.run_in_background(_run_job(call, job_id, job))


async def _run_job(call: Call, job_id: str, job: ReplicationJob) -> None:
    clock = call.world.clock
    job.last_try = int(clock.time())
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(job.last_try))
    job.log = [f"{stamp} {job_id}: start replication job"]
    await clock.sleep(call.world.settings.task_seconds)
    node = call.cluster.nodes.get(job.config["target"])
    if node is None or not node.online:
        job.fail_count += 1
        job.error = f"No route to host ({job.config['target']})"
        job.log.append(f"{stamp} {job_id}: end replication job with error: {job.error}")
        return
    job.fail_count, job.error, job.last_sync = 0, None, job.last_try
    job.duration = clock.time() - job.last_try
    job.log.append(f"{stamp} {job_id}: end replication job")


def _check_volumes(call: Call, guest: Guest) -> None:
    found = False
    for key, value in guest.config.items():
        volid = value.split(",", 1)[0]
        mounted = key == "rootfs" or (key.startswith("mp") and key[2:].isdecimal())
        if not (mounted or sizes.is_disk(key)) or "media=cdrom" in value or "replicate=0" in value:
            continue
        storage = call.cluster.storages.get(volid.partition(":")[0])
        if storage is None or storage.is_shared:
            continue
        if storage.type not in _REPLICABLE:
            raise failure(f"missing replicate feature on volume '{volid}'")
        found = True
    if not found:
        raise failure("No replicatable volumes found")


def _require_job(call: Call) -> ReplicationJob:
    job = call.cluster.part(Replication).jobs.get(call.need("id"))
    if job is None:
        raise failure(f"no such replication job '{call.need('id')}'")
    return job


def _require_right(call: Call, privilege: str) -> int:
    """The job's guest, whether it exists or not, when the caller has the right on it."""
    vmid = _parse_vmid(call.need("id"))
    call.subject.require(f"/vms/{vmid}", privilege)
    return vmid


def _parse_vmid(job_id: str) -> int:
    return int(job_id.partition("-")[0])


def _compute_digest(call: Call) -> str:
    jobs = {job_id: job.config for job_id, job in call.cluster.part(Replication).jobs.items()}
    return digest_of(json.dumps(jobs, sort_keys=True))


def _build_view(job_id: str, job: ReplicationJob) -> dict[str, Any]:
    config = {name: int(value) if name in _INTEGERS else value for name, value in job.config.items()}
    number = int(job_id.partition("-")[2])
    return {"id": job_id, "guest": _parse_vmid(job_id), "jobnum": number, **config}


def _build_status(call: Call, job_id: str, job: ReplicationJob) -> dict[str, Any]:
    guest = call.cluster.guests[_parse_vmid(job_id)]
    after = max(job.last_try, int(call.world.clock.time()) - 1)
    due = parse_event(job.config.get("schedule", _SCHEDULE)).next_after(after)
    view = _build_view(job_id, job) | {
        "source": guest.node,
        "vmtype": guest.type,
        "last_try": job.last_try,
        "last_sync": job.last_sync,
        "next_sync": int(due or 0),
        "duration": job.duration,
        "fail_count": job.fail_count,
    }
    return {**view, "error": job.error} if job.error else view
