# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making a container from a template: what is checked before the task, and what the task does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pve_simulator.errors import ApiError, failure, forbidden, invalid
from pve_simulator.guests import register
from pve_simulator.guests.lxc import mountpoints as mp
from pve_simulator.guests.lxc.changes import ConfigUpdate
from pve_simulator.guests.lxc.disks import create_volume
from pve_simulator.guests.lxc.permissions import ConfigRights
from pve_simulator.guests.lxc.start import make_start_worker
from pve_simulator.guests.lxc.values import config_params
from pve_simulator.requests.call import Call
from pve_simulator.state.guest import Config, Guest
from pve_simulator.state.ha import Ha, HaResource, service_id
from pve_simulator.state.inside import ContainerInside
from pve_simulator.storage.access import check_volume_access
from pve_simulator.storage.lookup import enabled_storage
from pve_simulator.storage.names import split_volid
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task

_DEFAULT_STORAGE = "local"
_DEFAULT_SIZE = "4"
_BARE_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_HOST_KEYS = ("ecdsa", "rsa", "ed25519")
_SYSTEMS = {
    "almalinux": "centos",
    "alpine": "alpine",
    "archlinux": "archlinux",
    "centos": "centos",
    "devuan": "devuan",
    "fedora": "fedora",
    "gentoo": "gentoo",
    "nixos": "nixos",
    "opensuse": "opensuse",
    "rockylinux": "centos",
    "ubuntu": "ubuntu",
}
# Systems whose templates come with an SSH server that needs host keys.
_WITH_SSH = frozenset({"debian", "devuan", "ubuntu"})
_PUBLIC_KEY = re.compile(r"(?:^|\s)(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+\s+AAAA[A-Za-z0-9+/]+=*(?:\s|$)")
# Templates too small to set up a network.
_TINY = re.compile(r"[-/]tiny[-_.]")
_FINGERPRINT = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"


@dataclass
class Creation:
    """One container to be made; `config` has everything but its mount points."""

    call: Call
    template: str
    storage: str
    pool: str | None
    unprivileged: bool
    config: Config = field(default_factory=dict)
    mounts: Config = field(default_factory=dict)

    @property
    def vmid(self) -> int:
        """The new container's id."""
        return self.call.vmid

    @property
    def volumes(self) -> Volumes:
        """The node's volumes."""
        return Volumes(self.call.cluster, self.call.node, int(self.call.world.clock.time()))


def prepare(call: Call) -> Creation:
    """Check a creation as far as the server does before it starts the task; reserves the id."""
    if not call.flag("unprivileged", default=True):
        call.subject.require("/", "Sys.Modify")
    register.check_unused(call.cluster, call.vmid)
    _check_keys(call.text("ssh-public-keys", "") or "")
    creation = read_parameters(call)
    check_rights(creation)
    if creation.template == "-":
        raise failure("pipe requires cli environment")
    check_volume_access(call.subject, call.cluster, creation.template, vmid=call.vmid, content="vztmpl")
    check_storages(creation)
    creation.config = plain_config(creation)
    reserve(creation)
    return creation


def read_parameters(call: Call) -> Creation:
    """The parameters of a creation or restore, its mount points apart."""
    creation = Creation(
        call,
        call.need("ostemplate"),
        call.text("storage", _DEFAULT_STORAGE) or _DEFAULT_STORAGE,
        call.text("pool"),
        unprivileged=call.flag("unprivileged", default=True),
    )
    register.check_pool(call.cluster, creation.pool)
    for key, value in config_params(call.params).items():
        if mp.is_mount_key(key):
            creation.mounts[key] = f"{creation.storage}:{value}" if _BARE_NUMBER.fullmatch(value) else value
        elif key != "unprivileged" and not mp.is_unused_key(key):
            creation.config[key] = value
    return creation


def check_rights(creation: Creation) -> None:
    """Raise 403 unless the caller may make this container."""
    call, pool = creation.call, creation.pool
    allowed = call.subject.may(f"/vms/{call.vmid}", "VM.Allocate")
    if not allowed and not (pool is not None and call.subject.may(f"/pool/{pool}", "VM.Allocate")):
        raise forbidden("Permission check failed")
    options = config_params(call.params)
    options.pop("unprivileged", None)
    rights = ConfigRights(call.cluster, call.subject, call.vmid, pool)
    rights.check({}, {**options, **creation.mounts}, unprivileged=creation.unprivileged)


def check_storages(creation: Creation) -> None:
    """Raise unless every volume's storage can hold containers and the caller may fill it."""
    if creation.mounts and "rootfs" not in creation.mounts:
        raise failure("mount points configured, but 'rootfs' not set - aborting")
    for mount in mp.list_mounts(creation.mounts):
        if mount.kind == "volume":
            parts = split_volid(mount.volume)
            if parts is None:
                raise failure(f"unable to parse volume ID '{mount.volume}'")
            _check_storage(creation.call, parts[0])
    if "rootfs" not in creation.mounts:
        _check_storage(creation.call, creation.storage)


def plain_config(creation: Creation) -> Config:
    """The configuration without mount points, as an update of an empty container gives it."""
    guest = Guest(creation.vmid, "lxc", creation.call.node)
    ConfigUpdate(guest, creation.volumes).apply(creation.config)
    if creation.unprivileged:
        guest.config["unprivileged"] = "1"
    return guest.config


def reserve(creation: Creation) -> None:
    """Reserve the id with a locked, empty container while the task runs."""
    call = creation.call
    register.add(call.cluster, Guest(creation.vmid, "lxc", call.node, {"lock": "create"}))


async def run(creation: Creation, task: Task) -> None:
    """The task: volumes, the template's content, and the configuration."""
    call = creation.call
    guest = call.cluster.guests[creation.vmid]
    try:
        async with call.world.locks.hold("lxc", creation.vmid, task=task):
            await _build(creation, task, guest)
    except BaseException as error:
        register.remove(call.cluster, guest)
        if isinstance(error, ApiError):
            raise failure(f"unable to create CT {creation.vmid} - {error.message}") from error
        raise
    register.add(call.cluster, guest, creation.pool)
    finish(call, task, guest)


def finish(call: Call, task: Task, guest: Guest) -> None:
    """What follows a creation or a restore: starting, and handing over to the HA manager."""
    if call.flag("start"):
        call.task("vzstart", guest.vmid, make_start_worker(call.world, guest.node, guest.vmid))
    if call.flag("ha-managed"):
        task.say("Add as HA resource")
        state = "started" if call.flag("start") else "stopped"
        call.cluster.part(Ha).resources[service_id(guest)] = HaResource({"state": state}, state)


async def _build(creation: Creation, task: Task, guest: Guest) -> None:
    volumes = creation.volumes
    volumes.say = task.say
    new_volids: list[str] = []
    try:
        config = make_volumes(creation, volumes, new_volids)
        await task.work()
        try:
            template = volumes.require(creation.template)
        except ApiError as error:
            task.say(error.message)
            raise
        task.say(f"extracting archive '{volumes.path(template.volid)}'")
        task.say("Total bytes read: 2058240 (2.0MiB, 128MiB/s)")
        _set_up(creation, task, config)
    except BaseException:
        for volid in new_volids:
            volumes.free(volid)
        raise
    guest.config = with_defaults(creation.vmid, config)
    guest.part(ContainerInside).configured = not _TINY.search(creation.template)


def make_volumes(creation: Creation, volumes: Volumes, new_volids: list[str]) -> Config:
    """The configuration with its mount points on new volumes, whose ids go to `new_volids`."""
    config = dict(creation.config)
    mounts = creation.mounts or {"rootfs": f"{creation.storage}:{_DEFAULT_SIZE}"}
    for mount in mp.list_mounts(mounts):
        placed = create_volume(volumes, creation.vmid, mount)
        if mount.new_volume is not None:
            new_volids.append(placed.volume)
        config[mount.key] = placed.text()
    return config


def with_defaults(vmid: int, config: Config) -> Config:
    """What a container's configuration always has."""
    return {"hostname": f"CT{vmid}", "memory": "512", "swap": "512", **config}


def _set_up(creation: Creation, task: Task, config: Config) -> None:
    name = creation.template.rpartition("/")[2].partition("-")[0].lower()
    config.setdefault("arch", "amd64")
    config.setdefault("ostype", _SYSTEMS.get(name, "debian"))
    task.say(f"Detected container architecture: {config['arch']}")
    if config["ostype"] not in _WITH_SSH:
        return
    for kind in _HOST_KEYS:
        task.say(f"Creating SSH host key 'ssh_host_{kind}_key' - this may take some time ...")
        task.say(f"done: SHA256:{_FINGERPRINT} root@{config.get('hostname', 'localhost')}")


def _check_keys(text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not all(_PUBLIC_KEY.search(line) for line in lines):
        raise failure("SSH public key validation error")


def _check_storage(call: Call, storage_id: str) -> None:
    storage = enabled_storage(call.cluster, storage_id, call.node)
    if "rootdir" not in storage.content:
        raise invalid({"storage": f"storage '{storage_id}' does not support container directories"})
    call.subject.require(f"/storage/{storage_id}", "Datastore.AllocateSpace")
