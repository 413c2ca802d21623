# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Word lists as readable blocks of text."""

from __future__ import annotations


def words(block: str) -> tuple[str, ...]:
    """The words of a text, in its order."""
    return tuple(block.split())
