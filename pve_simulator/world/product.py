# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Proxmox VE is simulated."""

from __future__ import annotations

RELEASE = "9.2"
VERSION = "9.2.11"
REPOID = "14a22df35955d97d"
KERNEL = "6.17.9-1-pve"
KERNEL_BUILD = "#1 SMP PREEMPT_DYNAMIC PMX 6.17.9-1 (2026-09-12T09:30Z)"
VERSION_INFO = {"release": RELEASE, "repoid": REPOID, "version": VERSION}
