# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of drives, mount points and network devices, as the API of Proxmox VE 9.2 has them.

A default is what a device is like without the property. What is a volume, its size or its format, is not among them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .kinds import Address, Choice, Encoded, Flag, Integer, Items, Mac, MountPath, Number, Text, Value
from .names import BRIDGE
from .properties import Properties

_IDMAP = r"passthrough|[ug]:[0-9]+:[0-9]+:[1-9][0-9]*(?:;[ug]:[0-9]+:[0-9]+:[1-9][0-9]*)*"
_RANGES = r"\d+(?:-\d+)?"
_WWN = Text(pattern="0x[0-9a-fA-F]{16}")
_DRIVE: dict[str, Value] = {
    "aio": Choice(choices=("native", "threads", "io_uring")),
    "backup": Flag("1"),
    "cache": Choice(choices=("none", "writethrough", "writeback", "unsafe", "directsync")),
    "detect_zeroes": Flag(),
    "discard": Choice("ignore", ("ignore", "on"), off="ignore"),
    "media": Choice("disk", ("cdrom", "disk")),
    "replicate": Flag("1"),
    "rerror": Choice(choices=("ignore", "report", "stop")),
    "serial": Encoded(longest=60),
    "shared": Flag("0"),
    "snapshot": Flag("0"),
    "werror": Choice(choices=("enospc", "ignore", "report", "stop")),
    **{f"{unit}{way}": Integer() for unit in ("bps", "iops") for way in ("", "_rd", "_wr")},
    **{f"iops{way}_max": Integer() for way in ("", "_rd", "_wr")},
    **{f"mbps{way}": Number() for way in ("", "_rd", "_wr", "_max", "_rd_max", "_wr_max")},
    **{f"{unit}{way}_max_length": Integer(minimum=1) for unit in ("bps", "iops") for way in ("", "_rd", "_wr")},
}
_ALIASES = {
    **{f"{unit}_{way}_length": f"{unit}_{way}_max_length" for unit in ("bps", "iops") for way in ("rd", "wr")},
    "volume": "file",
}
_MOUNT: dict[str, Value] = {
    "acl": Flag(),
    "idmap": Text(pattern=_IDMAP),
    "mountoptions": Items(
        separator=";", item=Choice(choices=("discard", "lazytime", "noatime", "nodev", "noexec", "nosuid"))
    ),
    "quota": Flag("0"),
    "replicate": Flag("1"),
    "ro": Flag("0"),
    "shared": Flag("0"),
}
_SCSI: dict[str, Value] = {
    "iothread": Flag("0"),
    "product": Text(pattern=r"[A-Za-z0-9\-_\s]{,16}"),
    "queues": Integer(minimum=2),
    "ro": Flag("0"),
    "scsiblock": Flag("0"),
    "ssd": Flag("0"),
    "vendor": Text(pattern=r"[A-Za-z0-9\-_\s]{,8}"),
    "wwn": _WWN,
}
# By the bus, which a slot's name begins with, or by the slot itself.
_DRIVES = {
    "ide": Properties(table={**_DRIVE, "model": Encoded(longest=120), "ssd": Flag("0"), "wwn": _WWN}, aliases=_ALIASES),
    "sata": Properties(table={**_DRIVE, "ssd": Flag("0"), "wwn": _WWN}, aliases=_ALIASES),
    "scsi": Properties(table={**_DRIVE, **_SCSI}, aliases=_ALIASES),
    "virtio": Properties(table={**_DRIVE, "iothread": Flag("0"), "ro": Flag("0")}, aliases=_ALIASES),
    "efidisk": Properties(
        table={
            "efitype": Choice("2m", ("2m", "4m")),
            "ms-cert": Choice("2011", ("2011", "2023", "2023w", "2023k")),
            "pre-enrolled-keys": Flag("0"),
        }
    ),
    "tpmstate": Properties(table={"version": Choice("v1.2", ("v1.2", "v2.0"))}),
    "rootfs": Properties(table=_MOUNT),
    "mp": Properties(table={**_MOUNT, "backup": Flag("0"), "keepattrs": Flag("0"), "mp": MountPath()}),
}
_NIC: dict[str, Value] = {
    "bridge": BRIDGE,
    "firewall": Flag("0"),
    "link_down": Flag("0"),
    "rate": Number(none=0),
    "tag": Integer(minimum=1, maximum=4094, none=0),
}
MODELS = (
    "e1000",
    "e1000-82540em",
    "e1000-82544gc",
    "e1000-82545em",
    "e1000e",
    "i82551",
    "i82557b",
    "i82559er",
    "ne2k_isa",
    "ne2k_pci",
    "pcnet",
    "rtl8139",
    "virtio",
    "vmxnet3",
)
NICS: Mapping[str, Properties] = {
    "qemu": Properties(
        table={
            **_NIC,
            "host-tunnel": Flag("0"),
            "macaddr": Mac(),
            "model": Choice(choices=MODELS),
            "mtu": Integer(minimum=1, maximum=65520, none=0),
            "queues": Integer(minimum=0, maximum=64, none=0),
            "rate": Number(minimum=0, none=0),
            "trunks": Items(separator=";", item=Text(pattern=_RANGES)),
        }
    ),
    "lxc": Properties(
        table={
            **_NIC,
            "gw": Address(version=4),
            "gw6": Address(version=6),
            "host-managed": Flag("0"),
            "hwaddr": Mac(),
            "ip": Address(version=4, has_prefix=True, words=("dhcp", "manual")),
            "ip6": Address(version=6, has_prefix=True, words=("auto", "dhcp", "manual")),
            "mtu": Integer(minimum=64, maximum=65535, none=0),
            "name": Text(pattern=r"[-_.\w]+"),
            "trunks": Items(separator=";", item=Text(pattern=r"\d+")),
            "type": Choice(choices=("veth",)),
        }
    ),
}
_NUMBER = re.compile(r"\d+$")


def find_drive(slot: str) -> Properties:
    """The properties of a drive or mount point, by its slot."""
    return _DRIVES.get(_NUMBER.sub("", slot), Properties(is_open=True))
