# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP/1.1 as the Proxmox VE API server speaks it."""
