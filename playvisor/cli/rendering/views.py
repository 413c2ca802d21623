# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the command line shows of each tool's result: the one list of tables and their columns.

A view is read from top to bottom: what was asked for comes first. A tool that changes something needs none: what it
changed is shown, guest by guest. `playvisor/cli/rendering/columns.py` says how a column is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playvisor.cli.rendering.tables import Facts, Lines, Section, Table, guess_table

_NAMES = "name vmid"

_LIVE = "mem maxmem disk maxdisk freemem:size memhost:size balloon:size netin netout diskread diskwrite uptime cpu"
_STORAGE = Table(
    "storage",
    "storage node type status used=used:share/total total shared content=content:list",
    title="Storage",
)
_NODES = Table(
    "nodes",
    "node status cpu memory=mem:share/maxmem disk=disk:share/maxdisk uptime cpus=maxcpu:count",
    wide="total_memory=maxmem total_disk=maxdisk",
    title="Nodes",
)
_CLUSTER = (
    Facts("cluster", "name version quorate nodes_online nodes_total"),
    _NODES,
    Facts(
        "guests",
        "total=total:count running stopped unknown templates qemu=by_type.qemu lxc=by_type.lxc",
        title="Guests",
    ),
    _STORAGE,
)
VIEWS: dict[str, tuple[Section, ...]] = {
    "list_guests": (
        Table(
            "guests",
            "vmid name status node type tags=tags:list cpus memory=maxmem uptime used=mem:share/maxmem pool "
            "disk=maxdisk",
            wide="template lock hastate",
            ids=_NAMES,
            empty="No guests.",
        ),
    ),
    "get_guest": (
        Facts("guests", "name vmid state node type tags=tags:list pool template lock hastate uptime"),
        Facts(
            "guests",
            "cpus cpu=current.cpu:percent memory=mem:share/maxmem total_memory=maxmem root_disk=maxdisk "
            "disk_read=current.diskread disk_written=current.diskwrite received=current.netin sent=current.netout",
            title="Resources",
        ),
        Facts("guests/config", kinds="memory:mebibytes balloon:mebibytes swap:mebibytes", title="Configuration"),
        Facts("guests/current", kinds=_LIVE, title="Live status", only_wide=True),
    ),
    "guest_network": (
        Table(
            "guests",
            "vmid name status addresses=addresses:list node type",
            wide="tags=tags:list pool",
            ids=_NAMES,
            empty="No guests.",
        ),
    ),
    "guest_history": (
        Table(
            "guests",
            "vmid name cpu=usage.cpu_average cpu_peak=usage.cpu_peak course_of_cpu=history:spark/cpu "
            "memory=usage.mem_average memory_peak=usage.mem_peak received=usage.netin_average "
            "sent=usage.netout_average read=usage.diskread_average written=usage.diskwrite_average",
            wide="status node cpu_now=usage.cpu_last cpu_peak_at=usage.cpu_peak_time memory_now=usage.mem_last "
            "memory_peak_at=usage.mem_peak_time received_peak=usage.netin_peak sent_peak=usage.netout_peak "
            "read_peak=usage.diskread_peak written_peak=usage.diskwrite_peak",
            ids=_NAMES,
            empty="No guests.",
        ),
        Table(
            "guests/history",
            "vmid=of.vmid time cpu memory=mem received=netin:rate sent=netout:rate read=diskread:rate "
            "written=diskwrite:rate",
            title="Course",
            only_wide=True,
        ),
    ),
    "explain_lock": (
        Facts("guests", "name vmid lock=lock:named state node type"),
        Table(
            "guests/tasks",
            "type user started=starttime",
            below="upid",
            title="Tasks that run",
            ids="upid",
            empty="No task about it runs.",
        ),
    ),
    "console_link": (Facts("console", "link"),),
    "list_snapshots": (
        Table(
            "guests/snapshots",
            "vmid=of.vmid guest=of.name snapshot=name made=snaptime memory=vmstate:yes parent description",
            wide="node=of.node type=of.type",
            ids="snapshot=name",
            empty="No snapshots.",
        ),
    ),
    "list_nodes": (
        Table(
            "nodes",
            "node status cpu memory=mem:share/maxmem disk=disk:share/maxdisk uptime version cpus=maxcpu:count "
            "load=loadavg:list",
            wide="swap=swap.used:share/swap.total total_memory=maxmem total_disk=maxdisk kernel cpu_model",
            ids="node",
        ),
    ),
    "list_storage": (
        Table(_STORAGE.source, _STORAGE.columns, wide="free:size", ids="storage", empty="No storages."),
        Facts("space", "used=used:share/total free:size total", title="All together"),
    ),
    "list_storage_content": (
        Table(
            "volumes",
            "content size vmid made=ctime storage node orphan=orphan:yes",
            below="volid",
            wide="format notes protected",
            ids="volid",
            empty="Nothing.",
        ),
    ),
    "list_backups": (
        Table(
            "volumes",
            "vmid made=ctime size storage node protected notes",
            below="volid",
            wide="format",
            ids="volid",
            empty="No backups.",
        ),
    ),
    "check_backups": (
        Table(
            "guests",
            "vmid name recent=recent:plain latest=latest.ctime size=latest.size backups=count storage=latest.storage "
            "scheduled=scheduled:plain all_sizes=size",
            wide="node type volid=latest.volid:id notes=latest.notes",
            ids=_NAMES,
        ),
        Table("jobs", "id enabled schedule storage next=next_run what", title="Backup jobs", ids="id"),
    ),
    "list_firewall_rules": (
        Table(
            "firewalls/rules",
            "firewall=of:place pos on=enable:yes type action macro proto dport source dest iface comment key",
            wide="sport icmp_type log",
            ids="key",
            title="Rules",
            empty="No rules.",
        ),
        Table(
            "firewalls",
            "firewall=.:place on=options.enable:plain incoming=options.policy_in outgoing=options.policy_out "
            "rules=rules:count aliases=aliases:count ipsets=ipsets:count groups=groups:count comment",
            wide="options",
            title="Firewalls",
        ),
        Table("firewalls/aliases", "firewall=of:place name cidr comment", title="Aliases"),
        Table("firewalls/ipsets", "firewall=of:place name entries=entries:named/cidr comment", title="IP sets"),
        Table("firewalls/groups", "name rules=rules:count comment", title="Security groups"),
    ),
    "list_pools": (
        Table("pools", "pool guests=vmids:list storages=storages:list comment", ids="pool", empty="No pools."),
    ),
    "list_ha": (
        Table(
            "ha/resources",
            "vmid state wished=request_state node max_restart=max_restart:count max_relocate=max_relocate:count "
            "failback comment",
            wide="sid",
            ids="vmid",
            title="Guests under HA",
            empty="No guest is under HA.",
        ),
        Table("ha/rules", "rule type resources=resources:list nodes affinity strict disable comment", title="Rules"),
        Facts("ha", "master armed", title="HA manager"),
        Table("ha/nodes", "node status=status:text", title="Agents"),
    ),
    "cluster_overview": _CLUSTER,
    "cluster_log": (
        Table(
            "messages",
            "time node severity user",
            below="message",
            wide="tag",
            ids="message",
            empty="No messages.",
        ),
    ),
    "list_tasks": (
        Table(
            "tasks",
            "started=starttime type about=id node ended=exitstatus user finished=endtime",
            below="upid",
            wide="status",
            ids="upid",
            empty="No tasks.",
        ),
    ),
    "get_task": (
        Facts("tasks", "upid type about=id node user status result=exitstatus started=starttime finished=endtime"),
        Lines("tasks/log", title="Log"),
    ),
    "exec_guest": (
        Lines("guests/stdout"),
        Lines("guests/content"),
        Lines("guests/stderr", title="Standard error"),
        Table("guests", "vmid name node exit_code=exitcode:plain signal truncated=truncated:yes change", ids=_NAMES),
    ),
    "list_templates": (
        Table(
            "templates",
            "template section version headline",
            wide="package os architecture",
            ids="template",
            empty="No templates.",
        ),
    ),
    "list_access": (
        Table("users", "user enable=enable:plain groups=groups:list expire comment email", title="Users", ids="user"),
        Table("groups", "group comment", title="Groups", ids="group"),
        Table("tokens", "token privsep=privsep:plain expire comment", title="API tokens", ids="token"),
        Table("acls", "path kind holder role propagate=propagate:plain", title="Permissions", ids="path"),
        Table("roles", "role privileges=privileges:list special", title="Roles", ids="role"),
    ),
    "list_runs": (
        Table(
            "runs",
            "run=run_id:short when=opened_at tool outcome changed by=asker client=client_name",
            below="arguments=arguments:text summary",
            wide="id=run_id",
            ids="run_id",
            empty="No runs.",
        ),
    ),
}


def make_view(tool: str, data: Mapping[str, Any]) -> Sequence[Section]:
    """What to show of a tool's result: its view, or one that is made from the data."""
    if tool in VIEWS:
        return VIEWS[tool]
    sections: list[Section] = []
    for name, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            sections.append(guess_table(name, value))
        elif isinstance(value, Mapping) and value:
            sections.append(Facts(name, title=name.replace("_", " ").capitalize()))
    return sections
