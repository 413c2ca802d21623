# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change itself: first noted as pending, then applied as far as the machine's state allows."""

from __future__ import annotations

import re

from pve_simulator.errors import failure
from pve_simulator.guests.qemu.access import GuestAccess
from pve_simulator.guests.qemu.boot import boot_order, parse_order, print_order
from pve_simulator.guests.qemu.drives import is_cdrom, is_drive, parse_drive
from pve_simulator.guests.qemu.hotplug import apply_hot
from pve_simulator.guests.qemu.making import DiskMaker
from pve_simulator.guests.qemu.networks import is_net
from pve_simulator.guests.qemu.pending import add_deletion, apply_cold, clean_up, remove_deletion
from pve_simulator.guests.qemu.unused import deallocate, drop_used, keep_as_unused, volumes_in
from pve_simulator.guests.qemu.values import hash_password, pinned_machine
from pve_simulator.state.guest import Config, Guest
from pve_simulator.storage.volumes import Volumes


class ConfigUpdate:
    """One change of one guest; `force` removes the volumes of deleted drives."""

    def __init__(self, guest: Guest, volumes: Volumes, access: GuestAccess, *, force: bool) -> None:
        self._guest = guest
        self._volumes = volumes
        self._access = access
        self._force = force
        self._order = boot_order(guest.config)
        self._deleted: list[str] = []
        self._changed: set[str] = set()

    def run(self, settings: Config, delete: list[str]) -> dict[str, str]:
        """Make the change; the errors of what could not be applied, by key. Raises what stops it half-way."""
        guest = self._guest
        self._deleted = delete
        for key in delete:
            self._delete(key)
        # The real server goes through a request's keys in no particular order.
        for key in sorted(settings, reverse=True):
            self._set(key, settings[key], settings)
        clean_up(guest)
        if not guest.pending and not guest.pending_delete:
            drop_used(guest)
            return {}
        if guest.running:
            return apply_hot(self._volumes, guest, self._changed)
        return apply_cold(self._volumes, guest)

    def _delete(self, key: str) -> None:
        guest = self._guest
        text = guest.config.get(key, guest.pending.get(key))
        if text is None:
            self._volumes.say(f"cannot delete '{key}' - not set in current configuration!")
            return
        self._check_deletion(key, text)
        self._changed.add(key)
        waiting = guest.pending.pop(key, None)
        if key in self._order:
            self._order.remove(key)
            self._boot_from(self._order)
        if key.startswith("unused"):
            deallocate(self._volumes, guest, key, parse_drive(key, text), self._access.subject)
            guest.config.pop(key, None)
        elif key == "vmstate":
            self._volumes.free(text)
            guest.config.pop(key, None)
        else:
            if waiting is not None and is_drive(key):
                keep_as_unused(self._volumes, guest, parse_drive(key, waiting))
                drop_used(guest)
            add_deletion(guest, key, force=self._force)

    def _check_deletion(self, key: str, text: str) -> None:
        if key.startswith("unused"):
            self._check_protection(f"can't remove unused disk '{text}'")
            self._access.require("VM.Config.Disk")
        elif key == "vmstate":
            self._check_protection(f"can't remove vmstate '{text}'")
        elif is_drive(key):
            self._check_protection(f"can't remove drive '{key}'")
            self._access.check_drive(key, text)
        else:
            self._access.check_devices({key: text}, verb="delete")
            if is_net(key):
                self._access.check_bridges({key: text})

    def _check_protection(self, what: str) -> None:
        if self._guest.config.get("protection") == "1":
            raise failure(f"{what} - protection mode enabled")

    def _set(self, key: str, text: str, settings: Config) -> None:
        guest = self._guest
        self._changed.add(key)
        if guest.pending.get(key) == text:
            return
        if is_drive(key):
            self._set_drive(key, text)
        elif key == "boot":
            self._set_boot(text, settings)
        elif key == "ostype":
            self._set_ostype(text, settings)
        elif key == "cipassword" and not guest.config.get("ostype", "").startswith("w"):
            guest.pending[key] = hash_password(text)
        else:
            if re.fullmatch(r"serial\d+", key) and guest.config.get(key, "socket") != "socket":
                self._access.check_devices({key: guest.config[key]}, verb="modify")
            self._access.check_devices({key: text}, verb="modify" if key.startswith("serial") else "set")
            guest.pending[key] = text
        remove_deletion(guest, key)

    def _set_drive(self, key: str, text: str) -> None:
        guest = self._guest
        if key in guest.config:
            self._access.check_drive(key, guest.config[key])
        self._access.check_drive(key, text)
        maker = DiskMaker(self._volumes, guest.vmid, present={**guest.config, **guest.pending})
        drives = maker.make({key: text})
        if maker.imported and not volumes_in(drives) & {*volumes_in(guest.config), *guest.config.values()}:
            # The new disk may hold a system that boots and answers.
            guest.acpi = guest.agent_alive = True
        if key in guest.pending:
            keep_as_unused(self._volumes, guest, parse_drive(key, guest.pending[key]))
        guest.pending |= drives
        if self._order and key not in self._order and is_cdrom(parse_drive(key, text), cloudinit=False):
            self._order.append(key)
            self._boot_from(self._order)

    def _set_boot(self, text: str, settings: Config) -> None:
        guest = self._guest
        devices = parse_order(text)
        for device in devices:
            known = device in guest.config or device in guest.pending or device in settings
            if not known or device in self._deleted:
                raise failure(f"invalid bootorder: device '{device}' does not exist'")
        guest.pending["boot"] = print_order(devices) if devices else text
        if devices and "bootdisk" in guest.config:
            add_deletion(guest, "bootdisk")

    def _set_ostype(self, text: str, settings: Config) -> None:
        """A machine that becomes a Windows keeps the version that it has now, as a new one does."""
        guest = self._guest
        guest.pending["ostype"] = text
        pinned = pinned_machine({**guest.config, "ostype": text})
        if pinned is not None and "machine" not in {*settings, *guest.pending, *self._deleted}:
            guest.pending["machine"] = pinned

    def _boot_from(self, devices: list[str]) -> None:
        self._guest.pending["boot"] = print_order(devices)
        remove_deletion(self._guest, "boot")
        self._changed.add("boot")
