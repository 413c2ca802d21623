# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters of any size from a few numbers, always the same for the same numbers."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping

from pve_simulator.schema import parse_size
from pve_simulator.state.cluster import Cluster, Pool
from pve_simulator.state.conf_file import digest_of
from pve_simulator.state.guest import Guest
from pve_simulator.state.inside import ContainerInside
from pve_simulator.state.node import Node
from pve_simulator.state.storage import GIB, Storage, Volume

# Role, how many MiB, cores and GiB such a guest has, and its pool.
_ROLES = (
    ("web", 2048, 2, 20, "frontend"),
    ("db", 8192, 4, 80, "backend"),
    ("app", 4096, 2, 30, "backend"),
    ("cache", 2048, 1, 10, "backend"),
    ("ci", 4096, 4, 40, None),
)
_CREATED = 1760000000
_TEMPLATE_VMID = 9000


def build_cluster(nodes: int = 3, guests: int = 12, *, name: str = "sim") -> Cluster:
    """A cluster `pve1`…`pveN` with guests from vmid 101 on.

    Every fourth guest is a container, every fifth is stopped; from four guests on, the last is a template.
    Names, tags and pools go round: web-01, db-01, app-01, …
    """
    if nodes < 1 or guests < 0:
        raise ValueError("a cluster has at least one node and no negative number of guests")
    cluster = Cluster(name=name if nodes > 1 else None)
    for number in range(1, nodes + 1):
        node = Node(
            f"pve{number}",
            id=number if nodes > 1 else 0,
            ip=f"10.99.{number // 250}.{number % 250}",
            maxmem=max(64, guests * 8 // nodes) * GIB,
            cpus=max(16, guests * 2 // nodes),
        )
        cluster.nodes[node.name] = node
    cluster.storages = default_storages(cluster.nodes)
    cluster.pools = {pool: Pool() for *dummy, pool in _ROLES if pool}
    templates = 1 if guests >= 4 else 0
    for index in range(guests - templates):
        _add_guest(cluster, index, 101 + index)
    if templates:
        _add_template(cluster, max(_TEMPLATE_VMID, 101 + guests))
    return cluster


def default_storages(nodes: Mapping[str, Node]) -> dict[str, Storage]:
    """What most clusters have: a local directory, local thin LVM, and a share."""
    local = Storage("local", {"type": "dir", "path": "/var/lib/vz", "content": "iso,vztmpl,backup,import,snippets"})
    thin = Storage(
        "local-lvm",
        {"type": "lvmthin", "thinpool": "data", "vgname": "pve", "content": "images,rootdir"},
        total=2000 * GIB,
        base_used=0,
    )
    share = Storage(
        "shared",
        {
            "type": "nfs",
            "server": "10.99.0.250",
            "export": "/export/pve",
            "path": "/mnt/pve/shared",
            "content": "images,rootdir,iso,vztmpl,backup",
        },
        total=20000 * GIB,
    )
    for node in nodes:
        for content, file, size in (
            ("iso", "debian-13.1.0-amd64-netinst.iso", 783 * 1024**2),
            ("vztmpl", "debian-13-standard_13.1-1_amd64.tar.zst", 130 * 1024**2),
        ):
            volid = f"local:{content}/{file}"
            kind = "iso" if content == "iso" else "tzst"
            local.volumes_on(node)[volid] = Volume(volid, content, kind, size, ctime=_CREATED)
    return {storage.id: storage for storage in (local, thin, share)}


def complete_guest(cluster: Cluster, guest: Guest) -> None:
    """Fill in what a guest cannot be without: name, memory, ids; and the volumes its disks name."""
    config = guest.config
    if guest.type == "qemu":
        config.setdefault("memory", "512")
        config.setdefault("smbios1", f"uuid={_make_uuid(guest.vmid, 'smbios')}")
        config.setdefault("vmgenid", _make_uuid(guest.vmid, "vmgenid"))
    else:
        config.setdefault("memory", "512")
        config.setdefault("swap", "512")
        config.setdefault("ostype", "debian")
        config.setdefault("arch", "amd64")
        if "inside" not in guest.parts:
            guest.part(ContainerInside).configured = True
    add_volumes(cluster, guest)


def add_volumes(cluster: Cluster, guest: Guest) -> None:
    """Make the volumes that a guest's disks name and that are not there."""
    for key, value in guest.config.items():
        volid = value.split(",", 1)[0]
        storage = cluster.storages.get(volid.partition(":")[0])
        if storage is None or "size=" not in value or "media=cdrom" in value:
            continue
        size = parse_size(value.partition("size=")[2].split(",", 1)[0]) or 0
        content = "images" if guest.type == "qemu" else "rootdir"
        volumes = storage.volumes_on(guest.node)
        if not key.startswith("unused") and volid not in volumes:
            suffix = volid.rpartition(".")[2] if "." in volid.rpartition("/")[2] else "raw"
            volumes[volid] = Volume(volid, content, suffix, size, size // 4, guest.vmid, _CREATED)


def mac_address(seed: str) -> str:
    """A MAC address under Proxmox's own prefix, always the same for the same text."""
    raw = digest_of(seed)[:6].upper()
    return f"BC:24:11:{raw[0:2]}:{raw[2:4]}:{raw[4:6]}"


def _add_guest(cluster: Cluster, index: int, vmid: int) -> None:
    role, memory, cores, disk, pool = _ROLES[index % len(_ROLES)]
    name = f"{role}-{index // len(_ROLES) + 1:02d}"
    node = list(cluster.nodes)[index % len(cluster.nodes)]
    common = {
        "memory": str(memory),
        "cores": str(cores),
        "tags": ";".join(sorted({role, "prod" if index % 3 else "test"})),
        "onboot": "1",
    }
    running = index % 5 != 4
    mac = mac_address(f"{vmid}/net0")
    if index % 4 == 3:
        config = {
            **common,
            "hostname": name,
            "rootfs": f"local-lvm:vm-{vmid}-disk-0,size={disk}G",
            "net0": f"name=eth0,bridge=vmbr0,hwaddr={mac},ip=dhcp,type=veth",
            "unprivileged": "1",
            "features": "nesting=1",
        }
        guest = Guest(vmid, "lxc", node, config, running=running)
    else:
        config = {
            **common,
            "name": name,
            "agent": "1",
            "boot": "order=scsi0;net0",
            "meta": f"creation-qemu=10.0.13,ctime={_CREATED + vmid}",
            "net0": f"virtio={mac},bridge=vmbr0",
            "ostype": "l26",
            "scsi0": f"local-lvm:vm-{vmid}-disk-0,size={disk}G",
            "scsihw": "virtio-scsi-single",
            "sockets": "1",
        }
        guest = Guest(vmid, "qemu", node, config, running=running)
    complete_guest(cluster, guest)
    cluster.guests[vmid] = guest
    if pool:
        cluster.pools[pool].vms.append(vmid)


def _add_template(cluster: Cluster, vmid: int) -> None:
    config = {
        "name": "debian-13-template",
        "memory": "2048",
        "cores": "2",
        "tags": "template",
        "template": "1",
        "agent": "1",
        "boot": "order=scsi0",
        "meta": f"creation-qemu=10.0.13,ctime={_CREATED + vmid}",
        "net0": f"virtio={mac_address(f'{vmid}/net0')},bridge=vmbr0",
        "ostype": "l26",
        "scsi0": f"local-lvm:base-{vmid}-disk-0,size=10G",
        "scsihw": "virtio-scsi-single",
    }
    guest = Guest(vmid, "qemu", next(iter(cluster.nodes)), config)
    complete_guest(cluster, guest)
    cluster.guests[vmid] = guest


def _make_uuid(vmid: int, what: str) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(f"{vmid}/{what}".encode()).digest()[:16], version=4))
