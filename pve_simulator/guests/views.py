# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How lists and status calls show a guest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pve_simulator.guests import sizes
from pve_simulator.guests.agent.systems import find_system
from pve_simulator.guests.usage import usage_of
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, service_id
from pve_simulator.state.qemu import gone_drives

if TYPE_CHECKING:
    from pve_simulator.world.world import World

_PRESSURES = ("cpufull", "cpusome", "iofull", "iosome", "memoryfull", "memorysome")
_FILESYSTEM_SHARE = 0.95
_SHARES = 1000
_BOOT_SECONDS = 10
_QEMU_VERSION = "10.0.13"
_SUPPORT: dict[str, Any] = {
    "backup-access-api": True,
    "backup-fleecing": True,
    "backup-max-workers": True,
    "pbs-dirty-bitmap": True,
    "pbs-dirty-bitmap-migration": True,
    "pbs-dirty-bitmap-savevm": True,
    "pbs-library-version": "1.6.1 (af5b7e4f9a1d4d9cd1c5f3fca4f41b1a5d1ff2d8)",
    "pbs-masterkey": True,
    "query-bitmap-info": True,
}
_BLOCK_COUNTER_NAMES = """
failed_flush_operations failed_rd_operations failed_unmap_operations failed_wr_operations
failed_zone_append_operations flush_operations flush_total_time_ns invalid_flush_operations
invalid_rd_operations invalid_unmap_operations invalid_wr_operations invalid_zone_append_operations
rd_bytes rd_merged rd_operations rd_total_time_ns unmap_bytes unmap_merged unmap_operations
unmap_total_time_ns wr_bytes wr_highest_offset wr_merged wr_operations wr_total_time_ns
zone_append_bytes zone_append_merged zone_append_operations zone_append_total_time_ns
"""
_BLOCK_COUNTERS = tuple(_BLOCK_COUNTER_NAMES.split())


def list_entry(world: World, guest: Guest, *, full: bool = False, at: float | None = None) -> dict[str, Any]:
    """A guest in its node's list; `full` adds what only a status call or `full=1` shows.

    Figures are those of now, or of the moment `at`.
    """
    entry = _build_common(world, guest, at)
    if guest.type == "qemu":
        _add_qemu(world, guest, entry, full=full)
    else:
        _add_lxc(world, guest, entry)
    return entry


def current_status(world: World, guest: Guest) -> dict[str, Any]:
    """GET status/current."""
    entry = list_entry(world, guest, full=True)
    entry["ha"] = ha_view(world, guest)
    if guest.type == "qemu":
        if agent_enabled(guest):
            entry["agent"] = 1
        if "qxl" in guest.config.get("vga", ""):
            entry["spice"] = 1
    return entry


def ha_view(world: World, guest: Guest) -> dict[str, Any]:
    """The `ha` object of a status call."""
    resource = world.cluster.part(Ha).resources.get(service_id(guest))
    return {"managed": 1, "state": resource.state} if resource else {"managed": 0}


def agent_enabled(guest: Guest) -> bool:
    """Whether the configuration enables the guest agent."""
    value = guest.config.get("agent", "0")
    return value.split(",", 1)[0].removeprefix("enabled=") == "1"


def uptime(world: World, guest: Guest, at: float | None = None) -> int:
    """Seconds since the start, now or at another moment; 0 when stopped."""
    if not guest.running:
        return 0
    return max(0, int((world.clock.time() if at is None else at) - guest.started_at))


def _build_common(world: World, guest: Guest, at: float | None) -> dict[str, Any]:
    node = world.cluster.nodes[guest.node]
    maxmem = sizes.memory(guest)
    entry: dict[str, Any] = {
        "vmid": guest.vmid,
        "name": guest.name,
        "status": "running" if guest.running else "stopped",
        "cpus": sizes.cpus(guest, node.cpus),
        "maxmem": maxmem,
        "maxdisk": sizes.disk(guest),
        "disk": 0,
        "cpu": 0,
        "mem": 0,
        "uptime": uptime(world, guest, at),
        "netin": 0,
        "netout": 0,
    }
    if guest.running:
        used = usage_of(f"guest/{guest.vmid}", entry["uptime"], maxmem)
        entry |= {
            "cpu": used.cpu,
            "mem": used.mem,
            "netin": used.net_in,
            "netout": used.net_out,
            "pid": guest.pid,
        }
    for key in ("lock", "tags"):
        if guest.config.get(key):
            entry[key] = guest.config[key]
    if guest.template:
        entry["template"] = 1
    return entry


def _add_qemu(world: World, guest: Guest, entry: dict[str, Any], *, full: bool) -> None:
    entry["memhost"] = entry["mem"]
    balloon = int(guest.config.get("balloon", 0))
    if balloon:
        entry |= {"balloon_min": balloon * sizes.MIB, "shares": int(guest.config.get("shares", _SHARES))}
    if any(guest.config.get(f"serial{n}") for n in range(4)):
        entry["serial"] = 1
    if guest.running:
        entry |= {f"pressure{name}": 0 for name in _PRESSURES}
    if not full:
        return
    entry["qmpstatus"] = qmp_status(guest)
    if guest.running:
        used = usage_of(f"guest/{guest.vmid}", entry["uptime"], entry["maxmem"])
        entry |= {
            "diskread": used.disk_read,
            "diskwrite": used.disk_write,
            "proxmox-support": dict(_SUPPORT),
            "running-machine": guest.config.get("machine", "pc-i440fx-10.0+pve1"),
            "running-qemu": _QEMU_VERSION,
        }
        devices = {
            "blockstat": _build_block_statistics(guest, used.disk_read, used.disk_write),
            "nics": _build_nics(guest, used.net_in, used.net_out),
        }
        entry |= {name: view for name, view in devices.items() if view}
        if guest.config.get("balloon") != "0":
            entry["balloon"] = entry["maxmem"]
            entry["ballooninfo"] = {"actual": entry["maxmem"], "max_mem": entry["maxmem"]}
            _add_balloon_statistics(world, guest, entry)


def _add_lxc(world: World, guest: Guest, entry: dict[str, Any]) -> None:
    entry |= {"type": "lxc", "swap": 0, "maxswap": sizes.swap(guest), "diskread": 0, "diskwrite": 0}
    if guest.running:
        used = usage_of(f"guest/{guest.vmid}", entry["uptime"], entry["maxmem"])
        entry |= {"diskread": used.disk_read, "diskwrite": used.disk_write}
        # A running container's size is that of its filesystem, which takes some space for itself.
        entry["maxdisk"] = int(entry["maxdisk"] * _FILESYSTEM_SHARE) // 4096 * 4096
        entry["disk"] = entry["maxdisk"] // 8 // 4096 * 4096
        entry |= {f"pressure{name}": "0.00" for name in _PRESSURES}


def _add_balloon_statistics(world: World, guest: Guest, entry: dict[str, Any]) -> None:
    """What the balloon driver reports once a system with one has booted."""
    if entry["uptime"] < _BOOT_SECONDS or find_system(guest) is None:
        return
    total = int(entry["maxmem"] * 0.95) // 4096 * 4096
    entry["freemem"] = max(0, total - entry["mem"])
    entry["ballooninfo"] |= {
        "free_mem": entry["freemem"],
        "total_mem": total,
        "last_update": int(world.clock.time()),
        "major_page_faults": 0,
        "minor_page_faults": entry["uptime"] * 20,
        "mem_swapped_in": 0,
        "mem_swapped_out": 0,
    }


def qmp_status(guest: Guest) -> str:
    """What QEMU says of the machine: running, paused or stopped."""
    if not guest.running:
        return "stopped"
    return "paused" if guest.paused else "running"


def _build_block_statistics(guest: Guest, read: int, written: int) -> dict[str, Any]:
    result: dict[str, Any] = {}
    gone = gone_drives(guest)
    for key in sorted(key for key in guest.config if sizes.is_disk(key) and key not in gone):
        counters: dict[str, Any] = dict.fromkeys(_BLOCK_COUNTERS, 0)
        if not result:
            counters |= {"rd_bytes": read, "wr_bytes": written, "rd_operations": read // 4096}
            counters |= {"wr_operations": written // 4096, "wr_highest_offset": written}
        result[key] = {**counters, "account_failed": True, "account_invalid": True, "timed_stats": []}
    return result


def _build_nics(guest: Guest, received: int, sent: int) -> dict[str, Any]:
    numbers = sorted(int(key[3:]) for key in guest.config if re.fullmatch(r"net\d+", key))
    return {
        f"tap{guest.vmid}i{number}": {
            "netin": received if number == numbers[0] else 0,
            "netout": sent if number == numbers[0] else 0,
        }
        for number in numbers
    }
