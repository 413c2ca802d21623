# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who a client of the HTTP transport is: tokens, OAuth, principals."""
