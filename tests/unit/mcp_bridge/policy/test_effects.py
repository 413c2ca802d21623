"""What each request does, by its parameters and by the guest that it touches."""

from __future__ import annotations

import pytest

from mcp_bridge.policy.effects import EFFECTS, TABLE, describe_effects, find_row
from mcp_bridge.policy.targets import Target

RUNNING, STOPPED = "running", "stopped"
C, I, D, L, A = "changes", "interrupts", "degrades", "loses data", "gives access"  # noqa: E741
TWICE, OUT, ANY = "duplicates identity", "reaches out", "unknown"
VM, CT = "/nodes/pve1/qemu/101", "/nodes/pve1/lxc/101"
CONFIG = {
    "memory": "4096",
    "cores": 4,
    "cpulimit": "0",
    "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1",
    "scsi0": "local-lvm:vm-101-disk-0,size=32G",
    "unused0": "local-lvm:vm-101-disk-1",
    "ide2": "local:iso/a.iso,media=cdrom",
    "agent": "1",
    "sshkeys": "mine",
    "onboot": 1,
    "protection": 1,
    "tags": "web;protected",
}


def guest(status=RUNNING, kind="qemu", vmid=101, config=None, **facts):
    known = CONFIG if config is None else config
    return Target(str(vmid), vmid, "web-01", "pve1", kind, status=status, config=known, **facts)


def describe(method, path, params=None, *guests):
    known = {target.vmid: target for target in guests or (guest(),)}
    return describe_effects({"method": method, "path": path, "params": params or {}}, known)


POWER = [
    ("start", {}, {C}, {C}),
    ("resume", {}, {C}, {C}),
    ("shutdown", {}, {C, I}, {C}),
    ("shutdown", {"forceStop": 1}, {C, I}, {C}),
    ("stop", {}, {C, I}, {C}),
    ("reboot", {"timeout": 30}, {C, I}, {C}),
    ("reset", {}, {C, I}, {C}),
    ("suspend", {}, {C, I}, {C}),
    ("suspend", {"todisk": 1}, {C, I}, {C}),
    ("stop", {"skiplock": 1}, {C, ANY}, {C, ANY}),
    ("start", {"skiplock": 1}, {C, ANY}, {C, ANY}),
]


@pytest.mark.parametrize(("action", "params", "running", "stopped"), POWER)
def test_power(action, params, running, stopped):
    step = ("POST", f"{VM}/status/{action}", params)

    assert describe(*step, guest()) == running
    assert describe(*step, guest("paused")) == running
    assert describe(*step, guest("")) == running
    assert describe(*step, guest(STOPPED, is_known=False)) == running
    assert describe(*step, guest(STOPPED)) == stopped


@pytest.mark.parametrize(
    ("params", "running", "stopped"),
    [
        ({"description": "x"}, {C}, {C}),
        ({"tags": "db protected", "digest": "abc"}, {C}, {C}),
        ({"onboot": 1}, {C}, {C}),
        ({"onboot": 0}, {C, D}, {C}),
        ({"delete": "onboot"}, {C, D}, {C}),
        ({"boot": "order=net0"}, {C, D}, {C}),
        ({"protection": 0}, {C, L}, {C, L}),
        ({"protection": 1}, {C}, {C}),
        ({"tags": "web;protected"}, {C}, {C}),
        ({"tags": "web;unprotected"}, {C, L}, {C, L}),
        ({"delete": "tags"}, {C, L}, {C, L}),
        ({"memory": "nan"}, {C, D}, {C}),
        ({"memory": 16}, {C, D}, {C}),
        ({"memory": 8192}, {C}, {C}),
        ({"memory": "current=2048"}, {C, D}, {C}),
        ({"memory": "lots"}, {C, D}, {C}),
        ({"cores": 1}, {C, D}, {C}),
        ({"cores": 8}, {C}, {C}),
        ({"delete": "cores"}, {C, D}, {C}),
        ({"revert": "cores"}, {C, D}, {C}),
        ({"revert": "scsi0,protection", "force": 1}, {C, I, L}, {C, L}),
        ({"sockets": 2}, {C}, {C}),
        ({"cpulimit": "0.1"}, {C, D}, {C}),
        ({"cpuunits": 8}, {C, D}, {C}),
        ({"cpuunits": 2048}, {C}, {C}),
        ({"balloon": 64}, {C, D}, {C}),
        ({"balloon": 0}, {C}, {C}),
        ({"vcpus": 1}, {C, D}, {C}),
        ({"affinity": "0"}, {C, D}, {C}),
        ({"bios": "ovmf"}, {C, D}, {C}),
        ({"freeze": 1}, {C, I}, {C, I}),
        ({"net0": CONFIG["net0"]}, {C}, {C}),
        ({"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr66,firewall=1"}, {C, I, A}, {C, A}),
        ({"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=20,firewall=1"}, {C, I, A}, {C, A}),
        ({"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,link_down=1"}, {C, I}, {C}),
        ({"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0"}, {C, A}, {C, A}),
        ({"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=0"}, {C, A}, {C, A}),
        ({"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,rate=1"}, {C, D}, {C}),
        ({"net0": "virtio=BC:24:11:00:00:99,bridge=vmbr0,firewall=1"}, {C, I, TWICE}, {C, TWICE}),
        ({"net0": "e1000=BC:24:11:00:00:01,bridge=vmbr0,firewall=1"}, {C, I}, {C}),
        ({"net1": "virtio,bridge=vmbr1"}, {C, A}, {C, A}),
        ({"net1": "virtio=BC:24:11:00:00:98,bridge=vmbr1"}, {C, A, TWICE}, {C, A, TWICE}),
        ({"delete": "net0"}, {C, I}, {C}),
        ({"ciuser": "root"}, {C, A}, {C, A}),
        ({"cipassword": "********"}, {C, A}, {C, A}),
        ({"sshkeys": "theirs"}, {C, A}, {C, A}),
        ({"sshkeys": "mine"}, {C}, {C}),
        ({"delete": "sshkeys"}, {C, A}, {C, A}),
        ({"cicustom": "user=local:snippets/u.yml"}, {C, A}, {C, A}),
        ({"nameserver": "192.0.2.66"}, {C, A}, {C, A}),
        ({"ipconfig0": "ip=192.0.2.66/24"}, {C, A, I}, {C, A}),
        ({"ciupgrade": 0}, {C}, {C}),
        ({"agent": "1"}, {C}, {C}),
        ({"agent": "0"}, {C}, {C}),
        ({"hookscript": "local:snippets/h.pl"}, {C, A}, {C, A}),
        ({"args": "-device x"}, {C, A}, {C, A}),
        ({"serial0": "socket"}, {C}, {C}),
        ({"serial0": "/dev/ttyS0"}, {C, A}, {C, A}),
        ({"hostpci0": "0000:01:00.0"}, {C, A}, {C, A}),
        ({"usb0": "host=1-2"}, {C, A}, {C, A}),
        ({"virtiofs0": "dirid=x"}, {C, A}, {C, A}),
        ({"scsi1": "local-lvm:32"}, {C}, {C}),
        ({"scsi1": "local-lvm:vm-101-disk-1"}, {C}, {C}),
        ({"scsi1": "local-lvm:vm-102-disk-0"}, {C, A}, {C, A}),
        ({"scsi1": "local:102/vm-102-disk-0.qcow2"}, {C, A}, {C, A}),
        ({"scsi1": "local-lvm:0,import-from=local-lvm:vm-102-disk-0"}, {C, A}, {C, A}),
        ({"scsi1": "/dev/sdb"}, {C, A}, {C, A}),
        ({"scsi0": "local-lvm:vm-101-disk-1"}, {C, I}, {C}),
        ({"scsi0": "local-lvm:vm-101-disk-0,size=32G,mbps_rd=1"}, {C, D}, {C}),
        ({"scsi0": "local-lvm:vm-101-disk-0,size=32G,backup=0"}, {C}, {C}),
        ({"ide2": "local:iso/b.iso,media=cdrom"}, {C}, {C}),
        ({"delete": "scsi0"}, {C, I}, {C}),
        ({"delete": "scsi0", "force": 1}, {C, I, L}, {C, L}),
        ({"delete": "unused0"}, {C, L}, {C, L}),
        ({"delete": "description,scsi0"}, {C, I}, {C}),
        ({"lock": "backup"}, {C, ANY}, {C, ANY}),
        ({"template": 1}, {C, ANY}, {C, ANY}),
        ({"brand_new_option": 1}, {C, ANY}, {C, ANY}),
        ({"delete": "brand_new_option"}, {C, ANY}, {C, ANY}),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_configuration(method, params, running, stopped):
    assert describe(method, f"{VM}/config", params, guest()) == running
    assert describe(method, f"{VM}/config", params, guest(STOPPED)) == stopped


@pytest.mark.parametrize(
    ("params", "effects"),
    [
        ({"memory": 99999}, {C, D}),
        ({"cores": 64}, {C, D}),
        ({"cpulimit": 99}, {C, D}),
        ({"net0": CONFIG["net0"]}, {C, A, I}),
        ({"sshkeys": "mine"}, {C, A}),
        ({"scsi1": "local-lvm:32"}, {C, I}),
        ({"description": "x"}, {C}),
    ],
)
def test_a_configuration_that_could_not_be_read_may_be_any(params, effects):
    unknown = guest(STOPPED, config={}, is_known=False)

    assert describe("PUT", f"{VM}/config", params, unknown) == effects


@pytest.mark.parametrize(
    ("params", "running", "stopped"),
    [
        ({"cores": 2}, {C, D}, {C}),
        ({"delete": "cores"}, {C}, {C}),
        ({"memory": 16}, {C, D}, {C}),
        ({"swap": 0}, {C, D}, {C}),
        ({"features": "nesting=1"}, {C, A}, {C, A}),
        ({"mp0": "/etc,mp=/mnt"}, {C, A}, {C, A}),
        ({"mp0": "local-lvm:8,mp=/data"}, {C}, {C}),
        ({"net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,ip=192.0.2.66/24"}, {C, I, A}, {C, A}),
        ({"dev0": "/dev/kvm"}, {C, A}, {C, A}),
        ({"entrypoint": "/bin/x"}, {C, A}, {C, A}),
        ({"timezone": "UTC"}, {C}, {C}),
    ],
)
def test_configuration_of_containers(params, running, stopped):
    config = {"memory": 512, "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,ip=dhcp"}

    assert describe("PUT", f"{CT}/config", params, guest(RUNNING, "lxc", config=config)) == running
    assert describe("PUT", f"{CT}/config", params, guest(STOPPED, "lxc", config=config)) == stopped


@pytest.mark.parametrize(
    ("kind", "rootfs", "params", "running", "stopped"),
    [
        ("qemu", "", {"mode": "snapshot"}, {C}, {C}),
        ("qemu", "", {}, {C}, {C}),
        ("qemu", "", {"mode": "stop"}, {C, I}, {C}),
        ("qemu", "", {"mode": "suspend"}, {C, I}, {C}),
        ("qemu", "", {"remove": 1}, {C, L}, {C, L}),
        ("qemu", "", {"script": "/tmp/x"}, {C, A}, {C, A}),
        ("qemu", "", {"dumpdir": "/etc"}, {C, A}, {C, A}),
        ("qemu", "", {"stop": 1}, {C, I, L}, {C, I, L}),
        ("lxc", "tank:subvol-101-disk-0", {"mode": "snapshot"}, {C}, {C}),
        ("lxc", "local-lvm:vm-101-disk-0", {"mode": "snapshot"}, {C, D}, {C}),
        ("lxc", "local:101/vm-101-disk-0.raw", {"mode": "snapshot"}, {C, I}, {C}),
        ("lxc", "tank:subvol-101-disk-0", {"mode": "stop"}, {C, I}, {C}),
    ],
)
def test_backups(kind, rootfs, params, running, stopped):
    step = ("POST", "/nodes/pve1/vzdump", {"vmid": "101", "storage": "nas", "remove": 0, **params})
    config = {"rootfs": rootfs} if rootfs else CONFIG

    assert describe(*step, guest(RUNNING, kind, config=config)) == running
    assert describe(*step, guest(STOPPED, kind, config=config)) == stopped


def test_a_backup_prunes_older_ones_unless_it_is_told_not_to():
    assert describe("POST", "/nodes/pve1/vzdump", {"vmid": 101}) == {C, L}


def test_only_volumes_in_the_backup_count():
    config = {"rootfs": "tank:subvol-101-disk-0", "mp0": "/srv,mp=/srv", "mp1": "local:101/vm-101-disk-1.raw,mp=/a"}
    step = ("POST", "/nodes/pve1/vzdump", {"vmid": 101, "remove": 0})

    assert describe(*step, guest(kind="lxc", config=config)) == {C}
    assert describe(*step, guest(kind="lxc", config=config | {"mp1": config["mp1"] + ",backup=1"})) == {C, I}


@pytest.mark.parametrize(
    ("path", "params", "running", "stopped"),
    [
        (VM, {"target": "pve2", "online": 1}, {C}, {C}),
        (VM, {"target": "pve2", "online": 1, "with-local-disks": 1}, {C, D}, {C}),
        (VM, {"target": "pve2", "online": 1, "targetstorage": "nas"}, {C, D}, {C}),
        (VM, {"target": "pve2"}, {C, I}, {C}),
        (VM, {"target": "pve2", "online": 1, "force": 1}, {C, I}, {C, I}),
        (CT, {"target": "pve2", "restart": 1}, {C, I}, {C}),
        (CT, {"target": "pve2", "online": 1}, {C, I}, {C}),
        (CT, {"target": "pve2"}, {C, I}, {C}),
    ],
)
def test_migrations(path, params, running, stopped):
    kind = path.split("/")[3]

    assert describe("POST", f"{path}/migrate", params, guest(RUNNING, kind)) == running
    assert describe("POST", f"{path}/migrate", params, guest(STOPPED, kind)) == stopped


@pytest.mark.parametrize(
    ("method", "tail", "params", "running", "stopped"),
    [
        ("POST", "/snapshot", {"snapname": "a"}, {C}, {C}),
        ("POST", "/snapshot", {"snapname": "a", "vmstate": 1}, {C, D}, {C}),
        ("PUT", "/snapshot/a/config", {"description": "x"}, {C}, {C}),
        ("DELETE", "/snapshot/a", {}, {C, L}, {C, L}),
        ("POST", "/snapshot/a/rollback", {}, {C, I, L}, {C, L}),
        ("POST", "/snapshot/a/rollback", {"start": 1}, {C, I, L}, {C, L}),
        ("DELETE", "", {"purge": 1}, {C, I, L}, {C, L}),
        ("POST", "/template", {}, {C, I}, {C, I}),
        ("PUT", "/resize", {"disk": "scsi0", "size": "64G"}, {C}, {C}),
        ("POST", "/move_disk", {"disk": "scsi0", "storage": "nas"}, {C, D}, {C}),
        ("POST", "/move_disk", {"disk": "scsi0", "target-vmid": 102}, {C, I, A}, {C, I, A}),
        ("PUT", "/unlink", {"idlist": "scsi0", "force": 1}, {C, I, L}, {C, L}),
        ("PUT", "/cloudinit", {}, {C}, {C}),
        ("POST", "/remote_migrate", {"delete": 1}, {C, I, A, OUT, L}, {C, A, OUT, L}),
        ("POST", "/agent/exec", {"command": ["id"]}, {C, A, ANY}, {C, A, ANY}),
        ("POST", "/agent/file-write", {"file": "/a"}, {C, A, ANY}, {C, A, ANY}),
        ("POST", "/agent/set-user-password", {"username": "root"}, {C, A}, {C, A}),
        ("POST", "/agent", {"command": "shutdown"}, {C, I}, {C}),
        ("POST", "/agent", {"command": "exec"}, {C, A, ANY}, {C, A, ANY}),
        ("POST", "/agent/fsfreeze-freeze", {}, {C, I}, {C}),
        ("POST", "/agent/fsfreeze-thaw", {}, {C}, {C}),
        ("POST", "/agent/suspend-ram", {}, {C, I}, {C}),
        ("POST", "/monitor", {"command": "quit"}, {C, A, ANY}, {C, A, ANY}),
        ("PUT", "/sendkey", {"key": "ctrl-alt-delete"}, {C, A, ANY}, {C, A, ANY}),
        ("POST", "/vncproxy", {}, {C, A}, {C, A}),
        ("POST", "/termproxy", {}, {C, A}, {C, A}),
        ("POST", "/spiceproxy", {}, {C, A}, {C, A}),
        ("POST", "/status/teleport", {}, {C, ANY}, {C, ANY}),
        ("POST", "/mtunnel", {}, {C, ANY}, {C, ANY}),
    ],
)
def test_other_requests_to_a_guest(method, tail, params, running, stopped):
    assert describe(method, f"{VM}{tail}", params, guest()) == running
    assert describe(method, f"{VM}{tail}", params, guest(STOPPED)) == stopped


VMA = "nas:backup/vzdump-qemu-101-2026_01_01-00_00_00.vma.zst"
PBS = "pbs:backup/vm/101/2026-01-01T00:00:00Z"
FREE = Target("900", 900, status=STOPPED, exists=False)
GONE = Target("101", 101, exists=False)


@pytest.mark.parametrize(
    ("params", "original", "effects"),
    [
        ({"archive": VMA}, guest(), {C, TWICE}),
        ({"archive": VMA}, guest(STOPPED), {C, TWICE}),
        ({"archive": VMA, "unique": 1}, guest(), {C}),
        ({"archive": VMA, "unique": 1, "start": 1}, guest(), {C, TWICE}),
        ({"archive": VMA, "unique": 1, "live-restore": 1}, guest(), {C, TWICE}),
        ({"archive": VMA, "start": 1}, GONE, {C}),
        ({"archive": PBS}, guest(), {C, TWICE}),
        ({"archive": PBS, "unique": 1}, guest(), {C}),
        ({"archive": "nas:backup/named-by-hand.vma"}, guest(), {C, TWICE}),
        ({"archive": VMA, "unique": 1, "pool": "lab"}, guest(), {C, A}),
        ({"archive": VMA, "unique": 1, "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0"}, guest(), {C, TWICE}),
        ({"archive": VMA, "unique": 1, "hookscript": "local:snippets/h"}, guest(), {C, A}),
    ],
)
def test_restores_to_a_new_guest(params, original, effects):
    assert describe("POST", "/nodes/pve1/qemu", {"vmid": 900, **params}, original, FREE) == effects


def test_restores_over_a_guest():
    step = ("POST", "/nodes/pve1/qemu", {"vmid": 101, "archive": VMA, "force": 1})

    assert describe(*step, guest(STOPPED)) == {C, L}
    assert describe(*step, guest()) == {C, L, I}
    assert describe(*step, guest("")) == {C, L, I}


def test_a_copy_that_starts_beside_its_original_is_there_twice():
    step = ("POST", "/nodes/pve1/qemu/900/status/start", {})
    copy = Target("900", 900, status=STOPPED, exists=False, origin=101)

    assert describe(*step, copy, guest()) == {C, TWICE}
    assert describe(*step, copy, GONE) == {C}
    assert describe(*step, FREE, guest()) == {C}


@pytest.mark.parametrize(
    ("kind", "params", "effects"),
    [
        ("qemu", {"memory": 2048, "net0": "virtio,bridge=vmbr0", "scsi0": "local-lvm:32"}, {C}),
        ("qemu", {"sshkeys": "mine", "ciuser": "me"}, {C}),
        ("qemu", {"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0"}, {C, TWICE}),
        ("qemu", {"args": "-x"}, {C, A}),
        ("qemu", {"hostpci0": "01:00"}, {C, A}),
        ("qemu", {"serial0": "socket"}, {C}),
        ("qemu", {"serial0": "/dev/ttyS0"}, {C, A}),
        ("qemu", {"cicustom": "user=local:snippets/u.yml"}, {C, A}),
        ("qemu", {"scsi0": "local-lvm:0,import-from=local-lvm:vm-101-disk-0"}, {C, A}),
        ("lxc", {"ostemplate": "local:vztmpl/a.tar.zst", "rootfs": "local-lvm:8"}, {C}),
        ("lxc", {"ostemplate": "local:vztmpl/a.tar.zst", "features": "nesting=1"}, {C, A}),
        ("lxc", {"ostemplate": "local:vztmpl/a.tar.zst", "mp0": "/root,mp=/x"}, {C, A}),
        ("lxc", {"ostemplate": VMA.replace("qemu", "lxc"), "restore": 1}, {C, TWICE}),
    ],
)
def test_new_guests(kind, params, effects):
    assert describe("POST", f"/nodes/pve1/{kind}", {"vmid": 900, **params}, guest(), FREE) == effects


@pytest.mark.parametrize(
    ("source", "params", "effects"),
    [
        (guest(), {}, {C}),
        (guest(config={"ipconfig0": "ip=dhcp"}), {}, {C}),
        (guest(config={"ipconfig0": "ip=192.0.2.9/24,gw=192.0.2.1"}), {}, {C, TWICE}),
        (guest(STOPPED, "lxc", config={"net0": "name=eth0,ip=192.0.2.9/24"}), {}, {C, TWICE}),
        (guest(STOPPED, "lxc", config={"net0": "name=eth0,ip=dhcp,ip6=auto"}), {}, {C}),
        (guest(STOPPED, config={"ipconfig0": "ip=192.0.2.9/24"}, template=True), {}, {C}),
        (guest(config={}, is_known=False), {}, {C, TWICE}),
        (guest(), {"pool": "lab"}, {C, A}),
        (guest(pool="lab"), {"pool": "lab"}, {C}),
        (guest(template=True), {"pool": "lab"}, {C}),
    ],
)
def test_clones(source, params, effects):
    path = f"/nodes/pve1/{source.type}/101/clone"

    assert describe("POST", path, {"newid": 900, **params}, source, FREE) == effects


@pytest.mark.parametrize(
    ("is_template", "tail", "params", "effects"),
    [
        (True, "config", {"tags": "web", "sshkeys": "k", "ciuser": "a", "ipconfig0": "ip=192.0.2.9/24"}, {C}),
        (True, "config", {"ide2": "local:cloudinit", "delete": "nameserver"}, {C}),
        (True, "config", {"hostpci0": "01:00"}, {C, A}),
        (True, "config", {"name": "db-01"}, {C, TWICE}),
        (True, "status/start", {}, {C}),
        (False, "config", {"tags": "web"}, {C}),
        (False, "config", {"sshkeys": "k"}, {C, A}),
        (False, "config", {"ipconfig0": "ip=192.0.2.9/24"}, {C, A}),
        (False, "config", {"sshkeys": "mine"}, {C}),
        (False, "config", {"net0": "virtio,bridge=vmbr0,firewall=1,link_down=1"}, {C}),
        (False, "config", {"net0": "virtio,bridge=vmbr0,link_down=1"}, {C, A}),
        (False, "config", {"net0": "virtio,bridge=vmbr9,firewall=1,link_down=1"}, {C, A}),
        (False, "config", {"net1": "virtio,bridge=vmbr0,link_down=1"}, {C, A}),
        (False, "config", {"delete": "tags"}, {C}),
        (False, "status/start", {}, {C, TWICE}),
    ],
)
def test_setting_up_a_clone_that_the_plan_makes(is_template, tail, params, effects):
    source = guest(template=is_template)
    clone = Target("900", 900, node="pve1", type="qemu", exists=False, origin=101, status="stopped")
    step = {"method": "PUT" if tail == "config" else "POST", "path": f"/nodes/pve1/qemu/900/{tail}", "params": params}

    assert describe_effects(step, {101: source, 900: clone}, {102: "db-01"}) == effects


@pytest.mark.parametrize(
    ("method", "path", "params"),
    [
        ("PUT", f"{VM}/config", {"name": "DB-01"}),
        ("PUT", "/nodes/pve1/lxc/101/config", {"hostname": "db-01"}),
        ("POST", "/nodes/pve1/qemu", {"vmid": 900, "name": "db-01"}),
        ("POST", "/nodes/pve1/qemu", {"vmid": 900, "archive": VMA, "unique": 1, "name": "db-01"}),
        ("POST", f"{VM}/clone", {"newid": 900, "name": "db-01"}),
    ],
)
def test_a_name_that_another_guest_has(method, path, params):
    step = {"method": method, "path": path, "params": params}
    guests = {101: guest(), 900: FREE}

    assert describe_effects(step, guests, {101: "web-01", 102: "db-01"}) == {C, TWICE}
    assert describe_effects(step, guests, {101: "web-01", 102: "db-02"}) == {C}
    assert describe_effects(step, {101: guest(kind="lxc"), 900: FREE}, {102: "db-02"}) == {C}


def test_a_guest_may_keep_its_own_name():
    step = {"method": "PUT", "path": f"{VM}/config", "params": {"name": "web-01"}}

    assert describe_effects(step, {101: guest()}, {101: "web-01"}) == {C}


@pytest.mark.parametrize(
    ("method", "path", "params", "effects"),
    [
        # The firewall of a guest; that of the cluster, a node or a network reads the same.
        ("PUT", f"{VM}/firewall/options", {"enable": 0}, {C, A}),
        ("PUT", f"{VM}/firewall/options", {"enable": 1}, {C, I}),
        ("PUT", f"{VM}/firewall/options", {"policy_in": "ACCEPT"}, {C, A}),
        ("PUT", f"{VM}/firewall/options", {"policy_in": "DROP"}, {C, I}),
        ("PUT", f"{VM}/firewall/options", {"macfilter": 0}, {C, A}),
        ("PUT", f"{VM}/firewall/options", {"log_level_in": "info"}, {C}),
        ("PUT", f"{VM}/firewall/options", {"delete": "enable"}, {C, A, I}),
        ("PUT", f"{VM}/firewall/options", {"brand_new": 1}, {C, A, I}),
        ("POST", f"{VM}/firewall/rules", {"type": "in", "action": "ACCEPT", "enable": 1}, {C, A}),
        ("POST", f"{VM}/firewall/rules", {"type": "in", "action": "accept"}, {C, A}),
        ("POST", f"{VM}/firewall/rules", {"type": "in", "action": "DROP", "enable": 1}, {C, I}),
        ("POST", f"{VM}/firewall/rules", {"type": "group", "action": "web", "enable": 1}, {C, A, I}),
        ("POST", f"{VM}/firewall/rules", {"type": "in", "action": "ACCEPT", "enable": 0}, {C}),
        ("PUT", f"{VM}/firewall/rules/0", {"comment": "x", "digest": "y"}, {C}),
        ("PUT", f"{VM}/firewall/rules/0", {"enable": 1}, {C, A, I}),
        ("PUT", f"{VM}/firewall/rules/0", {"moveto": 3}, {C, A, I}),
        ("DELETE", f"{VM}/firewall/rules/0", {}, {C, A, I}),
        ("POST", f"{VM}/firewall/ipset/admins", {"cidr": "0.0.0.0/0"}, {C, A, I}),
        ("POST", f"{VM}/firewall/ipset", {"name": "admins"}, {C}),
        ("POST", "/cluster/firewall/groups", {"group": "web"}, {C}),
        ("POST", "/cluster/firewall/groups/web", {"action": "ACCEPT", "enable": 1}, {C, A}),
        ("DELETE", "/cluster/firewall/groups/web/0", {}, {C, A, I}),
        ("DELETE", "/cluster/firewall/groups/web", {}, {C, A, I}),
        ("PUT", "/cluster/firewall/aliases/lan", {"cidr": "0.0.0.0/0"}, {C, A, I}),
        ("PUT", "/cluster/firewall/options", {"enable": 0}, {C, A}),
        ("PUT", "/nodes/pve1/firewall/options", {"enable": 0}, {C, A}),
        ("PUT", "/cluster/sdn/vnets/v1/firewall/options", {"enable": 0}, {C, A}),
        # High availability
        ("POST", "/cluster/ha/resources", {"sid": "vm:101"}, {C}),
        ("POST", "/cluster/ha/resources", {"sid": "vm:101", "state": "stopped"}, {C, I}),
        ("PUT", "/cluster/ha/resources/vm:101", {"state": "disabled"}, {C, I}),
        ("PUT", "/cluster/ha/resources/vm%3A101", {"state": "stopped"}, {C, I}),
        ("PUT", "/cluster/ha/resources/vm:101", {"state": "ignored"}, {C, D}),
        ("PUT", "/cluster/ha/resources/vm:101", {"max_restart": 3}, {C}),
        ("PUT", "/cluster/ha/resources/vm:101", {"max_restart": 0}, {C, D}),
        ("DELETE", "/cluster/ha/resources/vm:101", {}, {C, D}),
        ("POST", "/cluster/ha/resources/vm:101/relocate", {"node": "pve2"}, {C, I}),
        ("POST", "/cluster/ha/rules", {"rule": "a", "resources": "vm:101"}, {C, D}),
        ("DELETE", "/cluster/ha/rules/a", {}, {C, D}),
        # Pools and access
        ("POST", "/pools", {"poolid": "lab"}, {C}),
        ("PUT", "/pools", {"poolid": "lab", "comment": "x"}, {C}),
        ("PUT", "/pools", {"poolid": "lab", "vms": "101"}, {C, A}),
        ("PUT", "/pools", {"poolid": "lab", "storage": "nas", "delete": 1}, {C, A}),
        ("DELETE", "/pools", {"poolid": "lab"}, {C}),
        ("PUT", "/access/acl", {"path": "/", "roles": "Administrator", "users": "a@pve"}, {C, A}),
        ("POST", "/access/users", {"userid": "a@pve"}, {C, A}),
        ("PUT", "/access/password", {"userid": "a@pve"}, {C, A}),
        ("POST", "/access/users/a@pve/token/ci", {}, {C, A}),
        ("PUT", "/access/users/a@pve/token/ci", {"regenerate": 1}, {C, A}),
        ("DELETE", "/access/users/a@pve/token/ci", {}, {C, A}),
        ("PUT", "/access/roles/Own", {"privs": "Sys.Modify"}, {C, A}),
        ("POST", "/access/groups", {"groupid": "ops"}, {C, A}),
        # Backups, volumes and storages
        ("PUT", f"/nodes/pve1/storage/nas/content/{VMA}", {"protected": 0}, {C, L}),
        ("PUT", f"/nodes/pve1/storage/nas/content/{VMA}", {"protected": 1}, {C}),
        ("PUT", f"/nodes/pve1/storage/nas/content/{VMA}", {"notes": "x"}, {C}),
        ("DELETE", f"/nodes/pve1/storage/nas/content/{VMA}", {}, {C, L}),
        ("DELETE", "/nodes/pve1/storage/local/content/local:iso/a.iso", {}, {C, L}),
        ("DELETE", "/nodes/pve1/storage/nas/prunebackups", {"vmid": 101}, {C, L}),
        ("POST", "/cluster/backup", {"id": "n", "vmid": "101"}, {C}),
        ("POST", "/cluster/backup", {"id": "n", "vmid": "101", "mode": "stop"}, {C, I}),
        ("POST", "/cluster/backup", {"id": "n", "vmid": "101", "prune-backups": "keep-last=1"}, {C, L}),
        ("PUT", "/cluster/backup/n", {"comment": "x"}, {C}),
        ("PUT", "/cluster/backup/n", {"mode": "suspend"}, {C, I}),
        ("PUT", "/cluster/backup/n", {"vmid": "101"}, {C, I, L}),
        ("PUT", "/cluster/backup/n", {"enabled": 0}, {C, L}),
        ("PUT", "/cluster/backup/n", {"enabled": 1}, {C, I}),
        ("DELETE", "/cluster/backup/n", {}, {C, L}),
        ("POST", "/nodes/pve1/storage/local/download-url", {"url": "https://example.org/a.iso"}, {C, OUT}),
        ("POST", "/nodes/pve1/aplinfo", {"storage": "local", "template": "a"}, {C, OUT}),
        ("POST", "/nodes/pve1/storage/local/upload", {"filename": "a.iso"}, {C}),
        ("POST", "/storage", {"storage": "a", "type": "nfs", "server": "192.0.2.1"}, {C, OUT}),
        ("POST", "/storage", {"storage": "a", "type": "dir", "path": "/etc"}, {C, A}),
        ("POST", "/storage", {"storage": "a", "type": "lvmthin", "vgname": "pve"}, {C}),
        ("PUT", "/storage/a", {"disable": 1}, {C, I}),
        ("PUT", "/storage/a", {"nodes": "pve2"}, {C, I}),
        ("PUT", "/storage/a", {"prune-backups": "keep-last=1"}, {C, L}),
        ("PUT", "/storage/a", {"password": "********"}, {C, A, I}),
        ("DELETE", "/storage/a", {}, {C, I}),
        # Nodes and tasks
        ("DELETE", "/nodes/pve1/tasks/UPID:pve1:1:2:3:qmigrate:101:root@pam:", {}, {C, I}),
        ("POST", "/nodes/pve1/stopall", {"vms": "101"}, {C, I}),
        ("POST", "/nodes/pve1/stopall", {}, {C, I}),
        ("POST", "/nodes/pve9/stopall", {}, {C, I, ANY}),
        ("POST", "/nodes/pve1/suspendall", {}, {C, I}),
        ("POST", "/nodes/pve1/startall", {}, {C}),
        ("POST", "/nodes/pve1/migrateall", {"target": "pve2"}, {C, D}),
        ("POST", "/cluster/bulk-action/guest/shutdown", {}, {C, I}),
        ("POST", "/nodes/pve1/vzdump", {"all": 1, "mode": "stop", "remove": 0}, {C, I}),
        ("POST", "/nodes/pve1/status", {"command": "reboot"}, {C, I}),
        ("POST", "/nodes/pve1/vncshell", {}, {C, A}),
        ("POST", "/nodes/pve1/execute", {"commands": "[]"}, {C, ANY}),
        ("PUT", "/nodes/pve1/network", {}, {C, ANY}),
        ("PUT", "/cluster/sdn", {}, {C, ANY}),
        ("DELETE", "/cluster/config/nodes/pve2", {}, {C, ANY}),
        ("POST", "/nodes/pve1/apt/update", {}, {C, ANY}),
        # Paths that can be read in two ways
        ("POST", "/nodes/pve1/qemu/101/status/../status/start", {}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu/101/status/%2e%2e/start", {}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu/101//status/start", {}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu/101/status/start?skiplock=1", {}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu/101/status/start/", {}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu/%31%30%31/status/stop", {}, {C, I}),
        ("POST", "/nodes/pve1/qemu/0101/status/stop", {}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu/101%20/status/stop", {}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu/10x/status/stop", {}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu", {"vmid": "101 "}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu", {"vmid": "99999999999999999999"}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu", {}, {C, ANY}),
        ("POST", "/nodes/pve1/qemu/99999999999999999999/status/start", {}, {C, ANY}),
        ("PATCH", "/nodes/pve1/qemu/101/config", {}, {C, ANY}),
    ],
)
def test_everything_else(method, path, params, effects):
    assert describe(method, path, params) == effects


def test_the_worst_of_several_guests_counts():
    step = ("POST", "/nodes/pve1/vzdump", {"vmid": "101,102", "mode": "stop", "remove": 0})
    others = guest(STOPPED, vmid=102)

    assert describe(*step, guest(STOPPED), others) == {C}
    assert describe(*step, guest(RUNNING), others) == {C, I}
    assert describe(*step, guest(STOPPED)) == {C, I}


def test_every_row_has_effects_that_exist_and_can_be_reached():
    for row in TABLE:
        path = row.path.replace("{guest}", VM).replace("{type}", "qemu").replace("{scope*}", "/cluster")
        path = "/".join("x" if part.startswith("{") else part for part in path.split("/"))
        path = path.replace("suspend-{how}", "suspend-disk").replace("fsfreeze-{how}", "fsfreeze-thaw")
        found = find_row({"method": row.method, "path": path})

        assert found is row, path
        assert describe(row.method, path) <= set(EFFECTS)
        assert C in describe(row.method, path)
