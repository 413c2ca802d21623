# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of resources: the kinds, the tool that reads each, and which ones a run has changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

JSON = "application/json"


@dataclass(frozen=True)
class Kind:
    """A kind of resource. A client that is offered its `tool` may read it."""

    name: str
    template: str
    tool: str
    title: str
    description: str
    mime_type: str = JSON

    @cached_property
    def variables(self) -> list[str]:
        """The names in the template."""
        return re.findall(r"{(\w+)}", self.template)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern that addresses of this kind match."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/?#]+)", self.template) + "/?")


_KINDS = (
    Kind("cluster", "pve://cluster", "cluster_overview", "The cluster", "Quorum, nodes, guests and storage in sum."),
    Kind(
        "node",
        "pve://nodes/{node}",
        "list_nodes",
        "A node",
        "One node: load, memory, disk and version, as list_nodes returns it.",
    ),
    Kind(
        "guest",
        "pve://guests/{vmid}",
        "get_guest",
        "A guest",
        "One guest in full: configuration and live status, as get_guest returns it.",
    ),
    Kind(
        "run",
        "run://{id}",
        "get_run",
        "A run",
        "One run: who asked for what, its plan, how it was decided and ended, as get_run returns it.",
    ),
    Kind(
        "run_playbook",
        "run://{id}/playbook",
        "get_run",
        "A run as a playbook",
        "A playbook that repeats the run with plain ansible-playbook; what was secret is prompted for.",
        "application/yaml",
    ),
    Kind("run_events", "run://{id}/events", "get_run", "What a run said", "The events of a run's playbooks."),
    Kind(
        "plan",
        "plan://{id}",
        "get_run",
        "A plan",
        "One kept plan: whose it is, its API requests, and whether it waits, was approved, denied or used.",
    ),
)

KINDS = {kind.name: kind for kind in _KINDS}


def parse_address(uri: str) -> tuple[Kind, dict[str, str]] | None:
    """Return the kind of resource that an address is of, and the values in it; None for any other address."""
    for kind in _KINDS:
        match = kind.pattern.fullmatch(uri)
        if match:
            return kind, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def make_address(name: str, **values: Any) -> str:
    """Make the address of a resource, such as `make_address("guest", vmid=101)`."""
    return KINDS[name].template.format(**{key: quote(str(value), safe="") for key, value in values.items()})


def find_changed_addresses(row: Mapping[str, Any], guests: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the addresses whose content a run changed by ending; `guests` are those that its module returned."""
    yield make_address("run", id=row["run_id"])
    yield make_address("run_events", id=row["run_id"])
    yield make_address("run_playbook", id=row["run_id"])
    if not row["changed"]:
        return
    yield make_address("cluster")
    vmids: set[Any] = {row["arguments"].get("vmid"), row["arguments"].get("newid")}
    nodes: set[Any] = set()
    for guest in guests:
        vmids.add(guest.get("vmid"))
        nodes |= {facts.get("node") for facts in (guest, guest.get("before") or {}, guest.get("after") or {})}
    yield from (make_address("guest", vmid=vmid) for vmid in sorted(vmids - {None}))
    yield from (make_address("node", node=node) for node in sorted(nodes - {None}))
