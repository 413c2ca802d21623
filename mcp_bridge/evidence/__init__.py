# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run leaves behind, read back: its events, its requests, a playbook that repeats it, one that undoes it."""
