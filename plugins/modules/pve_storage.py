#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_storage
short_description: Manage storage definitions of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Defines storages of a cluster, changes and deletes the definitions. What is on a storage is never touched.
  - Only the options that are given are looked at; all others stay as they are.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  storage:
    description: Name of the storage.
    type: str
    required: true
  state:
    description: V(absent) deletes the definition.
    type: str
    choices: [present, absent]
    default: present
  type:
    description: Type of the storage. Required to define one; that of an existing one can't change.
    type: str
    choices:
      [btrfs, cephfs, cifs, dir, esxi, iscsi, iscsidirect, lvm, lvmthin, nfs, pbs, rbd, zfs, zfspool]
  content:
    description:
      - What the storage takes, such as V(images), V(rootdir), V(iso), V(vztmpl), V(backup), V(snippets) and V(import),
        or V(none). An empty list means what Proxmox VE has by default for the O(type).
    type: list
    elements: str
  nodes:
    description: Nodes that have the storage. An empty list means all.
    type: list
    elements: str
  disable:
    description: Whether the storage is out of use.
    type: bool
  shared:
    description: Whether V(dir), V(btrfs) or V(lvm) is the same storage on all its nodes. Other types know themselves.
    type: bool
  path:
    description: Directory of V(dir) or V(btrfs). It can't change.
    type: str
  server:
    description: Address of the server of V(nfs), V(cifs), V(pbs) or V(esxi). It can change for V(esxi) only.
    type: str
  export:
    description: Path that the server of V(nfs) exports. It can't change.
    type: str
  share:
    description: Share of V(cifs). It can't change.
    type: str
  subdir:
    description: Folder of V(cifs) or V(cephfs) to use.
    type: str
  username:
    description: User of V(cifs), V(pbs), V(esxi), V(rbd) or V(cephfs).
    type: str
  domain:
    description: Domain of V(cifs).
    type: str
  datastore:
    description: Datastore of V(pbs). It can't change.
    type: str
  namespace:
    description: Namespace of V(pbs) or V(rbd).
    type: str
  server_fingerprint:
    description: SHA-256 fingerprint of the certificate of V(pbs).
    type: str
  vgname:
    description: Volume group of V(lvm) or V(lvmthin). It can't change.
    type: str
  thinpool:
    description: Thin pool of V(lvmthin). It can't change.
    type: str
  pool:
    description: Pool of V(zfspool), V(zfs) or V(rbd). It can change for V(rbd) only.
    type: str
  portal:
    description: Portal of V(iscsi), V(iscsidirect) or V(zfs). It can't change.
    type: str
  target:
    description: Target of V(iscsi), V(iscsidirect) or V(zfs). It can't change.
    type: str
  monhost:
    description: Monitors of V(rbd) or V(cephfs), for a Ceph cluster elsewhere.
    type: list
    elements: str
  retention:
    description: Which backups the storage keeps of each guest. An empty one unsets it; it then keeps all.
    type: dict
    suboptions:
      all:
        description: All of them.
        type: bool
      last:
        description: The latest ones.
        type: int
      hourly:
        description: One for each of the last hours.
        type: int
      daily:
        description: One for each of the last days.
        type: int
      weekly:
        description: One for each of the last weeks.
        type: int
      monthly:
        description: One for each of the last months.
        type: int
      yearly:
        description: One for each of the last years.
        type: int
  config:
    description:
      - Any other option by its name in the API, such as V(bwlimit) or V(preallocation).
      - An option that is null is deleted from the definition.
    type: dict
    default: {}
  password:
    description: Password of V(cifs), V(pbs) or V(esxi).
    type: str
  keyring:
    description: Keyring, or for V(cephfs) the secret, of a Ceph cluster elsewhere.
    type: str
  encryption_key:
    description:
      - Key that encrypts the backups of V(pbs); V(autogen) makes one. It is kept on the nodes as
        C(/etc/pve/priv/storage/NAME.enc). Keep a copy, without which the backups can't be read.
    type: str
  master_pubkey:
    description: Public key of V(pbs), in base64, that encrypts a copy of the encryption key.
    type: str
  update_password:
    description:
      - V(on_create) sends O(password), O(keyring), O(encryption_key) and O(master_pubkey) only with a new definition.
      - V(always) sends them each time, and so always changes something, since Proxmox VE does not return them.
    type: str
    choices: [on_create, always]
    default: on_create
  force:
    description: With O(state=absent), delete the definition even if disks of guests are on the storage.
    type: bool
    default: false
  timeout:
    description: Seconds to wait; Proxmox VE changes definitions at once.
    type: int
    default: 300
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
notes:
  - An option that Proxmox VE sets only with a new definition, and that differs, is C(failure.code=unsupported).
  - A definition is not deleted while disks of guests are on the storage (C(failure.code=protected)). A node that can't
    be read is a warning.
seealso:
  - module: playvisor.proxmox.pve_storage_info
  - module: playvisor.proxmox.pve_storage_content
"""

EXAMPLES = r"""
- name: Define an NFS storage
  playvisor.proxmox.pve_storage:
    storage: nas
    type: nfs
    server: 192.0.2.10
    export: /srv/pve
    content: [images, iso, vztmpl]

- name: Define a Proxmox Backup Server
  playvisor.proxmox.pve_storage:
    storage: pbs
    type: pbs
    server: pbs.example.com
    datastore: main
    username: pve@pbs!cluster
    password: "{{ pbs_secret }}"
    server_fingerprint: 64:d3:ff:3a:50:38:53:5a:9b:f7:50:00:4e:3f:0a:45:6e:7b:12:cd:8e:f0:19:22:a4:31:5c:7d:9b:ee:01:f2

- name: Keep a week of backups, at no more than 100 MiB/s
  playvisor.proxmox.pve_storage:
    storage: nas
    retention:
      daily: 7
    config:
      bwlimit: default=102400
"""

RETURN = r"""
storages:
  description: The definition and what happened to it.
  returned: when the definitions could be read
  type: list
  elements: dict
  contains:
    storage:
      description: Name of the storage.
      type: str
      returned: always
      sample: nas
    before:
      description:
        - Whether it existed, its C(type), and the options that the task names, by their names in the API; null for one
          that is not set. Secrets are not in it.
      type: dict
      returned: always
      sample: {exists: false}
    after:
      description: The same after, read back; in check mode as it is expected.
      type: dict
      returned: always
      sample: {exists: true, type: nfs, server: 192.0.2.10, export: /srv/pve, content: [images, iso, vztmpl]}
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no tasks for definitions.
      type: list
      elements: str
      returned: always
    unknown:
      description: True when it can\'t be known whether it was changed, as the answer to a request was lost.
      type: bool
      returned: when it is unknown
    failure:
      description: Why it failed, as RV(failure); null when it did not.
      type: dict
      returned: always
plan:
  description: What brings the definition to the wished state.
  returned: when the definitions could be read
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order.
      type: list
      elements: dict
      returned: always
upids:
  description: Always empty; Proxmox VE starts no tasks for definitions.
  returned: when the definitions could be read
  type: list
  elements: str
unknown:
  description: True when it can\'t be known what became of a request; RV(failure) says which, and how to find out.
  returned: when it is unknown
  type: bool
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.errors import INVALID_PARAMETER, PROTECTED, UNSUPPORTED, PveError
from ..module_utils._checks.existing import Existing
from ..module_utils._module.module import PveModule
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import Resource
from ..module_utils._run.runner import run_plans
from ..module_utils._storage.definitions import (
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
from ..module_utils._storage.storages import describe_storage, storage_path

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


def main() -> None:
    module = PveModule(
        argument_spec={
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
        },
    )
    run_plans(module, Definitions(module.params))


if __name__ == "__main__":
    main()
