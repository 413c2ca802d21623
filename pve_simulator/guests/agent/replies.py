# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the agent answers to commands without parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pve_simulator.guests import sizes
from pve_simulator.guests.agent.machine import Machine, agent_error, memory_blocks
from pve_simulator.guests.usage import usage_of

Reply = Callable[[Machine], Any]

# In the order in which a QEMU 10 agent lists them. The silent ones answer nothing when they work.
_SUPPORTED = (
    "network-get-route get-load get-cpustats get-diskstats ssh-remove-authorized-keys ssh-add-authorized-keys"
    " ssh-get-authorized-keys get-osinfo get-timezone get-users get-host-name exec exec-status get-memory-block-info"
    " set-memory-blocks get-memory-blocks set-user-password get-fsinfo get-disks set-vcpus get-vcpus"
    " network-get-interfaces suspend-hybrid suspend-ram suspend-disk fstrim fsfreeze-thaw fsfreeze-freeze-list"
    " fsfreeze-freeze fsfreeze-status file-flush file-seek file-write file-read file-close file-open shutdown info"
    " set-time get-time ping sync sync-delimited"
)
SUSPENDING = frozenset({"suspend-hybrid", "suspend-ram", "suspend-disk"})
_SILENT = SUSPENDING | {"shutdown"}
_WHILE_FROZEN = frozenset({"ping", "info", "sync", "sync-delimited", "fsfreeze-status", "fsfreeze-thaw"})
_VERSION = "10.0.13"
_BLOCK = 128 * sizes.MIB


def answer_command(machine: Machine, command: str) -> Any:
    """The result of a command; errors are results too, which the API returns with status 200."""
    if machine.script.frozen and command not in _WHILE_FROZEN:
        return _error("CommandNotFound", _frozen_text(command))
    if command in machine.script.errors:
        return _error("GenericError", machine.script.errors[command])
    if command in machine.script.replies:
        return machine.script.replies[command]
    if command in SUSPENDING and not machine.system.suspends:
        return _error("GenericError", "the requested suspend mode is not supported by the guest")
    return _REPLIES[command](machine)


def check_allowed(machine: Machine, command: str) -> None:
    """Raise what the API makes of an error for commands with parameters."""
    if machine.script.frozen and command not in _WHILE_FROZEN:
        raise agent_error(_frozen_text(command))
    if command in machine.script.errors:
        raise agent_error(machine.script.errors[command])


def is_error(result: Any) -> bool:
    """Whether a result says that the command failed."""
    return isinstance(result, dict) and "error" in result


def _error(kind: str, description: str) -> dict[str, Any]:
    return {"error": {"class": kind, "desc": description}}


def _frozen_text(command: str) -> str:
    return f"Command guest-{command} has been disabled: the agent is in frozen state"


def _network(machine: Machine) -> list[dict[str, Any]]:
    used = usage_of(f"guest/{machine.guest.vmid}", machine.now - machine.guest.started_at, 0)
    interfaces = []
    for name, mac, addresses in machine.list_interfaces():
        received, sent = (0, 0) if name == "lo" else (used.net_in, used.net_out)
        interfaces.append(
            {
                "name": name,
                "hardware-address": mac,
                "ip-addresses": [_address(text) for text in addresses],
                "statistics": {
                    "rx-bytes": received,
                    "rx-packets": received // 64,
                    "rx-errs": 0,
                    "rx-dropped": 0,
                    "tx-bytes": sent,
                    "tx-packets": sent // 64,
                    "tx-errs": 0,
                    "tx-dropped": 0,
                },
            }
        )
    return interfaces


def _address(text: str) -> dict[str, Any]:
    address, _slash, prefix = text.partition("/")
    kind = "ipv6" if ":" in address else "ipv4"
    return {"ip-address": address, "ip-address-type": kind, "prefix": int(prefix or (128 if kind == "ipv6" else 32))}


def _file_systems(machine: Machine) -> list[dict[str, Any]]:
    if not machine.system.disk:
        return []
    total = int(sizes.disk(machine.guest) * 0.93)
    disk = {
        "bus": 0,
        "bus-type": "scsi",
        "dev": "/dev/sda1",
        "pci-controller": {"bus": 0, "domain": 0, "function": 0, "slot": 5},
        "serial": "0QEMU_QEMU_HARDDISK_drive-scsi0",
        "target": 0,
        "unit": 0,
    }
    root = {
        "name": "sda1",
        "mountpoint": "/",
        "type": "ext4",
        "disk": [disk],
        "total-bytes": total,
        "total-bytes-privileged": total,
        "used-bytes": total // 4,
    }
    return [root]


def _osinfo(machine: Machine) -> dict[str, str]:
    return dict(machine.system.osinfo)


def _users(machine: Machine) -> list[dict[str, Any]]:
    return []


def _processors(machine: Machine) -> list[dict[str, Any]]:
    return [
        {"logical-id": number, "online": True, "can-offline": number > 0}
        for number in range(sizes.cpus(machine.guest, 1))
    ]


def _memory_blocks(machine: Machine) -> list[dict[str, Any]]:
    count = memory_blocks(machine.guest)
    return [{"phys-index": number, "online": True, "can-offline": True} for number in reversed(range(count))]


def _info(machine: Machine) -> dict[str, Any]:
    commands = [
        {"name": f"guest-{name}", "enabled": _is_enabled(machine, name), "success-response": name not in _SILENT}
        for name in _SUPPORTED.split()
    ]
    return {"version": _VERSION, "supported_commands": commands}


def _is_enabled(machine: Machine, name: str) -> bool:
    return not machine.script.frozen or name in _WHILE_FROZEN


def _freeze(machine: Machine) -> int:
    count = int(machine.system.disk)
    machine.script.frozen = count > 0
    return count


def _thaw(machine: Machine) -> int:
    count = int(machine.script.frozen)
    machine.script.frozen = False
    return count


def _trim(machine: Machine) -> dict[str, Any]:
    if not machine.system.disk:
        return {"paths": []}
    return {"paths": [{"path": "/", "trimmed": sizes.disk(machine.guest) // 2, "minimum": 0}]}


_REPLIES: dict[str, Reply] = {
    "ping": lambda machine: {},
    "info": _info,
    "network-get-interfaces": _network,
    "get-osinfo": _osinfo,
    "get-host-name": lambda machine: {"host-name": machine.host_name},
    "get-time": lambda machine: int(machine.now * 1000) * 1_000_000,
    "get-timezone": lambda machine: {"zone": "UTC", "offset": 0},
    "get-users": _users,
    "get-vcpus": _processors,
    "get-memory-blocks": _memory_blocks,
    "get-memory-block-info": lambda machine: {"size": _BLOCK},
    "get-fsinfo": _file_systems,
    "fsfreeze-status": lambda machine: "frozen" if machine.script.frozen else "thawed",
    "fsfreeze-freeze": _freeze,
    "fsfreeze-thaw": _thaw,
    "fstrim": _trim,
    "shutdown": lambda machine: None,
    "suspend-disk": lambda machine: None,
    "suspend-ram": lambda machine: None,
    "suspend-hybrid": lambda machine: None,
}
