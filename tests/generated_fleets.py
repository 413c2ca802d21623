"""Fleets that chance makes, for tests of what has to hold for all of them, and the cluster that they are for."""

from __future__ import annotations

from random import Random
from typing import Any

from pve_simulator.clusters.seed import cluster_from_data
from pve_simulator.state.cluster import Cluster

_NODES = ("pve1", "pve2")
_VOLUMES = ("local-lvm", "shared")
_OSTEMPLATE = "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst"
_OLD = {101: "web-01", 102: "web-02", 103: "db-01", 104: "db-02"}
_BOXES = {201: "box-01", 202: "box-02"}


def build_world(random: Random) -> Cluster:
    """Two nodes with a template, machines and containers."""
    machine = {"memory": 2048, "cores": 2, "agent": 1, "ostype": "l26", "scsihw": "virtio-scsi-single"}
    guests: list[dict[str, Any]] = [
        {
            "vmid": vmid,
            "name": name,
            "node": random.choice(_NODES),
            "running": random.random() < 0.5,
            "config": {
                **machine,
                "scsi0": f"local-lvm:vm-{vmid}-disk-0,size=8G",
                "net0": f"virtio=BC:24:11:00:00:{vmid % 100:02X},bridge=vmbr0",
            },
        }
        for vmid, name in _OLD.items()
    ]
    guests += [
        {
            "vmid": vmid,
            "name": name,
            "type": "lxc",
            "node": random.choice(_NODES),
            "running": random.random() < 0.5,
            "config": {
                "memory": 512,
                "rootfs": f"local-lvm:vm-{vmid}-disk-0,size=4G",
                "net0": f"name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:{vmid % 100:02X},ip=dhcp,type=veth",
                "ostype": "debian",
                "unprivileged": 1,
            },
        }
        for vmid, name in _BOXES.items()
    ]
    base = {**machine, "scsi0": "shared:9000/base-9000-disk-0.qcow2,size=4G", "net0": "virtio,bridge=vmbr0"}
    guests.append({"vmid": 9000, "name": "debian-13", "node": "pve1", "template": True, "config": base})
    return cluster_from_data({"nodes": list(_NODES), "guests": guests})


def make_fleet(random: Random) -> dict[str, Any]:
    """A document with machines and containers that are there already, new ones, and what is around them."""
    fleet: dict[str, Any] = {"fleet": "chance", "settings": _make_settings(random), "guests": {}}
    if _is_so(random, 0.6):
        fleet["pools"] = {"prod": {"comment": _make_text(random)}}
    if _is_so(random, 0.4):
        fleet["storages"] = {"nas": {"type": "dir", "path": "/mnt/nas", "content": ["images", "backup"]}}
    guests = fleet["guests"]
    for name in random.sample([*_OLD.values()], random.randint(1, 3)):
        guests[name] = _make_machine(random, fleet)
    for name in random.sample([*_BOXES.values()], random.randint(0, 2)):
        guests[name] = _make_container(random, fleet)
    if _is_so(random, 0.3):
        guests["golden"] = {"state": "template", "clone": {"name": "debian-13", "full": True}, "cores": 1}
    for number in range(random.randint(1, 3)):
        guests[f"new-{number:02}"] = _make_new_guest(random, fleet)
    names = list(guests)
    for place, name in enumerate(names):
        if place and _is_so(random, 0.3) and guests[name].get("state") == "started":
            others = [one for one in names[:place] if guests[one].get("state") != "template"]
            guests[name]["depends_on"] = random.sample(others, min(len(others), random.randint(1, 2)))
    if _is_so(random, 0.4):
        name = random.choice([one for one in names if guests[one].get("state") != "template"])
        guests[name]["ha"] = {"max_restart": random.randint(1, 3)}
    if _is_so(random, 0.4):
        chosen = {"pool": "prod"} if "pools" in fleet and _is_so(random, 0.5) else {"all": True}
        fleet["backup_jobs"] = {
            "nightly": {"schedule": f"{random.randint(0, 23):02}:30", "storage": "shared", **chosen}
        }
    if _is_so(random, 0.3):
        fleet["firewall"] = {"groups": {"web": {"rules": [_make_rule(random)]}}}
    if _is_so(random, 0.3):
        fleet["access"] = {"groups": [{"group": "ops"}], "users": [{"user": "alice@pve", "groups": ["ops"]}]}
    return fleet


def change_fleet(random: Random, fleet: dict[str, Any]) -> dict[str, Any]:
    """The same fleet with other wishes for some of its guests."""
    guests = {name: dict(entry) for name, entry in fleet["guests"].items()}
    for entry in guests.values():
        if entry.get("state") == "template" or _is_so(random, 0.3):
            continue
        entry["memory"] = random.choice([512, 1024, 2048, 4096])
        entry["description"] = _make_text(random)
        entry["tags"] = _make_tags(random)
        if entry.get("disks"):
            entry["disks"] = [{**one, **({"size": one["size"] + 1} if "size" in one else {})} for one in entry["disks"]]
    return {**fleet, "guests": guests}


def _make_settings(random: Random) -> dict[str, Any]:
    settings: dict[str, Any] = {"restart": _is_so(random, 0.5)}
    if _is_so(random, 0.4):
        settings["serial"] = random.choice([1, 2, "50%"])
    if _is_so(random, 0.3):
        settings["max_unavailable"] = random.choice([1, "25%"])
    return settings


def _make_new_guest(random: Random, fleet: dict[str, Any]) -> dict[str, Any]:
    kind = random.choice(["clone", "machine", "container"])
    if kind == "container":
        size = {"slot": "rootfs", "storage": random.choice(_VOLUMES), "size": random.randint(2, 4)}
        made = {"type": "lxc", "ostemplate": _OSTEMPLATE, "unprivileged": True, "disks": [size]}
        return {**_make_container(random, fleet), **made}
    entry = _make_machine(random, fleet)
    if kind == "clone":
        names = ["debian-13", *(["golden"] if "golden" in fleet["guests"] else [])]
        entry["clone"] = {"name": random.choice(names), **({"full": True} if _is_so(random, 0.5) else {})}
        entry["disks"] = [{"slot": "scsi0", "size": random.randint(4, 6)}]
        return entry
    # Nothing is installed on it, so that it would not shut down.
    entry |= {"type": "qemu", "state": "stopped"}
    entry["disks"] = [{"slot": "scsi0", "storage": random.choice(_VOLUMES), "size": random.randint(1, 4)}]
    entry["nics"] = [{"slot": "net0", "bridge": "vmbr0"}]
    return entry


def _make_machine(random: Random, fleet: dict[str, Any]) -> dict[str, Any]:
    entry = _make_guest(random, fleet)
    if _is_so(random, 0.5):
        entry["cpu"] = random.choice(["host", "x86-64-v2-AES"])
    if _is_so(random, 0.3):
        entry["config"] = {"vga": random.choice(["std", "qxl"])}
    if _is_so(random, 0.3):
        entry["disks"] = [{"slot": "scsi1", "storage": "local-lvm", "size": 1, "cache": "writeback"}]
    if _is_so(random, 0.4):
        entry["nics"] = [{"slot": "net0", "bridge": "vmbr0", "tag": random.randint(2, 9)}]
    if _is_so(random, 0.5):
        entry["cloudinit"] = {
            "user": random.choice(["admin", "root"]),
            "ipconfig": [{"interface": 0, "ip": f"10.0.0.{random.randint(2, 250)}/24"}],
            "drive_storage": "local-lvm",
        }
    return entry


def _make_container(random: Random, fleet: dict[str, Any]) -> dict[str, Any]:
    entry = _make_guest(random, fleet)
    if _is_so(random, 0.5):
        entry["swap"] = random.choice([0, 256])
    return entry


def _make_guest(random: Random, fleet: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"memory": random.choice([512, 1024, 2048])}
    optional = {
        "cores": random.randint(1, 4),
        "description": _make_text(random),
        "tags": _make_tags(random),
        "onboot": _is_so(random, 0.5),
        "state": random.choice(["started", "stopped", "present"]),
    }
    entry |= {name: value for name, value in optional.items() if _is_so(random, 0.6)}
    if "prod" in (fleet.get("pools") or {}) and _is_so(random, 0.5):
        entry["pool"] = "prod"
    if _is_so(random, 0.4):
        entry["firewall"] = {"options": {"enable": True}, "rules": [_make_rule(random)]}
    return entry


def _make_rule(random: Random) -> dict[str, Any]:
    return {"key": "http", "type": "in", "action": "ACCEPT", "proto": "tcp", "dport": str(random.choice([80, 443]))}


def _make_text(random: Random) -> str:
    return random.choice(["first", "second", "with a ü", "two\nlines"])


def _make_tags(random: Random) -> list[str]:
    return random.sample(["prod", "web", "db", "test"], random.randint(0, 3))


def _is_so(random: Random, share: float) -> bool:
    return random.random() < share
