# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/jobs/realm-sync: when realms of directories are to be synchronised. Nothing runs these jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pve_simulator.access.realms import DIRECTORIES
from pve_simulator.api.sections import change_section, read_section
from pve_simulator.errors import failure, invalid, wrap_errors
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.backup import BackupJobs
from pve_simulator.state.sections import ClusterFiles, Options, Section
from pve_simulator.world.calendar_events import parse_event

_PATH = "/cluster/jobs/realm-sync"
_OPTIONS = replace(
    Options.build("enabled comment remove-vanished enable-new", "schedule scope realm"), fixed=frozenset({"realm"})
)


@route("GET", _PATH)
def list_jobs(call: Call) -> list[dict[str, Any]]:
    """All jobs, and when each would run next."""
    jobs = []
    for name, job in _get_jobs(call).items():
        following = parse_event(str(job["schedule"])).next_after(call.world.clock.time())
        next_run = {} if following is None else {"next-run": following}
        jobs.append({**_show(job), "id": name, "last-run": None, **next_run})
    return jobs


@route("GET", f"{_PATH}/{{id}}")
def read(call: Call) -> dict[str, Any]:
    """One job."""
    return _show(_find(call))


@route("POST", f"{_PATH}/{{id}}")
def create(call: Call) -> None:
    """Make a job for a realm of a directory; its name must be no backup job's either."""
    name = call.need("id")
    with wrap_errors():
        if name in _get_jobs(call) or name in call.cluster.part(BackupJobs).jobs:
            raise failure(f"Job '{name}' already exists")
        job = read_section(call.params, ("id",))
        _OPTIONS.check(job, create=True)
        realm = call.cluster.access.realms.get(call.need("realm"))
        if realm is None:
            raise invalid({"realm": f"No such realm '{job['realm']}'"})
        if realm.type not in DIRECTORIES:
            raise invalid({"realm": "Only LDAP/AD realms can be synced."})
    _get_jobs(call)[name] = job


@route("PUT", f"{_PATH}/{{id}}")
def update(call: Call) -> None:
    """Set and delete options of a job."""
    name = call.need("id")
    given = call.params.keys() - {"id", "delete"}
    if not given:
        raise failure("no job options specified")
    job = _get_jobs(call).get(name)
    if job is None:
        raise failure("no such realm-sync job")
    changed = change_section(job, call.params, ("id", "delete"))
    _OPTIONS.delete(changed, call.items("delete"), given)
    _get_jobs(call)[name] = changed


@route("DELETE", f"{_PATH}/{{id}}")
def delete(call: Call) -> None:
    """Remove a job."""
    with wrap_errors():
        _find(call)
    del _get_jobs(call)[call.need("id")]


def _get_jobs(call: Call) -> dict[str, Section]:
    return call.cluster.part(ClusterFiles).file("realm-sync").sections


def _find(call: Call) -> Section:
    name = call.need("id")
    job = _get_jobs(call).get(name)
    if job is None:
        raise invalid({"id": f"No such job '{name}'"})
    return job


def _show(job: Section) -> dict[str, Any]:
    return {"type": "realm-sync", "enabled": 1, **job}
