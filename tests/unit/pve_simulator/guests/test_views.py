"""What lists and status calls say."""

from __future__ import annotations


def test_an_offline_node_is_offline_and_its_guests_unknown(api):
    nodes = {node["node"]: node["status"] for node in api.data("/nodes")}
    guests = {guest["vmid"]: guest for guest in api.data("/cluster/resources", type="vm")}

    assert nodes == {"pve1": "online", "pve2": "online", "pve3": "offline"}
    assert guests[108]["status"] == "unknown"
    assert "name" not in guests[108]


def test_a_call_for_an_offline_node_fails_in_the_proxy(api):
    assert api.get("/nodes/pve3/qemu") == (595, "Connection refused", "")


def test_a_call_for_an_unknown_node_fails_to_look_it_up(api):
    status, reason, dummy = api.get("/nodes/nope/qemu")

    assert status == 500
    assert reason.startswith("hostname lookup 'nope' failed")


def test_a_guest_of_the_other_type_or_node_has_no_configuration_there(api):
    message = "Configuration file 'nodes/pve2/qemu-server/101.conf' does not exist"

    assert api.get("/nodes/pve2/qemu/101/config")[:2] == (500, message)
    assert api.get("/nodes/pve1/lxc/101/config")[1] == "Configuration file 'nodes/pve1/lxc/101.conf' does not exist"


def test_resources_carry_tags_and_pool(api):
    guest = next(guest for guest in api.data("/cluster/resources", type="vm") if guest["vmid"] == 101)

    assert (guest["tags"], guest["pool"], guest["status"]) == ("prod;web", "front", "running")


def test_status_has_process_figures_only_while_running(api):
    running = api.data("/nodes/pve1/qemu/101/status/current")
    stopped = api.data("/nodes/pve1/qemu/105/status/current")

    assert {"pid", "running-qemu", "proxmox-support"} <= running.keys()
    assert not {"pid", "running-qemu", "proxmox-support"} & stopped.keys()
    assert stopped["lock"] == "backup"


def test_configuration_values_have_the_types_of_the_schema(api):
    config = api.data("/nodes/pve1/qemu/106/config")

    assert config["memory"] == "512"
    assert config["template"] == 1
    assert len(config["digest"]) == 40


def test_the_next_free_id_is_text(api):
    assert api.data("/cluster/nextid") == "100"
    assert api.get("/cluster/nextid", vmid=101)[2]["errors"] == {"vmid": "VM 101 already exists"}
