# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users, groups, roles and what they may: the rules behind /access (pve-access-control)."""
