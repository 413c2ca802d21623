"""What a fleet says of a change of any option of a running guest is what becomes of it: it waits, or not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.apply import Pace, apply_units, confirm_units
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.compose import compose
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.document import Document, read_document
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.forecast import ForecastClient
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.report import build_result
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.options import encode, normalize
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.pending import read_pending
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.drives import NICS, find_drive
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.guests import OPTIONS
from ansible_collections.playvisor.proxmox.plugins.module_utils._values.kinds import Choice, Flag, Integer, Number
from simulated import make_client

from pve_simulator import Simulator
from pve_simulator.clusters.seed import cluster_from_data

# One group: all cases are one fleet, which is planned and applied once.
pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("every option")]

CONFIGS = {
    "qemu": {
        "cores": "2",
        "memory": "2048",
        "ostype": "l26",
        "scsihw": "virtio-scsi-single",
        "scsi0": "local-lvm:vm-{vmid}-disk-0,size=8G",
        "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
    },
    "lxc": {
        "memory": "512",
        "rootfs": "local-lvm:vm-{vmid}-disk-0,size=4G",
        "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:01,ip=dhcp,type=veth",
        "ostype": "debian",
        "unprivileged": "1",
    },
}
# What guests have besides, by a name for it.
MANNERS = {
    "qemu": {
        "plain": {},
        "rigid": {"hotplug": "0"},
        "pluggable": {"hotplug": "network,disk,usb,cpu,memory", "numa": "1"},
        "other": {"ostype": "other", "balloon": "0", "agent": "0"},
        "cloud-init": {"ide2": "local-lvm:vm-{vmid}-cloudinit,media=cdrom"},
    },
    "lxc": {"plain": {}},
}
# Two values of each option of which the kind of value does not tell any.
VALUES = {
    "affinity": (["0"], ["1"]),
    "agent": ({"enabled": True}, {"enabled": True, "type": "isa"}),
    "amd-sev": ({"type": "std"}, {"type": "es"}),
    "audio0": ({"device": "AC97"}, {"device": "intel-hda"}),
    "boot": ({"order": ["scsi0"]}, {"order": ["scsi0", "net0"]}),
    "ciuser": ("ada", "bob"),
    "cpu": ({"cputype": "host"}, {"cputype": "max"}),
    "description": ("one", "two"),
    "dev[n]": ({"path": "/dev/ttyS0"}, {"path": "/dev/ttyS1"}),
    "entrypoint": ("/sbin/a", "/sbin/b"),
    "env": ("A=1", "A=2"),
    "features": ({"nesting": True}, {"nesting": True, "keyctl": True}),
    "hostpci[n]": ({"mapping": "gpu"}, {"mapping": "gpu", "pcie": True}),
    "hotplug": (["disk"], ["disk", "usb"]),
    "intel-tdx": ({"type": "tdx", "attestation": True}, {"type": "tdx", "attestation": False}),
    "ipconfig[n]": ({"ip": "dhcp"}, {"ip": "10.0.0.5/24"}),
    "ivshmem": ({"size": 1}, {"size": 2}),
    "machine": ({"type": "q35"}, {"type": "pc"}),
    "nameserver": (["10.0.0.1"], ["10.0.0.2"]),
    "parallel[n]": ("/dev/parport0", "/dev/parport1"),
    "numa[n]": ({"cpus": ["0"], "memory": 1024}, {"cpus": ["1"], "memory": 1024}),
    "rng0": ({"source": "/dev/urandom"}, {"source": "/dev/urandom", "max_bytes": 512}),
    "searchdomain": (["a.example"], ["b.example"]),
    "serial[n]": ("socket", None),
    "smbios1": ({"product": "QQ==", "base64": True}, {"product": "Qg==", "base64": True}),
    "spice_enhancements": ({"foldersharing": True}, {"videostreaming": "all"}),
    "startdate": ("2025-01-01", "2026-01-01"),
    "startup": ({"order": 1}, {"order": 2}),
    "tags": (["a"], ["b"]),
    "timezone": ("UTC", "Europe/Berlin"),
    "usb[n]": ({"host": "spice"}, {"host": "spice", "usb3": True}),
    "vga": ({"type": "qxl"}, {"type": "std"}),
    "virtiofs[n]": ({"dirid": "share"}, {"dirid": "share", "cache": "never"}),
    "vmgenid": ("3f2a6b0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f", "3f2a6b0e-1a2b-4c3d-8e4f-5a6b7c8d9e1f"),
    "vmstatestorage": ("local", "local-lvm"),
    "watchdog": ({"model": "i6300esb"}, {"model": "ib700"}),
    "memory": (2048, 3072),
    "balloon": (512, 1024),
    "cores": (2, 3),
    "vcpus": (1, 2),
    "bios": ("seabios", "ovmf"),
    "bootdisk": ("scsi0", None),
    "tty": (1, 2),
    "hugepages": ("2", "any"),
}
FURTHER = {
    "agent": (
        ({"enabled": True}, {"enabled": True, "fstrim_cloned_disks": True}),
        ({"enabled": True, "type": "isa"}, {"enabled": True, "type": "isa", "fstrim_cloned_disks": True}),
        ({"enabled": True, "fstrim_cloned_disks": True}, {"enabled": False}),
    ),
    "balloon": ((0, 512), (512, 0), (0, None), (None, 0)),
    "hotplug": ((["disk"], ["disk", "memory"]), (["disk", "cpu"], ["disk"]), (["cpu"], None), (["memory"], None)),
    "startup": (({"order": 1}, {"order": 1, "up": 5}),),
}
CLOUDINIT = re.compile(r"ci\w+|ipconfig\d+|nameserver|searchdomain")
# What is left out, and why.
LEFT_OUT = {
    "args": "it is not known what is in it",
    "cicustom": "it names a file",
    "hookscript": "it names a file",
    "hostname": "it is which guest it is",
    "name": "it is which guest it is",
    "template": "it is no option",
    "unprivileged": "it can't be changed",
}
NOT_TAKEN_AWAY = {("lxc", "memory"), ("lxc", "ostype")}
SLOTS = {"qemu": ("scsi1", "virtio1", "sata1", "ide1"), "lxc": ("mp1",)}
DEVICES = {
    ("disks", "qemu"): "local-lvm:vm-{vmid}-disk-1,size=1G",
    ("disks", "lxc"): "local-lvm:vm-{vmid}-disk-1,mp=/mnt,size=1G",
    ("nics", "qemu"): "virtio=BC:24:11:00:00:02,bridge=vmbr0",
    ("nics", "lxc"): "name=eth9,bridge=vmbr0,hwaddr=BC:24:11:00:01:02,type=veth",
}
DEVICE_VALUES = {
    "aio": ("native", "threads"),
    "gw": ("10.0.0.1", "10.0.0.2"),
    "gw6": ("fd00::1", "fd00::2"),
    "hwaddr": ("BC:24:11:00:02:01", "BC:24:11:00:02:02"),
    "idmap": ("passthrough", "u:0:100000:65536"),
    "ip": ("10.0.0.5/24", "10.0.0.6/24"),
    "ip6": ("fd00::5/64", "fd00::6/64"),
    "macaddr": ("BC:24:11:00:02:01", "BC:24:11:00:02:02"),
    "model": ("e1000", "virtio"),
    "mountoptions": ("noatime", "nodev"),
    "mp": ("/srv", "/data"),
    "name": ("eth1", "eth2"),
    "product": ("one", "two"),
    "bridge": ("vmbr0", None),
    "serial": ("one", "two"),
    "trunks": ("5", "6"),
    "vendor": ("one", "two"),
    "wwn": ("0x5000c50015ea71aa", "0x5000c50015ea71ab"),
    "mtu": (1400, 1450),
}
# What a device can't be without, or can't be given by these names.
ALWAYS = frozenset({"hwaddr", "ip", "ip6", "macaddr", "media", "model", "mp", "name", "type"})
NO_DEVICE_VALUES = frozenset({"media", "host-managed", "host-tunnel", "type", "scsiblock", "idmap"})


def find_values(name, option, known):
    if name in known:
        return known[name]
    if isinstance(option, Flag):
        return (False, True)
    if isinstance(option, Choice):
        return option.choices[:2]
    if isinstance(option, (Integer, Number)):
        return (int(option.minimum or 0) + 1, int(option.minimum or 0) + 2)
    raise AssertionError(f"{name} has no values")


def list_steps(first, second):
    return ((None, first), (first, second), (second, first), (first, None))


def render_config(kind, key, value):
    text = encode(kind, key, normalize(kind, key, value))
    return str(int(text) if isinstance(text, bool) else text)


def render_device(base, name, value):
    shown = int(value) if isinstance(value, bool) else value
    kept = ",".join(part for part in base.split(",") if part.partition("=")[0] != name)
    return kept if value is None else f"{kept},{name}={shown}"


def list_option_cases(kind, more):
    for name in sorted(OPTIONS[kind].keys() - LEFT_OUT.keys()):
        key = name.replace("[n]", "1")
        found = find_values(name, OPTIONS[kind][name], VALUES)
        steps = ((None, found[0]), found) if None in found else list_steps(*found)
        for before, after in (*steps, *FURTHER.get(name, ())):
            if after is None and (kind, name) in NOT_TAKEN_AWAY:
                continue
            config = {**CONFIGS[kind], **more}
            if before is not None:
                config[key] = render_config(kind, key, before)
            elif name in VALUES or key not in config:
                config.pop(key, None)
            yield key, before, after, config, {"config": {key: "" if after is None else after}}


def list_device_cases(kind, more):
    places = [("disks", slot, find_drive(slot)) for slot in SLOTS[kind]] + [("nics", "net1", NICS[kind])]
    for option, slot, properties in places:
        base = DEVICES[option, kind]
        for name in sorted(properties.table.keys() - NO_DEVICE_VALUES):
            first, second = find_values(name, properties.table[name], DEVICE_VALUES)
            steps = ((None, first), (None, second)) if name in ALWAYS else list_steps(first, second)
            if name == "bridge":
                steps = ((None, first), (first, None)) if kind == "qemu" else ()
            for before, after in steps:
                text = base if before is None and name in ALWAYS else render_device(base, name, before)
                if name in ("gw", "gw6"):
                    text += ",ip=10.0.0.9/24,ip6=fd00::9/64"
                wish = {"slot": slot, "options": {name: "" if after is None else after}}
                yield f"{slot}.{name}", before, after, {**CONFIGS[kind], **more, slot: text}, {option: [wish]}


def list_whole_device_cases(kind, more):
    """Devices that come and go."""
    disk = DEVICES["disks", kind]
    size = {"storage": "local-lvm", "size": 1, **({"mp": "/mnt"} if kind == "lxc" else {})}
    nic = DEVICES["nics", kind]
    config = {**CONFIGS[kind], **more}
    for slot in SLOTS[kind]:
        yield slot, None, "new", config, {"disks": [{"slot": slot, **size}]}
        yield slot, "there", "detached", {**config, slot: disk}, {"disks": [{"slot": slot, "state": "detached"}]}
    for slot in ("net1", "net11"):
        yield slot, None, "new", config, {"nics": [{"slot": slot, "bridge": "vmbr0"}]}
        yield slot, "there", None, {**config, slot: nic}, {"nics": [{"slot": slot, "state": "absent"}]}


def list_cases():
    """By name: the type of the guest, its configuration, and the wish."""
    cases = {}
    for kind, manners in MANNERS.items():
        for manner, more in manners.items():
            for make in (list_option_cases, list_device_cases, list_whole_device_cases):
                for key, before, after, config, wish in make(kind, more):
                    if key == "tags":
                        wish = {"tags": after or []}
                    shown = re.sub(r"[^\w./:,-]+", " ", f"{kind} {manner} {key} from {before} to {after}")
                    cases[re.sub(" +", " ", shown)[:100]] = (kind, config, wish)
    return cases


CASES = list_cases()
VMIDS = {name: 1000 + number for number, name in enumerate(CASES)}


@pytest.fixture(scope="module")
def client():
    guests = []
    for case, (kind, config, _wish) in CASES.items():
        vmid = VMIDS[case]
        filled = {name: value.replace("{vmid}", str(vmid)) for name, value in config.items()}
        guests.append({"vmid": vmid, "name": f"g{vmid}", "type": kind, "running": True, "config": filled})
    with Simulator(cluster_from_data({"nodes": ["pve1"], "guests": guests}), task_seconds=0.0) as simulator:
        connection = make_client(simulator).connection
        # Some options are for root itself only, and not for its tokens.
        yield Client(replace(connection, token_id=None, token_secret=None, password=simulator.password))


@pytest.fixture(scope="module")
def rows(client: Client):
    """By vmid, what the plan of all cases says of each, once it is applied."""
    entries = {f"g{VMIDS[case]}": wish for case, (_kind, _config, wish) in CASES.items()}
    document = read_document({"fleet": "all", "guests": entries})
    units = compose(ForecastClient(client), document, Document(""))
    planned = build_result(document, units)
    states = confirm_units(ForecastClient(client), units)
    apply_units(client, states, Pace(), {"throttle": 4, "timeout": 20})
    failures = {unit_id: str(state.outcome.failure) for unit_id, state in states.items() if state.outcome.failure}
    assert not failures
    return {row["vmid"]: row for row in planned["objects"]}


@pytest.mark.parametrize(("kind", "manner"), [(kind, manner) for kind in MANNERS for manner in MANNERS[kind]])
def test_what_is_said_to_wait_waits_and_nothing_else_does(client, rows, kind, manner):
    wrong, said = {}, 0
    for case in CASES:
        if not case.startswith(f"{kind} {manner} "):
            continue
        row, path = rows[VMIDS[case]], f"/nodes/pve1/{kind}/{VMIDS[case]}"
        consequences = {change["path"]: change["consequence"] for change in row["changes"]}
        waiting = bool(read_pending(client, path))
        if manner == "cloud-init":
            # The guest reads it when it boots, though the server has it at once.
            waiting |= any(CLOUDINIT.fullmatch(key) for key in CASES[case][2].get("config", ()))
        said += bool(consequences)
        if ("pending" in consequences.values()) != waiting:
            wrong[case] = (consequences, waiting)

    assert said > 100
    assert not wrong
