# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authenticates clients of the HTTP transport: tokens, OAuth, principals."""
