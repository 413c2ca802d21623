"""Shapes of guests as clusters have them: raw configurations of the API, by what is special about each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pve_simulator import build_cluster
from pve_simulator.clusters.model import complete_guest
from pve_simulator.state.cluster import Cluster, Pool
from pve_simulator.state.firewall import Alias, Firewall, FirewallFile, IpSet, IpSetEntry
from pve_simulator.state.guest import Guest, Snapshot
from pve_simulator.state.ha import Ha, HaResource


@dataclass(frozen=True)
class Shape:
    """A guest; what `notes` names has to stand in a comment."""

    title: str
    type: str
    config: dict[str, Any]
    status: str = "stopped"
    pending: dict[str, str] = field(default_factory=dict)
    pending_delete: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()
    pool: str = ""
    ha: dict[str, Any] = field(default_factory=dict)
    firewall: dict[str, Any] = field(default_factory=dict)
    entry: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.title.lower().replace(" ", "-").replace(",", "")


def _machine(**more: str) -> dict[str, str]:
    """What a machine has that was made by the web interface."""
    base = {
        "boot": "order=scsi0;ide2;net0",
        "cores": "2",
        "cpu": "x86-64-v2-AES",
        "memory": "2048",
        "meta": "creation-qemu=10.0.2,ctime=1750000000",
        "net0": "virtio=BC:24:11:AA:00:{n:02X},bridge=vmbr0,firewall=1",
        "numa": "0",
        "ostype": "l26",
        "scsi0": "local-lvm:vm-{vmid}-disk-0,iothread=1,size=32G",
        "scsihw": "virtio-scsi-single",
        "smbios1": "uuid=0f8a2c10-0000-4000-8000-{vmid:012d}",
        "sockets": "1",
        "vmgenid": "1f8a2c10-0000-4000-8000-{vmid:012d}",
    }
    return {**base, **{key.replace("__", "-"): value for key, value in more.items()}}


def _container(**more: str) -> dict[str, str]:
    base = {
        "arch": "amd64",
        "cores": "1",
        "features": "nesting=1",
        "memory": "512",
        "net0": "name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:CC:00:{n:02X},ip=dhcp,type=veth",
        "ostype": "debian",
        "rootfs": "local-lvm:vm-{vmid}-disk-0,size=8G",
        "swap": "512",
        "unprivileged": "1",
    }
    return {**base, **more}


SHAPES = [
    Shape(
        "plain machine",
        "qemu",
        _machine(agent="1", onboot="1"),
        "running",
        entry={
            "state": "started",
            "cores": 2,
            "memory": 2048,
            "agent": 1,
            "onboot": True,
            "numa": False,
            "boot": "order=scsi0;ide2;net0",
            "disks": [{"slot": "scsi0", "storage": "local-lvm", "size": 32, "iothread": True}],
        },
    ),
    Shape("only a name", "qemu", {"memory": "512", "meta": "creation-qemu=10.0.2,ctime=1750000000"}),
    Shape("machine without a disk", "qemu", {**_machine(), "boot": " "}),
    Shape(
        "EFI and TPM",
        "qemu",
        _machine(
            bios="ovmf",
            machine="pc-q35-10.0+pve1",
            ostype="win11",
            efidisk0="local-lvm:vm-{vmid}-disk-1,efitype=4m,pre-enrolled-keys=1,size=4M",
            tpmstate0="local-lvm:vm-{vmid}-disk-2,size=4M,version=v2.0",
        ),
        entry={
            "disks": [
                {"slot": "efidisk0", "storage": "local-lvm", "options": {"efitype": "4m", "pre-enrolled-keys": 1}},
                {"slot": "scsi0", "storage": "local-lvm", "size": 32, "iothread": True},
                {"slot": "tpmstate0", "storage": "local-lvm", "options": {"version": "v2.0"}},
            ]
        },
    ),
    Shape(
        "PCI passthrough",
        "qemu",
        _machine(
            machine="q35",
            hostpci0="0000:01:00.0,pcie=1,x-vga=1",
            hostpci1="mapping=gpu,mdev=nvidia-63",
            hostpci2="0000:02:00.0;0000:02:00.1,rombar=0,romfile=vbios.bin",
        ),
        entry={"config": {"hostpci0": "0000:01:00.0,pcie=1,x-vga=1", "hostpci1": "mapping=gpu,mdev=nvidia-63"}},
    ),
    Shape(
        "cloud-init",
        "qemu",
        _machine(
            ide2="local-lvm:vm-{vmid}-cloudinit,media=cdrom,size=4M",
            ciuser="debian",
            cipassword="**********",
            citype="nocloud",
            ciupgrade="0",
            ipconfig0="ip=192.0.2.10/24,gw=192.0.2.1",
            ipconfig1="ip6=auto",
            nameserver="192.0.2.53 2001:db8::53",
            searchdomain="example.com",
            cicustom="user=local:snippets/user.yml,vendor=local:snippets/vendor.yml",
            sshkeys="ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIJ4mH1Wl0mVnYq1N1yqj0Xv4QyZCkTn0hX3zQ1u9d9aB%20ops%40host%0A",
        ),
        entry={
            "cloudinit": {
                "drive_storage": "local-lvm",
                "user": "debian",
                "citype": "nocloud",
                "upgrade": False,
                "nameservers": ["192.0.2.53", "2001:db8::53"],
                "searchdomain": ["example.com"],
                "ssh_keys": [
                    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4mH1Wl0mVnYq1N1yqj0Xv4QyZCkTn0hX3zQ1u9d9aB ops@host"
                ],
                "ipconfig": [
                    {"interface": 0, "ip": "192.0.2.10/24", "gw": "192.0.2.1"},
                    {"interface": 1, "ip6": "auto"},
                ],
                "custom": {"user": "local:snippets/user.yml", "vendor": "local:snippets/vendor.yml"},
            }
        },
    ),
    Shape(
        "cloud-init on another drive",
        "qemu",
        _machine(scsi1="local-lvm:vm-{vmid}-cloudinit,media=cdrom", ide2="none,media=cdrom", ciuser="root"),
        entry={"cloudinit": {"drive": "scsi1", "drive_storage": "local-lvm", "user": "root"}},
    ),
    Shape("cloud-init without a drive", "qemu", _machine(ipconfig0="ip=dhcp", ciuser="admin")),
    Shape(
        "name servers without cloud-init",
        "qemu",
        _machine(nameserver="192.0.2.53"),
        entry={"nameserver": ["192.0.2.53"]},
    ),
    Shape(
        "many disks",
        "qemu",
        _machine(
            scsi1="local:{vmid}/vm-{vmid}-disk-0.qcow2,cache=writeback,discard=on,size=100G,ssd=1",
            scsi10="local-lvm:vm-{vmid}-disk-5,backup=0,replicate=0,serial=data%201,size=1T",
            scsi2="local-lvm:vm-{vmid}-disk-3,aio=native,mbps_rd=100,mbps_wr=50.5,size=10G",
            virtio0="local-lvm:vm-{vmid}-disk-4,iops_rd=1000,size=2252M",
            sata0="local:{vmid}/vm-{vmid}-disk-6.raw,size=8G",
            ide0="local:iso/debian-13.1.0-amd64-netinst.iso,media=cdrom,size=784M",
        ),
        entry={
            "disks": [
                {"slot": "ide0", "cdrom": "local:iso/debian-13.1.0-amd64-netinst.iso"},
                {"slot": "sata0", "storage": "local", "size": 8},
                {"slot": "scsi0", "storage": "local-lvm", "size": 32, "iothread": True},
                {
                    "slot": "scsi1",
                    "storage": "local",
                    "format": "qcow2",
                    "size": 100,
                    "cache": "writeback",
                    "discard": True,
                    "ssd": True,
                },
                {
                    "slot": "scsi2",
                    "storage": "local-lvm",
                    "size": 10,
                    "options": {"aio": "native", "mbps_rd": 100, "mbps_wr": 50.5},
                },
                {
                    "slot": "scsi10",
                    "storage": "local-lvm",
                    "size": 1024,
                    "backup": False,
                    "options": {"replicate": 0, "serial": "data%201"},
                },
                # 2252 MiB are no whole GiB, which the option can't say.
                {"slot": "virtio0", "storage": "local-lvm", "options": {"iops_rd": 1000}},
            ]
        },
    ),
    Shape(
        "physical disk",
        "qemu",
        _machine(scsi1="/dev/disk/by-id/ata-WDC_WD40-1,backup=0,size=3907018584K", ide2="cdrom,media=cdrom"),
        entry={
            "disks": [
                {"slot": "ide2", "cdrom": "cdrom"},
                {"slot": "scsi0", "storage": "local-lvm", "size": 32, "iothread": True},
                {"slot": "scsi1", "volume": "/dev/disk/by-id/ata-WDC_WD40-1", "backup": False},
            ]
        },
    ),
    Shape(
        "disk of another guest",
        "qemu",
        _machine(scsi1="local-lvm:vm-998-disk-0,shared=1,size=4G"),
        entry={
            "disks": [
                {"slot": "scsi0", "storage": "local-lvm", "size": 32, "iothread": True},
                {"slot": "scsi1", "volume": "local-lvm:vm-998-disk-0", "size": 4, "options": {"shared": 1}},
            ]
        },
    ),
    Shape(
        "unused disks",
        "qemu",
        _machine(unused0="local-lvm:vm-{vmid}-disk-7", unused1="local:{vmid}/vm-{vmid}-disk-8.qcow2"),
        notes=("unused0 is local-lvm:vm-", "unused1 is local:"),
    ),
    Shape(
        "linked clone",
        "qemu",
        _machine(scsi0="local-lvm:base-999-disk-0/vm-{vmid}-disk-0,size=32G"),
        entry={"disks": [{"slot": "scsi0", "storage": "local-lvm", "size": 32}]},
        notes=("a linked clone of guest 999",),
    ),
    Shape(
        "linked clone in files",
        "qemu",
        _machine(scsi0="local:999/base-999-disk-1.qcow2/{vmid}/vm-{vmid}-disk-0.qcow2,size=32G"),
        entry={"disks": [{"slot": "scsi0", "storage": "local", "format": "qcow2", "size": 32}]},
    ),
    Shape(
        "template",
        "qemu",
        _machine(template="1", scsi0="local-lvm:base-{vmid}-disk-0,size=4G"),
        entry={"state": "template", "disks": [{"slot": "scsi0", "storage": "local-lvm", "size": 4}]},
    ),
    Shape(
        "pending changes",
        "qemu",
        _machine(balloon="512"),
        "running",
        pending={"memory": "4096", "cores": "4"},
        pending_delete=("balloon",),
        entry={"memory": 4096, "cores": 4},
        notes=("waits for a restart: balloon, cores, memory",),
    ),
    Shape(
        "snapshots",
        "qemu",
        _machine(parent="second"),
        snapshots=("first", "second"),
        notes=("snapshots: first, second",),
    ),
    Shape("locked by a backup", "qemu", _machine(lock="backup"), "running", notes=("locked (backup)",)),
    Shape("locked for a clone", "qemu", _machine(lock="clone"), notes=("locked (clone)",)),
    Shape("hibernated", "qemu", _machine(lock="suspended"), entry={"state": "present"}, notes=("hibernated",)),
    Shape("paused", "qemu", _machine(), "paused", entry={"state": "present"}, notes=("paused when it was read",)),
    Shape(
        "highly available",
        "qemu",
        _machine(),
        "running",
        ha={"state": "started", "max_restart": 3, "max_relocate": 2, "failback": False, "comment": "critical"},
        entry={
            "ha": {
                "request_state": "started",
                "max_restart": 3,
                "max_relocate": 2,
                "failback": False,
                "comment": "critical",
            }
        },
    ),
    Shape("under HA and stopped", "qemu", _machine(), ha={"state": "stopped"}, entry={"state": "stopped"}),
    Shape(
        "firewall with rules, sets and aliases",
        "qemu",
        _machine(),
        firewall={
            "options": {"enable": "1", "policy_in": "DROP", "dhcp": "1", "log_level_in": "warning"},
            "rules": [
                {
                    "type": "in",
                    "action": "ACCEPT",
                    "enable": 1,
                    "macro": "SSH",
                    "source": "+admins",
                    "comment": "Ops [ssh]",
                },
                {
                    "type": "in",
                    "action": "DROP",
                    "enable": 0,
                    "proto": "tcp",
                    "dport": "25,8000:8080",
                    "comment": "[mail]",
                },
                {"type": "in", "action": "ACCEPT", "enable": 1, "proto": "icmp", "comment": "by hand"},
                {"type": "group", "action": "web", "enable": 1, "iface": "net0", "comment": "[web]"},
            ],
            "aliases": [{"name": "office", "cidr": "198.51.100.7", "comment": "Head office"}],
            "ipsets": {
                "admins": [
                    {"cidr": "192.0.2.0/24", "comment": "all"},
                    {"cidr": "192.0.2.9", "nomatch": True},
                    {"cidr": "dc/office"},
                ]
            },
        },
        entry={
            "firewall": {
                "options": {"enable": True, "policy_in": "DROP", "dhcp": True, "log_level_in": "warning"},
                "rules": [
                    {
                        "key": "ssh",
                        "type": "in",
                        "action": "ACCEPT",
                        "macro": "SSH",
                        "source": "+admins",
                        "comment": "Ops",
                    },
                    {
                        "key": "mail",
                        "type": "in",
                        "action": "DROP",
                        "proto": "tcp",
                        "dport": "25,8000:8080",
                        "enable": False,
                    },
                    {"key": "web", "type": "group", "action": "web", "iface": "net0"},
                ],
                "aliases": [{"name": "office", "cidr": "198.51.100.7", "comment": "Head office"}],
                "ipsets": [
                    {
                        "name": "admins",
                        "entries": [
                            {"cidr": "192.0.2.0/24", "comment": "all"},
                            {"cidr": "192.0.2.9", "nomatch": True},
                            {"cidr": "dc/office"},
                        ],
                    }
                ],
            }
        },
        notes=("firewall rule 2 (in ACCEPT icmp) has no [key]",),
    ),
    Shape(
        "in a pool with tags",
        "qemu",
        _machine(tags="prod;web"),
        pool="webshop",
        entry={"pool": "webshop", "tags": ["prod", "web"]},
    ),
    Shape(
        "devices",
        "qemu",
        _machine(
            audio0="device=ich9-intel-hda,driver=spice",
            parallel0="/dev/parport0",
            rng0="source=/dev/urandom,max_bytes=1024,period=1000",
            serial0="socket",
            serial1="/dev/ttyS0",
            spice_enhancements="foldersharing=1,videostreaming=filter",
            usb0="host=1234:5678,usb3=1",
            usb1="spice",
            usb2="mapping=dongle",
            vga="qxl,memory=32",
            virtiofs0="shared,cache=always,expose-acl=1",
            watchdog="model=i6300esb,action=reset",
            tablet="0",
        ),
    ),
    Shape(
        "NUMA topology",
        "qemu",
        _machine(
            affinity="0-3,8",
            hugepages="1024",
            keephugepages="1",
            numa="1",
            numa0="cpus=0-1,hostnodes=0,memory=1024,policy=bind",
            numa1="cpus=2-3,hostnodes=1,memory=1024,policy=bind",
            sockets="2",
            vcpus="3",
            cpu="host,flags=+aes;-pcid,hidden=1,phys-bits=host",
            cpulimit="1.5",
            cpuunits="2048",
        ),
        entry={"numa": True, "sockets": 2, "cpu": "host,flags=+aes;-pcid,hidden=1,phys-bits=host"},
    ),
    Shape(
        "hook script and arguments",
        "qemu",
        _machine(
            args="-device 'vfio-pci,host=01:00.0' -cpu host,hv_vendor_id=\"x y\"",
            hookscript="local:snippets/hook.pl",
            startup="order=3,up=30,down=60",
            protection="1",
            hotplug="network,disk,usb,memory",
            migrate_downtime="0.5",
            startdate="2020-01-01",
            kvm="0",
            acpi="0",
            freeze="1",
            shares="2000",
            balloon="1024",
        ),
        entry={"protection": True, "startup": "order=3,up=30,down=60", "balloon": 1024, "kvm": False},
    ),
    Shape(
        "unknown options",
        "qemu",
        _machine(quantum="on,qubits=7", another__new="1"),
        entry={"config": {"another-new": 1, "quantum": "on,qubits=7"}},
    ),
    Shape(
        "identity of its hardware",
        "qemu",
        {
            **_machine(),
            "smbios1": "uuid=0f8a2c10-1111-4000-8000-{vmid:012d},base64=1,manufacturer=QWNtZQ==,serial=MTIz",
        },
        entry={"config": {"smbios1": "base64=1,manufacturer=QWNtZQ==,serial=MTIz"}},
    ),
    Shape(
        "description of several lines",
        "qemu",
        _machine(
            description="# Webshop\n\n* owner: Zoë\n* naïve: {{ not a template }}\n\ttab {% raw %}\n  indented  \nend"
        ),
    ),
    Shape("description that begins with blanks", "qemu", _machine(description="  two\n lines")),
    Shape("description of control characters", "qemu", _machine(description="a\u2028b \u202edesrever\u200b 日本語 🦄")),
    Shape("description that is a number", "qemu", _machine(description="007")),
    Shape(
        "several cards",
        "qemu",
        _machine(
            net0="e1000=BC:24:11:DD:00:{n:02X},bridge=vmbr0,link_down=1,rate=12.5,tag=10",
            net1="virtio=BC:24:11:DE:00:{n:02X},bridge=vmbr1,mtu=1,queues=4,trunks=10;20-30",
            net10="vmxnet3=10:20:30:40:50:{n:02d},bridge=vmbr0",
            net2="virtio=BC:24:11:DF:00:{n:02X}",
        ),
        entry={
            "nics": [
                {"slot": "net0", "model": "e1000", "bridge": "vmbr0", "link_down": True, "rate": 12.5, "tag": 10},
                {
                    "slot": "net1",
                    "model": "virtio",
                    "bridge": "vmbr1",
                    "mtu": 1,
                    "queues": 4,
                    "options": {"trunks": "10;20-30"},
                },
                {"slot": "net2", "model": "virtio"},
                {"slot": "net10", "model": "vmxnet3", "bridge": "vmbr0"},
            ]
        },
    ),
    Shape(
        "old boot order",
        "qemu",
        _machine(boot="cdn", bootdisk="scsi0"),
        entry={"boot": "cdn", "config": {"bootdisk": "scsi0"}},
    ),
    Shape("boot from what is gone", "qemu", _machine(boot="order=scsi5;net3")),
    Shape(
        "disk without a size",
        "qemu",
        _machine(scsi0="local-lvm:vm-{vmid}-disk-0"),
        entry={"disks": [{"slot": "scsi0", "storage": "local-lvm"}]},
    ),
    Shape("confidential", "qemu", _machine(**{"amd-sev": "type=snp,allow-smt=0", "cpu": "EPYC-v4"})),
    Shape("name with dots.example.com", "qemu", _machine()),
    Shape(
        "plain container",
        "lxc",
        _container(onboot="1", description="a container\n"),
        "running",
        entry={
            "type": "lxc",
            "state": "started",
            "features": "nesting=1",
            "unprivileged": True,
            "description": "a container",
            "disks": [{"slot": "rootfs", "storage": "local-lvm", "size": 8}],
            "nics": [{"slot": "net0", "name": "eth0", "bridge": "vmbr0", "firewall": True, "ip": "dhcp"}],
            "config": {"arch": "amd64"},
        },
    ),
    Shape(
        "container with mount points",
        "lxc",
        _container(
            mp0="local-lvm:vm-{vmid}-disk-1,mp=/data,acl=1,backup=1,mountoptions=noatime;nodev,size=50G",
            mp1="/srv/shared,mp=/shared,ro=1,shared=1",
            mp2="local:{vmid}/vm-{vmid}-disk-2.raw,mp=/var/lib/x,quota=1,replicate=0,size=1G",
            mp3="local-lvm:subvol-{vmid}-disk-3,mp=/zfs,size=0T",
        ),
        entry={
            "disks": [
                {"slot": "rootfs", "storage": "local-lvm", "size": 8},
                {
                    "slot": "mp0",
                    "storage": "local-lvm",
                    "size": 50,
                    "mp": "/data",
                    "backup": True,
                    "options": {"acl": 1, "mountoptions": "noatime;nodev"},
                },
                {"slot": "mp1", "volume": "/srv/shared", "mp": "/shared", "options": {"ro": 1, "shared": 1}},
                {
                    "slot": "mp2",
                    "storage": "local",
                    "size": 1,
                    "mp": "/var/lib/x",
                    "options": {"quota": 1, "replicate": 0},
                },
                {"slot": "mp3", "storage": "local-lvm", "mp": "/zfs"},
            ]
        },
    ),
    Shape(
        "container with devices and features",
        "lxc",
        _container(
            features="fuse=1,keyctl=1,mount=nfs;cifs,nesting=1",
            dev0="/dev/dri/renderD128,gid=104,mode=0660",
            dev1="path=/dev/ttyUSB0,deny-write=1",
            timezone="Europe/Berlin",
            tty="3",
            cmode="shell",
            console="0",
            cpulimit="2.5",
            cpuunits="512",
            debug="1",
            hookscript="local:snippets/hook.sh",
            nameserver="192.0.2.53 192.0.2.54",
            searchdomain="example.com example.org",
            startup="order=2",
            entrypoint="/sbin/my init",
        ),
        entry={"nameserver": ["192.0.2.53", "192.0.2.54"], "searchdomain": ["example.com", "example.org"]},
    ),
    Shape(
        "container with several cards",
        "lxc",
        _container(
            net0="name=eth0,bridge=vmbr0,gw=192.0.2.1,gw6=2001:db8::1,hwaddr=BC:24:11:EE:00:{n:02X},ip=192.0.2.20/24,ip6=2001:db8::20/64,type=veth",
            net1="name=lan1,bridge=vmbr1,host-managed=1,hwaddr=BC:24:11:EF:00:{n:02X},link_down=1,mtu=9000,rate=10,tag=40,trunks=1;2,type=veth",
        ),
    ),
    Shape("privileged container", "lxc", {key: value for key, value in _container().items() if key != "unprivileged"}),
    Shape(
        "container template",
        "lxc",
        _container(template="1", rootfs="local-lvm:base-{vmid}-disk-0,size=8G"),
        entry={"state": "template"},
    ),
    Shape(
        "container with raw entries",
        "lxc",
        {**_container(), "lxc": [["lxc.idmap", "u 0 100000 1000"], ["lxc.cgroup2.devices.allow", "c 226:* rwm"]]},
        notes=("lxc has lxc.idmap: u 0 100000 1000; lxc.cgroup2.devices.allow: c 226:* rwm",),
    ),
    Shape(
        "container with a snapshot and HA",
        "lxc",
        _container(tags="a;b;c"),
        "running",
        snapshots=("before",),
        ha={"state": "started"},
    ),
    Shape(
        "container with pending changes",
        "lxc",
        _container(),
        "running",
        pending={"features": "nesting=0"},
        notes=("waits for a restart: features",),
    ),
    Shape(
        "written by hand",
        "qemu",
        {
            **_machine(
                agent="enabled=1,type=isa",
                arch="x86_64",
                autostart="1",
                balloon="0",
                boot="legacy=dcn",
                cpu="cputype=host,flags=+aes",
                hotplug="1",
                ivshmem="size=32,name=shm",
                keyboard="de",
                localtime="1",
                memory="current=2048",
                net0="model=virtio,macaddr=BC:24:11:AB:00:{n:02X},bridge=vmbr0",
                reboot="0",
                scsi0="file=local-lvm:vm-{vmid}-disk-0,size=32G",
                startup="1,up=5",
                vmstatestorage="local-lvm",
                watchdog="i6300esb",
            ),
            "allow-ksm": "0",
        },
        entry={
            "memory": 2048,
            "disks": [{"slot": "scsi0", "storage": "local-lvm", "size": 32}],
            "nics": [{"slot": "net0", "model": "virtio", "bridge": "vmbr0"}],
        },
    ),
    # Of the shape above that is a template.
    Shape("linked clone of a template", "qemu", _machine(scsi0="local-lvm:base-9015-disk-0/vm-{vmid}-disk-0,size=4G")),
]
FIRST_VMID = 9000


def number_shapes() -> dict[int, Shape]:
    """The shapes by the ids of their guests."""
    return dict(enumerate(SHAPES, FIRST_VMID))


def fill(shape: Shape, vmid: int) -> dict[str, Any]:
    """The configuration of a shape's guest, as the API shows it."""
    name = {"name" if shape.type == "qemu" else "hostname": shape.name}
    return {**name, **{key: _fill_text(value, vmid) for key, value in shape.config.items()}}


def _fill_text(text: Any, vmid: int) -> Any:
    if not isinstance(text, str):
        return text
    for mark, value in (
        ("{vmid:012d}", f"{vmid:012d}"),
        ("{vmid}", str(vmid)),
        ("{n:02X}", f"{vmid - FIRST_VMID:02X}"),
        ("{n:02d}", f"{vmid - FIRST_VMID:02d}"),
    ):
        text = text.replace(mark, value)
    return text


def describe(shape: Shape, vmid: int) -> dict[str, Any]:
    """The document of a shape's guest in an observation."""
    config = {**fill(shape, vmid), **shape.pending}
    firewall = shape.firewall or {"options": {}, "rules": [], "aliases": [], "ipsets": {}}
    return {
        "overview": {"type": shape.type, "node": "pve1", "status": shape.status, "pool": shape.pool},
        "config": {key: value for key, value in config.items() if key not in shape.pending_delete},
        "pending": {key: {} for key in (*shape.pending, *shape.pending_delete)},
        "snapshots": [{"name": name} for name in shape.snapshots],
        "firewall": {
            **firewall,
            "aliases": {alias["name"]: alias for alias in firewall["aliases"]},
            "ipsets": {name: {"entries": entries} for name, entries in firewall["ipsets"].items()},
        },
    }


def build_shapes() -> Cluster:
    """A cluster with a guest of each shape."""
    cluster = build_cluster(nodes=2, guests=0)
    cluster.storages["local"].config["content"] += ",images,rootdir"
    for vmid, shape in number_shapes().items():
        _add_guest(cluster, vmid, shape)
    return cluster


def _add_guest(cluster: Cluster, vmid: int, shape: Shape) -> None:
    # The raw entries of a container's file are not among what the simulator knows.
    config = {key: str(value) for key, value in fill(shape, vmid).items() if key != "lxc"}
    running = shape.status in ("running", "paused")
    guest = Guest(vmid, shape.type, "pve1", config, running=running, paused=shape.status == "paused")
    guest.pending = dict(shape.pending)
    guest.pending_delete = list(shape.pending_delete)
    for number, name in enumerate(shape.snapshots):
        kept = {key: value for key, value in config.items() if key not in ("parent", "lock")}
        guest.snapshots[name] = Snapshot({**kept, "snaptime": str(1750000000 + number)})
    cluster.guests[vmid] = guest
    complete_guest(cluster, guest)
    if shape.pool:
        cluster.pools.setdefault(shape.pool, Pool()).vms.append(vmid)
    if shape.ha:
        sid = f"{'vm' if shape.type == 'qemu' else 'ct'}:{vmid}"
        values = {key: str(int(value)) if isinstance(value, bool) else str(value) for key, value in shape.ha.items()}
        ha = cluster.part(Ha)
        ha.resources[sid], ha.active = HaResource(values, shape.ha["state"]), True
    if shape.firewall:
        cluster.part(Firewall).guests[vmid] = _make_firewall(shape.firewall)


def _make_firewall(data: dict[str, Any]) -> FirewallFile:
    return FirewallFile(
        options=data["options"],
        rules=[{key: str(value) for key, value in rule.items()} for rule in data["rules"]],
        aliases={alias["name"].lower(): Alias(**alias) for alias in data["aliases"]},
        ipsets={
            name: IpSet(entries={entry["cidr"]: _make_entry(entry) for entry in entries})
            for name, entries in data["ipsets"].items()
        },
    )


def _make_entry(entry: dict[str, Any]) -> IpSetEntry:
    return IpSetEntry(entry.get("nomatch", False), entry.get("comment"))
