# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The world of a simulation: its clock, tasks, locks, faults and the cluster in it."""
