# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/backup: backup jobs; /cluster/backup-info: guests without one."""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from pve_simulator.api.nodes.vzdump import check_rights
from pve_simulator.backup import jobs, options
from pve_simulator.errors import failure, invalid, wrap_errors
from pve_simulator.guests import register
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.schema import load_facts
from pve_simulator.state.backup import BackupJobs

_ALSO_DELETABLE = frozenset({"comment", "repeat-missed"})


@route("GET", "/cluster/backup")
def list_jobs(call: Call) -> list[dict[str, Any]]:
    """All jobs, and when each runs next."""
    now = call.world.clock.time()
    return [jobs.job_view(name, job, now) for name, job in _get_jobs(call).items()]


@route("POST", "/cluster/backup")
def create(call: Call) -> None:
    """Make a job."""
    check_rights(call)
    _check_pool(call)
    params = jobs.with_schedule(_read_params(call), required=True)
    params.setdefault("enabled", True)
    name = str(params.pop("id", uuid.uuid4()))
    if name in _get_jobs(call):
        raise failure(f"Job '{name}' already exists")
    with wrap_errors():
        options.check_options(params, complete=True)
    _get_jobs(call)[name] = params


@route("GET", "/cluster/backup/{id}")
def read(call: Call) -> dict[str, Any]:
    """One job."""
    name = call.need("id")
    job = _get_jobs(call).get(name)
    if job is None:
        raise invalid({"id": f"No such job '{name}'"})
    return jobs.job_view(name, job)


@route("PUT", "/cluster/backup/{id}")
def update(call: Call) -> None:
    """Change a job."""
    check_rights(call)
    _check_pool(call)
    params = _read_params(call)
    name = str(params.pop("id"))
    params.pop("delete", None)
    params = jobs.with_schedule(params, required=False)
    if not params and not call.items("delete"):
        raise failure("no options specified")
    job = _get_jobs(call).get(name)
    if job is None:
        raise failure("no such vzdump job")
    with wrap_errors():
        options.check_options(params, complete=False)
        new = jobs.update_job(job, params, call.items("delete"), _options() | _ALSO_DELETABLE)
        options.check_options(new, complete=True)
    _get_jobs(call)[name] = new


@route("DELETE", "/cluster/backup/{id}")
def delete(call: Call) -> None:
    """Delete a job."""
    name = call.need("id")
    if name not in _get_jobs(call):
        with wrap_errors():
            raise invalid({"id": f"No such job '{name}'"})
    del _get_jobs(call)[name]


@route("GET", "/cluster/backup/{id}/included_volumes")
def read_included(call: Call) -> dict[str, Any]:
    """The guests and volumes that a job includes."""
    name = call.need("id")
    job = _get_jobs(call).get(name)
    if job is None:
        raise invalid({"id": f"No such job '{name}'"})
    return jobs.build_included_tree(call.cluster, job)


@route("GET", "/cluster/backup-info/not-backed-up")
def list_not_backed_up(call: Call) -> list[dict[str, Any]]:
    """The guests that no job includes."""
    found = jobs.find_not_backed_up(call.cluster)
    return [entry for entry in found if call.subject.may(f"/vms/{entry['vmid']}", "VM.Audit")]


def _get_jobs(call: Call) -> dict[str, dict[str, Any]]:
    return call.cluster.part(BackupJobs).jobs


def _read_params(call: Call) -> dict[str, Any]:
    return dict(call.params)


def _check_pool(call: Call) -> None:
    pool = call.text("pool")
    if pool is None:
        return
    register.check_pool(call.cluster, pool)
    call.subject.require(f"/pool/{pool}", "VM.Backup")


@cache
def _options() -> frozenset[str]:
    match = load_facts().find("POST", "/nodes/localhost/vzdump")
    return frozenset((match.endpoint.parameters.properties if match else None) or {})
