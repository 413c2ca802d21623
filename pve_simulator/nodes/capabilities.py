# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What QEMU on a node can do: CPU models and machine versions, newest first."""

from __future__ import annotations

from typing import Any

from pve_simulator.schema.formats.cpu_models import ABSTRACT_MODELS, REPORTED_MODELS, VM_FLAGS

_AMD = ("EPYC", "Opteron", "athlon", "phenom")
_NEUTRAL = ("kvm32", "kvm64", "qemu32", "qemu64", "host", "max")
_ARM = ("a64fx", "cortex", "neoverse")
_VERSIONS = (
    "10.0+pve1 10.0 9.2+pve1 9.2 9.1 9.0 8.2 8.1 8.0 7.2 7.1 7.0 6.2 6.1 6.0 5.2 5.1 5.0 4.2 4.1+pve2 4.1+pve1 4.1"
    " 4.0.1 4.0 3.1 3.0 2.12 2.11 2.10 2.9 2.8 2.7 2.6 2.5 2.4"
)
_CHANGES = {
    "10.0+pve1": "Set host_mtu vNIC option even with default value for migration compat.",
    "9.2+pve1": "Disables S3/S4 power states by default.",
    "4.1+pve2": "Increases the number of SCSI drives supported.",
    "4.1+pve1": "Introduction of pveX versioning, no changes.",
}
_ONLY_Q35 = frozenset({"4.0.1"})
FLAG_TEXTS = {
    "nested-virt": "Controls nested virtualization.",
    "md-clear": "Required to let the guest OS know if MDS is mitigated correctly.",
    "pcid": "Meltdown fix cost reduction on Westmere, Sandy-, and IvyBridge Intel CPUs.",
    "spec-ctrl": "Allows improved Spectre mitigation with Intel CPUs.",
    "ssbd": "Protection for 'Speculative Store Bypass' for Intel models.",
    "ibpb": "Allows improved Spectre mitigation with AMD CPUs.",
    "virt-ssbd": "Basis for 'Speculative Store Bypass' protection for AMD models.",
    "amd-ssbd": "Improves Spectre mitigation performance with AMD CPUs, best used with 'virt-ssbd'.",
    "amd-no-ssb": "Notifies guest OS that host is not vulnerable for Spectre on AMD CPUs.",
    "pdpe1gb": "Allow guest OS to use 1GB size pages, if host HW supports it.",
    "hv-tlbflush": "Improve performance in overcommitted Windows guests. May lead to guest bluescreens on old CPUs.",
    "hv-evmcs": "Improve performance for nested virtualization. Only supported on Intel CPUs.",
    "aes": "Activate AES instruction set for HW acceleration.",
}


def list_cpu_models() -> list[dict[str, Any]]:
    """The models of x86 CPUs, each with its vendor."""
    names = [name for name in REPORTED_MODELS if not name.startswith(_ARM)]
    models: list[dict[str, Any]] = [{"name": name, "vendor": _get_vendor(name), "custom": 0} for name in names]
    return [*models, *({"name": name, "vendor": "default", "custom": 0, "abstract": 1} for name in ABSTRACT_MODELS)]


def list_cpu_flags(nodes: list[str]) -> list[dict[str, Any]]:
    """The flags that a VM may set, and where they are supported."""
    return [{"name": name, "description": FLAG_TEXTS[name], "supported-on": nodes} for name in sorted(VM_FLAGS)]


def list_machines() -> list[dict[str, str]]:
    """Machine versions of both types."""
    entries = []
    for version in _VERSIONS.split():
        for kind in ("i440fx", "q35"):
            if version in _ONLY_Q35 and kind != "q35":
                continue
            entry = {"id": f"pc-{kind}-{version}", "type": kind, "version": version}
            if version in _CHANGES:
                entry["changes"] = _CHANGES[version]
            entries.append(entry)
    return entries


def _get_vendor(name: str) -> str:
    if name in _NEUTRAL:
        return "default"
    return "AuthenticAMD" if name.startswith(_AMD) else "GenuineIntel"
