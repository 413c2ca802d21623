# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible imports this package when it reads a task of the collection, before it forks workers.

They come with the action plugin, and what all modules import, in memory.
"""

from __future__ import annotations

from . import pve_task

__all__ = ("pve_task",)
