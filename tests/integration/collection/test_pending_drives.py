"""pve_guest and drives with a change that waits for a restart: what is grown, moved and detached is never lost."""

from __future__ import annotations

import time

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import is_upid, wait_for_task
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.guest import Guests
from ansible_collections.playvisor.proxmox.plugins.module_utils._run.apply import apply_all
from ansible_collections.playvisor.proxmox.plugins.module_utils._run.resource import Outcome
from scenarios.running import run_module

from pve_simulator import Simulator, build_cluster
from pve_simulator.state.access import AclEntry, Role, Token, User

GIB = 1024**3
SECRET = "7d9f1c1e-0f5e-4b52-9c0e-3c3f0a4d7b11"
TEMPLATE = "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst"
VM, CT = "/nodes/pve1/qemu/500", "/nodes/pve1/lxc/500"
DISK, SPARE = "local-lvm:vm-500-disk-0", "local-lvm:vm-500-disk-1"


@pytest.fixture
def simulator():
    with Simulator(build_cluster(nodes=2, guests=4), port=0, task_seconds=0.0) as running:
        yield running


@pytest.fixture
def send(client):
    """A request of somebody else, with its task."""

    def run(method, path, **params):
        data = client.request(method, path, params)
        if is_upid(data):
            wait_for_task(client, data, time.monotonic() + 30)
        return data

    return run


@pytest.fixture
def machine(send):
    """A machine 500 with the drives that are named, which runs."""

    def make(*, running=True, **config):
        drives = config or {"scsi0": "local-lvm:20"}
        send("POST", "/nodes/pve1/qemu", vmid=500, name="drives", scsihw="virtio-scsi-single", **drives)
        if running:
            send("POST", f"{VM}/status/start")
        return VM

    return make


@pytest.fixture
def container(send):
    """A container 500 with a rootfs and the mount points that are named, which runs."""

    def make(*, running=True, **config):
        mounts = {"rootfs": "local-lvm:8", **config}
        send("POST", "/nodes/pve1/lxc", vmid=500, hostname="drives", ostemplate=TEMPLATE, memory=64, **mounts)
        if running:
            send("POST", f"{CT}/status/start")
        return CT

    return make


@pytest.fixture
def wait(send, client):
    """Somebody else changes options of a drive, which waits for a restart: `wait(VM, scsi0="iothread=1")`."""

    def run(guest, **options):
        config = client.get(f"{guest}/config")
        send("PUT", f"{guest}/config", **{slot: f"{config[slot]},{added}" for slot, added in options.items()})
        waiting = {entry["key"] for entry in client.get(f"{guest}/pending") if "pending" in entry}
        assert waiting >= set(options)

    return run


@pytest.fixture
def restart(send):
    def run(guest):
        send("POST", f"{guest}/status/stop")
        send("POST", f"{guest}/status/start")

    return run


@pytest.fixture
def apply(connection_env):
    def run(*disks, check=False, env=None, **options):
        given = {"vmid": 500, "timeout": 5, "disks": list(disks), **options}
        return run_module("pve_guest", given, {**connection_env, **(env or {})}, check=check)

    return run


def plan_then_apply(apply, *disks, **options):
    """Check mode and the run that it foresees."""
    check = apply(*disks, check=True, **options)
    assert not check.get("failed"), check
    applied = apply(*disks, **options, expect_plan=check["plan"]["digest"])
    assert not applied.get("failed"), applied["failure"]
    assert applied["guests"][0]["after"] == check["guests"][0]["after"]
    return applied["guests"][0]


def writes(simulator):
    return [
        (method, path.removeprefix("/nodes/pve1/")) for method, path, _status in simulator.requests if method != "GET"
    ]


def sizes(simulator):
    """GiB of every volume of the guest, by volume."""
    return {
        volume.volid: volume.size // GIB
        for storage in simulator.cluster.storages.values()
        for volume in storage.volumes_on("pve1").values()
        if volume.vmid == 500
    }


def drives(client, guest):
    """The configuration's drives, unused volumes too."""
    names = ("scsi", "virtio", "sata", "ide", "rootfs", "mp", "unused", "efidisk", "tpmstate")
    config = client.get(f"{guest}/config")
    return {key: value for key, value in config.items() if key.startswith(names) and key != "scsihw"}


def test_a_running_machines_disk_grows_and_gets_options_that_wait_in_one_task(
    simulator, client, machine, apply, restart
):
    machine()
    wished = {"slot": "scsi0", "size": 30, "iothread": True, "ssd": True}

    guest = plan_then_apply(apply, wished)

    assert (guest["changed"], guest["restart_required"]) == (True, True)
    assert guest["pending"] == {
        "scsi0": {"now": f"{DISK},size=30G", "next": f"{DISK},iothread=1,size=30G,ssd=1"},
    }
    assert not apply(wished)["changed"]
    restart(VM)
    assert drives(client, VM) == {"scsi0": f"{DISK},iothread=1,size=30G,ssd=1"}
    assert sizes(simulator) == {DISK: 30}
    assert not apply(wished)["changed"]


@pytest.mark.parametrize("slot", ["scsi0", "virtio1", "sata2", "ide0"])
@pytest.mark.parametrize("more", [{}, {"cache": "writeback"}, {"backup": False}, {"ssd": False}])
def test_a_disk_with_a_change_that_waits_grows_on_every_bus(
    simulator, client, machine, apply, wait, restart, slot, more
):
    machine(**{slot: "local-lvm:20"})
    wait(VM, **{slot: "discard=on"})
    wished = {"slot": slot, "size": 30, **({} if slot.startswith("virtio") and "ssd" in more else more)}

    guest = plan_then_apply(apply, wished)

    assert guest["changed"]
    assert "size=30G" in guest["pending"][slot]["next"]
    assert not apply(wished)["changed"]
    restart(VM)
    value = client.get(f"{VM}/config")[slot]
    assert "discard=on" in value
    assert "size=30G" in value
    assert sizes(simulator) == {DISK: 30}
    assert not apply(wished)["changed"]


@pytest.mark.parametrize(
    ("wished", "next_value"),
    [
        (
            {"slot": "rootfs", "size": 10, "options": {"mountoptions": "noatime"}},
            f"{DISK},size=10G,mountoptions=noatime",
        ),
        ({"slot": "mp0", "size": 10, "backup": True}, f"{SPARE},mp=/data,size=10G,backup=1"),
        ({"slot": "mp0", "size": 10, "mp": "/other"}, f"{SPARE},mp=/other,size=10G"),
    ],
)
def test_a_running_containers_volume_grows_while_options_wait(
    simulator, client, container, apply, restart, wished, next_value
):
    container(mp0="local-lvm:4,mp=/data")

    guest = plan_then_apply(apply, wished)

    assert (guest["changed"], guest["restart_required"]) == (True, True)
    assert guest["pending"][wished["slot"]]["next"] == next_value
    assert not apply(wished)["changed"]
    restart(CT)
    assert set(drives(client, CT)[wished["slot"]].split(",")) == set(next_value.split(","))
    assert sizes(simulator)[next_value.partition(",")[0]] == 10
    assert not apply(wished)["changed"]


def test_a_stopped_container_takes_its_pending_change_and_grows(simulator, client, container, apply, wait, send):
    container()
    wait(CT, rootfs="mountoptions=noatime")
    send("POST", f"{CT}/status/stop")
    wished = {"slot": "rootfs", "size": 10}

    guest = plan_then_apply(apply, wished)

    assert (guest["pending"], guest["restart_required"]) == ({}, False)
    assert drives(client, CT) == {"rootfs": "local-lvm:vm-500-disk-0,mountoptions=noatime,size=10G"}
    assert not apply(wished)["changed"]
    send("POST", f"{CT}/status/start")
    assert drives(client, CT) == {"rootfs": "local-lvm:vm-500-disk-0,mountoptions=noatime,size=10G"}


def test_a_stopped_container_takes_its_pending_change_and_moves(simulator, client, container, apply, wait, send):
    container()
    wait(CT, rootfs="mountoptions=noatime")
    send("POST", f"{CT}/status/stop")
    simulator.cluster.storages["shared"].config["content"] += ",rootdir"

    plan_then_apply(apply, {"slot": "rootfs", "storage": "shared", "move": True, "delete_source": True})
    send("POST", f"{CT}/status/start")

    (volume,) = sizes(simulator)
    assert volume.startswith("shared:")
    assert drives(client, CT) == {"rootfs": f"{volume},mountoptions=noatime,size=8G"}


def test_a_stopped_container_with_a_pending_change_becomes_a_larger_template(client, container, apply, wait, send):
    container()
    wait(CT, rootfs="mountoptions=noatime")
    send("POST", f"{CT}/status/stop")

    plan_then_apply(apply, {"slot": "rootfs", "size": 10}, state="template")

    volume, _comma, properties = drives(client, CT)["rootfs"].partition(",")
    assert "base-500-disk-0" in volume
    assert sorted(properties.split(",")) == ["mountoptions=noatime", "size=10G"]


@pytest.mark.parametrize("more", [{"iothread": True}, {"ssd": True, "size": 30}, {"options": {"aio": "native"}}])
def test_a_running_machines_disk_is_not_moved_together_with_options_that_wait(simulator, client, machine, apply, more):
    machine()
    before, sent = drives(client, VM), len(writes(simulator))
    move = {"slot": "scsi0", "storage": "shared", "format": "qcow2", "move": True, "delete_source": True}

    for check in (True, False):
        result = apply({**move, **more}, check=check)

        assert result["failure"]["code"] == "unsupported"
        assert "scsi0" in result["failure"]["message"]
        assert "Move it first" in result["failure"]["hint"]
    assert (drives(client, VM), len(writes(simulator))) == (before, sent)


def test_moving_first_and_changing_options_in_a_second_task_loses_nothing(simulator, client, machine, apply, restart):
    machine()
    move = {"slot": "scsi0", "storage": "shared", "format": "qcow2", "move": True, "delete_source": True}
    moved = "shared:500/vm-500-disk-0.qcow2"

    plan_then_apply(apply, move)
    plan_then_apply(apply, {**move, "iothread": True})
    restart(VM)

    assert drives(client, VM) == {"scsi0": f"{moved},iothread=1,size=20G"}
    assert list(sizes(simulator)) == [moved]


@pytest.mark.parametrize("more", [{}, {"backup": False}, {"size": 30}, {"size": 30, "options": {"mbps": 10}}])
def test_a_running_machines_disk_moves_together_with_what_it_takes_at_once(
    simulator, client, machine, apply, restart, more
):
    machine()
    wished = {"slot": "scsi0", "storage": "shared", "move": True, "delete_source": True, **more}

    guest = plan_then_apply(apply, wished)

    assert guest["pending"] == {}
    restart(VM)
    (volume,) = sizes(simulator)
    assert volume.startswith("shared:")
    assert drives(client, VM)["scsi0"].startswith(volume)
    assert f"size={more.get('size', 20)}G" in drives(client, VM)["scsi0"]
    assert not apply(wished)["changed"]


def test_a_stopped_machines_disk_gets_options_and_then_moves(simulator, client, machine, apply, send):
    machine(running=False)
    wished = {"slot": "scsi0", "storage": "shared", "format": "qcow2", "move": True, "delete_source": True}

    plan_then_apply(apply, {**wished, "iothread": True, "size": 30})
    send("POST", f"{VM}/status/start")

    assert drives(client, VM) == {"scsi0": "shared:500/vm-500-disk-0.qcow2,iothread=1,size=30G"}
    assert sizes(simulator) == {"shared:500/vm-500-disk-0.qcow2": 30}


@pytest.mark.parametrize("slot", ["scsi0", "virtio1", "sata2", "ide0"])
@pytest.mark.parametrize("more", [{}, {"size": 30}, {"backup": False}, {"discard": True}])
def test_a_disk_with_a_change_of_somebody_else_that_waits_is_not_moved(
    simulator, client, machine, apply, wait, slot, more
):
    machine(**{slot: "local-lvm:20"})
    wait(VM, **{slot: "discard=on"})
    sent = len(writes(simulator))

    for check in (True, False):
        result = apply({"slot": slot, "storage": "shared", "move": True, "delete_source": True, **more}, check=check)

        assert result["failure"]["code"] == "unsupported"
        assert "discard=on" in result["failure"]["message"]
        assert "Restart the guest" in result["failure"]["hint"]
    assert len(writes(simulator)) == sent


def test_a_disk_whose_change_is_taken_back_by_the_same_task_moves(simulator, client, machine, apply, wait, restart):
    machine()
    wait(VM, scsi0="ssd=1")

    wished = {"slot": "scsi0", "storage": "shared", "move": True, "delete_source": True, "options": {"ssd": ""}}
    plan_then_apply(apply, wished)
    restart(VM)

    (volume,) = sizes(simulator)
    assert drives(client, VM) == {"scsi0": f"{volume},size=20G"}


def test_only_the_drive_with_a_change_that_waits_is_kept_from_moving(simulator, client, machine, apply, wait, restart):
    machine(scsi0="local-lvm:20", scsi1="local-lvm:4")
    wait(VM, scsi0="ssd=1")
    move = {"storage": "shared", "move": True, "delete_source": True}

    refused = apply({"slot": "scsi0", **move}, {"slot": "scsi1", **move})
    plan_then_apply(apply, {"slot": "scsi0", "size": 30}, {"slot": "scsi1", "size": 5, **move})
    restart(VM)

    assert refused["failure"]["code"] == "unsupported"
    assert not refused["upids"]
    found = drives(client, VM)
    assert found["scsi0"] == f"{DISK},size=30G,ssd=1"
    assert found["scsi1"].startswith("shared:")
    assert sizes(simulator) == {DISK: 30, found["scsi1"].partition(",")[0]: 5}


def test_options_alone_keep_the_size_that_the_disk_has_now(client, machine, apply, wait, send, restart):
    machine()
    wait(VM, scsi0="ssd=1")
    send("PUT", f"{VM}/resize", disk="scsi0", size="30G")

    plan_then_apply(apply, {"slot": "scsi0", "iothread": True})
    restart(VM)

    assert drives(client, VM) == {"scsi0": f"{DISK},iothread=1,size=30G,ssd=1"}


@pytest.mark.parametrize("restarted", [False, True])
def test_a_disk_configured_smaller_than_it_is_is_mended(
    simulator, client, machine, apply, wait, send, restart, restarted
):
    machine()
    wait(VM, scsi0="ssd=1")
    send("PUT", f"{VM}/resize", disk="scsi0", size="30G")
    if restarted:
        restart(VM)
    sent = len(writes(simulator))
    assert "size=20G" in drives(client, VM)["scsi0"]

    plan_then_apply(apply, {"slot": "scsi0", "size": 30})

    assert drives(client, VM) == {"scsi0": f"{DISK},size=30G,ssd=1"}
    assert [path for _method, path in writes(simulator)[sent:]] == ["qemu/500/config"]
    assert not apply({"slot": "scsi0", "size": 30})["changed"]


@pytest.mark.parametrize("running", [True, False])
def test_growing_to_the_true_size_mends_it_without_a_right_to_the_storage(
    simulator, client, machine, apply, wait, send, running
):
    machine()
    wait(VM, scsi0="ssd=1")
    send("PUT", f"{VM}/resize", disk="scsi0", size="30G")
    send("POST", f"{VM}/status/stop")
    if running:
        send("POST", f"{VM}/status/start")
    assert drives(client, VM) == {"scsi0": f"{DISK},size=20G,ssd=1"}
    access = simulator.cluster.access
    access.roles["Grower"] = Role(["Datastore.AllocateSpace", "VM.Audit", "VM.Config.Disk"])
    access.users["eve@pve"] = User(tokens={"grow": Token(secret=SECRET, privsep=False)})
    access.acl.append(AclEntry("/", "user", "eve@pve", "Grower"))
    eve = {"PROXMOX_USER": "eve@pve", "PROXMOX_TOKEN_ID": "grow", "PROXMOX_TOKEN_SECRET": SECRET}

    grown = apply({"slot": "scsi0", "size": 30}, env=eve)
    again = apply({"slot": "scsi0", "size": 30}, env=eve)

    assert any("/content/" in path and status == 403 for _method, path, status in simulator.requests)
    assert (grown.get("failed"), grown["changed"], again["changed"]) == (None, True, False)
    assert drives(client, VM) == {"scsi0": f"{DISK},size=30G,ssd=1"}


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("slot", ["rootfs", "mp0"])
def test_a_container_configured_smaller_than_its_volume_is_mended(client, container, apply, send, slot, running):
    container(mp0="local-lvm:8,mp=/data", running=running)
    send("PUT", f"{CT}/resize", disk=slot, size="10G")
    value = client.get(f"{CT}/config")[slot]
    send("PUT", f"{CT}/config", **{slot: value.replace("size=10G", "size=8G")})

    plan_then_apply(apply, {"slot": slot, "size": 10})

    assert drives(client, CT)[slot] == value
    assert not apply({"slot": slot, "size": 10})["changed"]


def test_a_disk_that_would_shrink_is_refused_before_anything_is_sent(simulator, machine, apply, wait, send, restart):
    machine()
    wait(VM, scsi0="ssd=1")
    send("PUT", f"{VM}/resize", disk="scsi0", size="30G")
    restart(VM)

    result = apply({"slot": "scsi0", "size": 25}, check=True)

    assert result["failure"]["code"] == "invalid_parameter"
    assert "30 GiB" in result["failure"]["message"]


def test_a_restart_in_the_same_task_brings_both(simulator, client, machine, apply):
    machine()
    restart = {"restart_if_required": True, "force": True, "shutdown_timeout": 1}
    wished = {"slot": "scsi0", "size": 30, "iothread": True}

    guest = plan_then_apply(apply, wished, **restart)

    assert (guest["pending"], guest["restart_required"]) == ({}, False)
    assert drives(client, VM) == {"scsi0": f"{DISK},iothread=1,size=30G"}
    assert not apply(wished, **restart)["changed"]


@pytest.fixture
def spare(machine, send):
    """A running machine with one disk, and a volume SPARE of 4 GiB that nothing uses."""

    def make(slot, hotplug="disk"):
        machine(running=False, hotplug=hotplug, **{slot: "local-lvm:20"})
        send("PUT", f"{VM}/config", scsi9="local-lvm:4", boot="order=net0", net0="virtio,bridge=vmbr0")
        send("PUT", f"{VM}/config", delete="scsi9")
        send("POST", f"{VM}/status/start")

    return make


@pytest.fixture
def exchanged(spare, send, client):
    """A running machine whose sata0 is DISK now, and SPARE after the next start."""
    spare("sata0", hotplug="network")
    send("PUT", f"{VM}/config", sata0=SPARE)
    assert client.get(f"{VM}/config", current=1)["sata0"].startswith(DISK)
    return VM


@pytest.mark.parametrize(
    "wished",
    [
        {"size": 30},
        {"size": 30, "ssd": True},
        {"storage": "shared", "move": True},
        {"state": "detached"},
        {"state": "absent"},
    ],
)
def test_a_drive_that_waits_for_another_volume_is_not_grown_moved_or_detached(simulator, apply, exchanged, wished):
    before, sent = sizes(simulator), len(writes(simulator))

    result = apply({"slot": "sata0", **wished})

    assert result["failure"]["code"] == "unsupported"
    assert "vm-500-disk-1" in result["failure"]["message"]
    assert f"To keep {DISK}" in result["failure"]["hint"]
    assert (sizes(simulator), len(writes(simulator))) == (before, sent)


def test_a_drive_that_waits_for_another_volume_can_have_other_options(client, simulator, apply, exchanged, restart):
    plan_then_apply(apply, {"slot": "sata0", "ssd": True})
    restart(VM)

    assert drives(client, VM) == {"sata0": f"{SPARE},size=4G,ssd=1", "unused0": DISK}


def test_the_volume_that_a_drive_has_now_can_be_kept_and_grown(client, simulator, apply, exchanged, restart):
    wished = {"slot": "sata0", "volume": DISK, "size": 30}
    plan_then_apply(apply, wished)
    assert not apply(wished)["changed"]
    restart(VM)

    assert drives(client, VM) == {"sata0": f"{DISK},size=30G", "unused0": SPARE}
    assert sizes(simulator) == {DISK: 30, SPARE: 4}


def test_a_volume_that_needs_a_restart_is_not_grown_in_the_same_task(simulator, spare, apply):
    spare("sata0", hotplug="network")

    refused = apply({"slot": "sata0", "volume": SPARE, "size": 8})
    as_large = apply({"slot": "sata0", "volume": SPARE, "size": 4})

    assert refused["failure"]["code"] == "unsupported"
    assert "Leave size out" in refused["failure"]["hint"]
    assert not as_large.get("failed")
    assert sizes(simulator) == {DISK: 20, SPARE: 4}


def test_a_volume_that_is_plugged_in_grows_in_the_same_task(client, spare, apply):
    spare("scsi0")
    wished = {"slot": "scsi2", "volume": SPARE, "size": 8}

    plan_then_apply(apply, wished)

    assert drives(client, VM)["scsi2"] == "local-lvm:vm-500-disk-1,size=8G"
    assert not apply(wished)["changed"]


@pytest.mark.parametrize(("slot", "works"), [("scsi3", True), ("virtio3", True), ("sata3", False), ("ide1", False)])
def test_an_imported_disk_of_a_running_machine_grows_only_when_plugged_in(
    client, simulator, machine, apply, slot, works
):
    machine()
    image = next(
        value for guest in simulator.cluster.guests.values() for value in guest.config.values() if ":vm-" in value
    )
    sent = len(writes(simulator))
    wished = {"slot": slot, "storage": "local-lvm", "import_from": image.partition(",")[0], "size": 90}

    result = apply(wished)

    if works:
        assert not result.get("failed"), result["failure"]
        assert "size=90G" in drives(client, VM)[slot]
        assert not apply(wished)["changed"]
    else:
        assert result["failure"]["code"] == "unsupported"
        assert len(writes(simulator)) == sent


@pytest.mark.parametrize("wished", [{"size": 30}, {"storage": "local-lvm", "size": 20}, {"ssd": True}])
def test_a_drive_that_waits_for_being_detached_is_not_made_anew(simulator, client, machine, apply, send, wished):
    machine(sata0="local-lvm:20")
    send("PUT", f"{VM}/config", delete="sata0")
    sent = len(writes(simulator))

    result = apply({"slot": "sata0", **wished})

    assert result["failure"]["code"] == "unsupported"
    assert len(writes(simulator)) == sent


def test_a_drive_that_waits_for_being_detached_can_be_kept_by_its_volume(client, machine, apply, send, restart):
    machine(sata0="local-lvm:20", boot="order=net0", net0="virtio,bridge=vmbr0")
    send("PUT", f"{VM}/config", delete="sata0")

    guest = plan_then_apply(apply, {"slot": "sata0", "volume": DISK})
    restart(VM)

    assert guest["pending"] == {}
    assert drives(client, VM) == {"sata0": f"{DISK},size=20G"}


@pytest.mark.parametrize(("state", "left"), [("detached", {"unused0": SPARE}), ("absent", {})])
@pytest.mark.parametrize("slot", ["scsi1", "sata1"])
def test_a_drive_whose_options_wait_is_detached_and_deleted(
    simulator, client, machine, apply, wait, send, restart, slot, state, left
):
    machine()
    send("POST", f"{VM}/status/stop")
    send("PUT", f"{VM}/config", **{slot: "local-lvm:4"})
    send("POST", f"{VM}/status/start")
    simulator.cluster.guests[500].acpi = True
    wait(VM, **{slot: "ssd=1"})

    plan_then_apply(apply, {"slot": slot, "state": state})
    restart(VM)

    assert drives(client, VM) == {"scsi0": f"{DISK},size=20G", **left}
    assert sizes(simulator) == {DISK: 20, **dict.fromkeys(left.values(), 4)}


def test_a_disk_with_a_pending_attachment_is_detached_but_not_deleted(simulator, client, machine, apply):
    machine()
    apply({"slot": "sata1", "storage": "local-lvm", "size": 4})
    sent = len(writes(simulator))

    refused = apply({"slot": "sata1", "state": "absent"})
    assert refused["failure"]["code"] == "unsupported"
    assert len(writes(simulator)) == sent
    plan_then_apply(apply, {"slot": "sata1", "state": "detached"})
    plan_then_apply(apply, {"slot": "unused0", "state": "absent"})

    assert sizes(simulator) == {DISK: 20}


@pytest.mark.parametrize("state", ["detached", "absent"])
@pytest.mark.parametrize("running", [True, False])
def test_a_mount_point_whose_options_wait_is_not_detached(simulator, container, apply, wait, send, state, running):
    container(mp0="local-lvm:4,mp=/data")
    wait(CT, mp0="backup=1")
    if not running:
        send("POST", f"{CT}/status/stop")
    sent = len(writes(simulator))

    result = apply({"slot": "mp0", "state": state})

    assert result["failure"]["code"] == "unsupported"
    assert len(writes(simulator)) == sent


def prepared(client, *disks):
    """An approved plan, just before it is applied."""
    params = {
        **dict.fromkeys(("name", "new_name", "node", "type", "nics", "config", "pool", "only", "tags")),
        **dict.fromkeys(("add_tags", "remove_tags", "ostemplate", "password", "ssh_public_keys")),
        **dict.fromkeys(("restart_if_required", "force"), False),
        "disks": [{"state": "present", "move": False, "delete_source": False, **disk} for disk in disks],
        "vmid": 500,
        "state": "present",
        "shutdown_timeout": 1,
        "timeout": 5,
    }
    resource = Guests(params)
    (observed,) = resource.observe(client, params)
    outcome = Outcome(resource.target(observed), resource.plan(observed, params))
    return resource, observed, outcome, params


class Meddling(Client):
    """A client beside which somebody else acts as soon as a request of a kind has ended."""

    def __init__(self, client, after, act):
        self.__dict__.update(client.__dict__)
        self._after, self._act = after, act

    def request(self, method, path, *rest, **more):
        data = super().request(method, path, *rest, **more)
        if path.endswith(self._after) and self._act:
            act, self._act = self._act, None
            if is_upid(data):
                wait_for_task(self, data, time.monotonic() + 30)
            act()
        return data


def test_a_disk_moved_by_somebody_between_two_steps_stays_there(simulator, client, machine, send):
    machine()
    resource, observed, outcome, params = prepared(client, {"slot": "scsi0", "size": 30, "ssd": True})

    def move():
        send("POST", f"{VM}/move_disk", disk="scsi0", storage="shared", delete=1)

    apply_all(Meddling(client, "/resize", move), resource, [observed], [outcome], params)

    assert (outcome.failure.code, outcome.changed) == ("digest_conflict", True)
    (volume,) = sizes(simulator)
    assert drives(client, VM) == {"scsi0": f"{volume},size=30G"}


def test_a_volume_is_not_moved_when_a_change_came_in_between(simulator, client, machine, send):
    machine()
    wished = {"slot": "scsi0", "storage": "shared", "move": True, "delete_source": True, "backup": False}
    resource, observed, outcome, params = prepared(client, wished)

    def change():
        value = client.get(f"{VM}/config")["scsi0"]
        send("PUT", f"{VM}/config", scsi0=f"{value},ssd=1")

    apply_all(Meddling(client, "/config", change), resource, [observed], [outcome], params)

    assert outcome.failure.code == "unsupported"
    assert sizes(simulator) == {DISK: 20}


def test_a_guest_is_not_migrated_with_a_local_disk_whose_change_waits(simulator, client, machine, wait, connection_env):
    machine()
    wait(VM, scsi0="ssd=1")
    sent = len(writes(simulator))

    result = run_module(
        "pve_migrate",
        {"guests": {"vmids": [500]}, "target": "pve2", "with_local_disks": True},
        connection_env,
        check=True,
    )

    assert result["guests"][0]["failure"]["code"] == "unsupported"
    assert DISK in result["guests"][0]["failure"]["message"]
    assert len(writes(simulator)) == sent


def test_the_server_itself_would_bring_the_old_volume_back(simulator, client, machine, send, wait):
    machine()
    wait(VM, scsi0="ssd=1")

    send("POST", f"{VM}/move_disk", disk="scsi0", storage="shared", delete=1)
    send("POST", f"{VM}/status/stop")

    assert drives(client, VM)["scsi0"] == f"{DISK},size=20G,ssd=1"
    assert drives(client, VM)["unused0"] == next(iter(sizes(simulator)))
    with pytest.raises(PveError, match=f"volume '{DISK}' does not exist"):
        send("POST", f"{VM}/status/start")


def test_a_drive_of_cloud_init_that_waits_is_not_rewritten_again_and_again(machine, restart, connection_env):
    machine()
    wish = {"vmid": 500, "user": "bob", "drive_storage": "local-lvm"}

    added = run_module("pve_cloudinit", wish, connection_env)
    again = run_module("pve_cloudinit", wish, connection_env)
    restart(VM)
    after = run_module("pve_cloudinit", wish, connection_env)

    assert [result.get("failure") for result in (added, again, after)] == [None] * 3
    assert [result["changed"] for result in (added, again, after)] == [True, False, False]


@pytest.mark.parametrize("is_stopped", [False, True])
def test_what_only_waits_in_a_container_can_be_taken_back(client, send, container, apply, is_stopped):
    container()
    plan_then_apply(apply, features="nesting=1", nameserver=["10.0.0.1"])
    if is_stopped:
        send("POST", f"{CT}/status/stop")

    changed = plan_then_apply(apply, features="", nameserver=[])

    assert (changed["pending"], changed["restart_required"]) == ({}, False)
    assert not {"features", "nameserver"} & client.get(f"{CT}/config").keys()
    assert apply(features="", nameserver=[])["changed"] is False


def test_a_device_of_a_container_with_a_change_that_waits_does_not_come_back(client, send, container, apply, restart):
    container(net0="name=eth0,bridge=vmbr0")
    nic = client.get(f"{CT}/config")["net0"]
    with pytest.raises(PveError):
        send("PUT", f"{CT}/config", net0=nic.replace("vmbr0", "vmbr9"))

    plan_then_apply(apply, nics=[{"slot": "net0", "state": "absent"}])
    restart(CT)

    assert "net0" not in client.get(f"{CT}/config")


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_a_source_that_a_snapshot_has_is_not_to_be_deleted(simulator, send, machine, container, apply, kind):
    guest, slot = (machine(running=False), "scsi0") if kind == "qemu" else (container(running=False), "rootfs")
    send("POST", f"{guest}/snapshot", snapname="kept")
    move = {"slot": slot, "storage": "shared", "move": True}
    sent = len(writes(simulator))

    refused = [apply({**move, "delete_source": True}, check=check) for check in (True, False)]

    assert [result["failure"]["code"] for result in refused] == ["unsupported"] * 2
    assert "in snapshot kept" in refused[0]["failure"]["message"]
    assert len(writes(simulator)) == sent
    plan_then_apply(apply, move)
    assert apply({**move, "delete_source": True})["changed"] is False


def test_a_new_drive_that_waits_is_taken_back_as_the_hint_says(client, machine, apply):
    machine()
    plan_then_apply(apply, {"slot": "sata1", "storage": "local-lvm", "size": 2})

    failure = apply({"slot": "sata1", "state": "absent"}, check=True)["failure"]
    detached = plan_then_apply(apply, {"slot": "sata1", "state": "detached"})
    plan_then_apply(apply, {"slot": "unused0", "state": "absent"})

    assert failure["code"] == "unsupported"
    assert "state: detached" in failure["hint"]
    assert detached["pending"] == {}
    assert drives(client, VM).keys() == {"scsi0"}
