# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What firewall rules, aliases and IP sets mean and how they are shown (pve-firewall)."""
