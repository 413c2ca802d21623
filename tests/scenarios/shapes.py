"""Guests of many shapes, as a small cluster can make them by plain requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scenarios import Call, Place

POOL = "pv-test-shapes"
_KEY = "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIJ4mH1Wl0mVnYq1N1yqj0Xv4QyZCkTn0hX3zQ1u9d9aB%20pv-test%40host"


@dataclass(frozen=True)
class Shape:
    """What makes a guest number `index` of a place. `needs` are as those of a scenario.

    `is_locked`: nothing of it can be changed meanwhile. `stands_on_last`: it does on the guest of the shape before.
    """

    title: str
    make: Callable[[Place, int], list[Call]]
    kind: str = "qemu"
    needs: frozenset[str] = frozenset()
    is_locked: bool = False
    stands_on_last: bool = False

    @property
    def name(self) -> str:
        """What its guest is called."""
        return "pv-test-" + self.title.replace(" ", "-")


def list_shapes(place: Place) -> list[Shape]:
    """The shapes that there can be at a place."""
    return [one for one in list_all_shapes() if not place.lacking(one)]


def list_all_shapes() -> list[Shape]:
    return [*_machines(), *_containers()]


def split(shapes: list[Shape], size: int) -> Iterator[list[Shape]]:
    """The shapes, at most so many at a time, each together with the one that it stands on."""
    batch: list[Shape] = []
    for number, one in enumerate(shapes):
        is_followed = number + 1 < len(shapes) and shapes[number + 1].stands_on_last
        if len(batch) + 1 + is_followed > size and not one.stands_on_last:
            yield batch
            batch = []
        batch.append(one)
    yield batch


def remove_around(place: Place) -> list[Call]:
    """Remove what is beside the guests, once these are gone."""
    return [Call("DELETE", "/pools", {"poolid": POOL}, optional=True)]


def _act(place: Place, index: int, what: str, /, kind: str = "qemu", method: str = "POST", **params: Any) -> Call:
    return Call(method, f"/nodes/{place.node}/{kind}/{place.vmid(index)}/{what}", params)


def _machine(
    title: str, *acts: tuple[str, dict[str, Any]], needs: str = "", is_locked: bool = False, **config: Any
) -> Shape:
    """A machine with these options, to which `acts` (paths below it, with what is sent there) happen."""

    def make(place: Place, index: int) -> list[Call]:
        made = place.machine(index, **_fill(config, place), name=one.name)
        return [*made, *(_happen(place, index, "qemu", *act) for act in acts)]

    one = Shape(title, make, "qemu", frozenset(needs.split()), is_locked)
    return one


def _container(title: str, *acts: tuple[str, dict[str, Any]], needs: str = "", **config: Any) -> Shape:
    def make(place: Place, index: int) -> list[Call]:
        made = place.container(index, **_fill({"unprivileged": 1, **config}, place), hostname=one.name)
        return [*made, *(_happen(place, index, "lxc", *act) for act in acts)]

    one = Shape(title, make, "lxc", frozenset({"ostemplate", *needs.split()}))
    return one


def _happen(place: Place, index: int, kind: str, what: str, params: dict[str, Any]) -> Call:
    method = "PUT" if what in ("config", "resize") else "POST"
    return _act(place, index, what, kind, method, **_fill(params, place))


def _fill(params: dict[str, Any], place: Place) -> dict[str, Any]:
    """`{disk}` is a new disk of the place, `{storage}` its storage, and `{bridge}` its bridge."""
    marks = (("{disk}", place.disk()), ("{storage}", place.storage), ("{bridge}", place.bridge))
    filled = dict(params)
    for mark, text in marks:
        filled = {key: value.replace(mark, text) if isinstance(value, str) else value for key, value in filled.items()}
    return filled


def _machines() -> list[Shape]:
    start = ("status/start", {})
    card = "virtio,bridge={bridge},firewall=1"
    return [
        _machine("plain machine", start, net0=card, agent="1", ostype="l26", boot="order=scsi0;net0"),
        _machine("only a name", scsi0=None, scsihw=None),
        _machine("machine without a disk", scsi0=None, boot="", net0=card),
        _machine(
            "efi and tpm",
            bios="ovmf",
            machine="q35",
            ostype="win11",
            efidisk0="{disk},efitype=4m,pre-enrolled-keys=1",
            tpmstate0="{storage}:1,version=v2.0",
        ),
        _machine(
            "cloud init",
            ide2="{storage}:cloudinit",
            ciuser="debian",
            cipassword="not-a-secret-1",
            citype="nocloud",
            ciupgrade=0,
            net0=card,
            ipconfig0="ip=192.0.2.10/24,gw=192.0.2.1,ip6=auto",
            nameserver="192.0.2.53 2001:db8::53",
            searchdomain="example.com",
            sshkeys=_KEY,
        ),
        _machine("cloud init on another drive", scsi1="{storage}:cloudinit", ide2="none,media=cdrom", ciuser="root"),
        _machine("cloud init without a drive", ipconfig0="ip=dhcp", ciuser="admin", net0=card),
        _machine(
            "many disks",
            scsi1="{disk},cache=writeback,discard=on,ssd=1",
            scsi10="{disk},backup=0,replicate=0,serial=pv-test",
            scsi2="{disk},aio=threads,mbps_rd=100,mbps_wr=50.5",
            virtio0="{disk},iops_rd=1000",
            sata0="{disk}",
            ide0="none,media=cdrom",
        ),
        _machine("unused disk", ("config", {"scsi1": "{disk}"}), ("config", {"delete": "scsi1"})),
        _machine("disk of a fraction of a gibibyte", ("resize", {"disk": "scsi0", "size": "+256M"})),
        _machine("template", ("template", {})),
        Shape("linked clone", _clone, stands_on_last=True),
        _machine("changes that wait", start, ("config", {"memory": 96, "cores": 2, "delete": "balloon"}), balloon=32),
        _machine(
            "snapshots", ("snapshot", {"snapname": "first"}), ("snapshot", {"snapname": "second"}), needs="snapshots"
        ),
        _machine("hibernated", start, ("status/suspend", {"todisk": 1}), is_locked=True),
        _machine("paused", start, ("status/suspend", {})),
        Shape("under ha", _manage),
        Shape("firewall", _guard),
        Shape("tags in a pool", _pool),
        _machine(
            "devices",
            audio0="device=ich9-intel-hda,driver=spice",
            serial0="socket",
            usb0="spice",
            vga="qxl,memory=32",
            watchdog="model=i6300esb,action=reset",
            tablet=0,
            rng0="source=/dev/urandom,max_bytes=1024,period=1000",
        ),
        _machine(
            "processors",
            sockets=2,
            cores=2,
            vcpus=3,
            numa=1,
            cpu="x86-64-v2-AES,flags=+aes",
            cpulimit="1.5",
            cpuunits=200,
        ),
        _machine(
            "odd options",
            startup="order=3,up=30,down=60",
            protection=1,
            hotplug="network,disk,usb",
            migrate_downtime="0.5",
            startdate="2020-01-01",
            acpi=0,
            freeze=1,
            shares=2000,
            memory=128,
            balloon=64,
            localtime=1,
            keyboard="de",
        ),
        _machine("identity of its hardware", smbios1="base64=1,manufacturer=QWNtZQ==,serial=MTIz"),
        _machine(
            "description of lines", description="# Shop\n\n* owner: Zoë\n* {{ not a template }}\n\ttab\n  in  \nend"
        ),
        _machine("description that begins with blanks", description="  two\n lines"),
        _machine("description that is a number", description="007"),
        _machine(
            "several cards",
            net0="e1000,bridge={bridge},link_down=1,rate=12.5,tag=10",
            net1="virtio,bridge={bridge},mtu=1,queues=2",
            net10="vmxnet3,bridge={bridge}",
            net2="virtio",
        ),
        _machine("old boot order", boot="cdn", bootdisk="scsi0"),
        _machine("legacy options", agent="enabled=1,type=isa", autostart=1, cpu="cputype=host", net0=card),
        _machine("dots.example.com"),
    ]


def _containers() -> list[Shape]:
    start = ("status/start", {})
    card = "name=eth0,bridge={bridge},firewall=1,ip=dhcp,type=veth"
    return [
        _container("plain container", start, net0=card, description="a container"),
        _container(
            "container with mount points",
            mp0="{storage}:1,mp=/data,acl=1,backup=1,mountoptions=noatime;nodev",
            mp1="{storage}:1,mp=/var/lib/x,replicate=0",
        ),
        _container(
            "container with options",
            features="nesting=1",
            timezone="Europe/Berlin",
            tty=3,
            cmode="shell",
            console=0,
            cores=1,
            cpulimit="0.5",
            cpuunits=512,
            nameserver="192.0.2.53 192.0.2.54",
            searchdomain="example.com example.org",
            startup="order=2",
            swap=0,
        ),
        _container(
            "container with several cards",
            net0="name=eth0,bridge={bridge},gw=192.0.2.1,gw6=2001:db8::1,ip=192.0.2.20/24,ip6=2001:db8::20/64,type=veth",
            net1="name=lan1,bridge={bridge},link_down=1,mtu=1400,rate=10,tag=40,type=veth",
        ),
        _container("privileged container", unprivileged=0),
        _container("container with tags", tags="c;a;b", onboot=0, protection=1),
        _container("container with changes that wait", start, ("config", {"tty": 4})),
        _container("container with a snapshot", ("snapshot", {"snapname": "first"}), needs="container_snapshots"),
        _container("container template", ("template", {})),
    ]


def _clone(place: Place, index: int) -> list[Call]:
    return [_act(place, index - 1, "clone", newid=place.vmid(index), name="pv-test-linked-clone")]


def _manage(place: Place, index: int) -> list[Call]:
    # Ignored guests keep the HA manager from acting on them.
    resource = {"sid": f"vm:{place.vmid(index)}", "state": "ignored", "max_restart": 3, "comment": "A test"}
    return [*place.machine(index, name="pv-test-under-ha"), Call("POST", "/cluster/ha/resources", resource)]


def _guard(place: Place, index: int) -> list[Call]:
    """A machine with a firewall: options, rules with keys and without, an alias and a set."""

    def post(what: str, **params: Any) -> Call:
        return _act(place, index, f"firewall/{what}", **params)

    rule = {"type": "in", "action": "ACCEPT"}
    return [
        *place.machine(index, name="pv-test-firewall", net0=f"virtio,bridge={place.bridge},firewall=1"),
        _act(place, index, "firewall/options", method="PUT", enable=1, policy_in="DROP", dhcp=1, log_level_in="info"),
        post("aliases", name="office", cidr="198.51.100.7", comment="Head office"),
        post("ipset", name="admins"),
        post("ipset/admins", cidr="192.0.2.0/24", comment="all"),
        post("ipset/admins", cidr="192.0.2.9", nomatch=1),
        post("rules", **rule, enable=1, proto="icmp", comment="by hand"),
        post("rules", **rule, enable=0, proto="tcp", dport="25,8000:8080", comment="[mail]"),
        post("rules", **rule, enable=1, macro="SSH", source="+admins", comment="Ops [ssh]"),
    ]


def _pool(place: Place, index: int) -> list[Call]:
    return [
        Call("POST", "/pools", {"poolid": POOL}, optional=True),
        *place.machine(index, name="pv-test-tags-in-a-pool", tags="web;prod", pool=POOL),
    ]
