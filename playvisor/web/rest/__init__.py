# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST API: what can be asked for, as a table of endpoints; OpenAPI and the routes are made of the same table."""
