# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters as data: made of a few numbers, of a seed, or of what was read from a real one; and saved again."""
