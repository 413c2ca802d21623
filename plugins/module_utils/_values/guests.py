# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of guest configurations, but for drives and network devices, as the API of Proxmox VE 9.2 has them.

A default is what a guest is like without the option; there is none where that depends on the node or on other options.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import names
from .kinds import (
    Address,
    Choice,
    Flag,
    Integer,
    Items,
    Line,
    Lines,
    Lower,
    Memory,
    Number,
    Range,
    Text,
    Value,
    Variables,
    Weight,
    split_words,
)
from .properties import Properties

HOTPLUG = ("disk", "network", "usb")
_PCI = r"(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?"
_PCI_ID = Text(pattern="0x[0-9a-fA-F]{4}")
_RANGES = Items(separator=";", item=Text(pattern=r"\d+(?:-\d+)?"))
_MACHINE = (
    r"(pc|pc(-i440fx)?-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|q35|pc-q35-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?"
    r"|virt(?:-\d+(\.\d+)+)?(\+pve\d+)?)"
)
_BOOT_DEVICE = Lower(
    what="devices of the guest, such as scsi0;ide2;net0",
    pattern=r"(ide[0-3]|sata[0-5]|scsi([12]?\d|30)|virtio(\d|1[0-5])|net([12]?\d|3[01])|usb(\d|1[0-3])|hostpci(\d|1[0-5]))",
)
_BASE64 = Text(pattern=r"[A-Za-z0-9+/]+={0,2}")
_UUID = "[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}"
_VOLUME = Text(pattern=r"[^,:\s]+:[^,\s]+")
_SNIPPET = Text(
    pattern=r"[^,:\s]+:snippets/[^,\s](?:[^,\n]*[^,\s])?",
    what="a snippet on a storage, such as local:snippets/user.yml",
)
_CPU_FLAGS = split_words(
    "aes amd-no-ssb amd-ssbd hv-evmcs hv-tlbflush ibpb md-clear nested-virt pcid pdpe1gb spec-ctrl ssbd virt-ssbd"
)
_WHAT_FLAG = f"+ or - and one of {', '.join(_CPU_FLAGS)}"
# The zones that Proxmox VE knows are in these areas.
_ZONE = r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)(?:/[A-Za-z0-9_+\-]+){1,2}"
_ON_OFF = {**dict.fromkeys(("1", "on", "yes", "true"), ",".join(HOTPLUG)), **dict.fromkeys(("off", "no", "false"), "0")}
_COMMON: dict[str, Value] = {
    "cpulimit": Number("0", minimum=0, maximum=128),
    "description": Lines("", longest=8192),
    "hookscript": _VOLUME,
    "onboot": Flag("0"),
    "protection": Flag("0"),
    "startup": Properties(
        table=dict.fromkeys(("order", "up", "down"), Integer(minimum=0)),
        first="order",
        names_all=True,
    ),
    # Clusters may tell tags by their case: the module decides.
    "tags": Items("", separator=";", item=names.TAG, has_order=False),
    "template": Flag("0"),
}
_VM: dict[str, Value] = {
    "acpi": Flag("1"),
    "affinity": Items(separator=",", item=Range()),
    "agent": Properties(
        "0",
        {
            "enabled": Flag("0"),
            "freeze-fs": Flag("1"),
            "fstrim_cloned_disks": Flag("0"),
            "type": Choice("virtio", ("virtio", "isa")),
        },
        first="enabled",
        aliases={"freeze-fs-on-backup": "freeze-fs", "guest-fsfreeze": "freeze-fs"},
        required=("enabled",),
    ),
    "allow-ksm": Flag("1"),
    "amd-sev": Properties(
        table={
            "allow-smt": Flag("1"),
            "kernel-hashes": Flag("0"),
            "no-debug": Flag("0"),
            "no-key-sharing": Flag("0"),
            "type": Choice(choices=("std", "es", "snp")),
        },
        first="type",
        required=("type",),
    ),
    "arch": Choice(choices=("x86_64", "aarch64")),
    "args": Line(),
    "audio0": Properties(
        table={
            "device": Choice(choices=("ich9-intel-hda", "intel-hda", "AC97")),
            "driver": Choice("spice", ("spice", "none")),
        },
        required=("device",),
    ),
    "autostart": Flag("0"),
    "balloon": Integer(minimum=0),
    "bios": Choice("seabios", ("seabios", "ovmf")),
    "boot": Properties(
        table={"legacy": Text(pattern="[acdn]{1,4}"), "order": Items(separator=";", item=_BOOT_DEVICE)},
        first="legacy",
        list_key="order",
    ),
    "bootdisk": Text(pattern=r"(ide|sata|scsi|virtio)\d+"),
    "cicustom": Properties(table=dict.fromkeys(("meta", "network", "user", "vendor"), _SNIPPET)),
    "citype": Choice(choices=("configdrive2", "nocloud", "opennebula")),
    "ciupgrade": Flag("1"),
    "ciuser": Line(),
    "cores": Integer("1", minimum=1),
    "cpu": Properties(
        table={
            "cputype": Line(),
            "flags": Items(separator=";", item=Text(pattern=rf"[+-](?:{'|'.join(_CPU_FLAGS)})", what=_WHAT_FLAG)),
            "guest-phys-bits": Integer(minimum=32, maximum=64),
            "hidden": Flag("0"),
            "hv-vendor-id": Text(pattern="[a-zA-Z0-9]{1,12}"),
            "level": Integer(minimum=0, maximum=4294967295),
            "phys-bits": Text(pattern=r"host|[89]|[1-5]\d|6[0-4]", what="host or a number from 8 to 64"),
        },
        first="cputype",
    ),
    "cpuunits": Weight(minimum=1, maximum=262144),
    "freeze": Flag("0"),
    "hostpci[n]": Properties(
        table={
            "device-id": _PCI_ID,
            "driver": Choice("vfio", ("vfio", "keep")),
            "host": Items(separator=";", item=Lower(pattern=_PCI)),
            "legacy-igd": Flag("0"),
            "mapping": Line(),
            "mdev": Text(pattern=r"[^/.:]+"),
            "pcie": Flag("0"),
            "rombar": Flag("1"),
            "romfile": Text(pattern="[^,;]+"),
            "sub-device-id": _PCI_ID,
            "sub-vendor-id": _PCI_ID,
            "vendor-id": _PCI_ID,
            "x-vga": Flag("0"),
        },
        first="host",
    ),
    "hotplug": Items(
        ",".join(HOTPLUG),
        separator=",",
        item=Choice(choices=("0", "cloudinit", "cpu", "disk", "memory", "network", "usb")),
        has_order=False,
        words=_ON_OFF,
    ),
    "hugepages": Choice(choices=("any", "2", "1024")),
    "intel-tdx": Properties(
        table={
            "attestation": Flag("1"),
            "type": Choice(choices=("tdx",)),
            "vsock-cid": Integer(minimum=2),
            "vsock-port": Integer(minimum=0),
        },
        first="type",
        required=("attestation", "type"),
    ),
    "ipconfig[n]": Properties(
        table={
            "gw": Address(version=4),
            "gw6": Address(version=6),
            "ip": Address(version=4, has_prefix=True, words=("dhcp", "manual")),
            "ip6": Address(version=6, has_prefix=True, words=("auto", "dhcp", "manual")),
        },
        needs={"gw": "ip", "gw6": "ip6"},
    ),
    "ivshmem": Properties(
        table={"name": Text(pattern=r"[a-zA-Z0-9\-]+"), "size": Integer(minimum=1)}, required=("size",)
    ),
    "keephugepages": Flag("0"),
    "keyboard": Choice(
        choices=split_words(
            "de de-ch da en-gb en-us es fi fr fr-be fr-ca fr-ch hu is it ja lt mk nl no pl pt pt-br sv sl tr"
        )
    ),
    "kvm": Flag("1"),
    "localtime": Flag(),
    "machine": Properties(
        table={
            "aw-bits": Number(minimum=32, maximum=64),
            "enable-s3": Flag(),
            "enable-s4": Flag(),
            "type": Text(pattern=_MACHINE),
            "viommu": Choice(choices=("intel", "virtio")),
        },
        first="type",
    ),
    "memory": Memory("512", minimum=16),
    "migrate_downtime": Number("0.1", minimum=0),
    "migrate_speed": Integer("0", minimum=0),
    "name": names.DNS_NAME,
    "nameserver": Items(item=Address(may_be_name=True)),
    "numa": Flag("0"),
    "numa[n]": Properties(
        table={
            "cpus": _RANGES,
            "hostnodes": _RANGES,
            "memory": Number(),
            "policy": Choice(choices=("preferred", "bind", "interleave")),
        },
        required=("cpus",),
    ),
    "ostype": Choice("other", split_words("other wxp w2k w2k3 w2k8 wvista win7 win8 win10 win11 l24 l26 solaris")),
    "parallel[n]": Text(pattern=r"/dev/parport\d+|/dev/usb/lp\d+"),
    "reboot": Flag("1"),
    "rng0": Properties(
        table={
            "max_bytes": Integer("1024"),
            "period": Integer("1000"),
            "source": Choice(choices=("/dev/urandom", "/dev/random", "/dev/hwrng")),
        },
        first="source",
        required=("source",),
    ),
    "scsihw": Choice("lsi", ("lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi")),
    "searchdomain": Items(),
    "serial[n]": Text(pattern="(/dev/[^,]+|socket)"),
    "shares": Integer("1000", minimum=0, maximum=50000),
    "smbios1": Properties(
        table={
            **dict.fromkeys(("family", "manufacturer", "product", "serial", "sku", "version"), _BASE64),
            "base64": Flag("0"),
            "uuid": Text(pattern=_UUID),
        }
    ),
    "smp": Integer("1", minimum=1),
    "sockets": Integer("1", minimum=1),
    "spice_enhancements": Properties(
        table={"foldersharing": Flag("0"), "videostreaming": Choice("off", ("off", "all", "filter"))}
    ),
    "startdate": Text("now", pattern=r"(now|\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}:\d{1,2}:\d{1,2})?)"),
    "tablet": Flag("1"),
    "tdf": Flag("0"),
    "usb[n]": Properties(
        table={
            "host": Text(pattern=r"(0x)?[0-9A-Fa-f]{4}:(0x)?[0-9A-Fa-f]{4}|\d+-\d+(\.\d+)*|[Ss][Pp][Ii][Cc][Ee]"),
            "mapping": Line(),
            "usb3": Flag("0"),
        },
        first="host",
    ),
    "vcpus": Integer(minimum=1, none=0),
    "vga": Properties(
        table={
            "clipboard": Choice(choices=("vnc",)),
            "memory": Integer(minimum=4, maximum=512),
            "type": Choice(
                choices=split_words(
                    "cirrus qxl qxl2 qxl3 qxl4 none serial0 serial1 serial2 serial3 std virtio virtio-gl vmware"
                )
            ),
        },
        first="type",
    ),
    "virtiofs[n]": Properties(
        table={
            "cache": Choice("auto", ("auto", "always", "metadata", "never")),
            "direct-io": Flag("0"),
            "dirid": Line(),
            "expose-acl": Flag("0"),
            "expose-xattr": Flag("0"),
        },
        first="dirid",
        required=("dirid",),
    ),
    "vmgenid": Text(pattern=rf"{_UUID}|[01]"),
    "vmstatestorage": names.STORAGE,
    "watchdog": Properties(
        table={
            "action": Choice(choices=("reset", "shutdown", "poweroff", "pause", "debug", "none")),
            "model": Choice(choices=("i6300esb", "ib700")),
        },
        first="model",
    ),
}
_CT: dict[str, Value] = {
    "arch": Choice("amd64", ("amd64", "i386", "arm64", "armhf", "riscv32", "riscv64")),
    "cmode": Choice("tty", ("shell", "console", "tty")),
    "console": Flag("1"),
    "cores": Integer(minimum=1, maximum=8192),
    "cpulimit": Number("0", minimum=0, maximum=8192),
    "cpuunits": Weight(minimum=0, maximum=500000),
    "debug": Flag("0"),
    "dev[n]": Properties(
        table={
            "deny-write": Flag("0"),
            "gid": Integer(minimum=0),
            "mode": Text(pattern="0[0-7]{3}"),
            "path": Text(pattern="/dev/.+"),
            "uid": Integer(minimum=0),
        },
        first="path",
    ),
    "entrypoint": Line("/sbin/init", pattern=r"[^\x00-\x08\x0a-\x1f\x7f]+"),
    "env": Variables(pattern=r"\w+=[^\x00-\x08\x0a-\x1f\x7f]*(?:\0\w+=[^\x00-\x08\x0a-\x1f\x7f]*)*"),
    "features": Properties(
        table={
            **dict.fromkeys(("force_rw_sys", "fuse", "keyctl", "mknod", "nesting"), Flag("0")),
            "mount": Items(separator=";", item=Text(pattern="[a-zA-Z0-9_]+")),
        }
    ),
    "hostname": names.HOSTNAME,
    "memory": Memory("512", minimum=16),
    "nameserver": Items(item=Address(may_have_scope=True)),
    "ostype": Choice(
        choices=split_words("debian devuan ubuntu centos fedora opensuse archlinux alpine gentoo nixos unmanaged")
    ),
    "searchdomain": Items(item=names.DNS_NAME),
    "swap": Integer("512", minimum=0),
    "timezone": Text(pattern=rf"host|UTC|{_ZONE}", what="host, UTC or a time zone such as Europe/Berlin"),
    "tty": Integer("2", minimum=0, maximum=6),
    "unprivileged": Flag("0"),
}
OPTIONS: Mapping[str, Mapping[str, Value]] = {"qemu": {**_COMMON, **_VM}, "lxc": {**_COMMON, **_CT}}
_NUMBER = re.compile(r"\d+$")
# The highest number of each device or the like.
_HIGHEST = {
    "qemu": {
        "hostpci": 15,
        "ipconfig": 31,
        "net": 31,
        "numa": 7,
        "parallel": 2,
        "serial": 3,
        "usb": 13,
        "virtiofs": 9,
    },
    "lxc": {"dev": 255, "net": 31},
}


def check_name(kind: str, key: str) -> None:
    """Raise ValueError for a device whose number is too high."""
    base = _NUMBER.sub("", key)
    highest = _HIGHEST[kind].get(base)
    if highest is not None and base != key and int(key[len(base) :]) > highest:
        raise ValueError(f"there are {base}0 to {base}{highest}")


def list_option_names(kind: str) -> list[str]:
    """The names of all options of a guest of type I(kind), devices with the number 0."""
    return [name.replace("[n]", "0") for name in OPTIONS[kind]]


def find_option(kind: str, key: str) -> Value | None:
    """What values an option of a guest of type I(kind) has; None where that is not known."""
    options = OPTIONS[kind]
    return options.get(key) or options.get(_NUMBER.sub("[n]", key))
