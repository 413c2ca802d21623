# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster has beside guests as sections of a fleet: pools, storages, backup jobs, HA rules, firewall, access."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from playvisor.fleet.adopt.firewall import read_firewall
from playvisor.fleet.adopt.observed import Observed
from playvisor.fleet.adopt.values import (
    find_options,
    is_on,
    is_unset,
    parse_properties,
    parse_retention,
    read_value,
    to_number,
)

# Options that the API calls otherwise.
_STORAGE = {"prune-backups": "retention", "fingerprint": "server_fingerprint"}
_JOB = {"vmid": "vmids", "notes-template": "notes", "prune-backups": "retention"}
# What the API adds to a job and a storage, and what is a secret.
_NO_STORAGE = ("storage", "digest", "encryption-key", "master-pubkey", "password", "keyring")
_NO_JOB = ("id", "type", "digest", "next-run")
# Its user and tokens are no wish of anybody: they are how the cluster is reached.
_ROOT = "root@pam"
# A template of notes is one line, in which these are a backslash and the end of a line.
_ESCAPE = re.compile(r"\\\\|\\n")
_USER = ("groups", "enable", "expire", "comment", "email", "firstname", "lastname")
Notes = list[str]
Document = Mapping[str, Any]


def read_pools(observed: Observed) -> tuple[dict[str, Any], Notes]:
    """Pools with their storages; each guest says itself which pool it is in."""
    pools: dict[str, Any] = {}
    for name, document in observed.list_kind("pool").items():
        members = [member.partition("/") for member in document.get("members") or ()]
        storages = sorted(member for kind, _slash, member in members if kind == "storage")
        config = document["config"]
        comment = {"comment": str(config["comment"])} if config.get("comment") else {}
        pools[name] = {**comment, **({"storages": storages} if storages else {})}
    return pools, []


def read_storages(observed: Observed) -> tuple[dict[str, Any], Notes]:
    storages: dict[str, Any] = {}
    options = find_options("pve_storage")
    for name, document in observed.list_kind("storage").items():
        entry: dict[str, Any] = {}
        config: dict[str, Any] = {}
        for key, value in document["config"].items():
            option = _STORAGE.get(key, key)
            if key in _NO_STORAGE or is_unset(value):
                continue
            if option == "retention":
                entry[option] = parse_retention(value)
            elif option in options and option != "config":
                entry[option] = read_value(options[option], value)
            else:
                config[key] = to_number(value)
        ordered = {key: entry[key] for key in options if key in entry}
        storages[name] = {**ordered, **({"config": dict(sorted(config.items()))} if config else {})}
    return storages, []


def read_backup_jobs(observed: Observed) -> tuple[dict[str, Any], Notes]:
    jobs: dict[str, Any] = {}
    notes: Notes = []
    options = find_options("pve_backup_job")
    for name, document in observed.list_kind("backup_job").items():
        entry: dict[str, Any] = {}
        unknown = []
        for key, value in document["config"].items():
            option = _JOB.get(key, key.replace("-", "_"))
            if key in _NO_JOB or is_unset(value):
                continue
            if option in options:
                entry[option] = _read_job_value(option, options[option], value)
            else:
                unknown.append(f"{key}={','.join(map(str, value)) if isinstance(value, list) else value}")
        if unknown:
            notes.append(
                f"{name} has {' '.join(unknown)}, which pve_backup_job has no options for, and stay as they are"
            )
        if "all" in entry and not entry["all"]:
            del entry["all"]
        jobs[name] = {key: entry[key] for key in options if key in entry}
    return jobs, notes


def _read_job_value(name: str, option: Document, value: Any) -> Any:
    match name:
        case "retention":
            return parse_retention(value)
        case "notes":
            return _ESCAPE.sub(lambda match: "\n" if match[0] == "\\n" else "\\", str(value))
        case "fleecing" | "performance":
            parts = value if isinstance(value, Mapping) else parse_properties(str(value), "enabled")
            suboptions = option["suboptions"]
            named = {str(key).replace("-", "_"): part for key, part in parts.items()}
            return {key: read_value(suboptions.get(key, {}), part) for key, part in named.items()}
        case "vmids" | "exclude":
            return sorted(read_value(option, value))
    return read_value(option, value)


def read_ha_rules(observed: Observed) -> tuple[dict[str, Any], Notes]:
    """Rules with their guests, by name where they have one."""
    options = find_options("pve_ha")
    guests = observed.list_guests(with_config=False)
    count = Counter(guest.name for guest in guests)
    names = {str(guest.vmid): guest.name for guest in guests if count[guest.name] == 1}
    rules: dict[str, Any] = {}
    for name, document in observed.list_kind("ha_rule").items():
        config = document["config"]
        entry = {
            key: read_value(options[key], config[key])
            for key in ("nodes", "strict", "affinity", "disable", "comment")
            if not is_unset(config.get(key))
        }
        vmids = [resource.partition(":")[2] for resource in config.get("resources") or ()]
        chosen = (
            {"names": sorted(names[vmid] for vmid in vmids)}
            if all(map(names.get, vmids))
            else {"vmids": sorted(map(int, vmids))}
        )
        rules[name] = {**entry, **({"guests": chosen} if vmids else {})}
    return rules, []


def read_firewalls(observed: Observed) -> tuple[dict[str, Any], Notes]:
    """The firewall of the cluster and of its nodes, and the security groups."""
    section: dict[str, Any] = {}
    notes: Notes = []
    for key, document in observed.list_kind("firewall").items():
        place, _slash, name = key.partition("/")
        entry, said = read_firewall(document["firewall"])
        notes += [f"{key}: {note}" for note in said]
        comment = document["firewall"].get("comment")
        if place == "group":
            entry = {**({"comment": comment} if comment else {}), **entry}
        if place == "cluster" and entry:
            section["cluster"] = entry
        elif place != "cluster" and (entry or place == "group"):
            section.setdefault(f"{place}s", {})[name] = entry
    return section, notes


def read_access(observed: Observed) -> tuple[dict[str, Any], Notes]:
    """Roles, groups, users, API tokens without their secrets, and ACLs; nothing that comes with Proxmox VE."""
    section = {
        "roles": [
            {"role": name, "privileges": role["privs"]}
            for name, role in _list_configs(observed, "role")
            if not is_on(role.get("special"))
        ],
        "groups": [
            {"group": name, **_pick("groups", group, "comment")} for name, group in _list_configs(observed, "group")
        ],
        "users": [
            {"user": name, **_pick("users", user, *_USER)}
            for name, user in _list_configs(observed, "user")
            if name != _ROOT
        ],
        "tokens": [
            {"token": name, **_pick("tokens", token, "privsep", "expire", "comment")}
            for name, token in _list_configs(observed, "token")
            if not name.startswith(f"{_ROOT}!")
        ],
        "acls": _read_acls([acl for _key, acl in _list_configs(observed, "acl")]),
    }
    return {key: entries for key, entries in section.items() if entries}, []


def _list_configs(observed: Observed, kind: str) -> list[tuple[str, Document]]:
    return [(key, document["config"]) for key, document in observed.list_kind(kind).items()]


def _pick(section: str, document: Document, *names: str) -> dict[str, Any]:
    options = find_options("pve_access", section)
    values = {name: read_value(options[name], document[name]) for name in names if not is_unset(document.get(name))}
    # What never expires, or is in no group, needs no word.
    return {name: value for name, value in values.items() if value != [] and (name, value) != ("expire", 0)}


def _read_acls(acls: Iterable[Document]) -> list[dict[str, Any]]:
    """One entry for each path and holder, with all the roles that it has there."""
    entries: dict[tuple[str, str, str, bool], list[str]] = {}
    for acl in acls:
        place = (str(acl["path"]), str(acl["type"]), str(acl["ugid"]), is_on(acl.get("propagate", 1)))
        entries.setdefault(place, []).append(str(acl["roleid"]))
    return [
        {"path": path, holder: name, "roles": sorted(roles), **({} if propagate else {"propagate": False})}
        for (path, holder, name, propagate), roles in sorted(entries.items())
    ]


# The sections of a fleet beside its guests, and what reads them.
SECTIONS: Mapping[str, Callable[[Observed], tuple[dict[str, Any], Notes]]] = {
    "pools": read_pools,
    "storages": read_storages,
    "backup_jobs": read_backup_jobs,
    "ha_rules": read_ha_rules,
    "firewall": read_firewalls,
    "access": read_access,
}
