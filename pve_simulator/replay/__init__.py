# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replays recordings of a real Proxmox VE API against a simulated cluster and reports each difference.

`python -m pve_simulator.replay DIR` seeds a cluster from `start.json` beside the recordings.
"""
