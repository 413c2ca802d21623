# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unit: one thing of a fleet that one resource plans, such as the configuration of a guest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._api.errors import PveError
from .._module.plan import Plan
from .._run.resource import Resource
from .merge import Change, Conflict

# What is worked on one after the other: each wave may stand on what those before it have made.
WAVES = ("storages", "pools", "templates", "guests", "configuration", "cluster", "power", "health")


@dataclass(frozen=True)
class Unit:
    """One thing that I(resource) plans: I(plan) leads from I(observed) to what I(params) ask for.

    I(path) is the object's place in the document, such as C(guests.web-01), and I(id) adds the aspect of it. I(needs)
    are the ids of the units that have to be done before. A unit I(is_forecast) whose I(observed) is what those will
    have made, not what is there. I(identity) is that of the guest which was looked at. I(failure) is why it can't be
    planned.
    """

    id: str
    path: str
    wave: int
    resource: Resource[Any]
    params: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    observed: Any = None
    plan: Plan | None = None
    is_forecast: bool = False
    identity: str | None = None
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    failure: PveError | None = None
    skipped: str | None = None
