# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The RAM of a running machine saved into a volume: for snapshots with RAM and for hibernation."""

from __future__ import annotations

from pve_simulator.guests import sizes
from pve_simulator.guests.qemu.disks import disks_of
from pve_simulator.guests.usage import usage_of
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Config, Guest
from pve_simulator.state.storage import Volume
from pve_simulator.storage.names import is_directory
from pve_simulator.storage.volumes import Volumes

# Room for the state of the devices beside the memory.
_DEVICES = 500 * sizes.MIB
# What a machine that has nothing in its RAM has to save, bytes.
_EMPTY_STATE = 3_148_800
_MINUTES = 5
_MACHINE = "pc-i440fx-10.0+pve1"


def state_storage(cluster: Cluster, config: Config) -> str:
    """Where saved RAM goes: as configured, or a storage that has a disk of the guest, a shared one before others."""
    if "vmstatestorage" in config:
        return config["vmstatestorage"]
    used = [name for disk in disks_of(config) if (name := disk.storage) is not None and name in cluster.storages]
    shared = [name for name in used if cluster.storages[name].is_shared]
    return (shared or used or ["local"])[0]


def allocate_state(volumes: Volumes, guest: Guest, name: str, storage: str | None = None) -> Volume:
    """A volume that is large enough for the guest's RAM, twice over, as it may change while it is saved."""
    storage = storage or state_storage(volumes.cluster, guest.config)
    full_name = volumes.complete_name(storage, f"vm-{guest.vmid}-state-{name}", "raw")
    return volumes.allocate(storage, guest.vmid, sizes.memory(guest) * 2 + _DEVICES, "raw", full_name)


def write_state(volumes: Volumes, volume: Volume, guest: Guest, uptime: float) -> int:
    """Fill the volume; a file shrinks to what it holds. Returns the bytes written."""
    volume.used = _EMPTY_STATE + count_touched_ram(guest, uptime)
    if is_directory(volumes.cluster.storages[volume.volid.partition(":")[0]]):
        volume.size = volume.used
    return volume.used


def count_touched_ram(guest: Guest, uptime: float) -> int:
    """Bytes of RAM that are not zero: more for some minutes after the start."""
    used = usage_of(f"guest/{guest.vmid}", uptime, sizes.memory(guest)).mem
    return used * min(int(uptime // 60), _MINUTES) // _MINUTES


def running_keys(guest: Guest) -> Config:
    """What is needed to start the guest again from its RAM: machine, CPU, and MTUs of its networks."""
    keys = {
        "runningmachine": _machine(guest.config.get("machine", _MACHINE)),
        "runningcpu": "qemu64" if guest.config.get("kvm") == "0" else "kvm64",
    }
    # Empty for a machine without networks.
    keys["running-nets-host-mtu"] = ",".join(f"{net}=1500" for net in network_keys(guest.config)) or " "
    return keys


def network_keys(config: Config) -> list[str]:
    """The network devices of a configuration."""
    return sorted(key for key in config if key.startswith("net") and key[3:].isdecimal())


def restore_lines(config: Config) -> list[str]:
    """What the log says of the networks when a guest starts from its RAM."""
    mtus = (item.partition("=") for item in config.get("running-nets-host-mtu", "").split(",") if item.strip())
    return [f"netdev {net}: using 'host_mtu={mtu}' for migration compat" for net, dummy, mtu in mtus]


def _machine(value: str) -> str:
    kind = next((item.removeprefix("type=") for item in value.split(",") if "=" not in item or "type=" in item), "pc")
    return {"pc": _MACHINE, "q35": "pc-q35-10.0+pve1"}.get(kind, kind)
