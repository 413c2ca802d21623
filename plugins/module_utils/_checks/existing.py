# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether there is what a plan's requests name: looked up when it is planned, so that check mode shows it, too.

Lists of the API leave out what the credentials may not see. What is not in them is refused if they are complete in this
respect, or if the credentials may do nothing with it, so that Proxmox VE would refuse it as well; else it is left to
Proxmox VE, as is whatever can't be looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._api.client import segment
from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .._api.missing import missing_error
from .._api.sight import read_privileges
from .._guest.disks import is_slot
from .._values.guests import list_option_names
from .references import Reference, list_created, list_references

if TYPE_CHECKING:
    from .._api.client import Client
    from .._module.plan import Step
    from .._run.resource import Outcome


@dataclass(frozen=True)
class _Kind:
    """What a kind is called, and with which privileges on which path one sees it; without any, everybody does."""

    noun: str
    path: str = ""
    seen_with: tuple[str, ...] = ()


# Types of storages whose volumes are raw, whatever format is asked for.
_RAW_ONLY = frozenset({"iscsi", "iscsidirect", "lvmthin", "rbd", "zfs", "zfspool"})
_RELEASE = re.compile(r"(\d+)\.(\d+)")
# The release of Proxmox VE whose options are known.
_KNOWN_RELEASE = (9, 2)
_MANAGER = ("User.Modify", "Sys.Audit")
_KINDS = {
    "node": _Kind("node"),
    "guest": _Kind("guest"),
    "realm": _Kind("realm"),
    "role": _Kind("role"),
    "storage": _Kind("storage", "/storage/{name}", ("Datastore.Audit", "Datastore.AllocateSpace")),
    "pool": _Kind("pool", "/pool/{name}", ("Pool.Audit",)),
    "bridge": _Kind("bridge or VNet", "/sdn/zones/localnetwork/{name}", ("SDN.Audit", "SDN.Use")),
    "user": _Kind("user", "/access/groups", _MANAGER),
    "group": _Kind("group", "/access/groups/{name}", (*_MANAGER, "Group.Allocate")),
    "token": _Kind("token", "/access/groups", _MANAGER),
    # Whoever can read the content of a storage sees all of its files, and the disks that he may use.
    "volume": _Kind("volume"),
    "processor type": _Kind("processor type"),
    "option": _Kind("option"),
    "alias": _Kind("alias"),
    "IP set": _Kind("IP set"),
    "group of rules": _Kind("security group"),
}


class Existing:
    """What a cluster has; each list is read at most once, and only when it is needed. What can't be read is None."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._answers: dict[tuple[str, tuple[tuple[str, Any], ...]], Any] = {}

    def read(self, path: str, **params: Any) -> Any:
        """The answer to a C(GET) request; None if there is none."""
        key = (path, tuple(sorted(params.items())))
        if key not in self._answers:
            try:
                self._answers[key] = self._client.get(path, **params)
            except PveError:
                self._answers[key] = None
        return self._answers[key]

    def list_resources(self, kind: str) -> list[dict[str, Any]]:
        """The entries of one type in the cluster's list, which mostly was read already."""
        if self._client.resources is None:
            self._client.resources = self.read("/cluster/resources") or []
        return self._client.list_resources(kind)

    def list_storage(self, name: str) -> list[dict[str, Any]]:
        """The entries of a storage, one for each node that has it."""
        return [entry for entry in self.list_resources("storage") if entry["storage"] == name]

    def require(self, reference: Reference) -> None:
        """Raise the problem with what is to be used, if there is one."""
        problem = self.find_problem(reference)
        if problem is not None:
            raise problem

    def find_problem(self, reference: Reference) -> PveError | None:
        """Why a request can't name this, or should not."""
        name = reference.name
        if reference.kind == "storage":
            return self._check_storage(reference)
        if reference.kind == "guest":
            known = [str(entry["vmid"]) for kind in ("qemu", "lxc") for entry in self.list_resources(kind)]
            return missing_error("guest", name, known) if self._is_missing_guest(name) else None
        if reference.kind == "option" and self.may_be_newer():
            return None
        known = self._list_names(reference)
        if known is None or name in known:
            return self._find_other_holder(reference) if known and reference.holder else None
        where = f" on node {reference.node}" if reference.node else ""
        return self._describe_missing(reference, known, where)

    def warn_of_hidden(self, kind: str, name: str) -> list[str]:
        """The warning that what is in no list may be there all the same, if the credentials would not see it."""
        seen = _KINDS[kind]
        path = seen.path.format(name=name)
        held = read_privileges(self._client, path)
        if held is None or held & set(seen.seen_with):
            return []
        return [
            f"Whether there is a {seen.noun} {name} is not known: these credentials have none of "
            f"{', '.join(seen.seen_with)} on {path}, and would not see it."
        ]

    def may_be_newer(self) -> bool:
        """Whether the server may have options that are not known here."""
        match = _RELEASE.match(str((self.read("/version") or {}).get("version") or ""))
        return match is None or (int(match[1]), int(match[2])) > _KNOWN_RELEASE

    def _list_names(self, reference: Reference) -> list[str] | None:
        """The names of a kind, None if they can't be read."""
        node = segment(reference.node or "")
        if reference.kind == "node":
            return [entry["node"] for entry in self.list_resources("node")] or None
        if reference.kind == "option":
            return list_option_names(reference.content or "")
        if reference.kind == "token":
            user = reference.name.partition("!")[0]
            return _pick(self.read(f"/access/users/{segment(user)}/token"), "tokenid", f"{user}!")
        if reference.kind == "volume":
            storage = segment(reference.name.partition(":")[0])
            return _pick(self.read(f"/nodes/{node}/storage/{storage}/content", content=reference.content), "volid")
        if reference.firewall:
            name = "aliases" if reference.kind == "alias" else "ipset"
            paths = dict.fromkeys(f"{place}/{name}" for place in ("/cluster/firewall", reference.firewall))
            lists = [_pick(self.read(path), "name") for path in paths]
            # The names of aliases are compared without regard to case, and references have them in lower case.
            names = [name for listed in lists for name in listed or ()]
            return None if None in lists else [name.lower() for name in names] if reference.kind == "alias" else names
        path, field = {
            "group of rules": ("/cluster/firewall/groups", "group"),
            "pool": ("/pools", "poolid"),
            "bridge": (f"/nodes/{node}/network", "iface"),
            "processor type": (f"/nodes/{node}/capabilities/qemu/cpu", "name"),
            "realm": ("/access/domains", "realm"),
            "user": ("/access/users", "userid"),
            "group": ("/access/groups", "groupid"),
            "role": ("/access/roles", "roleid"),
        }[reference.kind]
        params = {"type": "any_bridge"} if reference.kind == "bridge" else {}
        return _pick(self.read(path, **params), field)

    def _describe_missing(self, reference: Reference, known: Iterable[str], where: str = "") -> PveError | None:
        """The failure for what is in no list, None where it may be there all the same."""
        kind = _KINDS[reference.kind]
        is_hidden = False
        if kind.seen_with:
            held = read_privileges(self._client, kind.path.format(name=reference.name))
            if held is None or (held and not held & set(kind.seen_with)):
                return None
            is_hidden = not held
        if is_hidden and reference.is_optional:
            return None
        return missing_error(kind.noun, reference.name, known, where=where, is_hidden=is_hidden)

    def _check_storage(self, reference: Reference) -> PveError | None:
        name, node = reference.name, reference.node
        entries = self.list_storage(name)
        if not entries:
            return self._describe_missing_storage(reference)
        here = [entry for entry in entries if node in (None, entry["node"])]
        if not here:
            places = ", ".join(sorted(entry["node"] for entry in entries))
            others = ", ".join(self._list_suitable(node, reference.content)) or "none"
            return PveError(
                UNSUPPORTED,
                f"Storage {name} is not on node {node}, but on {places}.",
                f"On {node} there are: {others}.",
            )
        content = sorted(filter(None, str(here[0].get("content") or "").split(",")))
        if reference.content and content and reference.content not in content:
            others = ", ".join(self._list_suitable(node, reference.content)) or "none"
            return PveError(
                UNSUPPORTED,
                f"Storage {name} does not take {reference.content}; it is set to take {', '.join(content)}.",
                f"These do: {others}. Or add {reference.content} to its content with pve_storage.",
            )
        problem = self.find_format_problem(name, reference.format)
        if problem is not None:
            return problem
        if node is not None and here[0].get("status") != "available":
            # What nodes broadcast of their storages is up to 10 s old.
            status = self.read(f"/nodes/{segment(node)}/storage/{segment(name)}/status")
            if status is not None and not int(status.get("active", 1)):
                return PveError(
                    UNSUPPORTED,
                    f"Storage {name} is not active on node {node}.",
                    "Bring it back (its server, network or disk), or use another one.",
                )
        return None

    def find_format_problem(self, storage: str | None, wished_format: str | None) -> PveError | None:
        """Why a storage can't have volumes of a format; Proxmox VE would choose another one, or fail."""
        entries = self.list_storage(storage) if storage and wished_format not in (None, "raw") else []
        if not entries or entries[0].get("plugintype") not in _RAW_ONLY:
            return None
        return PveError(
            UNSUPPORTED,
            f"Storage {storage} has no {wished_format} volumes, only raw ones.",
            "Leave format out, or use another storage.",
        )

    def _describe_missing_storage(self, reference: Reference) -> PveError | None:
        name = reference.name
        known = {entry["storage"] for entry in self.list_resources("storage")}
        definitions = self.read("/storage") or []
        definition = next((entry for entry in definitions if entry["storage"] == name), None)
        if definition is None:
            return self._describe_missing(reference, known)
        if int(definition.get("disable") or 0):
            return PveError(UNSUPPORTED, f"Storage {name} is disabled.", "Enable it, or use another one.")
        nodes = definition.get("nodes")
        if nodes is None:
            # Just defined.
            return None
        return PveError(UNSUPPORTED, f"No node of the cluster has storage {name}, only {nodes}.", "Use another one.")

    def _list_suitable(self, node: str | None, content: str | None) -> list[str]:
        entries = self.list_resources("storage")
        return sorted(
            {
                entry["storage"]
                for entry in entries
                if node in (None, entry["node"])
                and (content is None or content in str(entry.get("content") or "").split(","))
            }
        )

    def _find_other_holder(self, reference: Reference) -> PveError | None:
        """The problem with a disk that another guest has: both would write to it at the same time."""
        node, storage = segment(reference.node or ""), segment(reference.name.partition(":")[0])
        entries = self.read(f"/nodes/{node}/storage/{storage}/content", content=reference.content) or []
        owner = next((str(entry.get("vmid") or "") for entry in entries if entry["volid"] == reference.name), "")
        guests = [one for kind in ("qemu", "lxc") for one in self.list_resources(kind) if str(one["vmid"]) == owner]
        if owner == reference.holder or not guests:
            return None
        guest = guests[0]
        config = self.read(f"/nodes/{segment(guest['node'])}/{guest['type']}/{owner}/config") or {}
        slots = [slot for slot in config if is_slot(guest["type"], slot) and not slot.startswith("unused")]
        held = [slot for slot in slots if str(config[slot]).partition(",")[0] == reference.name]
        if not held:
            return None
        label = f"{owner} ({config.get('name') or config.get('hostname') or ''})"
        return PveError(
            INVALID_PARAMETER,
            f"Guest {reference.holder} can't have {reference.name}, which is {held[0]} of guest {label}.",
            f"Detach it from {owner} first, or copy it with import_from.",
        )

    def _is_missing_guest(self, vmid: str) -> bool:
        """Whether no guest has this vmid, which everybody may ask of every vmid."""
        if any(str(entry["vmid"]) == vmid for kind in ("qemu", "lxc") for entry in self.list_resources(kind)):
            return False
        return str(self.read("/cluster/nextid", vmid=vmid)) == vmid


def check_references(client: Client, outcomes: Sequence[Outcome]) -> None:
    """Make a failure of each outcome whose plan names what is not there; what Proxmox VE takes is a warning."""
    existing = Existing(client)
    created = list_created(step for outcome in outcomes if outcome.plan for step in outcome.plan.steps)
    found: dict[Reference, PveError | None] = {}
    for outcome in outcomes:
        steps: Iterable[Step] = outcome.plan.steps if outcome.plan else ()
        for reference in dict.fromkeys(one for step in steps for one in list_references(step)):
            if (reference.kind, reference.name) in created:
                continue
            if reference not in found:
                found[reference] = existing.find_problem(reference)
            problem = found[reference]
            if problem is None:
                continue
            if reference.is_optional:
                outcome.warnings.append(f"{problem.message} {problem.hint}")
                continue
            outcome.plan, outcome.failure = None, problem
            break


def _pick(entries: Any, field: str, prefix: str = "") -> list[str] | None:
    return None if entries is None else [f"{prefix}{entry[field]}" for entry in entries]
