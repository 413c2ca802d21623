# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that a cloud-init drive carries (qemu-server's Cloudinit module)."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Mapping
from urllib.parse import unquote

from pve_simulator.guests.qemu.networks import net_keys, parse_net
from pve_simulator.schema import config_schema, parse_property_string

Config = Mapping[str, str]


def render_file(config: Config, vmid: int, what: str, host_dns: Mapping[str, str]) -> str:
    """The `user`, `network` or `meta` file. `host_dns` is used for what the configuration leaves out."""
    kind = drive_type(config)
    user = user_data(config, vmid)
    network = (_nocloud_network if kind == "nocloud" else _configdrive_network)(config, host_dns)
    if what == "user":
        return user
    if what == "network":
        return network
    instance = hashlib.sha1((user + network).encode(), usedforsecurity=False).hexdigest()
    return f"instance-id: {instance}\n" if kind == "nocloud" else _configdrive_meta(instance)


def drive_type(config: Config) -> str:
    """The kind of drive: as configured, or what systems of this type read."""
    if "citype" in config:
        return config["citype"]
    return "configdrive2" if config.get("ostype", "").startswith("w") else "nocloud"


def user_data(config: Config, vmid: int) -> str:
    """The user file: name, login, keys."""
    host, fqdn = _names(config, vmid)
    lines = ["#cloud-config", f"hostname: {host}", "manage_etc_hosts: true", f"fqdn: {fqdn}"]
    user = config.get("ciuser")
    if user is not None:
        lines.append(f"user: {user}")
    if "cipassword" in config:
        lines.append(f"password: {config['cipassword']}")
    if "sshkeys" in config:
        keys = [key for key in unquote(config["sshkeys"]).splitlines() if key.strip()]
        lines += ["ssh_authorized_keys:", *(f"  - {key}" for key in keys)]
    lines += ["chpasswd:", "  expire: False"]
    if user != "root":
        lines += ["users:", "  - default"]
    if config.get("ciupgrade", "1") != "0":
        lines.append("package_upgrade: true")
    return "".join(f"{line}\n" for line in lines)


def _names(config: Config, vmid: int) -> tuple[str, str]:
    name = config.get("name", f"VM{vmid}")
    if "." in name:
        return name.partition(".")[0], name
    domain = config.get("searchdomain", "").strip()
    return name, f"{name}.{domain}" if domain else name


def _dns(config: Config, host_dns: Mapping[str, str]) -> tuple[list[str], list[str]]:
    domains = config.get("searchdomain", host_dns.get("search", "")).split()
    own = [host_dns[key] for key in ("dns1", "dns2", "dns3") if key in host_dns]
    return domains, config["nameserver"].split() if "nameserver" in config else own


def _read_addresses(config: Config) -> list[tuple[str, str, dict[str, str]]]:
    """Number, MAC address and addresses of every network device that has some."""
    devices = []
    for key in net_keys(config):
        number = key[3:]
        text = config.get(f"ipconfig{number}")
        if text is not None:
            addresses = _normalize_addresses(
                parse_property_string(text, config_schema("qemu")["ipconfig0"], "ipconfig0")
            )
            devices.append((number, parse_net(config[key]).get("macaddr", "").lower(), addresses))
    return devices


def _normalize_addresses(addresses: dict[str, str]) -> dict[str, str]:
    """Addresses as the server takes them: none at all means DHCP, a gateway without an address means nothing."""
    if "gw" in addresses and addresses.get("ip") == "dhcp":
        return {}
    if "gw6" in addresses and addresses.get("ip6") in ("dhcp", "auto"):
        return {}
    return addresses if addresses.keys() & {"ip", "ip6"} else {"ip": "dhcp", "ip6": "dhcp"}


def _split_prefix(address: str) -> tuple[str, str]:
    interface = ipaddress.ip_interface(address)
    return str(interface.ip), str(interface.netmask)


def _nocloud_network(config: Config, host_dns: Mapping[str, str]) -> str:
    lines = ["version: 1", "config:"]
    for number, mac, addresses in _read_addresses(config):
        lines += [
            "    - type: physical",
            f"      name: eth{number}",
            f"      mac_address: '{mac}'",
            "      subnets:",
            *_nocloud_subnets(addresses),
        ]
    domains, servers = _dns(config, host_dns)
    if domains or servers:
        lines.append("    - type: nameserver")
        for title, entries in (("address", servers), ("search", domains)):
            if entries:
                lines += [f"      {title}:", *(f"      - '{entry}'" for entry in entries)]
    return "".join(f"{line}\n" for line in lines)


def _nocloud_subnets(addresses: Mapping[str, str]) -> list[str]:
    lines = []
    four, six = addresses.get("ip"), addresses.get("ip6")
    if four == "dhcp":
        lines.append("      - type: dhcp4")
    elif four is not None:
        address, mask = _split_prefix(four)
        lines += ["      - type: static", f"        address: '{address}'", f"        netmask: '{mask}'"]
        lines += [f"        gateway: '{addresses['gw']}'"] if "gw" in addresses else []
    if six in ("dhcp", "auto"):
        lines.append(f"      - type: {'dhcp6' if six == 'dhcp' else 'ipv6_slaac'}")
    elif six is not None:
        lines += ["      - type: static6", f"        address: '{six}'"]
        lines += [f"        gateway: '{addresses['gw6']}'"] if "gw6" in addresses else []
    return lines


def _configdrive_network(config: Config, host_dns: Mapping[str, str]) -> str:
    text = "auto lo\niface lo inet loopback\n\n"
    for number, addresses in ((entry[0], entry[2]) for entry in _read_addresses(config)):
        text += f"auto eth{number}\n"
        four, six = addresses.get("ip"), addresses.get("ip6")
        if four == "dhcp":
            text += f"iface eth{number} inet dhcp\n"
        elif four is not None:
            address, mask = _split_prefix(four)
            text += f"iface eth{number} inet static\n        address {address}\n        netmask {mask}\n"
            text += f"        gateway {addresses['gw']}\n" if "gw" in addresses else ""
        if six in ("auto", "dhcp"):
            text += f"iface eth{number} inet6 {six}\n"
        elif six is not None:
            address, prefix = six.split("/", 1)
            text += f"iface eth{number} inet6 static\n        address {address}\n        netmask {prefix}\n"
            text += f"        gateway {addresses['gw6']}\n" if "gw6" in addresses else ""
    domains, servers = _dns(config, host_dns)
    text += f"        dns_nameservers {' '.join(servers)}\n" if servers else ""
    return text + (f"        dns_search {' '.join(domains)}\n" if domains else "")


def _configdrive_meta(instance: str) -> str:
    content = {"uuid": instance, "network_config": {"content_path": "/content/0000"}}
    return json.dumps(content, indent=5) + "\n"
