# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks, certificates, packages: what a node reports of its hardware and installation."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.product import KERNEL, VERSION

_YEAR = 31536000
_PACKAGES = {
    "proxmox-ve": "9.2.0",
    "pve-manager": VERSION,
    "qemu-server": "9.2.6",
    "pve-container": "6.1.10",
    "libpve-storage-perl": "9.1.7",
    "pve-firewall": "6.0.4",
    "libpve-access-control": "9.1.1",
    "pve-cluster": "9.1.6",
    "pve-ha-manager": "5.2.0",
}


@route("GET", "/nodes/{node}/disks/smart")
def smart(call: Call) -> dict[str, Any]:
    """A disk's health; only the disks of the list exist."""
    if not call.need("disk").startswith("/dev/nvme"):
        raise failure("not a valid block device")
    return {"health": "PASSED", "type": "text", "text": "SMART overall-health self-assessment test result: PASSED\n"}


@route("GET", "/nodes/{node}/certificates/info")
def certificates(call: Call) -> list[dict[str, Any]]:
    """The node's own certificate and its issuer's."""
    node = call.cluster.nodes[call.node]
    issued = int(node.boot_time) - _YEAR
    issuer = "/CN=Proxmox Virtual Environment/O=PVE Cluster Manager CA"
    common = {"issuer": issuer, "notbefore": issued, "public-key-type": "rsaEncryption"}
    names = ["127.0.0.1", "localhost", node.ip, node.name, f"{node.name}.sim.local"]
    authority = {
        "filename": "pve-root-ca.pem",
        "subject": issuer,
        "public-key-bits": 4096,
        "san": [],
        "fingerprint": call.world.ca_fingerprint,
    }
    own = {
        "filename": "pve-ssl.pem",
        "subject": f"/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN={node.name}.sim.local",
        "public-key-bits": 2048,
        "san": names,
        "fingerprint": node.ssl_fingerprint,
    }
    return [
        {**common, **authority, "notafter": issued + 10 * _YEAR},
        {**common, **own, "notafter": issued + 2 * _YEAR},
    ]


@route("GET", "/nodes/{node}/apt/versions")
def versions(call: Call) -> list[dict[str, Any]]:
    """Versions of the important packages."""
    running = {"proxmox-ve": {"RunningKernel": KERNEL}, "pve-manager": {"ManagerVersion": VERSION}}
    return [
        {
            "Package": name,
            "Version": version,
            "OldVersion": version,
            "CurrentState": "Installed",
            "Arch": "amd64",
            "Origin": "Proxmox",
            "Section": "admin",
            "Priority": "optional",
            "Title": name,
            "Description": "",
            **running.get(name, {}),
        }
        for name, version in _PACKAGES.items()
    ]
