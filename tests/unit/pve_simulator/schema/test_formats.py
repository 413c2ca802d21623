"""Named formats: what each takes, and what it says of the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pve_simulator.schema.check import check_format
from pve_simulator.schema.errors import FormatError

TAKEN = [
    ("pve-vmid", ["100", "999999999"]),
    ("pve-node", ["pve1", "a", "node-2"]),
    ("pve-configid", ["ab", "Snap_1", "a-b"]),
    ("pve-storage-id", ["local", "local-lvm", "a.b"]),
    ("pve-bridge-id", ["vmbr0", "my.bridge-1"]),
    ("pve-iface", ["eth0", "vmbr0", "eno1.100", "enp0s31f6:1"]),
    ("pve-tag-list", ["web;db", "web, db", "a b", "", "v1.2-x+y"]),
    ("pve-poolid", ["dev", "a/b/c"]),
    ("pve-userid", ["root@pam", "some.one@my-realm"]),
    ("pve-tokenid-list", ["root@pam!mcp", "a@pve!one,b@pve!two"]),
    ("pve-priv-list", ["VM.Audit VM.PowerMgmt"]),
    ("dns-name", ["web", "web1.example.com"]),
    ("mac-addr", ["BC:24:11:00:00:01", "aa:bb:cc:dd:ee:ff"]),
    ("mac-prefix", ["BC:24:11", "bc:24"]),
    ("ipv4", ["10.0.0.1", "255.255.255.255"]),
    ("ipv6", ["::1", "fe80::1", "2001:db8::"]),
    ("ip-list", ["10.0.0.1 ::1"]),
    ("CIDRv4", ["10.0.0.0/8", "192.168.1.5/24"]),
    ("CIDR", ["fd00::/64", "10.0.0.0/24"]),
    ("ipv4mask", ["255.255.255.0", "0.0.0.0"]),
    ("pve-ipv4-config", ["dhcp", "manual", "10.0.0.5/24"]),
    ("pve-ipv6-config", ["auto", "dhcp", "fd00::5/64"]),
    ("IPorCIDRorAlias", ["10.0.0.1", "fd00::/48", "myalias", "dc/myalias"]),
    ("pve-fw-addr-spec", ["+myset", "myalias", "10.0.0.1,10.0.1.0/24", "10.0.0.1-10.0.0.9", "fd00::1", "+dc/x"]),
    ("pve-fw-dport-spec", ["22", "80,443", "ssh", "6000:6010", "echo-request"]),
    ("pve-fw-protocol-spec", ["tcp", "icmp", "47", ""]),
    ("address", ["10.0.0.1", "::1", "host.example.com"]),
    ("pve-volume-id", ["local:iso/x.iso", "local:8"]),
    ("pve-volume-id-or-qm-path", ["none", "cdrom", "/dev/sdb", "local:8"]),
    ("disk-size", ["8G", "1.5T", "1024"]),
    ("pve-storage-content-list", ["images,iso", "none"]),
    ("storage-pair-list", ["1", "local", "local:other,a1:b1"]),
    ("urlencoded", ["ssh-ed25519%20AAAA", ""]),
    ("pve-startup-order", ["1", "order=2,up=30,down=60"]),
    ("pve-hotplug-features", ["0", "1", "disk,network,usb"]),
    ("pve-cpuset", ["0", "0-3,8", "1,5-7"]),
    ("pve-calendar-event", ["daily", "*/15", "mon..fri 8:00", "sat,sun 2:30", "2026-12-24 20:00", "*-*-01 02:00"]),
    ("pve-ha-resource-or-vm-id", ["vm:100", "100"]),
    ("pve-ha-resource-id-list", ["vm:100,ct:101"]),
    ("pve-ha-node-list", ["pve1:2,pve2"]),
    ("pve-lxc-mp-string", ["local:8", "/mnt/data", "/mnt/.hidden"]),
    ("pve-ct-timezone", ["host", "UTC", "Europe/Vienna", "America/Argentina/Ushuaia"]),
    ("pve-storage-path", ["/mnt/pve/x y"]),
    ("pve-dir-override-list", ["iso=my/isos,backup=dumps"]),
    ("prune-backups", ["keep-last=3,keep-daily=7", "keep-all=1", "keep-all=true"]),
    (
        "pve-vm-cpu-conf",
        ["host", "DiamondRapids", "x86-64-v2-AES", "cputype=kvm64,flags=+aes;-pcid", "custom-mine", "phys-bits=host"],
    ),
    ("pve-qm-cicustom", ["user=local:snippets/u.yml,network=local:snippets/n.yml"]),
    ("pve-qm-smbios1", ["uuid=11111111-2222-3333-4444-555555555555,base64=1,serial=YQ=="]),
    ("pve-qm-hostpci", ["0000:01:00.0,pcie=1", "01:00;02:00", "mapping=gpu"]),
    ("pve-qm-boot", ["order=scsi0;net0;ide2", "cdn"]),
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in TAKEN for value in values])
def test_a_format_takes_what_the_server_takes(name: str, value: str) -> None:
    check_format(name, value, "x")


REFUSED = [
    ("pve-vmid", "99", "value does not look like a valid VM ID"),
    ("pve-vmid", "0100", "value does not look like a valid VM ID"),
    ("pve-vmid-list", "100,x", "value does not look like a valid VM ID"),
    ("pve-node", "bad_node!", "value does not look like a valid node name"),
    ("pve-configid", "1abc", "invalid configuration ID '1abc'"),
    ("pve-storage-id", "x", "storage ID 'x' cannot be shorter than 2 characters"),
    ("pve-storage-id", "9x", "storage ID '9x' contains illegal characters"),
    ("pve-bridge-id", "a b", "invalid bridge ID 'a b'"),
    ("pve-iface", "bad iface", "invalid network interface name 'bad iface'"),
    ("pve-tag-list", "bad!", "invalid characters in tag"),
    ("pve-poolid", "a/b/c/d", "pool name 'a/b/c/d' nested too deeply (max levels = 3)"),
    ("pve-poolid", "a b", "pool name 'a b' contains invalid characters"),
    ("pve-userid", "a", "user name 'a' is too short"),
    ("pve-userid", "audit", "value 'audit' does not look like a valid user name"),
    ("pve-priv-list", "Bogus.Priv", "invalid privilege 'Bogus.Priv'"),
    ("dns-name", "under_score", "value does not look like a valid DNS name"),
    ("mac-addr", "01:BB:CC:DD:EE:02", "value does not look like a valid unicast MAC address"),
    ("ipv4", "256.1.1.1", "value does not look like a valid IPv4 address"),
    ("ipv6", "10.0.0.1", "value does not look like a valid IPv6 address"),
    ("ip", "host", "value does not look like a valid IP address"),
    ("CIDRv4", "10.0.0.0/4", "value does not look like a valid IPv4 CIDR network"),
    ("CIDR", "10.0.0.1", "value does not look like a valid CIDR network"),
    ("ipv4mask", "255.0.255.0", "value does not look like a valid IP netmask"),
    ("pve-ipv4-config", "10.0.0.5", "value does not look like a valid ipv4 network configuration"),
    ("pve-ipv6-config", "fd00::5", "value does not look like a valid ipv6 network configuration"),
    ("IPorCIDR", "bogus/33", "value does not look like a valid IP address or CIDR network"),
    (
        "pve-fw-addr-spec",
        "300.1.1.1",
        "invalid IP address: Invalid quad in IP address 300.1.1.1 - 300",
    ),
    ("pve-fw-addr-spec", "10.0.0.0/33", "invalid IP address: Prefix length 33 is longer than IP address (32)"),
    ("pve-lxc-mp-string", "/mnt/../x", "/mnt/../x contains illegal character sequences"),
    ("pve-ct-timezone", "Mars/Phobos", "invalid time zone 'Mars/Phobos'"),
    ("pve-storage-path", "mnt", "value does not look like a valid absolute path"),
    ("pve-fw-addr-spec", "10.0.0.1,::1", "detected mixed ipv4/ipv6 addresses in address list '10.0.0.1,::1'"),
    ("pve-fw-addr-spec", "10.0.0.1,10.0.0.2-10.0.0.3", "you can't use a range in a list"),
    ("pve-fw-dport-spec", "99999", "invalid port '99999'"),
    ("pve-fw-dport-spec", "abc", "invalid port 'abc'"),
    ("pve-fw-dport-spec", "20:10", "backwards range '20:10' not allowed, did you mean '10:20'?"),
    ("pve-fw-dport-spec", "80,", "extraneous commas in list"),
    ("pve-fw-dport-spec", "80,,443", "invalid port ''"),
    ("pve-fw-dport-spec", "echo-request,80", "ICMP ports not allowed in port range"),
    ("pve-fw-dport-spec", "1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16", "too many entries in port list (> 15 numbers)"),
    ("pve-fw-addr-spec", "10.0.0.1,", "extraneous commas in list"),
    ("pve-fw-sport-spec", "echo-request", "invalid port 'echo-request'"),
    ("pve-fw-protocol-spec", "bogus", "unknown protocol 'bogus'"),
    ("pve-fw-icmp-type-spec", "bogus", "invalid icmp-type value 'bogus'"),
    ("address", "bad_host", "value does not look like a valid address: bad_host"),
    ("pve-volume-id", "nocolon", "unable to parse volume ID 'nocolon'"),
    ("pve-storage-content-list", "iso,bogus", "invalid content type 'bogus'"),
    ("urlencoded", "a b", "invalid urlencoded string: a b"),
    ("pve-startup-order", "x", "unable to parse startup options"),
    ("pve-hotplug-features", "gpu", "invalid hotplug feature 'gpu'"),
    ("pve-cpuset", "zz", "unable to parse cpuset option"),
    (
        "pve-calendar-event",
        "bogus",
        "invalid calendar event 'bogus' - unable to parse calendar event - unable to parse 'bogus'\n",
    ),
    ("pve-ha-resource-or-vm-id", "bogus", "value does not look like a valid ha resource id"),
    ("prune-backups", "keep-all=1,keep-last=2", "keep-all cannot be set together with other options."),
    ("pve-vm-cpu-conf", "nosuch", "Built-in cputype 'nosuch' is not defined (missing 'custom-' prefix?)"),
    ("pve-qm-cicustom", "bogus", "value without key, but schema does not define a default key"),
    ("pve-qm-boot", "order=scsi0,order=net0", "duplicate key in comma-separated list property: order"),
]


@pytest.mark.parametrize(("name", "value", "text"), REFUSED)
def test_a_format_refuses_as_the_server_does(name: str, value: str, text: str) -> None:
    with pytest.raises(FormatError) as refused:
        check_format(name, value, "x")

    assert refused.value.text == f"{text}\n"


@given(st.ip_addresses(v=4), st.integers(min_value=8, max_value=32))
def test_every_ipv4_network_of_8_bits_or_more_is_one(address: object, bits: int) -> None:
    check_format("CIDRv4", f"{address}/{bits}", "x")


@given(st.ip_addresses(v=6))
def test_every_ipv6_address_is_one(address: object) -> None:
    check_format("ipv6", str(address), "x")


@given(st.integers(min_value=0, max_value=23), st.integers(min_value=0, max_value=59))
def test_every_time_of_day_is_a_calendar_event(hour: int, minute: int) -> None:
    check_format("pve-calendar-event", f"{hour}:{minute:02}", "x")
