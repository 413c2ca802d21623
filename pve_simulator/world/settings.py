# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one simulator behaves, apart from what is in its cluster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Settings:
    """Times are in seconds.

    `task_seconds` scales every task's duration; 0 makes tasks end at once. `resources_lag` is how old
    /cluster/resources may be: as on real servers, so that nothing passes here that fails there; with 0 it is
    always fresh. `status_cache` is how long each worker keeps what it knows of the broadcasts, 0 for not at all: of
    two reads within that time the later one may show the older state. `auth_delay` is the pause before a 401 (3 on
    real servers). `latency` delays every answer. `idle_seconds` is when an idle kept connection is dropped, as the
    real server does. `ha_delay` is a round of the HA manager: it notices what is asked of it within one, and acts
    within two.
    """

    task_seconds: float = 1.0
    resources_lag: float = 10.0
    status_cache: float = 2.0
    auth_delay: float = 0.0
    latency: float = 0.0
    idle_seconds: float = 5.0
    ha_delay: float = 10.0
