# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data as lines for people: which columns a table has, how values are written, and what fits on a line. Pure."""
