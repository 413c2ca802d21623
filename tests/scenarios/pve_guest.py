from __future__ import annotations

from typing import Any

from scenarios import Call, Place, Scenario


def scenarios(place: Place) -> list[Scenario]:
    return [
        *_list_making(place),
        *_list_changing(place),
        *_list_running(place),
        *_list_containers(place),
        *_list_ending(place),
    ]


def _scenario(
    place: Place, title: str, /, *prepare: Call, needs: frozenset[str] = frozenset(), **options: Any
) -> Scenario:
    told = {"vmid": place.vmid(0), **options}
    return Scenario(title, "pve_guest", told, prepare=prepare, guests=(0,), needs=needs)


def _disk(place: Place, slot: str, size: int, **more: Any) -> dict[str, Any]:
    shape = {"format": place.disk_format} if place.disk_format else {}
    return {"slot": slot, "storage": place.storage, "size": size, **shape, **more}


def _list_making(place: Place) -> list[Scenario]:
    machine = {
        "name": "pv-test-guest",
        "node": place.node,
        "cores": 1,
        "memory": 64,
        "cpu": "x86-64-v2-AES",
        "kvm": place.kvm,
        "agent": "enabled=1",
        "ostype": "l26",
        "scsihw": "virtio-scsi-single",
        "tags": ["pv-test", "B", "a"],
        "description": "Two\nlines\n",
        "onboot": False,
        "startup": "order=3,up=30",
        "disks": [
            _disk(place, "scsi0", 1, discard=True, iothread=True, options={"aio": "threads"}),
            _disk(place, "virtio1", 2, backup=False),
            {"slot": "ide2", "cdrom": "none"},
        ],
        "nics": [
            {"slot": "net0", "bridge": place.bridge, "firewall": True},
            {"slot": "net1", "bridge": place.bridge, "model": "e1000", "tag": 20, "mac": "bc:24:11:00:00:01"},
        ],
        "config": {"vga": "serial0", "serial0": "socket", "tablet": False, "rng0": {"source": "/dev/urandom"}},
    }
    uefi = {
        "bios": "ovmf",
        "machine": "q35",
        "node": place.node,
        "ostype": "win11",
        "disks": [
            {"slot": "efidisk0", "storage": place.storage, "options": {"efitype": "4m", "pre-enrolled-keys": True}},
            {"slot": "tpmstate0", "storage": place.storage, "options": {"version": "v2.0"}},
        ],
    }
    return [
        _scenario(place, "a QEMU guest is made", **machine),
        _scenario(place, "a QEMU guest with nothing but an id is made", node=place.node),
        _scenario(place, "a QEMU guest for Windows is made", **uefi),
        _imported(place),
        _scenario(place, "a template is made from nothing", **{**machine, "name": "pv-test-tpl", "state": "template"}),
    ]


def _imported(place: Place) -> Scenario:
    name = f"vm-{place.vmid(1)}-disk-0"
    image = (
        f"{place.storage}:{place.vmid(1)}/{name}.{place.disk_format}"
        if place.disk_format
        else f"{place.storage}:{name}"
    )
    options = {"vmid": place.vmid(0), "node": place.node, "disks": [_disk(place, "scsi0", 2, import_from=image)]}
    needs = frozenset({"simulator"})
    # Only there is it known what the volume is called.
    return Scenario("a disk is imported", "pve_guest", options, tuple(place.machine(1)), guests=(0, 1), needs=needs)


def _list_changing(place: Place) -> list[Scenario]:
    net = f"virtio=BC:24:11:00:00:02,bridge={place.bridge},tag=5,firewall=1"
    machine = place.machine(0, net0=net, tags="a;b", description="old", onboot=1)
    guest = f"/nodes/{place.node}/qemu/{place.vmid(0)}"
    spare = Call("POST", f"{guest}/config", {"scsi1": place.disk(1)})
    unused = Call("PUT", f"{guest}/config", {"delete": "scsi1"})
    pool = "pv-test-guest"
    unpooled = Call("DELETE", "/pools", {"poolid": pool}, optional=True)

    def one(title: str, /, *more: Call, **options: Any) -> Scenario:
        return _scenario(place, title, *machine, *more, **options)

    pooled = one("a guest is put into a pool", Call("POST", "/pools", {"poolid": pool}), pool=pool)
    return [
        one("plain options are changed", cores=2, memory=128, cpu="host", agent="1", startup="order=1"),
        one("what tells guests apart is changed", new_name="pv-test-other", tags=["b", "C"], description="new"),
        one("tags are added and taken away", only="existing", add_tags=["C"], remove_tags=["a"]),
        one("options are unset", tags=[], description="", startup="", onboot=False),
        one("a guest is protected", protection=True),
        one(
            "a disk is added, and a drive with no medium",
            disks=[_disk(place, "scsi1", 1), {"slot": "ide2", "cdrom": "none"}],
        ),
        one("a disk grows", disks=[{"slot": "scsi0", "size": 2}]),
        one("options of a disk are changed", disks=[{"slot": "scsi0", "ssd": True, "discard": True, "size": 2}]),
        one("a disk is detached", spare, disks=[{"slot": "scsi1", "state": "detached"}]),
        one("a disk is deleted with its volume", spare, disks=[{"slot": "scsi1", "state": "absent"}]),
        one("a volume that is left is deleted", spare, unused, disks=[{"slot": "unused0", "state": "absent"}]),
        one("a network device is changed and keeps its address", nics=[{"slot": "net0", "tag": 0, "rate": 2.5}]),
        one(
            "a network device is added, another removed",
            nics=[{"slot": "net0", "state": "absent"}, {"slot": "net1", "bridge": place.bridge}],
        ),
        Scenario(
            pooled.name, pooled.module, pooled.options, pooled.prepare, (*_removed(place), unpooled), pooled.guests
        ),
        _moved(place),
    ]


def _removed(place: Place) -> tuple[Call, ...]:
    return (Call("DELETE", f"/nodes/{place.node}/qemu/{place.vmid(0)}", optional=True),)


def _moved(place: Place) -> Scenario:
    # No live cluster need have a second storage for disks, nor has a single node here.
    disks = [{"slot": "scsi0", "storage": "shared", "move": True, "delete_source": True, "size": 2}]
    needs = frozenset({"simulator", "other_node"})
    return _scenario(place, "a disk is moved and grows", *place.machine(0), needs=needs, disks=disks)


def _list_running(place: Place) -> list[Scenario]:
    guest = f"/nodes/{place.node}/qemu/{place.vmid(0)}"
    machine = place.machine(0, running=True, net0=f"virtio,bridge={place.bridge}")
    restart = {"restart_if_required": True, "force": True, "shutdown_timeout": 1}
    earlier = Call("PUT", f"{guest}/config", {"memory": 128})
    return [
        _scenario(place, "what a running guest takes at once is changed", *machine, tags=["live"], description="live"),
        _scenario(place, "what has to wait for a restart is changed", *machine, cores=2, memory=128),
        _scenario(place, "a running guest is restarted for its changes", *machine, cores=2, **restart),
        _scenario(place, "a running guest is restarted for earlier changes", *machine, earlier, memory=128, **restart),
        _scenario(
            place,
            "a disk and a network device are plugged in",
            *machine,
            disks=[_disk(place, "scsi3", 1)],
            nics=[{"slot": "net3", "bridge": place.bridge}],
        ),
        _scenario(place, "a disk of a running guest grows", *machine, disks=[{"slot": "scsi0", "size": 2}]),
        *_waiting_drives(place, *machine),
    ]


def _waiting_drives(place: Place, *machine: Call) -> list[Scenario]:
    guest = f"/nodes/{place.node}/qemu/{place.vmid(0)}"
    restart = {"restart_if_required": True, "force": True, "shutdown_timeout": 1}
    earlier = Call("PUT", f"{guest}/config", {"scsi0": "{scsi0},ssd=1"}, fills=True)
    grown = Call("PUT", f"{guest}/resize", {"disk": "scsi0", "size": "2G"})
    stopped, started = (Call("POST", f"{guest}/status/{action}") for action in ("stop", "start"))
    larger = {"slot": "scsi0", "size": 2}
    both = {**larger, "iothread": True, "discard": True}
    kept = {"slot": "scsi0", "options": {"ssd": ""}, "storage": "shared", "move": True, "delete_source": True}

    def one(title: str, /, *prepare: Call, disk: dict[str, Any], needs: str = "", **options: Any) -> Scenario:
        return _scenario(place, title, *machine, *prepare, needs=frozenset(needs.split()), disks=[disk], **options)

    return [
        one("a running guest's disk grows and gets options that wait", disk=both),
        one("a running guest's disk grows and gets options by a restart", disk=both, **restart),
        one("a disk grows while an earlier change of it waits", earlier, disk=larger),
        one("a disk grows and an earlier change of it comes by a restart", earlier, disk=larger, **restart),
        one("a disk has more options while others wait", earlier, disk={"slot": "scsi0", "iothread": True}),
        one("a size that waits behind the disk's is mended", earlier, grown, disk=larger),
        one("a size that fell behind the disk's is mended", earlier, grown, stopped, started, disk=larger),
        one("a disk whose change is taken back moves", earlier, needs="simulator other_node", disk=kept),
    ]


def _list_containers(place: Place) -> list[Scenario]:
    net = f"name=eth0,bridge={place.bridge},hwaddr=BC:24:11:00:00:03,ip=10.99.0.60/24,gw=10.99.0.254"
    rootfs, data = {"slot": "rootfs", "storage": place.storage, "size": 1}, f"{place.storage}:1,mp=/data"

    def one(title: str, /, *prepare: Call, **options: Any) -> Scenario:
        return _scenario(place, title, *prepare, needs=frozenset({"ostemplate"}), **options)

    made = {
        "name": "pv-test-container",
        "type": "lxc",
        "node": place.node,
        "ostemplate": place.ostemplate,
        "password": "not-a-secret-1",
        "unprivileged": True,
        "features": "nesting=1",
        "cores": 1,
        "memory": 64,
        "swap": 0,
        "tags": ["pv-test"],
        "description": "Two\nlines",
        "nameserver": ["10.99.0.1", "10.99.0.2"],
        "disks": [rootfs, {"slot": "mp0", "storage": place.storage, "size": 1, "mp": "/data", "backup": True}],
        "nics": [{"slot": "net0", "bridge": place.bridge, "ip": "10.99.0.60/24", "gw": "10.99.0.254"}],
    }
    container = place.container(0, net0=net, mp0=data)
    running = place.container(0, running=True, net0=net)
    return [
        one("a container is made", **made),
        one("a template of a container is made", **{**made, "state": "template"}),
        one("a container is changed", *container, new_name="pv-test-other", memory=128, description="new", onboot=True),
        one(
            "volumes of a container grow", *container, disks=[{"slot": "rootfs", "size": 2}, {"slot": "mp0", "size": 2}]
        ),
        one(
            "a mount point is added",
            *container,
            disks=[{"slot": "mp1", "storage": place.storage, "size": 1, "mp": "/b"}],
        ),
        one("a mount point is changed", *container, disks=[{"slot": "mp0", "mp": "/other", "backup": True}]),
        one("a mount point is detached", *container, disks=[{"slot": "mp0", "state": "detached"}]),
        one("a mount point is deleted with its volume", *container, disks=[{"slot": "mp0", "state": "absent"}]),
        one("a container's network is changed", *container, nics=[{"slot": "net0", "ip": "dhcp", "gw": ""}]),
        one("a running container is changed", *running, cores=1, memory=128, nics=[{"slot": "net0", "firewall": True}]),
        one(
            "a running container's volume grows and gets options that wait",
            *running,
            disks=[{"slot": "rootfs", "size": 2, "options": {"mountoptions": "noatime"}}],
        ),
        one(
            "a running container's volume grows and gets options by a restart",
            *running,
            disks=[{"slot": "rootfs", "size": 2, "options": {"mountoptions": "noatime"}}],
            restart_if_required=True,
            force=True,
            shutdown_timeout=5,
        ),
        one(
            "a running container is restarted for its changes",
            *running,
            nameserver=["10.99.0.1"],
            restart_if_required=True,
            force=True,
            shutdown_timeout=5,
        ),
    ]


def _list_ending(place: Place) -> list[Scenario]:
    container = frozenset({"ostemplate"})
    return [
        _scenario(place, "a guest becomes a template", *place.machine(0), state="template", cores=2),
        _scenario(place, "a container becomes a template", *place.container(0), needs=container, state="template"),
        _scenario(place, "a guest is deleted", *place.machine(0), state="absent", name="scenario-0"),
        _scenario(
            place,
            "a guest is deleted with all that mentions it",
            *place.machine(0),
            state="absent",
            purge=True,
            destroy_unreferenced_disks=True,
        ),
        _scenario(place, "a container is deleted", *place.container(0), needs=container, state="absent"),
    ]
