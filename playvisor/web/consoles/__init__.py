# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Consoles of guests and nodes in a browser: who asked for which, and what goes between it and the cluster."""
