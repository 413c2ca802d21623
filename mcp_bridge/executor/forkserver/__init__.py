# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fork server: a process that has Ansible loaded, and forks a child for each run."""
