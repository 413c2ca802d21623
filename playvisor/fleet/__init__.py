# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets: what should be, as files that people write, or as a document that an AI client hands over."""
