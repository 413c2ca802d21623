"""Fleets: every wave, every consequence, and guests of many shapes. Their guests have the names of those of a place."""

from __future__ import annotations

from typing import Any

from scenarios import Call, Place, Scenario

POOL, OTHER, STORAGE, GROUP, RULE, JOB = (
    f"pv-test-{kind}" for kind in ("pool", "other", "dir", "group", "rule", "job")
)
USER, ROLE = "pv-test@pve", "pv-test"
UUID = "0f8a2c10-5ced-4000-8000-00000000000{}"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4mH1Wl0mVnYq1N1yqj0Xv4QyZCkTn0hX3zQ1u9d9aB pv-test@host"
# The simulator makes up what is downloaded, and goes by its name.
SYSTEM = {"content": "iso", "filename": "tiny-linux-pv-fleet.iso", "url": "https://example.org/tiny-linux.iso"}


def scenarios(place: Place) -> list[Scenario]:
    return [
        *_list_changing(place),
        *_list_running(place),
        *_list_making(place),
        *_list_containers(place),
        *_list_cloning(place),
        *_list_unchanged(place),
        *_list_around(place),
        *_list_merging(place),
        *_list_telling_apart(place),
        *_list_ending(place),
    ]


def _scenario(place: Place, title: str, /, *prepare: Call, needs: str = "", **more: Any) -> Scenario:
    """A task with a fleet of these sections, and with these options of the module or of the scenario."""
    given = {name: more.pop(name) for name in ("settles", "foresees", "learns", "meant") if name in more}
    options = {name: more.pop(name) for name in ("last_applied", "only", "throttle") if name in more}
    return Scenario(
        title,
        "pve_fleet",
        {"fleet": {"fleet": "pv-test", **more}, **options},
        prepare=prepare,
        cleanup=_remove_around(place),
        guests=tuple(range(4)),
        needs=frozenset(needs.split()),
        **given,
    )


def _remove_around(place: Place) -> tuple[Call, ...]:
    """Remove what is beside the guests, which go afterwards."""
    vmids = [place.vmid(index) for index in range(4)]
    emptied = [
        Call("PUT", "/pools", {"poolid": pool, "vms": vmid, "delete": 1}) for pool in (POOL, OTHER) for vmid in vmids
    ]
    firewall = "/cluster/firewall/groups"
    # A group that a guest's firewall names can be removed as well.
    gone = [
        *(Call("DELETE", "/pools", {"poolid": pool}) for pool in (f"{POOL}/inner", POOL, OTHER)),
        Call("DELETE", f"/cluster/ha/rules/{RULE}"),
        *(Call("DELETE", f"/cluster/ha/resources/{kind}:{vmid}") for vmid in vmids for kind in ("vm", "ct")),
        *([Call("DELETE", f"{firewall}/{GROUP}/0")] * 3),
        Call("DELETE", f"{firewall}/{GROUP}"),
        Call("DELETE", f"/cluster/backup/{JOB}"),
        Call("DELETE", f"/storage/{STORAGE}"),
        Call("DELETE", f"/access/users/{USER}"),
        Call("DELETE", f"/access/groups/{ROLE}"),
        Call("DELETE", f"/access/roles/{ROLE}"),
        Call("DELETE", f"/nodes/{place.node}/storage/{place.backups}/content/{place.backups}:iso/{SYSTEM['filename']}"),
    ]
    return tuple(Call(call.method, call.path, call.params, optional=True) for call in (*emptied, *gone))


def _disk(place: Place, slot: str = "scsi0", size: int = 1, **more: Any) -> dict[str, Any]:
    shape = {"format": place.disk_format} if place.disk_format else {}
    return {"slot": slot, "storage": place.storage, "size": size, **shape, **more}


def _machine(place: Place, index: int, **more: Any) -> dict[str, Any]:
    """A machine to be made."""
    return {
        "type": "qemu",
        "vmid": place.vmid(index),
        "node": place.node,
        "memory": 64,
        "kvm": place.kvm,
        "scsihw": "virtio-scsi-single",
        "disks": [_disk(place)],
        **more,
    }


def _container(place: Place, index: int, **more: Any) -> dict[str, Any]:
    """A container to be made."""
    return {
        "type": "lxc",
        "vmid": place.vmid(index),
        "node": place.node,
        "ostemplate": place.ostemplate,
        "memory": 64,
        "unprivileged": True,
        "disks": [{"slot": "rootfs", "storage": place.storage, "size": 1}],
        **more,
    }


def _rule(key: str, **options: Any) -> dict[str, Any]:
    return {"key": key, "type": "in", "action": "ACCEPT", **options}


def _put(place: Place, index: int = 0, kind: str = "qemu", **params: Any) -> Call:
    """Change a guest's configuration, as somebody else does."""
    return Call("PUT", f"/nodes/{place.node}/{kind}/{place.vmid(index)}/config", params)


def _act(place: Place, action: str, index: int = 0, kind: str = "qemu", **params: Any) -> Call:
    return Call("POST", f"/nodes/{place.node}/{kind}/{place.vmid(index)}/{action}", params)


def _list_making(place: Place) -> list[Scenario]:
    nics = [{"slot": "net0", "bridge": place.bridge, "firewall": True}]
    template = _machine(place, 0, state="template", nics=nics, cloudinit={"drive_storage": place.storage, "user": "me"})
    clone = {"vmid": place.vmid(1), "clone": {"name": "scenario-0"}, "state": "started", "pool": f"{POOL}/inner"}
    address = {"interface": 0, "ip": "192.0.2.10/24", "gw": "192.0.2.1", "ip6": "2001:db8::a/64"}
    everything = _scenario(
        place,
        "all that a fleet has is made at once",
        settings={"serial": 1, "max_unavailable": "50%"},
        pools={POOL: {"comment": "What earns the money"}, f"{POOL}/inner": {}},
        storages={STORAGE: {"type": "dir", "path": "/run/pv-test-dir", "content": ["iso"], "nodes": [place.node]}},
        firewall={"groups": {GROUP: {"rules": [_rule("https", proto="tcp", dport="443")]}}},
        access={"roles": [{"role": ROLE, "privileges": ["VM.Audit"]}], "users": [{"user": USER}]},
        ha_rules={RULE: {"nodes": [place.node], "guests": {"vmids": [place.vmid(2)]}}},
        guests={
            "scenario-1": {
                **clone,
                "cores": 2,
                "tags": ["pv-test", "b"],
                "description": "Two\nlines",
                "disks": [{"slot": "scsi0", "size": 2, "ssd": True}, _disk(place, "scsi1")],
                "nics": [{"slot": "net0", "tag": 5}],
                "cloudinit": {"ssh_keys": [KEY], "ipconfig": [address], "nameservers": ["192.0.2.53"]},
                "firewall": {"options": {"enable": True}, "rules": [_rule("web", type="group", action=GROUP)]},
                "depends_on": ["scenario-2"],
            },
            "scenario-2": _machine(
                place, 2, pool=POOL, disks=[], state="stopped", ha={"request_state": "ignored", "max_restart": 2}
            ),
            "scenario-0": template,
        },
    )
    windows = _machine(
        place,
        0,
        bios="ovmf",
        machine="q35",
        ostype="win11",
        disks=[
            {"slot": "efidisk0", "storage": place.storage, "options": {"efitype": "4m", "pre-enrolled-keys": 1}},
            {"slot": "tpmstate0", "storage": place.storage, "options": {"version": "v2.0"}},
            _disk(place),
        ],
    )
    many = _machine(
        place,
        0,
        agent="enabled=1",
        cpu="x86-64-v2-AES",
        sockets=2,
        numa=True,
        onboot=False,
        protection=True,
        startup="order=3,up=30",
        boot="order=scsi0;net0",
        disks=[
            _disk(place, "scsi0", 1, discard=True, iothread=True),
            _disk(place, "scsi1", 2, ssd=True, cache="writeback", options={"mbps_rd": 100}),
            _disk(place, "sata0", 1, backup=False),
            _disk(place, "virtio0", 1, options={"serial": "pv-test"}),
            {"slot": "ide0", "cdrom": "none"},
        ],
        nics=[
            *nics,
            {"slot": "net1", "bridge": place.bridge, "model": "e1000", "tag": 20, "rate": 2.5, "link_down": True},
        ],
        config={
            "vga": "serial0",
            "serial0": "socket",
            "tablet": False,
            "cpuunits": 200,
            "smbios1": f"uuid={UUID.format(0)}",
        },
    )
    set_up = {
        "drive_storage": place.storage,
        "drive": "scsi5",
        "user": "debian",
        "ipconfig": [address, {"interface": 1, "ip": "dhcp"}],
        "citype": "nocloud",
        "upgrade": False,
        "searchdomain": "example.com",
    }
    boots = {"ide2": f"{place.backups}:iso/{SYSTEM['filename']},media=cdrom", "boot": "order=ide2", "agent": "1"}
    return [
        everything,
        _scenario(place, "a machine for Windows is made", guests={"scenario-0": windows}),
        _scenario(place, "a machine with many disks and cards is made", guests={"scenario-0": many}),
        _scenario(
            place,
            "machines are set up and started one after the other",
            settings={"serial": 1},
            guests={
                f"scenario-{index}": _machine(place, index, state="started", nics=nics, cloudinit=set_up)
                for index in range(2)
            },
        ),
        _scenario(
            place,
            "guests are restarted as far as so many prove their health",
            Call("POST", f"/nodes/{place.node}/storage/{place.backups}/download-url", SYSTEM),
            *(call for index in range(3) for call in place.machine(index, running=True, **boots)),
            needs="agent backups simulator",
            settings={"restart": True, "max_unavailable": 1, "serial": 2},
            guests={
                f"scenario-{index}": {"state": "started", "cores": 2, "health": {"agent": True, "timeout": 5}}
                for index in range(3)
            },
        ),
    ]


def _list_containers(place: Place) -> list[Scenario]:
    net = {"slot": "net0", "bridge": place.bridge, "ip": "192.0.2.60/24", "gw": "192.0.2.1", "firewall": True}
    volumes = [
        {"slot": "rootfs", "storage": place.storage, "size": 1},
        {"slot": "mp0", "storage": place.storage, "size": 1, "mp": "/data", "backup": True},
    ]
    made = _container(
        place,
        0,
        features="nesting=1",
        swap=0,
        cores=1,
        nameserver=["192.0.2.53"],
        searchdomain=["example.com"],
        disks=volumes,
        nics=[net],
        tags=["pv-test"],
        description="Two\nlines",
        firewall={"rules": [_rule("ssh", macro="SSH")]},
        config={"tty": 3, "cmode": "shell"},
        state="started",
    )
    running = [call for index in range(2) for call in place.container(index, running=True, swap=0)]
    served = {"state": "started", "nameserver": ["192.0.2.53"]}
    mounted = place.container(0, mp0=f"{place.storage}:1,mp=/data", net0=f"name=eth0,bridge={place.bridge},ip=dhcp")

    def one(title: str, /, *prepare: Call, **more: Any) -> Scenario:
        return _scenario(place, title, *prepare, needs="ostemplate", **more)

    return [
        one("a container is made and started", guests={"scenario-0": made}),
        one(
            "a container template is made, and a container of it",
            guests={
                "scenario-0": _container(place, 0, state="template"),
                "scenario-1": {
                    "type": "lxc",
                    "vmid": place.vmid(1),
                    "clone": {"name": "scenario-0", "full": True},
                    "memory": 96,
                    "disks": [{"slot": "rootfs", "size": 2}],
                },
            },
        ),
        one("what running containers take at once is changed", *running,
            guests={f"scenario-{index}": {"memory": 96, "description": "live"} for index in range(2)}),
        one("what running containers do not take at once waits", *running,
            guests={f"scenario-{index}": {"config": {"tty": 3}} for index in range(2)}),
        one("containers are restarted one after the other", *running,
            settings={"restart": True, "max_unavailable": 1},
            guests={"scenario-0": {**served, "depends_on": ["scenario-1"]}, "scenario-1": served}),
        one("containers are stopped and started in their order", *running[:2], *place.container(1),
            guests={"scenario-0": {"state": "stopped"},
                    "scenario-1": {"state": "started", "depends_on": ["scenario-0"]}}),
        one("volumes and networks of a container are changed", *mounted,
            guests={"scenario-0": {
                "disks": [{"slot": "mp0", "size": 2, "mp": "/other"}, {"slot": "rootfs", "size": 2}],
                "nics": [{"slot": "net0", "ip": "192.0.2.60/24", "gw": "192.0.2.1"}],
            }}),
    ]  # fmt: skip


def _list_cloning(place: Place) -> list[Scenario]:
    template = [*place.machine(0), _act(place, "template")]
    linked = Call(
        "POST", f"/nodes/{place.node}/qemu/{place.vmid(0)}/clone", {"newid": place.vmid(1), "name": "scenario-1"}
    )
    clones = {
        "scenario-1": {"vmid": place.vmid(1), "clone": {"vmid": place.vmid(0)}, "memory": 96},
        "scenario-2": {"vmid": place.vmid(2), "clone": {"name": "scenario-0", "full": True}, "tags": ["full"]},
    }
    return [
        _scenario(place, "a linked and a full clone of a template that is there", *template, guests=clones),
        _scenario(
            place,
            "a template and its linked clone are changed",
            *template,
            linked,
            guests={
                "scenario-0": {"state": "template", "description": "Where they come from"},
                "scenario-1": {"cores": 2, "disks": [{"slot": "scsi0", "size": 2}]},
            },
        ),
    ]


def _list_changing(place: Place) -> list[Scenario]:
    net = f"virtio=BC:24:11:00:00:0A,bridge={place.bridge},tag=5"
    machine = place.machine(
        0, net0=net, tags="a;b", description="old", onboot=1, ide2=f"{place.storage}:cloudinit", ciuser="old"
    )
    windows = place.machine(
        0,
        bios="ovmf",
        machine="q35",
        efidisk0=f"{place.storage}:1,efitype=4m,pre-enrolled-keys=1",
        tpmstate0=f"{place.storage}:1,version=v2.0",
    )

    def one(title: str, /, *prepare: Call, machine: list[Call] = machine, needs: str = "", **entry: Any) -> Scenario:
        return _scenario(place, title, *machine, *prepare, needs=needs, guests={"scenario-0": entry})

    spare = _put(place, scsi1=place.disk())
    unused = _put(place, delete="scsi1")
    return [
        one("plain options are changed and unset", cores=2, memory=96, cpu="host", tags=[], description="",
            onboot=False),
        one("disks are added, grown and changed", spare,
            disks=[{"slot": "scsi0", "size": 2, "discard": True}, {"slot": "scsi1", "ssd": True, "cache": "none"},
                   _disk(place, "virtio1"), {"slot": "ide0", "cdrom": "none"}]),
        one("a disk and what is left of another one are deleted", spare, unused, _put(place, scsi2=place.disk()),
            disks=[{"slot": "scsi2", "state": "absent"}, {"slot": "unused0", "state": "absent"}]),
        one("a disk is detached", spare, disks=[{"slot": "scsi1", "state": "detached"}]),
        one("cards are changed, added and removed", _put(place, net1=f"e1000,bridge={place.bridge}"),
            nics=[{"slot": "net0", "tag": 0, "rate": 2.5}, {"slot": "net1", "state": "absent"},
                  {"slot": "net2", "bridge": place.bridge}]),
        one("what the first start is told is changed",
            cloudinit={"user": "new", "ssh_keys": [KEY], "ipconfig": [{"interface": 0, "ip": "dhcp", "ip6": "auto"}]}),
        one("a machine for Windows is changed", machine=windows, description="Windows", memory=96,
            disks=[{"slot": "scsi0", "size": 2}]),
        one("a protected machine is no longer, and loses a disk", spare, _put(place, protection=1),
            protection=False, memory=96),
        one("a machine becomes a template", state="template", cores=2),
    ]  # fmt: skip


def _list_running(place: Place) -> list[Scenario]:
    net = f"virtio=BC:24:11:00:00:0A,bridge={place.bridge}"
    machine = place.machine(0, running=True, net0=net)
    earlier = _put(place, memory=96)

    def one(title: str, /, *prepare: Call, **entry: Any) -> Scenario:
        return _scenario(place, title, *machine, *prepare, guests={"scenario-0": entry})

    return [
        one("what a running machine takes at once is changed", tags=["live"], description="live",
            nics=[{"slot": "net0", "tag": 7}], disks=[{"slot": "scsi0", "size": 2}, _disk(place, "scsi3")]),
        one("what has to wait for a restart is changed", cores=2, memory=96, cpu="host",
            disks=[{"slot": "scsi0", "ssd": True}]),
        one("a card of a running machine is replaced", nics=[{"slot": "net0", "model": "e1000"}]),
        one("a change that waits is taken back", earlier, memory=64),
        one("a change that waits is joined by others", earlier, memory=96, cores=2),
        one("a running machine gets a drive for its first start",
            cloudinit={"drive_storage": place.storage, "user": "me"}),
    ]  # fmt: skip


def _list_unchanged(place: Place) -> list[Scenario]:
    """Guests in states of their own."""
    running = place.machine(0, running=True)
    paused, hibernated = _act(place, "status/suspend"), _act(place, "status/suspend", todisk=1)
    snapshots = [_act(place, "snapshot", snapname=name) for name in ("first", "second")]
    of_container = [_act(place, "snapshot", kind="lxc", snapname="first")]
    started = {"state": "started"}

    def one(title: str, /, *prepare: Call, needs: str = "", **entry: Any) -> Scenario:
        return _scenario(place, title, *prepare, needs=needs, guests={"scenario-0": entry})

    return [
        one("a paused machine is resumed", *running, paused, **started),
        one("a paused machine is changed and stays paused", *running, paused, description="paused"),
        one("a hibernated machine is resumed", *running, hibernated, **started),
        one("a machine with snapshots is changed", *place.machine(0), *snapshots, needs="snapshots", memory=96,
            disks=[{"slot": "scsi0", "ssd": True}]),
        one("a container with a snapshot is changed", *place.container(0), *of_container,
            needs="ostemplate container_snapshots", memory=96, tags=["pv-test"]),
        one("a machine under HA is changed", *place.machine(0),
            Call("POST", "/cluster/ha/resources", {"sid": f"vm:{place.vmid(0)}", "state": "ignored"}),
            memory=96, ha={"request_state": "ignored", "max_relocate": 3, "comment": "A test"}),
        one("a machine that shall be stopped is put under HA", *place.machine(0), state="stopped", ha={}),
    ]  # fmt: skip


def _list_around(place: Place) -> list[Scenario]:
    vmids = [place.vmid(0), place.vmid(1)]
    guest = f"/nodes/{place.node}/qemu/{place.vmid(0)}/firewall"
    two = [*place.machine(0), *place.machine(1)]
    pools = [Call("POST", "/pools", {"poolid": pool}) for pool in (POOL, OTHER)]
    filled = Call("PUT", "/pools", {"poolid": OTHER, "vms": place.vmid(0)})
    definition = {"storage": STORAGE, "type": "dir", "path": "/run/pv-test-dir", "content": "iso", "nodes": place.node}
    job = {"id": JOB, "schedule": "03:00", "vmid": str(vmids[0]), "storage": place.backups, "enabled": 0}
    managed = [Call("POST", "/cluster/ha/resources", {"sid": f"vm:{vmid}", "state": "ignored"}) for vmid in vmids]
    ruled = {"rule": RULE, "type": "node-affinity", "resources": f"vm:{vmids[0]}", "nodes": place.node}
    grouped = Call("POST", "/cluster/firewall/groups", {"group": GROUP, "comment": "Old"})
    posted = Call("POST", f"{guest}/rules", {"type": "in", "action": "ACCEPT", "enable": 1, "comment": "[old]"})
    return [
        _scenario(
            place,
            "guests come into pools, also from another one",
            *two,
            *pools,
            filled,
            guests={"scenario-1": {"pool": POOL}},
            pools={POOL: {"comment": "New", "vmids": [vmids[0]], "storages": [place.storage], "move": True}},
        ),
        _scenario(
            place,
            "a firewall, its sets and the group that it names are changed",
            *place.machine(0),
            grouped,
            posted,
            firewall={"groups": {GROUP: {"comment": "New", "rules": [_rule("http", macro="HTTP")]}}},
            guests={
                "scenario-0": {
                    "firewall": {
                        "options": {"enable": True, "policy_in": "DROP", "dhcp": True},
                        "aliases": [{"name": "office", "cidr": "192.0.2.7/32", "comment": "Here"}],
                        "ipsets": [{"name": "admins", "entries": [{"cidr": "198.51.100.0/24"}, {"cidr": "office"}]}],
                        "rules": [
                            _rule("old", source="+admins", comment="Text"),
                            _rule("web", type="group", action=GROUP),
                        ],
                    }
                }
            },
        ),
        _scenario(
            place,
            "HA of guests and a rule for them are changed",
            *two,
            *managed,
            Call("POST", "/cluster/ha/rules", ruled),
            guests={
                f"scenario-{index}": {"ha": {"request_state": "ignored", "max_restart": 2, "failback": False}}
                for index in range(2)
            },
            ha_rules={RULE: {"guests": {"vmids": vmids}, "nodes": [f"{place.node}:2"], "comment": "A test"}},
        ),
        _scenario(
            place,
            "a backup job and the pool that it is for are made",
            *place.machine(0),
            needs="backups",
            pools={POOL: {}},
            guests={"scenario-0": {"pool": POOL}},
            backup_jobs={JOB: {"schedule": "sat 03:00", "enabled": False, "pool": POOL, "storage": place.backups}},
        ),
        _scenario(
            place,
            "a storage and a backup job are changed",
            Call("POST", "/storage", definition),
            Call("POST", "/cluster/backup", job),
            needs="backups",
            storages={STORAGE: {"content": ["iso", "vztmpl"], "retention": {"last": 2}}},
            backup_jobs={JOB: {"schedule": "*/6:00", "comment": "New", "retention": {"last": 2}}},
        ),
        _scenario(
            place,
            "roles, groups, users and their rights are changed",
            Call("POST", "/access/users", {"userid": USER, "comment": "Old"}),
            Call("POST", "/access/roles", {"roleid": ROLE, "privs": "VM.Audit"}),
            access={
                "roles": [{"role": ROLE, "privileges": ["VM.Audit", "VM.Console"]}],
                "groups": [{"group": ROLE, "comment": "Tests"}],
                "users": [{"user": USER, "groups": [ROLE], "comment": "New"}],
                "acls": [{"path": f"/vms/{place.vmid(0)}", "user": USER, "roles": [ROLE]}],
            },
        ),
    ]


def _list_merging(place: Place) -> list[Scenario]:
    """What somebody else has changed since the last apply."""
    theirs = _put(place, memory=96, description="theirs")
    before = {"guests": {"scenario-0": {"memory": 64, "description": "ours", "cores": 1}}}

    def one(title: str, /, settings: dict[str, Any], **entry: Any) -> Scenario:
        machine = place.machine(0, description="ours", cores=1)
        guests = {"scenario-0": {"memory": 64, "description": "ours", "cores": 2, **entry}}
        return _scenario(place, title, *machine, theirs, settings=settings, guests=guests, last_applied=before)

    keep, take = {"on_conflict": {"guests": "keep"}}, {"on_conflict": {"guests": "take"}}
    return [
        one("what somebody else has changed is taken back", take),
        one("what somebody else has changed is kept, and the rest applied", keep),
        one("one change is taken back, and another one kept", keep, on_conflict={"memory": "take"}),
        one("what is ignored is left alone", {"ignore": ["guests.*.memory"]}, ignore=["description"]),
        one("what somebody else has changed is asked for by now, too", {}, memory=96, description="theirs"),
    ]


def _list_telling_apart(place: Place) -> list[Scenario]:
    """Guests that were renamed, or have the name or the id that another one had."""
    swapped = [
        *place.machine(0),
        *place.machine(1),
        place.broadcast(0, 1),
        place.rename(0, "scenario-9"),
        place.rename(1, "scenario-0"),
    ]
    renamed = [*place.machine(0, smbios1=f"uuid={UUID.format(1)}"), place.broadcast(0), place.rename(0, "pv-test-new")]
    changed = {"memory": 96}
    return [
        _scenario(
            place,
            "the guest is changed that has got the name which another one had",
            *swapped,
            guests={"scenario-0": changed},
            meant=1,
        ),
        _scenario(
            place,
            "a renamed guest is known by its UUID, and gets its name again",
            *renamed,
            guests={"scenario-0": {"uuid": UUID.format(1), **changed}},
            meant=0,
        ),
        _scenario(
            place,
            "a guest that was removed is made anew",
            *place.machine(0),
            place.delete(0),
            guests={"scenario-0": _machine(place, 0)},
            last_applied={"guests": {"scenario-0": {"vmid": place.vmid(0), "memory": 64}}},
            meant=0,
        ),
        _scenario(
            place,
            "only what is named is planned",
            *place.machine(0),
            *place.machine(1),
            guests={"scenario-0": changed, "scenario-1": changed},
            only=["guests.scenario-1"],
            meant=1,
        ),
    ]


def _list_ending(place: Place) -> list[Scenario]:
    pool = [Call("POST", "/pools", {"poolid": POOL})]
    pooled = Call("PUT", "/pools", {"poolid": POOL, "vms": place.vmid(0)})
    gone = {"state": "absent"}
    return [
        _scenario(
            place,
            "a guest and the pool that it was in are deleted",
            *place.machine(0),
            *pool,
            pooled,
            guests={"scenario-0": gone},
            pools={POOL: gone},
        ),
        _scenario(
            place,
            "a container is deleted",
            *place.container(0),
            needs="ostemplate",
            guests={"scenario-0": gone},
        ),
    ]
