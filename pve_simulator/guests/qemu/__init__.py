# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a virtual machine's configuration: drives, networks, pending changes, hotplug."""
