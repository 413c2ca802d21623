# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup of one guest: what both guest types share."""

from __future__ import annotations

from dataclasses import dataclass

from pve_simulator.backup.options import Options
from pve_simulator.guests import power
from pve_simulator.state.guest import Guest
from pve_simulator.storage.lookup import find_volume
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World


@dataclass(frozen=True, slots=True)
class ArchiveInfo:
    """An archive: the configuration in it, and its size in bytes."""

    config: str
    size: int


@dataclass
class GuestRun:
    """The backup of a guest into an archive at `target`; `form` is the archive's format.

    `resume`, `restart` and `snapshot` say what has to be undone when it is done, or failed.
    """

    world: World
    task: Task
    guest: Guest
    options: Options
    target: str
    form: str
    resume: bool = False
    restart: bool = False
    snapshot: bool = False
    stopped_at: float | None = None

    def say(self, line: str) -> None:
        """A line of the log."""
        self.task.say(f"INFO: {line}")

    def say_archive(self) -> None:
        """Log where the archive goes."""
        kind = "Proxmox Backup Server" if self.form.startswith("pbs-") else "vzdump"
        self.say(f"creating {kind} archive '{self.target}'")

    def say_mode(self, mode: str) -> None:
        """Log the backup mode."""
        self.say(f"backup mode: {mode}")
        if self.options.bwlimit:
            self.say(f"bandwidth limit: {self.options.bwlimit} KB/s")
        self.say(f"ionice priority: {self.options.ionice}")

    def count_used_bytes(self, volids: list[str]) -> int:
        """Bytes in use in volumes."""
        volumes = (find_volume(self.world.cluster, self.guest.node, volid) for volid in volids)
        return sum((volume.used or 0) for volume in volumes if volume is not None)

    async def stop(self) -> None:
        """Shut the guest down."""
        self.say("stopping virtual guest")
        self.stopped_at = self.world.clock.time()
        await self.task.work(0.2)
        power.power_off(self.guest, self.world)

    def suspend(self) -> None:
        """Suspend the guest."""
        self.say("suspending guest")
        self.stopped_at = self.world.clock.time()
        self.guest.paused = True

    def describe_absence(self) -> str:
        """How long the guest was down, in words."""
        seconds = int(self.world.clock.time() - (self.stopped_at or self.world.clock.time()))
        self.stopped_at = None
        return f"{seconds if seconds else '<1'} seconds"

    async def resume_guest(self) -> None:
        """Clean up, and resume or start a guest that was suspended or stopped."""
        if self.snapshot:
            self.say("cleanup temporary 'vzdump' snapshot")
            self.snapshot = False
        if self.resume:
            self.say("resume vm")
            self.guest.paused = False
        elif self.restart and not self.guest.running:
            self.say("restarting vm")
            await self.task.work(0.1)
            power.power_on(self.world, self.guest)
        self.resume = self.restart = False
        if self.stopped_at is not None:
            self.say(f"guest is online again after {self.describe_absence()}")
