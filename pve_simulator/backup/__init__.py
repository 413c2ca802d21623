# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups: vzdump, what is in an archive, restores, retention, and backup jobs."""
