# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall of the cluster, of nodes and of guests: one set of handlers for all levels."""
