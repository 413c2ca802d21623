# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ages such as C(36h) or C(2w)."""

from __future__ import annotations

import re

from .._api.errors import INVALID_PARAMETER, PveError

_AGE = re.compile(r"(\d+)([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_age(text: str) -> int:
    """Seconds of an age such as C(36h) or C(2w)."""
    match = _AGE.fullmatch(text)
    if not match:
        raise PveError(
            INVALID_PARAMETER, f"{text!r} is not an age.", "Write a number and a unit, m, h, d or w, such as 36h."
        )
    return int(match[1]) * _SECONDS[match[2]]
