# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strings from outside, made harmless to terminals and line-based readers. Pure."""

from __future__ import annotations

import unicodedata

_LONGEST = 2000


def one_line(text: str) -> str:
    """Text without line breaks and control characters, cut after 2000 characters."""
    flat = " ".join("".join(" " if unicodedata.category(c).startswith("C") else c for c in text).split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"
