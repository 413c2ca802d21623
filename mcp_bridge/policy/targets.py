# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plans touch, as policies see it, and the words for what becomes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Effects = frozenset[str]

CHANGES = "changes"
"""Something is different afterwards, and can be changed back."""
INTERRUPTS = "interrupts"
"""A service stops, restarts, pauses, or can't be reached, now or when the guest next starts."""
DEGRADES = "degrades"
"""A service goes on with less: slower, smaller, or without what guards it from failures."""
LOSES_DATA = "loses data"
"""Data are gone, or what guards them: a snapshot, a backup, a backup's protection, a backup job."""
GIVES_ACCESS = "gives access"
"""Somebody or something can get in, read or reach what it could not before."""
DUPLICATES_IDENTITY = "duplicates identity"
"""Two guests have, or get when they start, the same addresses."""
REACHES_OUT = "reaches out"
"""A node connects to a host that the request names."""
UNKNOWN = "unknown"
"""Nobody can say: the table of effects does not know the request."""
EFFECTS = (CHANGES, INTERRUPTS, DEGRADES, LOSES_DATA, GIVES_ACCESS, DUPLICATES_IDENTITY, REACHES_OUT, UNKNOWN)

Use = Literal["created", "changed", "copied", "compared"]
"""What a step does with a guest. `compared`: the step leaves it alone, but what it does depends on this guest."""


@dataclass(frozen=True)
class GuestPlace:
    """A guest that steps name: where it is, as far as they say, and what they do with it.

    `origin` is the guest whose copy this one is to be.
    """

    vmid: int
    node: str | None = None
    type: str | None = None
    use: Use = "changed"
    origin: int | None = None
    pool: str = ""

    @property
    def is_created(self) -> bool:
        """Whether the steps create it."""
        return self.use == "created"


@dataclass(frozen=True)
class Target:
    """What a plan would touch: a guest in its current state, or, with `vmid` None, another object of the cluster.

    `status` is `running`, `stopped`, `paused`, or empty where it is not known. `is_known` is False for a guest whose
    configuration could not be read, for the reason `unread`: it counts as protected and running. `config` is for
    finding effects, and no policy sees it. `kind` says what an object other than a guest is. `origin` is the guest
    whose copy this new one is.
    """

    id: str
    vmid: int | None = None
    name: str = ""
    node: str = ""
    type: str = ""
    pool: str = ""
    tags: tuple[str, ...] = ()
    protected: bool = False
    template: bool = False
    status: str = ""
    exists: bool = True
    is_known: bool = True
    unread: str = field(default="", compare=False)
    kind: str = ""
    origin: int | None = None
    config: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def may_run(self) -> bool:
        """Whether it runs, or might for all that is known."""
        return self.exists and not self.template and not (self.is_known and self.status == "stopped")


def make_unknown_guest(vmid: int) -> Target:
    """Make the target for a guest of which nothing could be read: it is not taken as harmless."""
    return Target(str(vmid), vmid, protected=True, is_known=False)
