# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fails in a cluster without quorum, where /etc/pve can't be written: requests, and the work of tasks.

Reads work, and so does what writes no configuration: stopping guests, removing disks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pve_simulator.errors import ApiError, failure
from pve_simulator.state.guest import Guest, conf_path

if TYPE_CHECKING:
    from pve_simulator.world.tasks import Task
    from pve_simulator.world.world import World

_NOT_READY = "cluster not ready - no quorum?"
_DAEMON_PID = 6269
_GUEST = r"/nodes/\{node\}/(?:qemu|lxc)"
# What asks for quorum before it does anything.
_ASKS = re.compile(
    rf"POST (?:{_GUEST}|{_GUEST}/\{{vmid\}}/(?:clone|migrate|remote_migrate|status/start)"
    r"|/cluster/ha/(?:resources|rules)"
    r"|/cluster/sdn/(?:zones|vnets|vnets/\{vnet\}/subnets|controllers|ipams|dns))"
)
# What writes a guest's configuration while its client waits.
_WRITES = re.compile(
    rf"PUT {_GUEST}/\{{vmid\}}/(?:config|unlink|cloudinit|snapshot/\{{snapname\}}/config)"
    r"|POST /nodes/\{node\}/lxc/\{vmid\}/template"
)
# The tasks that write it before anything else; others fail where they come to it.
_TASKS = frozenset({
    "qmsnapshot", "qmdelsnapshot", "qmrollback", "qmtemplate", "qmconfig", "qmmove", "resize",
    "vzsnapshot", "vzdelsnapshot", "vzrollback", "move_volume",
})  # fmt: skip
_FIREWALL = re.compile(r"/nodes/\{node\}/(qemu|lxc)/\{vmid\}/firewall|/(nodes)/\{node\}/firewall|/cluster/firewall")
# The files that are locked, by the beginning of the path, and what can't be done, by method.
_LOCKS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("/pools", "file-user_cfg", {"POST": "create pool", "PUT": "update pools", "DELETE": "delete pool"}),
    ("/access/users/{userid}/token", "file-user_cfg", {
        "POST": "generating token", "PUT": "updating token info", "DELETE": "deleting token"}),
    ("/access/users", "file-user_cfg", {"POST": "create user", "PUT": "update user", "DELETE": "delete user"}),
    ("/access/groups", "file-user_cfg", {"POST": "create group", "PUT": "update group", "DELETE": "delete group"}),
    ("/access/roles", "file-user_cfg", {"POST": "create role", "PUT": "update role", "DELETE": "delete role"}),
    ("/access/acl", "file-user_cfg", {"PUT": "ACL update"}),
    ("/access/domains", "file-domains_cfg", {
        "POST": "add auth server", "PUT": "update auth server", "DELETE": "delete auth server"}),
    ("/storage", "file-storage_cfg", {
        "POST": "create storage", "PUT": "update storage", "DELETE": "delete storage"}),
    ("/cluster/ha/rules", "domain-ha", {"PUT": "update HA rules", "DELETE": "delete ha rule"}),
    ("/cluster/ha/resources/{sid}/", "domain-ha", {"POST": "queue crm commands"}),
    ("/cluster/ha/resources", "domain-ha", {"PUT": "update resource", "DELETE": "delete resource"}),
    ("/cluster/backup", "file-jobs_cfg", {}),
    ("/cluster/jobs", "file-jobs_cfg", {}),
    ("/cluster/options", "file-datacenter_cfg", {}),
    ("/cluster/replication", "file-replication_cfg", {}),
    ("/cluster/metrics/server", "file-status_cfg", {}),
    ("/cluster/notifications", "domain-notifications", {}),
    ("/cluster/acme", "file-priv_acme_plugins_cfg", {}),
    *(
        (f"/cluster/mapping/{kind}", f"file-mapping_{file}_cfg", {
            "POST": f"create {what} mapping", "PUT": f"update {what} mapping", "DELETE": f"delete {kind} mapping"})
        for kind, file, what in (
            ("pci", "pci", "hardware"), ("usb", "usb", "hardware"), ("dir", "directory", "directory"))
    ),
    *(
        (f"/cluster/sdn/{path}", "domain-sdn", {
            "PUT": f"update sdn {name} object", "DELETE": f"delete sdn {name} object"})
        for path, name in (
            ("vnets/{vnet}/subnets", "subnet"), ("zones", "zone"), ("vnets/{vnet}", "vnet"),
            ("controllers", "controller"), ("ipams", "ipam"), ("dns", "dns"))
    ),
    ("/cluster/sdn", "domain-sdn", {}),
)  # fmt: skip


def check_request(world: World, method: str, template: str, params: dict[str, object]) -> None:
    """Raise what a request to an endpoint meets without quorum."""
    if method == "GET" or world.cluster.quorate:
        return
    words = f"{method} {template}"
    if _ASKS.fullmatch(words):
        raise failure(_NOT_READY)
    if _WRITES.fullmatch(words):
        guest = world.cluster.guests.get(int(str(params["vmid"])))
        if guest is not None and guest.node == params["node"]:
            raise _make_write_error(guest, _DAEMON_PID)
    name = _find_lock(template, params)
    if name is not None:
        raise failure(f"cfs-lock '{name}' error: no quorum!")
    for beginning, file, actions in _LOCKS:
        if template.startswith(beginning):
            action = actions.get(method)
            raise failure(f"{action} failed: " * bool(action) + f"cfs-lock '{file}' error: no quorum!")


def check_task(world: World, task: Task) -> None:
    """Raise what a task meets without quorum before it has done anything."""
    guest = world.cluster.guests.get(int(task.upid.id)) if task.upid.id.isdecimal() else None
    if guest is not None and task.upid.type in _TASKS:
        check_config_write(world, guest, task)


def check_config_write(world: World, guest: Guest, task: Task) -> None:
    """Raise unless a task can write a guest's configuration."""
    if not world.cluster.quorate:
        raise _make_write_error(guest, task.upid.pid)


def _make_write_error(guest: Guest, pid: int) -> ApiError:
    path = conf_path(guest.type, guest.node, guest.vmid)
    return failure(f"unable to open file '/etc/pve/{path}.tmp.{pid}' - Permission denied")


def _find_lock(template: str, params: dict[str, object]) -> str | None:
    """The lock of a firewall's file, if the path is of one."""
    match = _FIREWALL.match(template)
    if match is None:
        return None
    if match[1]:
        return f"firewall-vm-{params['vmid']}"
    return f"firewall-host-{params['node']}" if match[2] else "firewall-cluster"
