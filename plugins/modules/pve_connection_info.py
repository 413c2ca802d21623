#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_connection_info
short_description: Check the connection to a Proxmox VE API and what it may do
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Connects, and returns the server's version, how its certificate is trusted, who the credentials belong to, the
    privileges they have on which path, and the names of all roles.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
"""

EXAMPLES = r"""
- name: Check the connection that the environment describes
  playvisor.proxmox.pve_connection_info:
  register: check

- name: Stop here unless the token may start and stop guests
  ansible.builtin.assert:
    that: "'VM.PowerMgmt' in check.permissions['/vms'] | default(check.permissions['/'])"
"""

RETURN = r"""
connection:
  description: How the API was reached.
  returned: success
  type: dict
  contains:
    url:
      description: Address of the API.
      type: str
      returned: always
      sample: https://pve1.example.com:8006
    user:
      description: User that the credentials belong to.
      type: str
      returned: always
      sample: ops@pve
    token_id:
      description: Name of the API token; null when a password was used.
      type: str
      returned: always
      sample: ansible
    auth:
      description: V(token) or V(password).
      type: str
      returned: always
    tls:
      description:
        - What the certificate was checked against, V(verified) (the system's CAs), V(ca_path), V(fingerprint) or
          V(unverified).
      type: str
      returned: always
    version:
      description: Version of Proxmox VE.
      type: str
      returned: always
      sample: 9.2.11
    release:
      description: Release of Proxmox VE.
      type: str
      returned: always
      sample: "9.2"
permissions:
  description: Privileges on each path of the permission tree on which there are any, as a sorted list.
  returned: success
  type: dict
  sample: {/vms: [VM.Audit, VM.PowerMgmt]}
unpropagated:
  description: Of RV(permissions), those that hold on the path itself and not on what is below it.
  returned: success
  type: dict
  sample: {/: [Sys.Audit]}
is_separated:
  description:
    - Whether the token has privilege separation, and so no more than what both it and its user were given; null when
      these credentials can't read that.
  returned: success
  type: bool
user_permissions:
  description: As RV(permissions), those of the user whose token it is; null when these credentials can't read them.
  returned: success
  type: dict
  sample: {/vms: [VM.Audit, VM.PowerMgmt]}
user_unpropagated:
  description: As RV(unpropagated), of RV(user_permissions).
  returned: success
  type: dict
  sample: {}
roles:
  description: Names of all roles.
  returned: success
  type: list
  elements: str
  sample: [Administrator, NoAccess, PVEAuditor]
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._api.client import Client
from ..module_utils._api.errors import PERMISSION_DENIED, PveError
from ..module_utils._module.module import PveModule, run_info


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    version = client.get("/version")
    connection = client.connection
    is_separated = _find_separation(client, connection.user, connection.token_id)
    own = client.get("/access/permissions")
    users = own if is_separated is False else _read_user_permissions(client, connection.user)
    return {
        "connection": {
            "url": connection.url,
            "user": connection.user,
            "token_id": connection.token_id,
            "auth": "token" if connection.token_id else "password",
            "tls": connection.trust,
            "version": version["version"],
            "release": version["release"],
        },
        "permissions": _sort_privileges(own),
        "unpropagated": _sort_privileges(own, only_unpropagated=True),
        "is_separated": is_separated,
        "user_permissions": None if users is None else _sort_privileges(users),
        "user_unpropagated": None if users is None else _sort_privileges(users, only_unpropagated=True),
        "roles": sorted(role["roleid"] for role in client.get("/access/roles")),
    }


def _find_separation(client: Client, user: str, token_id: str | None) -> bool | None:
    """Whether the token has privilege separation; None when it may not read that about itself."""
    if not token_id:
        return False
    try:
        token = (client.get(f"/access/users/{user}").get("tokens") or {}).get(token_id) or {}
    except PveError as error:
        if error.code != PERMISSION_DENIED:
            raise
        return None
    return bool(int(token.get("privsep", 1)))


def _read_user_permissions(client: Client, user: str) -> dict[str, dict[str, int]] | None:
    """What the user may do whose token it is; None when the token may not read that."""
    try:
        found: dict[str, dict[str, int]] = client.get("/access/permissions", userid=user)
        return found
    except PveError as error:
        if error.code != PERMISSION_DENIED:
            raise
        return None


def _sort_privileges(found: dict[str, dict[str, int]], *, only_unpropagated: bool = False) -> dict[str, list[str]]:
    chosen = {
        path: sorted(name for name, propagates in flags.items() if not (only_unpropagated and int(propagates)))
        for path, flags in sorted(found.items())
    }
    return {path: names for path, names in chosen.items() if names}


def main() -> None:
    run_info(PveModule(argument_spec={}), gather)


if __name__ == "__main__":
    main()
