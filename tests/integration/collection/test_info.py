"""The information modules through ansible-playbook against a simulated cluster."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.tasks import wait_for_task

from pve_simulator.state.access import AclEntry, Token, User
from pve_simulator.state.appliances import Appliance, Appliances
from pve_simulator.state.guest import Snapshot

pytestmark = pytest.mark.flow

SECRET = "7d9f1c1e-0f5e-4b52-9c0e-3c3f0a4d7b11"


def test_guests_are_listed_from_one_request(play, simulator):
    run = play("guest_info")

    assert {entry["vmid"] for entry in run.result["guests"]} == set(simulator.cluster.guests)
    assert simulator.requests == [("GET", "/cluster/resources", 200)]


@pytest.mark.every_core
def test_one_guest_is_shown_in_full(play, simulator):
    web = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and g.running)

    web.snapshots = {name: Snapshot({"snaptime": str(made)}) for name, made in (("a", 3), ("c", 1), ("b", 2))}
    asked = {"config": True, "status": True, "pending": True, "snapshots": True, "addresses": True}
    run = play("guest_info", vmid=web.vmid, **asked)

    assert run.rc == 0, run.stdout
    (shown,) = run.result["guests"]
    assert (shown["pending"], [snapshot["name"] for snapshot in shown["snapshots"]]) == ([], ["c", "b", "a"])

    assert shown["config"]["digest"] == web.digest
    assert shown["current"]["qmpstatus"] == shown["state"] == "running"
    assert (shown["name"], shown["node"]) == (web.name, web.node)


@pytest.mark.every_core
def test_a_node_that_is_down_is_a_warning_not_a_failure(play, simulator):
    simulator.cluster.nodes["pve2"].online = False

    run = play("guest_info", guests={"names": ["*"]}, config=True)

    assert run.rc == 0
    assert len(run.result["guests"]) == len(simulator.cluster.guests)
    assert any("pve2" in warning for warning in run.result["warnings"])
    overview = play("cluster_info").result
    assert (overview["cluster"]["nodes_online"], overview["cluster"]["nodes_total"]) == (1, 2)


def test_the_connection_says_who_and_how(play, simulator):
    result = play("connection_info").result

    assert result["connection"]["user"] == "root@pam"
    assert result["connection"]["tls"] == "fingerprint"
    assert "VM.PowerMgmt" in result["permissions"]["/vms"]
    assert (result["unpropagated"], result["user_unpropagated"]) == ({}, {})


def test_a_role_that_does_not_propagate_is_told_apart(play, simulator):
    access = simulator.cluster.access
    access.users["eve@pve"] = User(tokens={"look": Token(secret=SECRET, privsep=False)})
    access.acl.append(AclEntry("/vms", "user", "eve@pve", "PVEVMUser", propagate=False))
    access.acl.append(AclEntry("/vms", "user", "eve@pve", "PVEAuditor"))

    result = play(
        "connection_info",
        env={"PROXMOX_USER": "eve@pve", "PROXMOX_TOKEN_ID": "eve@pve!look", "PROXMOX_TOKEN_SECRET": SECRET},
    ).result

    assert {"VM.Audit", "VM.PowerMgmt"} <= set(result["permissions"]["/vms"])
    assert "VM.PowerMgmt" in result["unpropagated"]["/vms"]
    assert "VM.Audit" not in result["unpropagated"]["/vms"]


@pytest.mark.every_core
def test_the_secret_can_come_from_a_file(play, simulator, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(simulator.token_secret + "\n")

    run = play("connection_info", env={"PROXMOX_TOKEN_SECRET": "", "PROXMOX_TOKEN_SECRET_FILE": str(secret)})

    assert run.rc == 0, run.stdout


def test_a_missing_connection_says_what_to_set(play):
    run = play("connection_info", env={"PROXMOX_URL": ""})

    assert run.result["failure"]["code"] == "invalid_parameter"
    assert "PROXMOX_URL" in run.result["failure"]["hint"]


def test_a_task_is_waited_for_and_shown_with_its_log(play, simulator):
    web = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and not g.running and not g.template)
    (upid,) = play("guest_state", vmid=web.vmid, state="started").result["upids"]

    (task,) = play("task_info", upid=upid, wait=True).result["tasks"]

    assert (task["status"], task["exitstatus"], task["id"]) == ("stopped", "OK", str(web.vmid))
    assert task["log"][-1] == "TASK OK"
    assert upid in [entry["upid"] for entry in play("task_info").result["tasks"]]


def test_the_tasks_of_a_guest_are_those_of_every_node_on_which_it_was(play, simulator, client):
    web = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and not g.running and not g.template)
    places = [web.node, "pve2" if web.node == "pve1" else "pve1"]
    snapshot = client.request("POST", f"/nodes/{places[0]}/qemu/{web.vmid}/snapshot", {"snapname": "before"})
    wait_for_task(client, snapshot, time.monotonic() + 30)
    # As a move leaves it: its older tasks are in the list of the node that it left.
    web.node = places[1]
    change = client.request("POST", f"/nodes/{places[1]}/qemu/{web.vmid}/config", {"description": "moved"})
    wait_for_task(client, change, time.monotonic() + 30)
    before = len(simulator.requests)

    found = play("task_info", vmid=web.vmid).result["tasks"]

    assert {task["upid"] for task in found} == {change, snapshot}
    asked = {path for _method, path, _status in simulator.requests[before:]}
    assert asked == {"/nodes", "/nodes/pve1/tasks", "/nodes/pve2/tasks"}


def test_nodes_and_storages_are_shown(play, simulator):
    simulator.cluster.nodes["pve2"].online = False

    nodes = play("node_info").result
    assert [(node["node"], node["status"]) for node in nodes["nodes"]] == [("pve1", "online"), ("pve2", "offline")]
    assert nodes["nodes"][0]["version"]
    assert any("pve2" in warning for warning in nodes["warnings"])

    left_over = replace(next(iter(simulator.cluster.storages["local-lvm"].volumes["pve1"].values())), size=1 << 50)
    left_over = replace(left_over, volid="local-lvm:vm-4711-disk-0", vmid=4711)
    simulator.cluster.storages["local-lvm"].volumes["pve1"][left_over.volid] = left_over
    found = play("storage_info", content="all", node="pve1", sort="size").result
    assert found["volumes"][0]["volid"] == left_over.volid
    assert [volume["volid"] for volume in found["volumes"] if volume["orphan"]] == [left_over.volid]
    assert {entry["storage"] for entry in found["storage"]} == set(simulator.cluster.storages)
    disks = {volume["vmid"] for volume in found["volumes"] if volume["vmid"]}
    disks -= {left_over.vmid}
    assert disks <= {guest.vmid for guest in simulator.cluster.guests.values() if guest.node == "pve1"}
    assert disks


def test_a_console_has_a_link_and_outside_check_mode_a_ticket(play, simulator):
    on = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and g.running)
    off = next(g for g in simulator.cluster.guests.values() if not g.running)

    check = play("console_info", "--check", vmid=on.vmid).result["console"]
    assert (check["ticket"], f"vmid={on.vmid}" in check["link"]) == (None, True)
    assert all(method == "GET" for method, _path, _status in simulator.requests)

    run = play("console_info", vmid=on.vmid)
    assert ("PVEVNC:" in run.result["console"]["ticket"], run.result["changed"]) == (True, False)
    assert play("console_info", vmid=off.vmid).result["failure"]["code"] == "unsupported"


def test_a_cluster_is_shown_with_its_ha_and_replication(play, simulator):
    vmid = min(simulator.cluster.guests)
    play("ha", vmid=vmid, request_state="ignored")
    before = len(simulator.requests)

    result = play("cluster_info", ha=True, replication=True).result

    assert [resource["vmid"] for resource in result["ha"]["resources"]] == [vmid]
    assert (result["ha"]["rules"], result["replication"]) == ([], [])
    assert len(simulator.requests) - before == 6


def test_a_guest_is_shown_with_how_busy_it_was_and_what_is_done_to_it(play, simulator):
    web = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and g.running)

    (shown,) = play("guest_info", vmid=web.vmid, history="hour", tasks=True).result["guests"]

    assert 0 < shown["usage"]["cpu_average"] <= shown["usage"]["cpu_peak"] <= 1
    assert len(shown["history"]) == 60
    assert shown["history"][-1]["mem"] <= int(web.config["memory"]) * 1024**2
    assert shown["tasks"] == []


def test_the_cluster_log_tells_what_was_done_newest_first(play, simulator):
    off = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and not g.running and not g.template)
    play("guest_state", vmid=off.vmid, state="started")

    messages = play("cluster_log_info", limit=2).result["messages"]

    assert [f":qmstart:{off.vmid}:" in one["message"] for one in messages] == [True, True]
    assert messages[0]["message"].startswith("end task")
    assert messages[0]["severity"] == "info"


def test_pools_are_shown_with_their_members(play, simulator):
    pools = {one["pool"]: one["vmids"] for one in play("pool_info").result["pools"]}

    assert pools == {name: sorted(pool.vms) for name, pool in simulator.cluster.pools.items()}
    assert play("pool_info", pool="nowhere").result["failure"]["code"] == "not_found"


def test_templates_to_download_are_those_of_the_index(play, simulator):
    index = simulator.cluster.part(Appliances).templates
    index["b.tar.zst"] = Appliance("https://example.org/b.tar.zst", "b", "1-1")
    index["a.tar.zst"] = Appliance("https://example.org/a.tar.zst", "a", "1-1", section="turnkeylinux")

    found = [one["template"] for one in play("template_info").result["templates"]]

    assert found == ["b.tar.zst", "a.tar.zst"]
    assert len(play("template_info", section="system").result["templates"]) == 1


def test_access_is_shown_without_any_secret(play, simulator):
    run = play("access_info")

    assert [one["token"] for one in run.result["tokens"]] == [f"{simulator.user}!{simulator.token_id}"]
    assert "roles" not in run.result
    assert simulator.token_secret not in run.stdout
    (auditor,) = [one for one in play("access_info", kinds=["roles"]).result["roles"] if one["role"] == "PVEAuditor"]
    assert auditor["special"]
    assert "VM.Audit" in auditor["privileges"]
