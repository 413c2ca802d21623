# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One machine as its agent sees it: the guest, its system, its script, and the time."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import sizes
from pve_simulator.guests.agent.systems import System
from pve_simulator.state.agent import AgentScript
from pve_simulator.state.guest import Guest


@dataclass(frozen=True, slots=True)
class Machine:
    """What the replies are made from; `now` is seconds since the epoch."""

    guest: Guest
    system: System
    script: AgentScript
    now: float

    @property
    def host_name(self) -> str:
        """The system's host name."""
        return self.system.host_name or self.guest.name

    @property
    def users(self) -> list[str]:
        """Accounts that have a password."""
        return ["root", *self.script.users]

    def list_interfaces(self) -> list[tuple[str, str, list[str]]]:
        """Every interface: its name, MAC address and addresses with prefix length."""
        interfaces = [("lo", "00:00:00:00:00:00", ["127.0.0.1/8", "::1/128"])]
        for number, mac in enumerate(_mac_addresses(self.guest)):
            name = f"eth{number}"
            addresses = self.script.addresses.get(name)
            if addresses is None:
                addresses = [*([self._dhcp_address()] if number == 0 else []), f"{link_local(mac)}/64"]
            interfaces.append((name, mac, addresses))
        return interfaces

    def _dhcp_address(self) -> str:
        return self.system.dhcp or f"10.99.{self.guest.vmid // 250 % 250}.{self.guest.vmid % 250 + 1}/16"


def agent_error(description: str) -> ApiError:
    """An error that the agent itself reports."""
    return failure(f"Agent error: {description}")


def link_local(mac: str) -> str:
    """The IPv6 address that an interface gives itself."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    bits = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(ipaddress.IPv6Address(bytes.fromhex("fe80000000000000") + bits))


def _mac_addresses(guest: Guest) -> list[str]:
    keys = sorted(
        (key for key in guest.config if key[:3] == "net" and key[3:].isdecimal()), key=lambda key: int(key[3:])
    )
    return [mac for key in keys if (mac := _mac_of(guest.config[key])) is not None]


def _mac_of(value: str) -> str | None:
    for option in value.split(","):
        text = option.partition("=")[2]
        if text.count(":") == 5:
            return text.lower()
    return None


def memory_blocks(guest: Guest) -> int:
    """How many blocks of 128 MiB the machine's memory has."""
    return -(-sizes.memory(guest) // (128 * sizes.MIB))
