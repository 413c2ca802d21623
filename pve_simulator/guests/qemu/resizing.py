# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making a machine's disk larger."""

from __future__ import annotations

import re

from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.guests.qemu.drives import is_cdrom, parse_drive, print_drive
from pve_simulator.requests.call import Call
from pve_simulator.schema import format_size
from pve_simulator.state.guest import Guest
from pve_simulator.storage.names import split_volid
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_SIZE = re.compile(r"(\+)?(\d+(?:\.\d+)?)([KMGT])?")


async def resize(call: Call, task: Task, guest: Guest) -> None:
    """The task, with the guest's lock held."""
    key = call.need("disk")
    digest = call.text("digest")
    if digest and digest != guest.digest:
        raise failure("checksum mismatch (file change by other user?)")
    power.check_lock(guest, skiplock=call.flag("skiplock"))
    if key not in guest.config:
        raise failure(f"disk '{key}' does not exist")
    drive = parse_drive(key, guest.config[key])
    parts = split_volid(drive["file"])
    if parts is None:
        raise failure(f"unable to parse volume ID '{drive['file']}'")
    if is_cdrom(drive):
        raise failure("you can't resize a cdrom")
    call.subject.require(f"/storage/{parts[0]}", "Datastore.AllocateSpace")
    volumes = Volumes(call.cluster, guest.node, int(call.world.clock.time()), task.say)
    before = volumes.require(drive["file"]).size
    size = parse_target_size(call.need("size"), before)
    if size < before:
        raise failure("shrinking disks is not supported")
    if size == before:
        return
    call.world.write_log(
        guest.node, call.subject.userid, f"update VM {guest.vmid}: resize --disk {key} --size {call.need('size')}"
    )
    await task.work()
    volumes.resize(drive["file"], size, online=guest.running)
    guest.config[key] = print_drive(key, {**drive, "size": format_size(size)})


def parse_target_size(text: str, before: int) -> int:
    """Bytes of `32G`, or of `+1G` on top of what there is."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise failure("internal error")
    factor = 1024 ** ("KMGT".index(match[3]) + 1) if match[3] else 1
    size = int(float(match[2]) * factor)
    return before + size if match[1] else size
