# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths of a fleet's document, such as C(guests.web-01.disks.scsi0.size), and patterns with globs for them.

A segment that has a dot in it stands in double quotes: C(guests."web.example.com".cores).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

_SEGMENT = re.compile(r'"([^"]*)"|([^."]+)')


def render_path(segments: Iterable[str]) -> str:
    """The segments as one text."""
    return ".".join(f'"{segment}"' if "." in segment else segment for segment in map(str, segments))


def parse_path(text: str) -> tuple[str, ...]:
    """The segments of a path or a pattern."""
    return tuple(quoted or plain for quoted, plain in _SEGMENT.findall(text))


def matches(pattern: str, path: Sequence[str]) -> bool:
    """Whether a pattern means a path, or something that the path is a part of.

    Each segment of the pattern may have C(*), C(?) and C([...]), none of which goes beyond its segment.
    """
    return _match(parse_path(pattern), path)


def _match(wanted: Sequence[str], path: Sequence[str]) -> bool:
    if not wanted:
        return True
    if not path:
        return False
    # A name with dots may also be written without quotes.
    dots = path[0].count(".")
    return any(
        fnmatchcase(path[0], ".".join(wanted[:length])) and _match(wanted[length:], path[1:])
        for length in ({1, dots + 1} if len(wanted) > dots else {1})
    )


def rank(pattern: str) -> tuple[int, int]:
    """How exactly a pattern says what it means: of several that match, the one that ranks highest counts."""
    segments = parse_path(pattern)
    return len(segments), sum(not set("*?[") & set(segment) for segment in segments)
