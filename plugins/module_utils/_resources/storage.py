# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource behind pve_storage: the definitions of storages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._api.client import Client, segment
from .._api.errors import INVALID_PARAMETER, PROTECTED, UNSUPPORTED, PveError
from .._checks.existing import Existing
from .._module.plan import Plan, Step
from .._run.resource import Resource
from .._storage.definitions import (
    SECRETS,
    TYPES,
    check_changeable,
    check_complete,
    check_config,
    check_options,
    choose_new_options,
    default_value,
    find_differing_options,
    find_unknown_options,
    normalize_value,
    read_value,
    render_value,
)
from .._storage.storages import describe_storage, storage_path

# Options that have another name in the API.
RENAMED = {"server_fingerprint": "fingerprint"}
PLAIN = (
    "path",
    "server",
    "export",
    "share",
    "subdir",
    "username",
    "domain",
    "datastore",
    "namespace",
    "server_fingerprint",
    "vgname",
    "thinpool",
    "pool",
    "portal",
    "target",
)
KEEP = ("last", "hourly", "daily", "weekly", "monthly", "yearly")


@dataclass(frozen=True)
class Definition:
    """A storage from C(storage.cfg), empty when it is not there; I(vmids) have disks on it, read before a deletion.

    I(users) are the storages that are built upon it.
    """

    config: dict[str, Any] = field(default_factory=dict)
    vmids: tuple[int, ...] = ()
    users: tuple[str, ...] = ()


class Definitions(Resource[Definition]):
    noun = "storages"
    shared_goal = True
    settle_seconds = 0.0
    late_keys = frozenset()

    def __init__(self, params: dict[str, Any]) -> None:
        self._name = params["storage"]
        self._params = params

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Definition]:
        existing = Existing(client)
        require_known_options(existing, parse_desired_options(params))
        definitions = read_definitions(client)
        config = definitions.get(self._name, {})
        if not config and (params["state"] == "absent" or params["type"] is None):
            client.notices += existing.warn_of_hidden("storage", self._name)
        removing = params["state"] == "absent" and config and not params["force"]
        bases = {name: str(entry.get("base") or "").partition(":")[0] for name, entry in definitions.items()}
        users = tuple(sorted(name for name, base in bases.items() if base == self._name))
        return [Definition(config, find_owners(client, self._name) if removing else (), users)]

    def target(self, observed: Definition) -> dict[str, Any]:
        return {"storage": self._name}

    def plan(self, observed: Definition, params: dict[str, Any]) -> Plan:
        before = self._describe(observed.config)
        if params["state"] == "absent":
            steps, after = plan_removal(self._name, observed), {"exists": False}
        else:
            steps, after = plan_presence(self._name, observed.config, params), describe_goal(observed.config, params)
        return Plan(self.target(observed), tuple(steps), before, after, observed.config.get("digest"))

    def describe(self, observed: Definition, params: dict[str, Any]) -> Plan | None:
        if params["state"] == "absent":
            return None
        before, after = self._describe(observed.config), describe_goal(observed.config, params)
        wished = {} if params["type"] is None else {"type": params["type"]}
        return Plan(self.target(observed), (), before, {**after, **wished})

    def read_state(self, client: Client, observed: Definition, plan: Plan) -> dict[str, Any]:
        return self._describe(read_definitions(client).get(self._name, {}))

    def _describe(self, config: dict[str, Any]) -> dict[str, Any]:
        if not config:
            return {"exists": False}
        options = {option: read_value(option, config) for option in parse_desired_options(self._params)}
        return {"exists": True, "type": config["type"], **options}


def require_known_options(existing: Existing, names: Iterable[str]) -> None:
    """Raise C(invalid_parameter) for options that storages do not have, unless Proxmox VE is newer than known here."""
    unknown = find_unknown_options(names)
    if unknown and not existing.may_be_newer():
        raise PveError(
            INVALID_PARAMETER,
            f"Storages of Proxmox VE have no option {', '.join(unknown)}.",
            "Correct config; its options are named as in the API.",
        )


def read_definitions(client: Client) -> dict[str, dict[str, Any]]:
    """The definitions of all storages by their names."""
    return {entry["storage"]: entry for entry in client.get("/storage")}


def find_owners(client: Client, name: str) -> tuple[int, ...]:
    """The vmids that have disks on a storage; a node that can't be read adds a notice to the client."""
    vmids: set[int] = set()
    storages = [describe_storage(entry) for entry in client.get("/cluster/resources", type="storage")]
    storages = [place for place in storages if place["storage"] == name]
    for storage in storages[:1] if storages and storages[0]["shared"] else storages:
        try:
            listed = client.get(f"{storage_path(storage['node'], name)}/content")
        except PveError as error:
            client.notices.append(f"What storage {name} holds on node {storage['node']} is not known: {error.message}")
            continue
        vmids |= {int(entry["vmid"]) for entry in listed if entry.get("content") in ("images", "rootdir")}
    return tuple(sorted(vmids))


def parse_desired_options(params: dict[str, Any]) -> dict[str, Any]:
    """The options that the task sets, by their names in the API, without secrets; None for those to unset."""
    options = {RENAMED.get(option, option): params[option] for option in PLAIN if params[option] is not None}
    for option in ("content", "nodes", "monhost", "disable", "shared"):
        if params[option] is not None:
            options[option] = None if params[option] == [] else params[option]
    if params["retention"] is not None:
        kept = {f"keep-{name}": number for name, number in params["retention"].items() if number}
        options["prune-backups"] = kept
    check_config(params["config"], options)
    wished = {**options, **params["config"]}
    return {option: normalize_value(option, value) for option, value in wished.items()}


def plan_presence(name: str, config: dict[str, Any], params: dict[str, Any]) -> list[Step]:
    """The request that defines the storage, or that updates its definition."""
    options = parse_desired_options(params)
    if not config:
        if params["type"] is None:
            raise PveError(INVALID_PARAMETER, f"There is no storage {name}.", "Set type to define it.")
        new, secrets = choose_new_options(params["type"], options), _secrets_in_clear(params)
        check_options(params["type"], new)
        check_complete(params["type"], {*new, *secrets})
        values = {option: render_value(option, value) for option, value in new.items()}
        body = {"storage": name, "type": params["type"], **values, **secrets}
        return [Step("POST", "/storage", "there is no such storage", body, task=False, secrets=SECRETS)]
    if params["type"] not in (None, config["type"]):
        raise PveError(
            UNSUPPORTED,
            f"Storage {name} is of type {config['type']}, not {params['type']}; a type can't change.",
            "Give the storage another name, or delete the definition first (what is on the storage stays).",
        )
    changed = find_differing_options(config, options)
    check_options(config["type"], {option: options[option] for option in changed})
    check_changeable(name, config, changed)
    body = {option: render_value(option, options[option]) for option in changed if options[option] is not None}
    deleted = [option for option in changed if options[option] is None]
    if deleted:
        body["delete"] = ",".join(deleted)
    if params["update_password"] == "always":  # noqa: S105
        body |= _secrets_in_clear(params)
    if not body:
        return []
    if "digest" in config:
        body["digest"] = config["digest"]
    why = f"{', '.join(changed)} differ" if changed else "secrets are to be sent each time"
    return [Step("PUT", f"/storage/{segment(name)}", why, body, task=False, secrets=SECRETS)]


def describe_goal(config: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The state of a definition that is as the task wishes."""
    storage_type = config.get("type") or params["type"]
    wished = parse_desired_options(params)
    options = {
        option: default_value(option, storage_type) if value is None else value for option, value in wished.items()
    }
    return {"exists": True, "type": storage_type, **options}


def _secrets_in_clear(params: dict[str, Any]) -> dict[str, Any]:
    secrets = {option: params[option.replace("-", "_")] for option in SECRETS}
    return {option: value for option, value in secrets.items() if value is not None}


def plan_removal(name: str, observed: Definition) -> list[Step]:
    """The request that deletes the definition; raises C(protected) while guests have disks on the storage."""
    if not observed.config:
        return []
    if observed.users:
        raise PveError(PROTECTED, f"Storage {name} is the base of {', '.join(observed.users)}.", "Delete those first.")
    if observed.vmids:
        vmids = ", ".join(map(str, observed.vmids[:10]))
        more = f" and {len(observed.vmids) - 10} more" if len(observed.vmids) > 10 else ""
        raise PveError(
            PROTECTED,
            f"Storage {name} holds disks of {vmids}{more}.",
            "Move or delete them first, or set force; the disks stay either way, but their guests won't find them.",
        )
    return [Step("DELETE", f"/storage/{segment(name)}", "it is defined, and absent is asked for", task=False)]


def argument_spec() -> dict[str, Any]:
    return {
        "storage": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "type": {"type": "str", "choices": list(TYPES)},
        "content": {"type": "list", "elements": "str"},
        "nodes": {"type": "list", "elements": "str"},
        "disable": {"type": "bool"},
        "shared": {"type": "bool"},
        **{option: {"type": "str"} for option in PLAIN},
        "monhost": {"type": "list", "elements": "str"},
        "retention": {
            "type": "dict",
            "options": {"all": {"type": "bool"}, **{name: {"type": "int"} for name in KEEP}},
        },
        "config": {"type": "dict", "default": {}},
        "password": {"type": "str", "no_log": True},
        "keyring": {"type": "str", "no_log": True},
        "encryption_key": {"type": "str", "no_log": True},
        "master_pubkey": {"type": "str", "no_log": False},
        "update_password": {
            "type": "str",
            "choices": ["on_create", "always"],
            "default": "on_create",
            "no_log": False,
        },
        "force": {"type": "bool", "default": False},
        "timeout": {"type": "int", "default": 300},
        "expect_plan": {"type": "str"},
    }
