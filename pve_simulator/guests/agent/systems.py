# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operating systems that a simulated machine may run, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch

from pve_simulator.guests import sizes
from pve_simulator.state.agent import AgentScript
from pve_simulator.state.guest import Guest


@dataclass(frozen=True, slots=True)
class System:
    """What an agent tells of its system; an installer has none.

    `host_name` None is the machine's own name. `disk` says whether it runs from the machine's disk, `suspends`
    whether it can. `dhcp` is the address that its first network device gets, None for one made from the id.
    """

    osinfo: Mapping[str, str] = field(default_factory=dict)
    agent: bool = True
    acpi: bool = True
    host_name: str | None = None
    disk: bool = True
    suspends: bool = True
    dhcp: str | None = None
    first_pid: int = 700
    programs: frozenset[str] = frozenset()
    directories: frozenset[str] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)


_COMMON_PROGRAMS = (
    "[ cat date echo env false free grep head hostname id ip ls pwd rm sh sleep sync tail test touch true uname uptime"
    " wc whoami"
)
_MORE_PROGRAMS = "apt bash chpasswd dpkg journalctl python3 systemctl useradd"
_COMMON_DIRECTORIES = "/ /bin /dev /etc /proc /root /run /sbin /sys /tmp /usr /var"
_COMMON = frozenset(_COMMON_PROGRAMS.split())
_DIRECTORIES = frozenset(_COMMON_DIRECTORIES.split())

SYSTEMS: Mapping[str, System] = {
    "debian": System(
        osinfo={
            "id": "debian",
            "name": "Debian GNU/Linux",
            "pretty-name": "Debian GNU/Linux 13 (trixie)",
            "version": "13 (trixie)",
            "version-id": "13",
            "machine": "x86_64",
            "kernel-release": "6.12.107+deb13-amd64",
            "kernel-version": "#1 SMP PREEMPT_DYNAMIC Debian 6.12.107-1 (2026-08-29)",
        },
        programs=_COMMON | frozenset(_MORE_PROGRAMS.split()),
        directories=_DIRECTORIES | frozenset(("/boot", "/home", "/opt", "/srv", "/usr/bin", "/var/log")),
        files={
            "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nID=debian\n',
            "/etc/debian_version": "13.1\n",
        },
    ),
    "tiny": System(
        osinfo={
            "id": "tiny",
            "name": "Tiny Linux",
            "pretty-name": "Tiny Linux 1",
            "version": "1",
            "version-id": "1",
            "machine": "x86_64",
            "kernel-release": "6.12.107+deb13-cloud-amd64",
            "kernel-version": "#1 SMP PREEMPT_DYNAMIC Debian 6.12.107-1 (2026-08-29)",
        },
        host_name="tiny",
        disk=False,
        suspends=False,
        dhcp="10.99.0.201/24",
        first_pid=163,
        programs=_COMMON,
        directories=_DIRECTORIES,
        files={"/etc/os-release": 'PRETTY_NAME="Tiny Linux 1"\nNAME="Tiny Linux"\nID=tiny\nVERSION_ID=1\n'},
    ),
    "installer": System(agent=False),
}
_DEFAULT = "debian"
# Which system a medium starts, by the file's name; the first that fits counts.
_MEDIA = (("tiny-linux*.iso", "tiny"), ("*.iso", "installer"), ("*.img", "installer"))


def find_system(guest: Guest) -> System | None:
    """The system that a machine runs when it is on; None when there is nothing to boot.

    Its script names it, or the medium in its first bootable drive starts it, or it is installed on the disk.
    """
    script = guest.parts.get("agent_script")
    if isinstance(script, AgentScript) and script.system is not None:
        return SYSTEMS.get(script.system, SYSTEMS[_DEFAULT])
    medium = _boot_medium(guest)
    if medium is not None:
        return SYSTEMS[next(name for pattern, name in _MEDIA if fnmatch(medium.lower(), pattern))]
    return SYSTEMS[_DEFAULT] if guest.acpi else None


def answers_acpi(guest: Guest) -> bool:
    """Whether the system reacts to the power button."""
    system = find_system(guest)
    return system is not None and system.acpi and not guest.paused


def answers_agent(guest: Guest) -> bool:
    """Whether an agent answers: it is enabled, installed, alive, and the machine runs."""
    enabled = guest.config.get("agent", "0").split(",", 1)[0].removeprefix("enabled=") == "1"
    system = find_system(guest)
    alive = guest.agent_alive or _boot_medium(guest) is not None
    return enabled and guest.running and not guest.paused and alive and system is not None and system.agent


def _boot_medium(guest: Guest) -> str | None:
    """The file name of the medium that the machine boots from, unless it boots from a disk."""
    for device in sizes.boot_devices(guest.config):
        value = guest.config.get(device)
        if value is None or not sizes.is_disk(device):
            continue
        volume = value.split(",", 1)[0]
        if "media=cdrom" not in value:
            return None
        name = volume.rpartition("/")[2].lower()
        if name.endswith((".iso", ".img")):
            return volume.rpartition("/")[2]
    return None
