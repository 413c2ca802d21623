# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Property strings that the schema only names: their inner properties (qm.conf(5), pct.conf(5), vzdump(1))."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pve_simulator.schema.build import from_plain
from pve_simulator.schema.formats._base import format_error
from pve_simulator.schema.formats.cpu_models import CPU_TYPES, REPORTED_MODELS, VM_FLAGS
from pve_simulator.schema.model import Schema

_Plain = dict[str, Any]


def _text(**more: Any) -> _Plain:
    return {"type": "string", "optional": 1, **more}


def _integer(**more: Any) -> _Plain:
    return {"type": "integer", "optional": 1, **more}


def _flag(**more: Any) -> _Plain:
    return {"type": "boolean", "optional": 1, **more}


_HEX_ID = _text(pattern="(?^:0x[0-9a-fA-F]{4})")
_PCI = r"(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?"
_BASE64 = _text(pattern=r"[A-Za-z0-9+\/]+={0,2}")
_UUID = "[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}"
_FINGERPRINT = "([A-Fa-f0-9]{2}:){31}[A-Fa-f0-9]{2}"
_CPU_FLAG = r"[+-][a-zA-Z0-9\-_\.]+"

_KEEP = {f"keep-{what}": _integer(minimum=0) for what in ("daily", "hourly", "last", "monthly", "weekly", "yearly")}

_PLAIN: dict[str, _Plain] = {
    "backup-fleecing": {
        "enabled": _flag(default_key=1, default=0),
        "storage": _text(format="pve-storage-id"),
    },
    "backup-performance": {
        "max-workers": _integer(minimum=1, maximum=256, default=16),
        "pbs-entries-max": _integer(minimum=1, default=1048576),
    },
    "prune-backups": {"keep-all": _flag(), **_KEEP},
    "proxmox-remote": {
        "host": {"type": "string"},
        "port": _integer(),
        "apitoken": {"type": "string"},
        "fingerprint": _text(pattern=_FINGERPRINT),
    },
    "realm-sync-options": {
        "scope": _text(enum=["users", "groups", "both"]),
        "remove-vanished": _text(pattern="(?:(?:(?:acl|properties|entry);)*(?:acl|properties|entry))|none"),
        "enable-new": _flag(default=1),
        "full": _flag(),
        "purge": _flag(),
    },
    "pve-node-location": {
        "latitude": {"type": "number", "minimum": -90, "maximum": 90},
        "longitude": {"type": "number", "minimum": -180, "maximum": 180},
        "name": _text(maxLength=128),
    },
    "pve-tfa-config": {
        "type": {"type": "string", "enum": ["yubico", "oath"]},
        "id": _text(),
        "key": _text(),
        "url": _text(),
        "digits": _integer(minimum=6, maximum=8, default=6),
        "step": _integer(minimum=10, default=30),
    },
    "pve-qm-boot": {
        "legacy": _text(default_key=1, pattern="[acdn]{1,4}"),
        "order": _text(format="pve-qm-bootdev-list"),
    },
    "pve-qm-cicustom": {name: _text(format="pve-volume-id") for name in ("meta", "network", "user", "vendor")},
    "pve-qm-ipconfig": {
        "ip": _text(format="pve-ipv4-config", default="dhcp"),
        "gw": _text(format="ipv4", requires="ip"),
        "ip6": _text(format="pve-ipv6-config", default="dhcp"),
        "gw6": _text(format="ipv6", requires="ip6"),
    },
    "pve-qm-hostpci": {
        "host": _text(default_key=1, pattern=rf"(?^:{_PCI}(?:;{_PCI})*)"),
        "mapping": _text(format="pve-configid"),
        "rombar": _flag(default=1),
        "romfile": _text(pattern=r"[^,;]+"),
        "pcie": _flag(default=0),
        "x-vga": _flag(default=0),
        "legacy-igd": _flag(default=0),
        "mdev": _text(pattern=r"[^/\.:]+"),
        "driver": _text(enum=["vfio", "keep"], default="vfio"),
        "vendor-id": _HEX_ID,
        "device-id": _HEX_ID,
        "sub-vendor-id": _HEX_ID,
        "sub-device-id": _HEX_ID,
    },
    "pve-sdn-dhcp-range": {"start-address": {"type": "string"}, "end-address": {"type": "string"}},
    "pve-qm-rng": {
        "source": {"type": "string", "default_key": 1, "enum": ["/dev/urandom", "/dev/random", "/dev/hwrng"]},
        "max_bytes": _integer(default=1024),
        "period": _integer(default=1000),
    },
    "pve-qm-smbios1": {
        "uuid": _text(pattern=_UUID),
        "base64": _flag(),
        **dict.fromkeys(("version", "serial", "manufacturer", "product", "sku", "family"), _BASE64),
    },
    "pve-qm-watchdog": {
        "model": _text(default_key=1, enum=["i6300esb", "ib700"], default="i6300esb"),
        "action": _text(enum=["reset", "shutdown", "poweroff", "pause", "debug", "none"]),
    },
    "pve-qemu-sev-fmt": {
        "type": {"type": "string", "default_key": 1, "enum": ["std", "es", "snp"]},
        "no-debug": _flag(default=0),
        "no-key-sharing": _flag(default=0),
        "allow-smt": _flag(default=1),
        "kernel-hashes": _flag(default=0),
    },
    "pve-qemu-tdx-fmt": {
        "type": {"type": "string", "default_key": 1, "enum": ["tdx"]},
        "attestation": {"type": "boolean", "default": 1},
        "vsock-cid": _integer(minimum=2),
        "vsock-port": _integer(minimum=0),
    },
    "pve-vm-cpu-conf": {
        "cputype": _text(default_key=1, default="kvm64"),
        "flags": _text(pattern=rf"(?^:{_CPU_FLAG}(;{_CPU_FLAG})*)"),
        "guest-phys-bits": _integer(minimum=32, maximum=64),
        "hidden": _flag(default=0),
        "hv-vendor-id": _text(pattern="(?^:[a-zA-Z0-9]{1,12})"),
        "level": _integer(minimum=0, maximum=4294967295),
        "phys-bits": _text(format="pve-phys-bits"),
        "reported-model": _text(enum=list(REPORTED_MODELS)),
    },
}


@cache
def named_property_string(name: str) -> dict[str, Schema] | None:
    """The inner schemas of a named property string; None when the name is no property string."""
    if name not in _PLAIN:
        return None
    return dict(from_plain({"properties": _PLAIN[name]}).properties or {})


def _check_cpu(values: Mapping[str, str]) -> None:
    """A custom model is not judged here: whether it exists is the cluster's state."""
    kind = values.get("cputype", "kvm64")
    if kind not in CPU_TYPES and not kind.startswith("custom-"):
        raise format_error(f"Built-in cputype '{kind}' is not defined (missing 'custom-' prefix?)")
    flags = values.get("flags")
    if flags and not all(re.search(r"^[+-]", flag) and flag[1:] in VM_FLAGS for flag in flags.split(";")):
        raise format_error(f"VM-specific CPU flags must be a subset of: {', '.join(VM_FLAGS)}")
    if "reported-model" in values:
        raise format_error("Property 'reported-model' not allowed in VM-specific CPU config.")


def _check_retention(values: Mapping[str, str]) -> None:
    kept = [value for name, value in values.items() if name != "keep-all" and int(value) > 0]
    if kept and values.get("keep-all") == "1":
        raise format_error("keep-all cannot be set together with other options.")


# What some property strings demand of their properties together.
PROPERTY_RULES: dict[str, Callable[[Mapping[str, str]], None]] = {
    "pve-vm-cpu-conf": _check_cpu,
    "prune-backups": _check_retention,
}
