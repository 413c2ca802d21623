# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what a run leaves behind: its events and requests, a playbook that repeats it, calls that undo it."""
