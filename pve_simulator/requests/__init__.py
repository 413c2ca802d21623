# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a request to its handler: routing, authentication, parameters and permissions."""
