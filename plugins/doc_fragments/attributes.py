# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    description: Can run in check mode and return changed status prediction without modifying the target.
  diff_mode:
    support: full
    description: Returns details on what has changed (or possibly needs changing in check mode), when in diff mode.
  action_group:
    description: Use C(group/playvisor.proxmox.pve) in C(module_defaults) to set the connection once.
    support: full
    membership:
      - playvisor.proxmox.pve
  action:
    description:
      - On the controller itself, with a local connection and the Python that runs C(ansible-playbook), the module runs
        in the playbook's own process, which is faster and returns the same.
      - Set the variable C(pve_in_process) to V(false) to have it always run as modules usually do.
    support: full
"""
    INFO = r"""
attributes:
  check_mode:
    support: full
    description: This only reads, in check mode as well.
  diff_mode:
    support: N/A
    description: Nothing is changed, so there is no diff.
  action_group:
    description: Use C(group/playvisor.proxmox.pve) in C(module_defaults) to set the connection once.
    support: full
    membership:
      - playvisor.proxmox.pve
  action:
    description:
      - On the controller itself, with a local connection and the Python that runs C(ansible-playbook), the module runs
        in the playbook's own process, which is faster and returns the same.
      - Set the variable C(pve_in_process) to V(false) to have it always run as modules usually do.
    support: full
"""
