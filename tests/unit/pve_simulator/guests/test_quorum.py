"""A cluster without quorum: what works, what fails and how, and what is shown of nodes that have gone."""

from __future__ import annotations

import pytest

NOT_READY = "cluster not ready - no quorum?"


@pytest.fixture
def lonely(api):
    """One node of three is left."""
    assert api.task("/nodes/pve1/qemu", vmid=150, scsi0="shared:1") == "OK"
    api.run(api.driver.clock.advance(60))
    api.take_down("pve2")
    assert api.data("/cluster/status")[0]["quorate"] == 0
    return api


def locked(file, action=""):
    return f"{f'{action} failed: ' if action else ''}cfs-lock '{file}' error: no quorum!"


REFUSED = [
    ("POST", "/nodes/pve1/qemu", {"vmid": 140, "memory": 64}, NOT_READY),
    ("POST", "/nodes/pve1/lxc", {"vmid": 140, "ostemplate": "local:vztmpl/a.tar.gz"}, NOT_READY),
    ("POST", "/nodes/pve1/qemu/150/status/start", {}, NOT_READY),
    ("POST", "/nodes/pve1/qemu/150/clone", {"newid": 141}, NOT_READY),
    ("POST", "/nodes/pve1/qemu/150/migrate", {"target": "pve2"}, NOT_READY),
    ("POST", "/cluster/ha/resources", {"sid": "vm:150"}, NOT_READY),
    ("PUT", "/cluster/ha/resources/vm:107", {"state": "stopped"}, locked("domain-ha", "update resource")),
    ("DELETE", "/cluster/ha/resources/vm:107", {}, locked("domain-ha", "delete resource")),
    ("POST", "/pools", {"poolid": "nq"}, locked("file-user_cfg", "create pool")),
    ("POST", "/access/users", {"userid": "nq@pve"}, locked("file-user_cfg", "create user")),
    ("POST", "/access/users/root@pam/token/nq", {}, locked("file-user_cfg", "generating token")),
    ("POST", "/access/groups", {"groupid": "nq"}, locked("file-user_cfg", "create group")),
    (
        "PUT",
        "/access/acl",
        {"path": "/", "users": "root@pam", "roles": "NoAccess"},
        locked("file-user_cfg", "ACL update"),
    ),
    (
        "POST",
        "/storage",
        {"storage": "nq", "type": "dir", "path": "/srv/nq"},
        locked("file-storage_cfg", "create storage"),
    ),
    ("DELETE", "/storage/local", {}, locked("file-storage_cfg", "delete storage")),
    ("POST", "/cluster/firewall/aliases", {"name": "nq", "cidr": "10.0.0.1"}, locked("firewall-cluster")),
    (
        "POST",
        "/nodes/pve1/qemu/150/firewall/rules",
        {"type": "in", "action": "DROP"},
        locked("firewall-vm-150"),
    ),
    ("PUT", "/nodes/pve1/firewall/options", {"enable": 1}, locked("firewall-host-pve1")),
    ("POST", "/cluster/backup", {"schedule": "daily", "vmid": "150"}, locked("file-jobs_cfg")),
    ("PUT", "/cluster/options", {"description": "x"}, locked("file-datacenter_cfg")),
]


@pytest.mark.parametrize(("method", "path", "params", "text"), REFUSED, ids=[f"{row[0]} {row[1]}" for row in REFUSED])
def test_what_needs_to_write_the_clusters_files_is_refused(lonely, method, path, params, text):
    answer = lonely.run(lonely.driver.call(method, path, **params))

    assert answer == (500, text, {"data": None, "message": f"{text}\n"})


def test_a_guests_configuration_can_be_read_and_not_written(lonely):
    before = lonely.data("/nodes/pve1/qemu/150/config")

    refused = lonely.run(lonely.driver.call("PUT", "/nodes/pve1/qemu/150/config", cores=2))
    ended = [
        lonely.task("/nodes/pve1/qemu/150/snapshot", snapname="nq"),
        lonely.task("/nodes/pve1/qemu/150/template"),
    ]

    unwritten = "unable to open file '/etc/pve/nodes/pve1/qemu-server/150.conf.tmp."
    assert all(text.startswith(unwritten) and text.endswith("' - Permission denied") for text in [refused[1], *ended])
    assert lonely.data("/nodes/pve1/qemu/150/config") == before


def test_a_guest_is_stopped_and_can_not_be_started_again(lonely):
    assert lonely.task("/nodes/pve1/qemu/101/status/stop") == "OK"
    assert lonely.data("/nodes/pve1/qemu/101/status/current")["status"] == "stopped"
    assert lonely.post("/nodes/pve1/qemu/101/status/start")[1] == NOT_READY


def test_a_deletion_destroys_the_disks_and_leaves_the_guest(lonely):
    answer = lonely.run(lonely.driver.call("DELETE", "/nodes/pve1/qemu/150"))
    exitstatus = lonely.run(lonely.driver.finish(answer[2]["data"]))

    assert exitstatus.endswith(".conf.tmp.{}' - Permission denied".format(int(answer[2]["data"].split(":")[2], 16)))
    assert "150" in lonely.data("/nodes/pve1/qemu/150/config")["scsi0"]
    assert lonely.data("/nodes/pve1/storage/shared/content", vmid=150) == []


def test_a_backup_fails_after_it_has_begun(lonely):
    upid = lonely.post("/nodes/pve1/vzdump", vmid=150, storage="shared")[2]["data"]

    assert lonely.run(lonely.driver.finish(upid)) == "job errors"
    lines = [line["t"] for line in lonely.data(f"/nodes/pve1/tasks/{upid}/log")]
    assert lines[3] == "INFO: status = stopped"
    assert lines[4].startswith("ERROR: Backup of VM 150 failed - unable to open file '/etc/pve/nodes/pve1/")


def test_a_bulk_start_tells_of_each_guest(lonely):
    upid = lonely.post("/cluster/bulk-action/guest/start", vms="150")[2]["data"]

    assert lonely.run(lonely.driver.finish(upid)) == "Some guests failed to start: 150"
    lines = [line["t"] for line in lonely.data(f"/nodes/pve1/tasks/{upid}/log")]
    assert f"WARN: 500 {NOT_READY}" in lines


def test_a_dead_nodes_guests_are_shown_as_they_were_for_five_minutes_and_then_without_a_name(lonely):
    def look():
        listed = lonely.data("/cluster/resources")
        return {entry["id"]: (entry["status"], entry.get("name")) for entry in listed}

    lonely.run(lonely.driver.clock.advance(290))
    frozen = look()
    lonely.run(lonely.driver.clock.advance(20))
    late = look()

    assert (frozen["lxc/200"], frozen["node/pve2"][0]) == (("running", "ct-01"), "offline")
    assert (frozen["storage/pve2/local"][0], late["storage/pve2/local"][0]) == ("available", "unknown")
    assert (late["lxc/200"], late["qemu/101"]) == (("unknown", None), ("running", "web-01"))


def test_the_manager_names_the_node_that_lacks_quorum(lonely):
    quorum = lonely.data("/cluster/ha/status/current")[0]

    assert (quorum["quorate"], quorum["status"]) == (0, "No quorum on node 'pve1'!")
    assert lonely.get("/nodes/pve2/lxc/200/config") == (595, "Connection refused", "")
