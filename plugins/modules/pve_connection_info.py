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
  - Connects, and returns the server's version, how its certificate is trusted, who the credentials belong to, and the
    privileges they have on which path.
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
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._api.client import Client
from ..module_utils._module.module import PveModule, run_info


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    version = client.get("/version")
    connection = client.connection
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
        "permissions": {
            path: sorted(privileges) for path, privileges in sorted(client.get("/access/permissions").items())
        },
    }


def main() -> None:
    run_info(PveModule(argument_spec={}), gather)


if __name__ == "__main__":
    main()
