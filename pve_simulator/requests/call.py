# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One verified API call, as handlers get it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pve_simulator.errors import failure, root_only
from pve_simulator.http.multipart import Upload
from pve_simulator.requests.auth import Subject
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest, GuestType, conf_path
from pve_simulator.world.tasks import Worker
from pve_simulator.world.world import World


@dataclass
class Call:
    """A call whose path, parameters and permissions have been checked.

    `params` holds path, query and body parameters together, typed by the schema: integers as int, booleans
    as bool, lists as list where the schema says so, the rest as text; absent ones are absent. `worker` is the
    number of the process that answers.
    """

    world: World
    method: str
    path: str
    subject: Subject
    params: dict[str, Any] = field(default_factory=dict)
    upload: Upload | None = None
    worker: int = 0

    @property
    def cluster(self) -> Cluster:
        """The state."""
        return self.world.cluster

    @property
    def node(self) -> str:
        """The `{node}` of the path, `localhost` resolved."""
        name = self.params["node"]
        return self.cluster.local_node if name == "localhost" else str(name)

    @property
    def vmid(self) -> int:
        """The `{vmid}` of the path."""
        return int(self.params["vmid"])

    def text(self, name: str, default: str | None = None) -> str | None:
        """A parameter as text."""
        value = self.params.get(name)
        return default if value is None else str(value)

    def need(self, name: str) -> str:
        """A required parameter as text."""
        return str(self.params[name])

    def integer(self, name: str, default: int = 0) -> int:
        """A parameter as a number."""
        value = self.params.get(name)
        return default if value is None else int(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """A parameter as a boolean."""
        value = self.params.get(name)
        return default if value is None else value not in (False, 0, "0", "")

    def items(self, name: str) -> list[str]:
        """A list parameter, whether it came as an array or as text split by `,`, `;`, space or NUL."""
        value = self.params.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return [str(item) for item in value]
        return str(value).replace(";", " ").replace(",", " ").replace("\0", " ").split()

    def guest(self, kind: GuestType) -> Guest:
        """The guest of the path; raises the error of a missing configuration file."""
        return find_guest(self.cluster, kind, self.node, self.vmid)

    def find_guest(self, kind: GuestType) -> Guest | None:
        """The guest of the path, or None when this node has none of this type and id."""
        guest = self.cluster.guests.get(self.vmid)
        return guest if guest and guest.type == kind and guest.node == self.node else None

    def only_root(self, *options: str) -> None:
        """Refuse options that only a root@pam login may use, when they were given."""
        for option in options:
            if self.params.get(option) and not self.subject.is_root_password_login:
                raise root_only(option)

    def task(self, kind: str, id: str | int, worker: Worker, *, node: str | None = None) -> str:
        """Start a task on the call's node (or another) and return its UPID."""
        where = node or (self.node if "node" in self.params else self.cluster.local_node)
        return str(self.world.tasks.spawn(where, kind, id, self.subject.userid, worker).upid)


def find_guest(cluster: Cluster, kind: GuestType, node: str, vmid: int) -> Guest:
    """A guest on a node; raises the error of a missing configuration file."""
    guest = cluster.guests.get(vmid)
    if guest is None or guest.type != kind or guest.node != node:
        raise failure(f"Configuration file '{conf_path(kind, node, vmid)}' does not exist")
    return guest
