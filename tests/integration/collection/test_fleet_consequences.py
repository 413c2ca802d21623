"""What a fleet's plan says of changes of running guests, beside what becomes of them on a cluster."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.apply import Pace, apply_units, confirm_units
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.compose import compose
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.document import Document, read_document
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.forecast import ForecastClient
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.report import build_result
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.pending import read_pending
from simulated import make_client

from pve_simulator import Simulator
from pve_simulator.clusters.seed import cluster_from_data

MACHINE = {
    "cores": 2,
    "memory": 2048,
    "balloon": 1024,
    "agent": 1,
    "ostype": "l26",
    "scsihw": "virtio-scsi-single",
    "scsi0": "local-lvm:vm-{vmid}-disk-0,size=8G",
    "scsi1": "local-lvm:vm-{vmid}-disk-1,size=2G",
    "ide2": "none,media=cdrom",
    "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
    "vga": "std",
}
CONTAINER = {
    "memory": 512,
    "cores": 1,
    "swap": 512,
    "rootfs": "local-lvm:vm-{vmid}-disk-0,size=4G",
    "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:01,ip=dhcp,type=veth",
    "ostype": "debian",
    "unprivileged": 1,
}
PLUGGABLE = {"hotplug": "network,disk,usb,cpu,memory", "numa": 1}
RIGID = {"hotplug": "0"}
# By case: the type of the guest, what its configuration has besides, and the wish.
CASES = {
    "cores": ("qemu", {}, {"cores": 4}),
    "memory": ("qemu", {}, {"memory": 4096}),
    "memory with hotplug": ("qemu", PLUGGABLE, {"memory": 4096}),
    "balloon": ("qemu", {}, {"balloon": 512}),
    "balloon off": ("qemu", {}, {"balloon": 0}),
    "cpu": ("qemu", {}, {"cpu": "host"}),
    "machine": ("qemu", {}, {"machine": "q35"}),
    "description": ("qemu", {}, {"description": "new"}),
    "tags": ("qemu", {}, {"tags": ["new"]}),
    "onboot": ("qemu", {}, {"onboot": True}),
    "protection": ("qemu", {}, {"protection": True}),
    "startup": ("qemu", {}, {"startup": "order=2"}),
    "boot": ("qemu", {}, {"boot": "order=scsi0"}),
    "vga": ("qemu", {}, {"config": {"vga": "qxl"}}),
    "tablet": ("qemu", {}, {"config": {"tablet": False}}),
    "tablet without hotplug": ("qemu", RIGID, {"config": {"tablet": False}}),
    "cpulimit": ("qemu", {}, {"config": {"cpulimit": 1}}),
    "vcpus": ("qemu", {}, {"config": {"vcpus": 1}}),
    "hotplug": ("qemu", {}, {"hotplug": "disk"}),
    "smbios1": ("qemu", {}, {"config": {"smbios1": {"product": "eA==", "base64": True}}}),
    "cache": ("qemu", {}, {"disks": [{"slot": "scsi0", "cache": "writeback"}]}),
    "backup": ("qemu", {}, {"disks": [{"slot": "scsi0", "backup": False}]}),
    "size": ("qemu", {}, {"disks": [{"slot": "scsi0", "size": 9}]}),
    "medium": ("qemu", {}, {"disks": [{"slot": "ide2", "cdrom": "local:iso/debian-13.1.0-amd64-netinst.iso"}]}),
    "new disk": ("qemu", {}, {"disks": [{"slot": "scsi2", "storage": "local-lvm", "size": 1}]}),
    "new disk without hotplug": ("qemu", RIGID, {"disks": [{"slot": "scsi2", "storage": "local-lvm", "size": 1}]}),
    "new disk on SATA": ("qemu", {}, {"disks": [{"slot": "sata0", "storage": "local-lvm", "size": 1}]}),
    "new EFI disk": ("qemu", {}, {"disks": [{"slot": "efidisk0", "storage": "local-lvm"}]}),
    "detached disk": ("qemu", {}, {"disks": [{"slot": "scsi1", "state": "detached"}]}),
    "detached disk without hotplug": ("qemu", RIGID, {"disks": [{"slot": "scsi1", "state": "detached"}]}),
    "tag": ("qemu", {}, {"nics": [{"slot": "net0", "tag": 5}]}),
    "tag without hotplug": ("qemu", RIGID, {"nics": [{"slot": "net0", "tag": 5}]}),
    "model": ("qemu", {}, {"nics": [{"slot": "net0", "model": "e1000"}]}),
    "model without hotplug": ("qemu", RIGID, {"nics": [{"slot": "net0", "model": "e1000"}]}),
    "new network device": ("qemu", {}, {"nics": [{"slot": "net1", "bridge": "vmbr0"}]}),
    "new network device without hotplug": ("qemu", RIGID, {"nics": [{"slot": "net1", "bridge": "vmbr0"}]}),
    "cores of a container": ("lxc", {}, {"cores": 2}),
    "memory of a container": ("lxc", {}, {"memory": 1024}),
    "swap of a container": ("lxc", {}, {"swap": 0}),
    "description of a container": ("lxc", {}, {"description": "new"}),
    "features of a container": ("lxc", {}, {"features": {"nesting": True}}),
    "tag of a container": ("lxc", {}, {"nics": [{"slot": "net0", "tag": 5}]}),
    "new mount point": ("lxc", {}, {"disks": [{"slot": "mp0", "storage": "local-lvm", "size": 1, "mp": "/srv"}]}),
    "name servers of a container": ("lxc", {}, {"nameserver": ["10.0.0.1"]}),
    "time zone of a container": ("lxc", {}, {"config": {"timezone": "UTC"}}),
}
VMIDS = {name: 1000 + number for number, name in enumerate(CASES)}


@pytest.fixture(scope="module")
def client():
    guests = []
    for name, (kind, more, _wish) in CASES.items():
        base = {**(MACHINE if kind == "qemu" else CONTAINER), **more}
        config = {key: str(value).format(vmid=VMIDS[name]) for key, value in base.items()}
        guests.append({"vmid": VMIDS[name], "name": f"g{VMIDS[name]}", "type": kind, "running": True, "config": config})
    with Simulator(cluster_from_data({"nodes": ["pve1"], "guests": guests}), task_seconds=0.0) as simulator:
        yield make_client(simulator)


def plan(client, document):
    return compose(ForecastClient(client), document, Document(""))


@pytest.fixture(scope="module")
def results(client: Client):
    """By vmid, what the plan of all cases says of each."""
    entries = {f"g{VMIDS[name]}": wish for name, (_kind, _more, wish) in CASES.items()}
    document = read_document({"fleet": "all", "guests": entries})
    units = plan(client, document)
    result = build_result(document, units)
    states = confirm_units(ForecastClient(client), units)
    apply_units(client, states, Pace(), {"throttle": 4, "timeout": 20})
    failures = {unit_id: state.outcome.failure for unit_id, state in states.items() if state.outcome.failure}
    assert not failures, failures
    return {row["vmid"]: row for row in result["objects"]}


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_to_wait_waits_and_nothing_else_does(client, results, case):
    row, kind = results[VMIDS[case]], CASES[case][0]

    waiting = read_pending(client, f"/nodes/pve1/{kind}/{VMIDS[case]}")

    said = {change["path"]: change["consequence"] for change in row["changes"]}
    assert said
    assert ("pending" in said.values()) == bool(waiting), (said, waiting)


@pytest.mark.parametrize(
    ("case", "wish", "path"),
    [
        ("cores", {"state": "template"}, "state"),
        (
            "cores of a container",
            {"disks": [{"slot": "rootfs", "storage": "shared", "move": True}], "cores": 4},
            "disks.rootfs.storage",
        ),
    ],
    ids=["template", "volume of a container"],
)
def test_what_needs_a_stop_is_refused_and_told_as_that(client, case, wish, path):
    document = read_document({"fleet": "all", "guests": {f"g{VMIDS[case]}": wish}})

    (row,) = build_result(document, plan(client, document))["objects"]

    assert row["failure"]["hint"].startswith("Stop it first")
    assert (row["changed"], row["before"], row["after"]) == (False, {}, {})
    told = {change["path"]: change["consequence"] for change in row["changes"]}
    assert told == {f"guests.g{VMIDS[case]}.{path}": "needs_stop"}
