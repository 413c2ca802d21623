"""Clones and templates of virtual machines, as calls."""

from __future__ import annotations

import pytest

from pve_simulator.state.cluster import Pool

QEMU = "pve1/qemu/100"


def _clone(lab, vmid=100, **params):
    status, log = lab.task("POST", f"pve1/qemu/{vmid}/clone", **params)
    assert status == "OK", log
    return log


def _template(lab, vmid=100):
    assert lab.task("POST", f"pve1/qemu/{vmid}/template") == ("OK", ["TASK OK"])


def test_a_full_clone_is_another_machine_with_copies_of_the_disks(lab):
    log = _clone(lab, newid=200)
    assert log[:2] == [
        "creating a clone of VM 100 with ID 200",
        "create full clone of drive scsi0 (files:100/vm-100-disk-0.qcow2)",
    ]
    source, made = lab.guest(100).config, lab.guest(200).config
    assert made["scsi0"] == "files:200/vm-200-disk-0.qcow2,size=8G"
    assert made["name"] == "Copy-of-VM-vm100"
    assert "lock" not in made
    for key in ("net0", "smbios1", "vmgenid"):
        assert made[key] != source[key]
    for key in ("memory", "boot", "ide2"):
        assert made[key] == source[key]


def test_name_description_and_pool_are_what_was_asked_for(lab):
    lab.cluster.pools["front"] = Pool()
    _clone(lab, newid=200, name="new", description="why", pool="front")
    assert (lab.guest(200).config["name"], lab.guest(200).config["description"]) == ("new", "why")
    assert lab.cluster.pools["front"].vms == [200]


def test_a_clone_can_go_to_another_storage_in_another_format(lab):
    _clone(lab, newid=200, storage="nas", format="qcow2")
    _clone(lab, newid=201, storage="thin", format="qcow2")
    assert lab.guest(200).config["scsi0"] == "nas:200/vm-200-disk-0.qcow2,size=8G"
    # A thin pool has no files; it uses what it has.
    assert lab.guest(201).config["scsi0"] == "thin:vm-201-disk-0,size=8G"


def test_a_clone_of_a_snapshot_is_as_the_guest_was_then(lab):
    lab.task("POST", f"{QEMU}/snapshot", snapname="before")
    lab.guest(100).config["cores"] = "8"
    _clone(lab, newid=200, snapname="before", full=1)
    assert not {"cores", "parent", "snaptime"} & lab.guest(200).config.keys()


def test_a_running_guest_is_copied_by_mirror_jobs(lab):
    lab.task("POST", f"{QEMU}/status/start")
    log = _clone(lab, newid=200)
    assert log[-6:-1] == [
        "skipping guest filesystem freeze - disabled in VM options",
        "suspend vm",
        "mirror-scsi0: Cancelling block job",
        "mirror-scsi0: Done.",
        "resume vm",
    ]
    assert not lab.guest(200).running


def test_a_guest_with_its_agent_alive_is_frozen_instead_of_suspended(lab):
    lab.guest(100).config["agent"] = "1"
    lab.task("POST", f"{QEMU}/status/start")
    assert {"freeze filesystem", "unfreeze filesystem"} < set(_clone(lab, newid=200))


def test_a_template_is_linked_unless_full_is_asked_for(lab):
    _template(lab)
    assert lab.guest(100).config["scsi0"] == "files:100/base-100-disk-0.qcow2,size=8G"
    _clone(lab, newid=200)
    _clone(lab, newid=201, full=1)
    assert lab.guest(200).config["scsi0"] == "files:100/base-100-disk-0.qcow2/200/vm-200-disk-0.qcow2,size=8G"
    assert lab.guest(201).config["scsi0"] == "files:201/vm-201-disk-0.qcow2,size=8G"
    assert not lab.guest(200).template


def test_thin_lvm_links_to_a_snapshot_too(lab):
    lab.task("POST", "pve1/qemu/101/snapshot", snapname="aa")
    _clone(lab, 101, newid=200, snapname="aa", full=0)
    assert lab.guest(200).config["scsi0"] == "thin:vm-200-disk-0,size=8G"


def test_a_template_with_linked_clones_cannot_be_destroyed(lab):
    _template(lab)
    _clone(lab, newid=200)
    reason = "base volume 'files:100/base-100-disk-0.qcow2' is still in use by linked cloned"
    assert lab.task("DELETE", QEMU)[0] == reason
    assert lab.task("DELETE", "pve1/qemu/200")[0] == "OK"
    assert lab.task("DELETE", QEMU)[0] == "OK"


def test_one_disk_can_be_made_a_base_volume(lab):
    lab.guest(100).config["scsi1"] = "thin:vm-101-disk-0,size=8G"
    assert lab.task("POST", f"{QEMU}/template", disk="scsi0")[0] == "OK"
    assert lab.guest(100).config["scsi0"].startswith("files:100/base-100-disk-0")
    assert lab.guest(100).config["scsi1"].startswith("thin:vm-101-disk-0")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"newid": 101}, "unable to create VM 101: config file already exists"),
        (
            {"newid": 200, "full": 0},
            "Linked clone feature is not supported for 'files:100/vm-100-disk-0.qcow2' (scsi0)",
        ),
        ({"newid": 200, "full": 0, "storage": "nas"}, "parameter 'storage' not allowed for linked clones"),
        ({"newid": 200, "full": 0, "format": "raw"}, "parameter 'format' not allowed for linked clones"),
        ({"newid": 200, "target": "nope"}, "no such cluster node 'nope'"),
        ({"newid": 200, "target": "pve2"}, "can't clone VM to node 'pve2' (VM uses local storage)"),
        ({"newid": 200, "snapname": "nope"}, "snapshot 'nope' does not exist"),
        ({"newid": 200, "storage": "nope"}, "storage 'nope' does not exist"),
        ({"newid": 200, "storage": "thin", "target": "pve2"}, "can't clone to non-shared storage 'thin'"),
    ],
)
def test_refused_clones(lab, params, reason):
    assert lab.refused("POST", f"{QEMU}/clone", **params) == reason


def test_a_clone_on_shared_storage_can_be_made_for_another_node(lab):
    _clone(lab, 102, newid=200, target="pve2")
    assert lab.guest(200).node == "pve2"
    assert "nas:200/vm-200-disk-0.raw" in lab.volumes("nas", "pve2")


def test_an_id_that_another_node_uses_is_found_too_late(lab):
    lab.guest(101).node = "pve2"
    status = lab.task("POST", f"{QEMU}/clone", newid=101)[0]
    assert status == "close (rename) atomic file '/etc/pve/nodes/pve1/qemu-server/101.conf' failed: File exists"
    assert lab.guest(101).node == "pve2"


def test_an_interrupted_clone_leaves_nothing_behind(lab):
    before = lab.volumes("files")
    upid = lab.start_task("POST", f"{QEMU}/clone", newid=200)
    assert lab.get("pve1/qemu/200/status/current")["lock"] == "clone"
    lab.call("DELETE", f"pve1/tasks/{upid}")
    assert lab.finish(upid)[0] == "received interrupt"
    assert 200 not in lab.cluster.guests
    assert lab.volumes("files") == before


def test_a_template_is_cloned_several_times_at_once(lab):
    _template(lab)
    first = lab.start_task("POST", f"{QEMU}/clone", newid=200, full=1)
    second = lab.start_task("POST", f"{QEMU}/clone", newid=201, full=1)
    assert [lab.finish(upid)[0] for upid in (first, second)] == ["OK", "OK"]


def test_a_running_guest_is_cloned_once_at_a_time(lab):
    lab.task("POST", f"{QEMU}/status/start")
    first = lab.start_task("POST", f"{QEMU}/clone", newid=200)
    second = lab.start_task("POST", f"{QEMU}/clone", newid=201)
    assert lab.finish(first)[0] == "OK"
    assert lab.finish(second)[0] == "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout"


def test_refused_templates(lab):
    lab.task("POST", f"{QEMU}/status/start")
    assert lab.refused("POST", f"{QEMU}/template") == "you can't convert a VM to template if VM is running"
    lab.task("POST", "pve1/qemu/101/snapshot", snapname="aa")
    reason = "unable to create template, because VM contains snapshots"
    assert lab.refused("POST", "pve1/qemu/101/template") == reason
    _template(lab, 102)
    assert lab.refused("POST", "pve1/qemu/102/template") == "you can't convert a template to a template"
    assert (
        lab.task("POST", "pve1/qemu/102/snapshot", snapname="aa")[0] == "you can't take a snapshot if it's a template"
    )


@pytest.mark.parametrize(
    ("vmid", "feature", "has", "nodes"),
    [
        (100, "snapshot", 1, ["pve1"]),
        (100, "clone", 0, ["pve1"]),
        (100, "copy", 1, ["pve1"]),
        (102, "snapshot", 0, ["pve1", "pve2"]),
    ],
)
def test_features_follow_from_formats_and_storages(lab, vmid, feature, has, nodes):
    assert lab.get(f"pve1/qemu/{vmid}/feature", feature=feature) == {"hasFeature": has, "nodes": nodes}


def test_clones_of_missing_guests_name_guest_and_node(lab):
    reason = "unable to find configuration file for VM 999 on node 'pve1'"
    assert lab.refused("POST", "pve1/qemu/999/clone", newid=200) == reason
    assert lab.refused("GET", "pve1/qemu/999/feature", feature="copy") == reason
