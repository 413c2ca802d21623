# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""UPIDs: the names of tasks."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATTERN = re.compile(
    r"UPID:(?P<node>[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?):(?P<pid>[0-9A-Fa-f]{8})"
    r":(?P<pstart>[0-9A-Fa-f]{8,9}):(?P<start>[0-9A-Fa-f]{8}):(?P<type>[^:\s]+):(?P<id>[^:\s]*)"
    r":(?P<user>[^:\s]+):"
)


@dataclass(frozen=True, slots=True)
class Upid:
    """The fields of a UPID; `user` may carry a token name."""

    node: str
    pid: int
    pstart: int
    start: int
    type: str
    id: str
    user: str

    def __str__(self) -> str:
        return f"UPID:{self.node}:{self.pid:08X}:{self.pstart:08X}:{self.start:08X}:{self.type}:{self.id}:{self.user}:"

    @classmethod
    def parse(cls, text: str) -> Upid | None:
        """The fields, or None when the text is no UPID."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            return None
        return cls(
            match["node"],
            int(match["pid"], 16),
            int(match["pstart"], 16),
            int(match["start"], 16),
            match["type"],
            match["id"],
            match["user"],
        )
