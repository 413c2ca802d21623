# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Freezing the file systems of a running guest through its agent, for consistent copies of its disks."""

from __future__ import annotations

from pve_simulator.guests.agent.systems import answers_agent
from pve_simulator.guests.views import agent_enabled
from pve_simulator.state.guest import Guest
from pve_simulator.world.tasks import Task

_SKIPPING = "skipping guest filesystem freeze - "
# How long the server waits for an agent's answer to a ping, seconds.
_PING_TIMEOUT = 3.0


def _wants_freeze(guest: Guest) -> bool:
    """Whether the configuration has an agent that may freeze."""
    options = guest.config.get("agent", "").split(",")
    allowed = next((item for item in options if item.startswith("guest-fsfreeze=")), None)
    allowed = allowed or next((item for item in options if item.startswith("freeze-fs-on-backup=")), "=1")
    return agent_enabled(guest) and not allowed.endswith("=0")


async def try_freeze(task: Task, guest: Guest, *, prefix: str = "") -> bool:
    """Freeze a running guest, or say in the log (after `prefix`) why not; whether it is frozen now."""
    if not _wants_freeze(guest):
        task.say(f"{prefix}{_SKIPPING}disabled in VM options")
        return False
    if not answers_agent(guest):
        await task.clock.sleep(_PING_TIMEOUT)
        task.say(f"{prefix}{_SKIPPING}agent configured but not running?")
        return False
    return True
