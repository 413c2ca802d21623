# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What migrations of both guest types share: their log, storage maps, and volumes that go to another node."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pve_simulator.errors import failure
from pve_simulator.requests.rendering import render_clock
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.storage import Storage, Volume
from pve_simulator.storage.names import is_directory, parse_name
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_CLUSTER = 65536
_READ_BLOCK, _WRITE_BLOCK = 4096, 65536
# Bytes a second of a made-up network.
_SPEED = 215_000_000
_ZFS = ("zfspool",)
_MIGRATABLE = ("dir", "btrfs", "zfspool", "lvmthin", "lvm")


class Journal:
    """A task log whose lines begin with the time, and the duration of the migration."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._began = task.clock.time()

    @property
    def duration(self) -> str:
        """Since the beginning, as hours:minutes:seconds."""
        return render_clock(self._task.clock.time() - self._began)

    def say(self, text: str) -> None:
        """Add lines with the time."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self._task.clock.time()))
        for line in text.splitlines():
            self._task.say(f"{stamp} {line}")

    def error(self, text: str) -> None:
        """Add lines with the time that say they are errors."""
        for line in text.splitlines():
            self.say(f"ERROR: {line}")


@dataclass(frozen=True, slots=True)
class StorageMap:
    """The target storage for volumes of each storage; by default the one of the same name."""

    entries: dict[str, str] = field(default_factory=dict)
    default: str | None = None
    identity: bool = False

    def target(self, storage: str) -> str:
        """The storage on the other node for volumes of this one."""
        return self.entries.get(storage, self.default or storage)

    @property
    def targets(self) -> list[str]:
        """Every storage that is named as a target."""
        return [*self.entries.values(), *([self.default] if self.default else [])]


def parse_storage_map(items: list[str]) -> StorageMap:
    """A map from its items: `a:b`, a default `b`, or `1` for the same names everywhere. The schema has checked them."""
    pairs = dict(item.split(":", 1) for item in items if ":" in item)
    default = next((item for item in items if ":" not in item and item != "1"), None)
    return StorageMap(pairs, default, identity="1" in items)


def check_migratable(storage: Storage, volid: str) -> None:
    """Raise when a local volume's kind of storage, or its being a linked clone, keeps it where it is."""
    if storage.type not in _MIGRATABLE:
        raise failure(f"can't migrate '{volid}' - storage type '{storage.type}' not supported")
    base = parse_name(storage, volid.partition(":")[2]).base
    if base is not None:
        raise failure(f"can't migrate '{volid}' as it's a clone of '{base}'")


def send_volume(journal: Journal, source: Volumes, target_node: str, volid: str, storage_id: str) -> Volume:
    """Copy a volume of a stopped guest to another node's storage, its snapshots too; raises what prevents that.

    It keeps its name unless that is taken there. The source stays, for the caller to free.
    """
    cluster = source.cluster
    volume = source.require(volid)
    here, there = cluster.storages[volid.partition(":")[0]], cluster.storages[storage_id]
    if not _can_send(here, there, volume):
        reason = f"cannot migrate from storage type '{here.type}' to '{there.type}'"
        raise failure(f"storage migration for '{volid}' to storage '{storage_id}' failed - {reason}")
    target = Volumes(cluster, target_node, source.now, journal.say)
    name = _choose_name(here, there, volume)
    if _is_taken(target, there, volume, name):
        journal.say(
            f"file '{_make_path(target, there, volume, name)}' already exists - importing with a different name"
        )
        copy = target.allocate(storage_id, volume.vmid, volume.size, volume.format, content=volume.content)
    else:
        copy = target.allocate(storage_id, volume.vmid, volume.size, volume.format, name, content=volume.content)
    copy.used, copy.snapshots = volume.used, dict(volume.snapshots)
    sent = stream_size(volume)
    for block in (_READ_BLOCK, _WRITE_BLOCK):
        _say_copied(journal, sent, block)
    journal.say(f"successfully imported '{copy.volid}'")
    journal.say(f"volume '{volid}' is '{copy.volid}' on the target")
    return copy


def stream_size(volume: Volume) -> int:
    """Bytes that go over the network: all of the file, with the tables of a preallocated qcow2."""
    if volume.format != "qcow2":
        return volume.size
    tables = 3 + -(-volume.size // 1024**3 // 2) + -(-volume.size // (512 * 1024**2))
    return volume.size + tables * _CLUSTER


def remote_shell(cluster: Cluster, node: str) -> str:
    """The command by which nodes reach each other, as logs show it."""
    return (
        f"/usr/bin/ssh -e none -o 'BatchMode=yes' -o 'HostKeyAlias={node}'"
        f" -o 'UserKnownHostsFile=/etc/pve/nodes/{node}/ssh_known_hosts' -o 'GlobalKnownHostsFile=none'"
        f" root@{cluster.nodes[node].ip}"
    )


def check_reachable(journal: Journal, cluster: Cluster, node: str) -> None:
    """Raise when the other node does not answer."""
    if not cluster.nodes[node].online:
        journal.say(f"# {remote_shell(cluster, node)} /bin/true")
        journal.say(f"ssh: connect to host {cluster.nodes[node].ip} port 22: No route to host")
        raise failure("Can't connect to destination address using public key")


def _can_send(here: Storage, there: Storage, volume: Volume) -> bool:
    if here.type in _ZFS or there.type in _ZFS:
        return here.type == there.type
    return is_directory(there) or volume.format == "raw"


def _choose_name(here: Storage, there: Storage, volume: Volume) -> str:
    name = parse_name(here, volume.volid.partition(":")[2]).name
    stem = name.rpartition(".")[0] if is_directory(here) else name
    return f"{stem}.{volume.format}" if is_directory(there) else stem


def _make_volid(there: Storage, volume: Volume, name: str) -> str:
    return f"{there.id}:{volume.vmid}/{name}" if is_directory(there) else f"{there.id}:{name}"


def _is_taken(target: Volumes, there: Storage, volume: Volume, name: str) -> bool:
    return target.find(_make_volid(there, volume, name)) is not None


def _make_path(target: Volumes, there: Storage, volume: Volume, name: str) -> str:
    return target.path(_make_volid(there, volume, name))


def _say_copied(journal: Journal, size: int, block: int) -> None:
    whole, rest = divmod(size, block)
    for direction in ("in", "out"):
        journal.say(f"{whole}+{int(rest > 0)} records {direction}")
    decimal = _format_size(size, 1000, ("kB", "MB", "GB", "TB"))
    binary = _format_size(size, 1024, ("KiB", "MiB", "GiB", "TiB"))
    journal.say(f"{size} bytes ({decimal}, {binary}) copied, {size / _SPEED:.6g} s, {_SPEED // 1_000_000} MB/s")


def _format_size(size: int, base: int, units: tuple[str, ...]) -> str:
    amount, unit = size / base, units[0]
    for bigger in units[1:]:
        if amount < base:
            break
        amount, unit = amount / base, bigger
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
