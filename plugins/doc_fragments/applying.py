# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  timeout:
    description:
      - Seconds to wait for each task of Proxmox VE, and for a lock that another operation holds.
      - A task that outlives it goes on running and is reported as C(failure.code=timeout) with its UPID.
    type: int
    default: 300
  throttle:
    description: At most this many guests are worked on at the same time.
    type: int
    default: 10
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
"""
