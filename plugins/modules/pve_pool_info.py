#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_pool_info
short_description: List resource pools of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Lists the pools with the guests and storages that are in them, from one API request and one more for each pool.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
options:
  pool:
    description: Show this pool only, which must exist; V(parent/child) for a pool inside another one.
    type: str
seealso:
  - module: playvisor.proxmox.pve_pool
"""

EXAMPLES = r"""
- name: Look at who is in which pool
  playvisor.proxmox.pve_pool_info:
  register: found
"""

RETURN = r"""
pools:
  description: The pools that the caller may see, by name.
  returned: success
  type: list
  elements: dict
  contains:
    pool:
      description: Name of the pool.
      type: str
      returned: always
      sample: production
    comment:
      description: Comment of the pool.
      type: str
      returned: always
    vmids:
      description: Guests that are in it.
      type: list
      elements: int
      returned: always
      sample: [101, 102]
    storages:
      description: Storages that are in it.
      type: list
      elements: str
      returned: always
      sample: [local-lvm]
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._access.pools import parse_pool
from ..module_utils._api.client import Client
from ..module_utils._api.concurrency import READS_AT_ONCE, bounded_map
from ..module_utils._api.missing import missing_error
from ..module_utils._api.sight import read_privileges, warn_of_blindness
from ..module_utils._module.module import PveModule, run_info


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    names = sorted(entry["poolid"] for entry in client.get("/pools"))
    pool = params["pool"]
    if pool is not None and pool not in names:
        is_hidden = "Pool.Audit" not in (read_privileges(client, f"/pool/{pool}") or ())
        raise missing_error("pool", pool, names, is_hidden=is_hidden)

    def read(name: str) -> dict[str, Any]:
        (entry,) = client.get("/pools", poolid=name)
        return describe_pool(name, entry)

    warnings = [] if names else warn_of_blindness(client, "pools", "Pool.Audit", "/pool")
    return {"pools": bounded_map(READS_AT_ONCE, read, [pool] if pool else names), "warnings": warnings}


def describe_pool(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """A pool from an entry of C(GET /pools?poolid=)."""
    pool = parse_pool(entry).describe()
    del pool["exists"]
    return {"pool": name, **pool}


def main() -> None:
    run_info(PveModule(argument_spec={"pool": {"type": "str"}}), gather)


if __name__ == "__main__":
    main()
