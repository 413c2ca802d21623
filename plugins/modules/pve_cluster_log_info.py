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
  - playvisor.proxmox.period
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

- name: Look at what somebody did since yesterday
  playvisor.proxmox.pve_cluster_log_info:
    since: 24h
    user: ops@pve
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
from ..module_utils._api.tasks import is_by
from ..module_utils._module.ages import is_within, read_period
from ..module_utils._module.module import PveModule, run_info

# In the order of their numbers in syslog.
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


# What the cluster log of Proxmox VE can't exceed: 512 KiB, and no entry is shorter than 50 bytes.
ALL = 10_000


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    since, until = read_period(client, params)
    has_filter = any(params[option] for option in ("since", "until", "user"))
    # The API has no filters: what they let through may stand anywhere.
    entries = client.get("/cluster/log", max=ALL if has_filter else params["limit"])
    wished = {**params, "since": since, "until": until}
    return {"messages": select([describe(entry) for entry in entries], wished)}


def select(messages: list[dict[str, Any]], params: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of the wished period and user, as many as wished."""
    chosen = [
        message
        for message in messages
        if is_within(message["time"], params["since"], params["until"])
        and (not params["user"] or is_by(params["user"], message["user"] or ""))
    ]
    return chosen[: params["limit"]]


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
    module = PveModule(
        argument_spec={
            "limit": {"type": "int", "default": 50},
            "since": {"type": "str"},
            "until": {"type": "str"},
            "user": {"type": "str"},
        }
    )
    run_info(module, gather)


if __name__ == "__main__":
    main()
