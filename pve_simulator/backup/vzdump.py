# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vzdump task: guest after guest, each failing alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from pve_simulator.backup import container, machine
from pve_simulator.backup.archive import archive_format, archive_name, short_size, snapshot_name
from pve_simulator.backup.options import Options, render_notes
from pve_simulator.backup.retention import keeps_all, mark_backups, parse_keep
from pve_simulator.backup.run import GuestRun
from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import power
from pve_simulator.requests.auth import Subject
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, service_id
from pve_simulator.state.storage import ArchivedGuest, Storage, Volume
from pve_simulator.storage.content import list_volumes
from pve_simulator.storage.lookup import storage_of
from pve_simulator.storage.names import root_path
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world import quorum
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World

_MAX_PROTECTED = 5
_STOP_IN_HA = (
    "Cannot execute a backup with stop mode on a HA managed and enabled Service."
    " Use snapshot mode or disable the Service."
)


@dataclass
class Vzdump:
    """One run on one node."""

    world: World
    task: Task
    subject: Subject
    node: str
    options: Options

    async def run(self, vmids: Sequence[int]) -> None:
        """Back up the guests; raises `job errors` at the end when one failed."""
        storage = self._require_storage()
        await self._wait_for_turn()
        self._say(f"starting new backup job: {self.options.command}")
        allowed = [vmid for vmid in sorted(vmids) if self._may_back_up(vmid)]
        errors = 0
        for vmid in allowed:
            errors += not await self._back_up_or_report(storage, vmid)
        self._say(f"Backup job finished {'with errors' if errors else 'successfully'}")
        if errors:
            raise failure("job errors")

    def _require_storage(self) -> Storage:
        name, problems = self.options.storage, []
        try:
            storage = storage_of(self.world.cluster, name)
        except ApiError as error:
            problems.append(f"could not activate storage '{name}': {error.message}")
            problems.append(f"could not get storage information for '{name}': {error.message}")
            raise failure(" ".join(problems)) from error
        if "backup" not in storage.content:
            what = f"can't use storage '{name}' for backups - wrong content type"
            raise failure(f"could not get storage information for '{name}': {what}")
        return storage

    async def _wait_for_turn(self) -> None:
        """Only one run at a time on a node."""
        active = self.world.tasks.list_active(self.node)
        before = active[active.index(self.task) + 1 :] if self.task in active else []
        earlier = [other for other in before if other.upid.type == "vzdump"]
        if earlier:
            self._say("trying to get global lock - waiting...")
            for other in earlier:
                await other.wait()
            self._say("got global lock")

    def _may_back_up(self, vmid: int) -> bool:
        if vmid not in self.world.cluster.guests or self.subject.may(f"/vms/{vmid}", "VM.Backup"):
            return True
        if not self.options.everything:
            raise failure(f"403 Permission check failed (/vms/{vmid}, VM.Backup)")
        return False

    async def _back_up_or_report(self, storage: Storage, vmid: int) -> bool:
        began = self.world.clock.time()
        try:
            await self._back_up(storage, vmid)
        except ApiError as error:
            self.task.say(f"ERROR: Backup of VM {vmid} failed - {error.message}")
            self._say(f"Failed at {self._format_moment()}")
            return False
        seconds = int(self.world.clock.time() - began)
        duration = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        self._say(f"Finished Backup of VM {vmid} ({duration})")
        self._say(f"Backup finished at {self._format_moment()}")
        return True

    async def _back_up(self, storage: Storage, vmid: int) -> None:
        guest = self.world.cluster.guests.get(vmid)
        if guest is None or guest.node != self.node:
            raise failure(f"unable to find VM '{vmid}'")
        self._check_ha(guest)
        self._check_limit(storage, guest)
        self._say(f"Starting Backup of VM {vmid} ({guest.type})")
        self._say(f"Backup started at {self._format_moment()}")
        self._say(f"status = {'running' if guest.running else 'stopped'}")
        async with self.world.locks.hold(guest.type, vmid, task=self.task):
            quorum.check_config_write(self.world, guest, self.task)
            power.check_lock(guest)
            guest.config["lock"] = "backup"
        try:
            await self._back_up_and_prune(storage, guest)
        finally:
            if guest.lock == "backup":
                del guest.config["lock"]

    async def _back_up_and_prune(self, storage: Storage, guest: Guest) -> None:
        now = self.world.clock.time()
        if storage.type == "pbs":
            name = target = snapshot_name(guest, now)
            form = f"pbs-{name.partition('/')[0]}"
        else:
            name = archive_name(guest, self.options.compress, now)
            form = archive_format(guest, self.options.compress)
            target = f"{root_path(storage)}/dump/{name}"
        run = GuestRun(self.world, self.task, guest, self.options, target, form)
        archive = await (machine.back_up(run) if guest.type == "qemu" else container.back_up(run))
        volid = f"{storage.id}:backup/{name}"
        inside = ArchivedGuest(archive.config, guest.acpi, guest.agent_alive)
        volume = Volume(volid, "backup", form, archive.size, archive.size, guest.vmid, int(now), archived=inside)
        storage.volumes_on(self.node)[volid] = volume
        if storage.type != "pbs":
            self._say(f"archive file size: {short_size(archive.size)}")
        self._annotate(volume, guest)
        self._prune(storage, guest)
        await run.resume_guest()

    def _annotate(self, volume: Volume, guest: Guest) -> None:
        if self.options.notes_template:
            self._say("adding notes to backup")
            try:
                volume.notes = render_notes(self.options.notes_template, guest, self.world.cluster)
            except ApiError as error:
                self.task.say(f"WARN: unable to add notes - {error.message}")
        if self.options.protected:
            self._say("marking backup as protected")
            volume.protected = True

    def _prune(self, storage: Storage, guest: Guest) -> None:
        keep = self._get_retention(storage)
        if not self.options.remove or keep.get("keep-all"):
            return
        retention = ", ".join(f"{option}={count}" for option, count in sorted(keep.items()))
        self._say(f"prune older backups with retention: {retention}")
        marked = mark_backups(self._list_backups(storage, guest), keep)
        removed = [volid for volid, mark in marked.items() if mark == "remove"]
        for volid in sorted(removed):
            self._say(f"removing backup '{volid}'")
            Volumes(self.world.cluster, self.node).free(volid)
        self._say(f"pruned {len(removed)} backup(s){' not covered by keep-retention policy' if removed else ''}")

    def _check_ha(self, guest: Guest) -> None:
        resource = self.world.cluster.part(Ha).resources.get(service_id(guest))
        if self.options.mode == "stop" and resource and resource.config.get("state", "started") == "started":
            raise failure(_STOP_IN_HA)

    def _check_limit(self, storage: Storage, guest: Guest) -> None:
        keep = self._get_retention(storage)
        limit = 0 if keeps_all(keep) else sum(keep.values())
        backups = self._list_backups(storage, guest)
        protected = sum(volume.protected for volume in backups)
        if self.options.protected:
            most = self._most_protected(storage)
            if -1 < most <= protected:
                what = f"The number of protected backups per guest is limited to {most} on storage '{storage.id}'"
                raise failure(what)
        elif limit and not self.options.remove and len(backups) - protected >= limit:
            raise failure(
                f"There is a max backup limit of {limit} enforced by the target storage or the vzdump parameters."
                " Either increase the limit or delete old backups."
            )

    def _most_protected(self, storage: Storage) -> int:
        limit = storage.config.get("max-protected-backups")
        if limit is not None:
            return int(limit)
        return -1 if self.subject.may(f"/storage/{storage.id}", "Datastore.Allocate") else _MAX_PROTECTED

    def _get_retention(self, storage: Storage) -> dict[str, int]:
        if self.options.keep is not None:
            return dict(self.options.keep)
        return parse_keep(storage.config.get("prune-backups", "keep-all=1"))

    def _list_backups(self, storage: Storage, guest: Guest) -> list[Volume]:
        backups = list_volumes(self.world.cluster, storage, self.node, content="backup", vmid=guest.vmid)
        return [volume for volume, entry in backups if entry["subtype"] in (guest.type, "unknown")]

    def _format_moment(self) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.world.clock.time()))

    def _say(self, line: str) -> None:
        self.task.say(f"INFO: {line}")
