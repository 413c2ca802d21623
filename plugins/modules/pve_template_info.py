#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_template_info
short_description: List container templates that Proxmox VE can download
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Lists the appliance index of Proxmox VE, that is, the container templates that C(pveam available) shows, from one or
    two API requests.
  - The index is updated by each node, daily. A node that has never done so has an empty one.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
options:
  node:
    description: Node whose index it is; the first one that is online when not given.
    type: str
  section:
    description: Show only templates of this section, such as V(system) or V(turnkeylinux).
    type: str
seealso:
  - module: playvisor.proxmox.pve_storage_content
  - module: playvisor.proxmox.pve_storage_info
"""

EXAMPLES = r"""
- name: Look for plain systems to download
  playvisor.proxmox.pve_template_info:
    section: system
  register: available

- name: Download the first Debian
  playvisor.proxmox.pve_storage_content:
    storage: local
    node: pve1
    content: vztmpl
    template: "{{ (available.templates | selectattr('package', 'match', 'debian') | first).template }}"
"""

RETURN = r"""
templates:
  description: The templates, by section and name.
  returned: success
  type: list
  elements: dict
  contains:
    template:
      description: File name, which O(playvisor.proxmox.pve_storage_content#module:template) takes.
      type: str
      returned: always
      sample: debian-13-standard_13.1-2_amd64.tar.zst
    section:
      description: Section of the index.
      type: str
      returned: always
      sample: system
    package:
      description: Name without the version.
      type: str
      returned: always
      sample: debian-13-standard
    version:
      description: Version of the template.
      type: str
      returned: always
      sample: 13.1-2
    os:
      description: Operating system.
      type: str
      returned: always
      sample: debian-13
    architecture:
      description: Processor architecture.
      type: str
      returned: always
      sample: amd64
    headline:
      description: What it is, in a few words.
      type: str
      returned: always
      sample: Debian 13 Trixie (standard)
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.errors import NODE_OFFLINE, PveError
from ..module_utils._api.missing import missing_error
from ..module_utils._module.module import PveModule, run_info

FIELDS = ("template", "section", "package", "version", "os", "architecture", "headline")


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    node = params["node"] or find_online_node(client.get("/nodes"))
    return {"templates": select_templates(client.get(f"/nodes/{segment(node)}/aplinfo"), params["section"])}


def find_online_node(nodes: list[dict[str, Any]]) -> str:
    """The first node that is online, of the entries of C(GET /nodes)."""
    online = sorted(entry["node"] for entry in nodes if entry.get("status") == "online")
    if not online:
        raise PveError(NODE_OFFLINE, "No node is online that could be asked.", "Look at the nodes of the cluster.")
    return online[0]


def select_templates(entries: list[dict[str, Any]], section: str | None) -> list[dict[str, Any]]:
    """The templates of a section, or all, of the entries of C(GET /nodes/{node}/aplinfo).

    Raises C(not_found) for a section that none of them has.
    """
    sections = {str(entry.get("section") or "") for entry in entries}
    if section and sections and section not in sections:
        raise missing_error("section", section, sections)
    templates = [{name: entry.get(name) for name in FIELDS} for entry in entries]
    chosen = [entry for entry in templates if section in (None, entry["section"])]
    return sorted(chosen, key=lambda entry: (entry["section"] or "", entry["template"]))


def main() -> None:
    options = {"node": {"type": "str"}, "section": {"type": "str"}}
    run_info(PveModule(argument_spec=options), gather)


if __name__ == "__main__":
    main()
