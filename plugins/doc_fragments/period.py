# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  since:
    description:
      - Only since V(24h) ago, V(2026-11-30T08:00) and the like.
      - An age counts by the cluster's clock. A time is local where it names no time zone. It may also be in seconds
        since the epoch.
    type: str
  until:
    description: Until then, like O(since).
    type: str
  user:
    description: Only of this user, such as V(root@pam), and its tokens. Without a realm, of any realm.
    type: str
"""
