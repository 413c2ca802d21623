"""Guests with any options that Proxmox VE's schema has, with extreme and odd values; the same ones for a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping
from urllib.parse import quote

from pve_simulator.clusters.model import build_cluster, complete_guest
from pve_simulator.schema import Schema, config_schema, format_of
from pve_simulator.schema.check import check_value
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest

FIRST_VMID = 20000
NAMES = ["yes", "NO", "null", "0755", "1e3", "10", "on", "a.b.c", "x--y", "12-30", "0x1F", "true", "web", "n" * 50]
# What YAML, templates or property strings could take for something else.
ODD = [
    *("yes", "no", "~", "null", "0755", "08", "1e3", "1_000", "0x1F", "12:30", "12:30:45", "1.10", "1.", ".5", "-1"),
    *("#", "a # b", "# a", "a: b", "- a", "? a", "key: {a: [b]}", "[a, b]", "*a", "&a b", "!vault x", "@a", "`a`"),
    *("%", "%20", "'", '"', "it's", '"quoted"', "\\n", "\\", "{{ x }}", "{% raw %}", "{#", "}}", "${x}", "%{y}"),
    *("$(id)", "ü", "日本語", "🦊", "e\u0301", "\u202eabc", "a\u00a0b", "a\tb", "a  b", "2026-11-30", "=", "<<", "---"),
    *("...", "|", ">", "null ", "1,2", "a;b", "x" * 3000, "a " * 900 + "b", "http://x/y?z=1&w=%20#f"),
]
DESCRIPTIONS = [
    *ODD,
    *("a\nb", "a\n\nb", "\na", "a\n\n", "  a\nb", "a\n  b", "a \nb", "# a\nb", "- a\n- b", "a:\n  b\n", "a\r\nb"),
    *("\t\n", "{{ x }}\nb", "a\u202e\nb", "a\n---\nb\n...", "a\u2028b", "a\x85b", "x" * 8000, "line\n" * 1500, "\n\n"),
]
BY_FORMAT = {
    "address-list": ["192.0.2.1", "192.0.2.1 2001:db8::1", "host"],
    "dns-name-list": ["example.com", "example.com lan"],
    "lxc-ip-with-ll-iface-list": ["192.0.2.1", "192.0.2.1 fe80::1%eth0"],
    "mac-addr": ["BC:24:11:00:00:0A", "bc:24:11:aa:bb:cc"],
    "pve-bridge-id": ["vmbr0", "vnet1"],
    "pve-cpuset": ["0", "0-3", "0,2,4-7"],
    "pve-ct-timezone": ["host", "UTC", "Europe/Berlin"],
    "pve-hotplug-features": ["0", "1", "network,disk,usb", "disk"],
    "pve-lxc-dev-string": ["/dev/dri/renderD128"],
    "pve-phys-bits": ["host", "40"],
    "pve-qemu-sev-fmt": ["std", "es,no-debug=1", "type=snp,allow-smt=0,kernel-hashes=1"],
    "pve-qemu-tdx-fmt": ["1", "type=tdx,attestation=0"],
    "pve-qm-boot": ["order=scsi0", "order=net0;scsi0;ide2", "cdn", "legacy=cd"],
    "pve-qm-bootdisk": ["scsi0", "virtio1"],
    "pve-qm-cicustom": ["user=local:snippets/a.yml", "meta=local:snippets/a b.yml,network=local:snippets/n.yml"],
    "pve-qm-hostpci": [
        *("0000:01:00.0", "01:00,pcie=1,x-vga=1", "mapping=gpu,mdev=nvidia-35"),
        *("host=01:00.0;01:00.1,rombar=0", "01:00,device-id=0x0010"),
    ],
    "pve-qm-ipconfig": [
        *("ip=dhcp", "ip=192.0.2.1/24,gw=192.0.2.254", "ip6=auto", "gw6=2001:db8::1,ip6=2001:db8::2/64,ip=dhcp"),
    ],
    "pve-qm-rng": ["/dev/urandom", "source=/dev/hwrng,max_bytes=0,period=1000"],
    "pve-qm-watchdog": ["i6300esb,action=reset", "model=ib700", "action=none"],
    "pve-startup-order": ["order=1", "1", "order=0,up=30,down=60", "up=5"],
    "pve-storage-id": ["local-lvm"],
    "pve-tag-list": ["a", "b;a", "yes;no", "0755;1e3;12", "A;a;B", "x-y_z.0+1", "a,b c"],
    "pve-vm-cpu-conf": ["host", "kvm64,flags=+aes;-pcid", "cputype=x86-64-v3,hidden=1,phys-bits=host", "custom-my"],
    "pve-volume-id": ["local:snippets/hook.pl"],
    "urlencoded": [
        quote("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@x\n", safe=""),
        quote("# old\nssh-rsa AAAA=\n\nssh-rsa BBBB= a b", safe=""),
    ],
}
BY_PATTERN = [
    *("scsi0", "/dev/parport0", "/dev/usb/lp1", "socket", "/dev/ttyS0", "now", "2006-06-17T16:01:21", "2006-06-17"),
    *("/sbin/init --x", "A=b\0C=d e#f", "A="),
]
# What a guest has otherwise, or what no file of a guest has.
SKIPPED = re.compile(r"cdrom|freeze|cipassword|lock|template|vmstate.*|unused\d+|name|hostname|parent|rootfs")
COUNTED = re.compile(r"\D+(\d+)")
DISK = re.compile(r"(ide|sata|scsi|virtio|mp)\d+|efidisk0|tpmstate0")
# Properties of a disk that its beginning has, or that only requests have.
_OF_VOLUME = frozenset(["file", "volume", "size", "format", "media", "import-from", "mp", "model"])


def build_guests(seed: int, count: int) -> Cluster:
    """A cluster with so many generated guests beside a few plain ones."""
    cluster = build_cluster(nodes=2, guests=4)
    generator = _Generator(seed)
    for vmid in range(FIRST_VMID, FIRST_VMID + count):
        cluster.guests[vmid] = generator.make_guest(vmid)
        complete_guest(cluster, cluster.guests[vmid])
    return cluster


class _Generator:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._volumes = 0

    def make_guest(self, vmid: int) -> Guest:
        kind = self._random.choice(["qemu", "qemu", "lxc"])
        schemas = config_schema(kind)
        made = {name: self._make_option(vmid, name, schemas[name]) for name in self._choose_names(schemas)}
        config = {name: value for name, value in made.items() if value is not None}
        config["name" if kind == "qemu" else "hostname"] = f"{self._random.choice(NAMES)}-{vmid}"
        if kind == "lxc":
            config["rootfs"] = f"local-lvm:vm-{vmid}-disk-root,size=8G"
        guest = Guest(vmid, kind, "pve1", config, running=self._is_so(0.5))
        if guest.running:
            for name in made.keys() & config.keys() - {"smbios1"}:
                value = self._make_option(vmid, name, schemas[name]) if self._is_so(0.05) else None
                if value is not None:
                    guest.pending[name] = value
                elif self._is_so(0.03):
                    guest.pending_delete.append(name)
        if self._is_so(0.1):
            config["lock"] = self._random.choice(["backup", "migrate", "snapshot", "rollback"])
        return guest

    def _is_so(self, share: float) -> bool:
        return self._random.random() < share

    def _choose_names(self, schemas: Mapping[str, Schema]) -> list[str]:
        """Few or many of the options, and devices with low and high numbers."""
        share = self._random.choice([0.1, 0.4, 1.0])
        names = [name for name in schemas if not SKIPPED.fullmatch(name)]
        chances = {name: COUNTED.fullmatch(name) for name in names}
        return [
            name
            for name, match in chances.items()
            if self._is_so(share if match is None else 0.5 if match[1] == "0" else 0.03)
        ]

    def _make_option(self, vmid: int, name: str, schema: Schema) -> str | None:
        """A value that the schema allows; None where none was found."""
        for _attempt in range(5):
            value = self._make_disk(vmid, name, schema) if DISK.fullmatch(name) else self._make_value(name, schema)
            if value and _fits(name, value, schema):
                return value
        return None

    def _make_disk(self, vmid: int, name: str, schema: Schema) -> str:
        self._volumes += 1
        number = self._volumes
        size = self._random.choice(["1G", "32G", "1T", "4M", "528K", "1536M", "1025M", "2047G", "3"])
        volumes = [
            f"local-lvm:vm-{vmid}-disk-{number}",
            f"local-lvm:{'' if name.startswith('mp') else 'base-9000-disk-0/'}vm-{vmid}-disk-{number}",
            f"local-lvm:vm-7777-disk-{number}",
            f"shared:{vmid}/vm-{vmid}-disk-{number}.{'raw' if name.startswith('mp') else 'qcow2'}",
            f"/dev/disk/by-id/scsi-{number}",
        ]
        first = f"{self._random.choice(volumes)},size={size}"
        if name.startswith(("ide", "sata", "scsi")) and self._is_so(0.3):
            drives = ["none", "cdrom", "local:iso/debian 13.iso", "local:iso/debian-13.1.0-amd64-netinst.iso,size=783M"]
            first = f"{self._random.choice(drives)},media=cdrom"
        if name.startswith("mp"):
            first += f",mp=/mnt/{self._random.choice(['a', 'a b', 'ü', '#', 'yes', '100%'])}"
        return ",".join(filter(None, [first, self._make_properties(schema, _OF_VOLUME)]))

    def _make_value(self, name: str, schema: Schema) -> str:
        if name == "description":
            return self._random.choice(DESCRIPTIONS)
        if isinstance(schema.format, str) and schema.format in BY_FORMAT:
            return self._random.choice(BY_FORMAT[schema.format])
        if schema.enum:
            return self._random.choice(schema.enum)
        if schema.type == "boolean":
            return self._random.choice("01")
        if schema.type in ("integer", "number"):
            low = int(schema.minimum or 0)
            high = int(2**31 - 1 if schema.maximum is None else schema.maximum)
            decimals = ["0.5", "1.25", "0.10"] if schema.type == "number" else []
            return str(self._random.choice([low, low + 1, high, min(512, high), *decimals]))
        if schema.pattern:
            return self._random.choice(BY_PATTERN)
        try:
            format_of(schema)
        except KeyError:
            return self._random.choice(ODD)
        return self._make_properties(schema)

    def _make_properties(self, schema: Schema, without: Collection[str] = ()) -> str:
        inner = {key: one for key, one in format_of(schema).items() if key not in without and not one.alias}
        share = self._random.choice([0.1, 0.5])
        chosen = [key for key, one in inner.items() if not one.optional or self._is_so(share)]
        self._random.shuffle(chosen)
        parts = []
        for key in chosen:
            value = self._make_value(key, inner[key])
            if value and _fits(key, value, inner[key]) and not set(value) & set(",\n"):
                is_bare = inner[key].default_key and "=" not in value and self._is_so(0.5)
                parts.append(value if is_bare else f"{key}={value}")
        return ",".join(parts)


def _fits(name: str, value: str, schema: Schema) -> bool:
    errors: dict[str, str] = {}
    check_value(value, schema, name, errors)
    return not errors
