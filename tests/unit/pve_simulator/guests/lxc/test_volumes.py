"""Resizing, moving, cloning and templating containers, and their snapshots."""

from __future__ import annotations

import pytest


def test_a_volume_grows(lab):
    lab.create()

    status, log = lab.task("PUT", "/300/resize", disk="rootfs", size="+1G")

    assert status == "OK"
    assert lab.config(300)["rootfs"] == "local-lvm:vm-300-disk-0,size=5G"
    assert "The filesystem on /dev/pve/vm-300-disk-0 is now 1310720 (4k) blocks long." in log


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"disk": "rootfs", "size": "1G"}, "unable to shrink disk size"),
        ({"disk": "rootfs", "size": "4G"}, "disk is already at specified size"),
        (
            {"disk": "mp3", "size": "4G"},
            dict.fromkeys(("volume", "mp"), "property is missing and it is not optional"),
        ),
    ],
)
def test_what_resizing_refuses_at_once(lab, params, reason):
    lab.create()

    assert lab.refused("PUT", "/300/resize", **params) == reason


def test_moving_a_volume_keeps_the_old_one_unless_told_otherwise(lab):
    lab.create()

    assert lab.task("POST", "/300/move_volume", volume="rootfs", storage="shared")[0] == "OK"
    assert lab.config(300)["rootfs"] == "shared:300/vm-300-disk-0.raw,size=4G"
    assert lab.config(300)["unused0"] == "local-lvm:vm-300-disk-0"

    assert lab.task("POST", "/300/move_volume", volume="rootfs", storage="local-lvm", delete=1)[0] == "OK"
    assert "shared:300/vm-300-disk-0.raw" not in lab.volumes("shared")
    assert "lock" not in lab.world.cluster.guests[300].config


def test_a_volume_goes_to_another_container(lab):
    lab.create(300, rootfs="local-lvm:1", mp0="local-lvm:2,mp=/data")
    lab.create(301)

    status, log = lab.task("POST", "/300/move_volume", volume="mp0", target_vmid=301, target_volume="mp4")

    assert status == "OK"
    assert log[0] == "moving volume 'mp0' from container '300' to '301'"
    assert lab.config(301)["mp4"] == "local-lvm:vm-301-disk-1,mp=/data,size=2G"
    assert "mp0" not in lab.config(300)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"volume": "rootfs", "target_vmid": 301}, "Cannot move to/from 'rootfs'"),
        ({"volume": "mp0", "target_vmid": 999}, "could not find CT 999"),
        ({"volume": "mp0", "target_vmid": 200}, "Both containers need to be on the same node (pve1 != pve2)"),
        ({"volume": "mp7", "target_vmid": 301}, "volume 'mp7' for container '300' does not exist"),
        ({"volume": "mp0", "target_vmid": 301, "storage": "shared"}, "either set storage or target-vmid, but not both"),
        (
            {"volume": "unused0", "storage": "shared"},
            "cannot move volume 'unused0', only configured volumes can be moved to another storage",
        ),
    ],
)
def test_what_moving_refuses_at_once(lab, params, reason):
    lab.create(300, rootfs="local-lvm:1", mp0="local-lvm:2,mp=/data")
    lab.create(301)

    assert lab.refused("POST", "/300/move_volume", **params) == reason


def test_a_full_clone_has_its_own_volumes_and_addresses(lab):
    lab.create(net0="name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01", description="first", onboot=1)

    status, log = lab.task("POST", "/300/clone", newid=310, hostname="copy", pool="front")

    config = lab.config(310)
    assert status == "OK"
    assert log[:2] == [
        "creating a clone of container 300 with ID 310",
        "create full clone of mountpoint rootfs (local-lvm:vm-300-disk-0)",
    ]
    assert config["rootfs"] == "local-lvm:vm-310-disk-0,size=4G"
    assert config["hostname"] == "copy"
    assert config["description"] == "first\n"
    assert "BC:24:11:00:00:01" not in config["net0"]
    assert not {"lock", "template", "parent"} & config.keys()
    assert "lock" not in lab.config(300)


def test_a_template_is_cloned_linked_and_cannot_start(lab):
    lab.create()
    assert lab.call("POST", "/300/template") == (200, "OK", {"data": None})
    assert lab.config(300)["rootfs"] == "local-lvm:base-300-disk-0,size=4G"
    assert lab.refused("POST", "/300/template") == "you can't convert a template to a template"
    assert lab.task("POST", "/300/status/start")[0] == "you can't start a CT if it's a template"

    status, log = lab.task("POST", "/300/clone", newid=310)

    assert status == "OK"
    assert "create linked clone of mount point rootfs (local-lvm:base-300-disk-0)" in log
    assert lab.config(310)["rootfs"] == "local-lvm:vm-310-disk-0,size=4G"
    assert lab.refused("POST", "/300/clone", newid=311, storage="shared") == (
        "parameter 'storage' not allowed for linked clones"
    )


def test_directories_have_no_linked_clones_of_containers(lab):
    lab.create(storage="shared")
    lab.call("POST", "/300/template")

    reason = "Linked clone feature for 'shared:300/base-300-disk-0.raw' is not available"
    assert lab.refused("POST", "/300/clone", newid=310) == reason
    assert "lock" not in lab.config(300)


def test_a_running_container_is_not_cloned_without_a_snapshot(lab):
    lab.create()
    lab.start(300)

    reason = "Cannot do full clones on a running container without snapshots"
    assert lab.refused("POST", "/300/clone", newid=310) == reason


def test_snapshots_form_a_chain_and_bring_the_configuration_back(lab):
    lab.create(cores=1)
    assert lab.task("POST", "/300/snapshot", snapname="first", description="why")[0] == "OK"
    lab.call("PUT", "/300/config", cores=4)
    assert lab.task("POST", "/300/snapshot", snapname="second")[0] == "OK"

    listed = {entry["name"]: entry for entry in lab.get("/300/snapshot")}
    assert listed["first"]["description"] == "why\n"
    assert listed["second"]["parent"] == "first"
    assert listed["current"]["parent"] == "second"
    assert "vmstate" not in listed["first"]
    assert lab.get("/300/snapshot/first/config")["cores"] == 1

    assert lab.task("POST", "/300/snapshot/first/rollback")[0] == "OK"
    assert lab.config(300)["cores"] == 1
    assert lab.config(300)["parent"] == "first"

    assert lab.task("DELETE", "/300/snapshot/first")[0] == "OK"
    assert "parent" not in lab.config(300)
    assert "parent" not in {entry["name"]: entry for entry in lab.get("/300/snapshot")}["second"]


def test_rolling_back_stops_a_running_container_and_starts_it_when_asked(lab):
    lab.create()
    lab.task("POST", "/300/snapshot", snapname="base")
    lab.start(300)

    assert lab.task("POST", "/300/snapshot/base/rollback")[0] == "OK"
    assert not lab.world.cluster.guests[300].running

    lab.task("POST", "/300/snapshot/base/rollback", start=1)
    lab.api.run(lab.api.driver.clock.advance(10))
    assert lab.world.cluster.guests[300].running


def test_raw_files_have_no_snapshots(lab):
    lab.create(storage="shared")

    assert lab.get("/300/feature", feature="snapshot") == {"hasFeature": 0}
    assert lab.task("POST", "/300/snapshot", snapname="first")[0] == "snapshot feature is not available"
    assert "lock" not in lab.world.cluster.guests[300].config


@pytest.mark.parametrize("name", ["current", "vzdump"])
def test_reserved_snapshot_names(lab, name):
    lab.create()

    reason = f"unable to use snapshot name '{name}' (reserved name)"
    assert lab.refused("POST", "/300/snapshot", snapname=name) == reason


def test_migrating_copies_local_volumes(lab):
    lab.create()

    status, log = lab.task("POST", "/300/migrate", target="pve2")

    assert status == "OK"
    assert log[0].endswith("starting migration of CT 300 to node 'pve2' (10.99.0.2)")
    assert lab.world.cluster.guests[300].node == "pve2"
    assert "local-lvm:vm-300-disk-0" not in lab.volumes()
    assert "local-lvm:vm-300-disk-0" in lab.world.cluster.storages["local-lvm"].volumes_on("pve2")


def test_a_running_container_migrates_by_restart_only(lab):
    lab.create()
    lab.start(300)

    reason = "can't migrate running container without --online or --restart"
    assert lab.refused("POST", "/300/migrate", target="pve2") == reason
    assert lab.task("POST", "/300/migrate", target="pve2", online=1)[0] == "migration aborted"
    assert lab.task("POST", "/300/migrate", target="pve2", restart=1)[0] == "OK"
    assert lab.world.cluster.guests[300].running


def test_a_migration_to_nowhere_is_refused(lab):
    lab.create()

    assert lab.refused("POST", "/300/migrate", target="nope") == "no such cluster node 'nope'"
    assert lab.refused("POST", "/300/migrate", target="pve1") == {"target": "target is local node."}


def test_interfaces_are_those_of_a_running_container(lab):
    lab.create(net0="name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=10.0.0.9/24")
    assert lab.get("/300/interfaces") is None
    lab.start(300)

    lo, eth0 = lab.get("/300/interfaces")

    assert lo["inet"] == "127.0.0.1/8"
    assert eth0["hwaddr"] == eth0["hardware-address"] == "bc:24:11:00:00:01"
    assert eth0["inet"] == "10.0.0.9/24"
    assert eth0["ip-addresses"] == [
        {"ip-address": "10.0.0.9", "ip-address-type": "inet", "prefix": "24"},
        {"ip-address": "fe80::be24:11ff:fe00:1", "ip-address-type": "inet6", "prefix": "64"},
    ]


def test_consoles_come_with_a_ticket_and_a_port_of_their_own(lab):
    lab.start(lab.create())

    first = lab.call("POST", "/300/vncproxy")[2]["data"]
    second = lab.call("POST", "/300/termproxy")[2]["data"]

    assert (first["port"], second["port"]) == ("5900", "5901")
    assert first["cert"].startswith("-----BEGIN CERTIFICATE-----\n")
    assert "cert" not in second
    assert lab.get("/300/vncwebsocket", port=5900, vncticket=first["ticket"]) == {"port": "5900"}
    assert lab.refused("GET", "/300/vncwebsocket", port=5900, vncticket="x") == (
        "permission denied - invalid PVEVNC ticket"
    )
