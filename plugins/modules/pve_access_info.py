#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_access_info
short_description: Show users, groups, roles, ACLs and API tokens of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Shows who may do what, from at most four API requests. Secrets are never shown; Proxmox VE itself does not return
    them.
  - Without privileges on C(/access) it shows less, which is no failure.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
options:
  kinds:
    description: What to show.
    type: list
    elements: str
    choices: [roles, groups, users, tokens, acls]
    default: [groups, users, tokens, acls]
seealso:
  - module: playvisor.proxmox.pve_access
  - module: playvisor.proxmox.pve_connection_info
"""

EXAMPLES = r"""
- name: Look for API tokens that never expire
  playvisor.proxmox.pve_access_info:
    kinds: [tokens]
  register: access

- name: Name them
  ansible.builtin.debug:
    var: access.tokens | rejectattr('expire') | map(attribute='token')
"""

RETURN = r"""
roles:
  description:
    - The roles, by name, each with C(role), C(privileges) and C(special), which is true for those of Proxmox VE.
  returned: with V(roles) in O(kinds)
  type: list
  elements: dict
  sample: [{role: PVEAuditor, privileges: [Datastore.Audit, VM.Audit], special: true}]
groups:
  description: The groups, by name, each with C(group) and C(comment).
  returned: with V(groups) in O(kinds)
  type: list
  elements: dict
  sample: [{group: ops, comment: Operators}]
users:
  description:
    - The users, by name, each with C(user), C(groups), C(enable), C(expire) (seconds since 1970, 0 is never),
      C(comment), C(email), C(firstname) and C(lastname).
  returned: with V(users) in O(kinds)
  type: list
  elements: dict
tokens:
  description:
    - The API tokens, by name, each with C(token), C(privsep), C(expire) (seconds since 1970, 0 is never) and
      C(comment).
  returned: with V(tokens) in O(kinds)
  type: list
  elements: dict
  sample: [{token: ops@pve!deploy, privsep: true, expire: 0, comment: ''}]
acls:
  description:
    - Who has which role where, by path and holder, each with C(path), C(kind) (V(user), V(group) or V(token)),
      C(holder), C(role), and C(propagate), which is whether it holds on all below the path.
  returned: with V(acls) in O(kinds)
  type: list
  elements: dict
  sample: [{path: /vms, kind: group, holder: ops, role: PVEVMAdmin, propagate: true}]
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._access.access import Access, parse_acl_holder, read_access
from ..module_utils._api.client import Client
from ..module_utils._api.sight import read_privileges
from ..module_utils._module.module import PveModule, run_info

ACCESS = "/access/groups"
SEEN_WITH = {"Sys.Audit", "User.Modify"}
KINDS = ("roles", "groups", "users", "tokens", "acls")


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    access = read_access(client, tuple(kind.removesuffix("s") for kind in params["kinds"]))
    entries = {kind: list_entries(access, kind.removesuffix("s")) for kind in params["kinds"]}
    return {**entries, "warnings": warn_of_others(client) if set(entries) != {"roles"} else []}


def warn_of_others(client: Client) -> list[str]:
    """The warning that only the caller's own entries are seen, where that is so."""
    held = read_privileges(client, ACCESS)
    if held is None or held & SEEN_WITH:
        return []
    return [
        f"These credentials see nobody's entries but their own: they have none of {', '.join(sorted(SEEN_WITH))} on "
        f"{ACCESS}. So what is not listed may be there."
    ]


def list_entries(access: Access, kind: str) -> list[dict[str, Any]]:
    """The entries of a kind, sorted by id."""
    entries = sorted((ident, state) for (entry_kind, ident), state in access.entries.items() if entry_kind == kind)
    if kind == "acl":
        return [grant for ident, state in entries for grant in _list_grants(ident, state["roles"])]
    return [_describe_entry(access, kind, ident, state) for ident, state in entries]


def _describe_entry(access: Access, kind: str, ident: str, state: dict[str, Any]) -> dict[str, Any]:
    entry = {name: value for name, value in state.items() if name != "exists"}
    if kind == "role":
        entry["special"] = ident in access.special
    return {kind: ident, **entry}


def _list_grants(ident: str, roles: dict[str, bool]) -> list[dict[str, Any]]:
    kind, holder = parse_acl_holder(ident)
    where = {"path": ident.split(" ", 1)[0], "kind": kind, "holder": holder}
    return [{**where, "role": role, "propagate": roles[role]} for role in sorted(roles)]


def main() -> None:
    kinds = {"type": "list", "elements": "str", "choices": list(KINDS), "default": list(KINDS[1:])}
    run_info(PveModule(argument_spec={"kinds": kinds}), gather)


if __name__ == "__main__":
    main()
