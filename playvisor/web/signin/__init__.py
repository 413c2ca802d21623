# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes in: the ways to sign in, sessions, and what each role may do."""
