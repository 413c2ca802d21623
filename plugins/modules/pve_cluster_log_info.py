#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_cluster_log_info
short_description: Show the cluster log of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Shows the log that the nodes of a cluster share, that is, tasks, logins and what the services say, newest first,
    from one API request.
  - Without C(Sys.Syslog) on C(/) only one's own entries are shown.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
options:
  limit:
    description: Show at most this many entries.
    type: int
    default: 50
seealso:
  - module: playvisor.proxmox.pve_task_info
"""

EXAMPLES = r"""
- name: Look at what the cluster said last
  playvisor.proxmox.pve_cluster_log_info:
    limit: 20
  register: last
"""

RETURN = r"""
messages:
  description: What was logged, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    time:
      description: When it was, in seconds since the epoch.
      type: int
      returned: always
      sample: 1795219052
    node:
      description: Node that it comes from.
      type: str
      returned: always
      sample: pve1
    user:
      description: Who it is about, with the token if it was one.
      type: str
      returned: always
      sample: root@pam!ansible
    tag:
      description: Service that said it.
      type: str
      returned: always
      sample: pvedaemon
    severity:
      description: As syslog has it, V(emerg), V(alert), V(crit), V(err), V(warning), V(notice), V(info) or V(debug).
      type: str
      returned: always
      sample: info
    message:
      description: What it said.
      type: str
      returned: always
      sample: 'end task UPID:pve1:0000010D:00044690:6B00DE69:vzshutdown:200:root@pam!ansible: OK'
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._api.client import Client
from ..module_utils._module.module import PveModule, run_info

# In the order of their numbers in syslog.
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [describe(entry) for entry in client.get("/cluster/log", max=params["limit"])]}


def describe(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of C(GET /cluster/log)."""
    return {
        "time": int(entry["time"]),
        "node": entry["node"],
        "user": entry.get("user"),
        "tag": entry.get("tag"),
        "severity": SEVERITIES[int(entry.get("pri", 6)) % len(SEVERITIES)],
        "message": entry.get("msg"),
    }


def main() -> None:
    run_info(PveModule(argument_spec={"limit": {"type": "int", "default": 50}}), gather)


if __name__ == "__main__":
    main()
