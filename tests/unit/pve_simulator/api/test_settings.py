"""Settings of the cluster and of nodes: kept, checked, given back as the server gives them."""

from __future__ import annotations

import pytest

from pve_simulator.state.storage import Storage


def put(api, path, **params):
    return api.run(api.driver.call("PUT", path, **params))


def delete(api, path, **params):
    return api.run(api.driver.call("DELETE", path, **params))


def test_options_are_taken_apart(api):
    put(api, "/cluster/options", keyboard="de", description="hi", migration="secure,network=10.0.0.0/24")
    put(api, "/cluster/options", **{"tag-style": "color-map=a:ff0000,shape=full", "next_id": "lower=500"})

    options = api.data("/cluster/options")

    assert options["migration"] == {"type": "secure", "network": "10.0.0.0/24"}
    assert options["tag-style"] == {"color-map": "a:ff0000", "shape": "full"}
    assert (options["keyboard"], options["description"]) == ("de", "hi\n")
    assert options["allowed-tags"] == ["prod", "web"]
    assert api.data("/cluster/nextid") == "500"
    put(api, "/cluster/options", delete="keyboard,migration,tag-style,next-id,description")
    assert api.data("/cluster/options").keys() == {"description", "mac_prefix", "allowed-tags"}


def test_an_interface_waits_for_a_reload(api):
    path = "/nodes/pve1/network"
    api.post(path, iface="vmbr1", type="bridge", cidr="10.1.0.1/24", autostart=1)

    waiting = api.get(path)[2]
    assert "+iface vmbr1 inet static" in waiting["changes"]
    assert "active" not in next(entry for entry in waiting["data"] if entry["iface"] == "vmbr1")

    api.run(api.driver.finish(put(api, path)[2]["data"]))

    applied = api.get(path)[2]
    assert "changes" not in applied
    assert api.data(f"{path}/vmbr1")["active"] == 1
    delete(api, f"{path}/vmbr1")
    delete(api, path)
    assert api.get(f"{path}/vmbr1")[0] == 200


def test_an_interface_keeps_what_an_update_does_not_name(api):
    path = "/nodes/pve1/network/vmbr1"
    api.post("/nodes/pve1/network", iface="vmbr1", type="bridge", cidr="10.1.0.1/24", mtu=1400, autostart=1)

    put(api, path, type="bridge", cidr="10.2.0.1/16", comments="moved")

    found = api.data(path)
    assert (found["cidr"], found["netmask"], found["mtu"]) == ("10.2.0.1/16", "16", "1400")
    assert found["comments"] == "moved\n"


@pytest.mark.parametrize(
    ("params", "errors"),
    [
        ({"gateway": "10.3.0.1"}, {"gateway": "Default gateway already exists on interface 'vmbr0'."}),
        ({"bridge__ports": "eno1"}, {"bridge_ports": "Port 'eno1' is already used on interface 'vmbr0'."}),
    ],
)
def test_an_interface_shares_neither_gateway_nor_port(api, params, errors):
    answer = api.post("/nodes/pve1/network", iface="vmbr3", type="bridge", **params)

    assert (answer[0], answer[2]["errors"]) == (400, errors)
    assert api.data("/nodes/pve1/network/vmbr0")["active"] == 1


def test_node_settings_are_kept(api):
    put(api, "/nodes/pve1/dns", search="lab", dns1="10.0.0.53")
    put(api, "/nodes/pve1/time", timezone="Europe/Vienna")
    put(api, "/nodes/pve1/config", description="rack 3", wakeonlan="02:00:00:00:00:01")

    assert api.data("/nodes/pve1/dns") == {"search": "lab", "dns1": "10.0.0.53"}
    time = api.data("/nodes/pve1/time")
    assert (time["timezone"], time["localtime"] - time["time"]) == ("Europe/Vienna", 3600)
    config = api.data("/nodes/pve1/config")
    assert (config["description"], config["wakeonlan"]) == ("rack 3\n", "02:00:00:00:00:01")
    assert put(api, "/nodes/pve1/config", description="x", digest="0" * 40)[0] == 500


def test_another_node_is_woken(api):
    assert api.post("/nodes/pve3/wakeonlan")[:2] == (500, "No wake on LAN MAC address defined for 'pve3'!")
    api.driver.world.bring_node_up("pve3")
    put(api, "/nodes/pve3/config", wakeonlan="02:00:00:00:00:03")
    api.take_down("pve3")

    assert api.post("/nodes/pve3/wakeonlan")[0] == 200

    assert api.get("/nodes/pve3/status")[0] == 200


def test_a_stopped_service_is_dead_until_it_starts(api):
    assert api.task("/nodes/pve1/services/chrony/stop") == "OK"
    assert api.data("/nodes/pve1/services/chrony/state")["state"] == "dead"

    assert api.task("/nodes/pve1/services/chrony/restart") == "OK"
    assert api.data("/nodes/pve1/services/chrony/state")["state"] == "running"


@pytest.mark.parametrize(
    ("path", "params", "key"),
    [
        ("/cluster/mapping/usb", {"id": "dongle", "map": "node=pve1,id=1234:5678"}, "id"),
        ("/cluster/sdn/zones", {"zone": "z1", "type": "simple"}, "zone"),
        ("/cluster/sdn/ipams", {"ipam": "box", "type": "netbox", "url": "https://x", "token": "t"}, "ipam"),
        ("/cluster/notifications/endpoints/gotify", {"name": "push", "server": "https://x", "token": "t"}, "name"),
        ("/cluster/notifications/matchers", {"name": "mine", "target": "mail-to-root"}, "name"),
    ],
)
def test_sections_are_added_once_read_and_removed(api, path, params, key):
    name = params[key]
    assert api.post(path, **params)[0] == 200
    assert api.post(path, **params)[0] in (400, 500)

    listed = {entry[key] for entry in api.data(path)}
    assert name in listed
    assert api.data(f"{path}/{name}").get(key, name) == name

    assert delete(api, f"{path}/{name}")[0] == 200
    assert name not in {entry[key] for entry in api.data(path)}


def test_sdn_waits_until_it_is_applied(api):
    api.post("/cluster/sdn/zones", zone="z1", type="simple")
    api.post("/cluster/sdn/vnets", vnet="vnet1", zone="z1")
    api.post("/cluster/sdn/vnets/vnet1/subnets", subnet="10.60.0.0/24", type="subnet", gateway="10.60.0.1")

    assert api.data("/cluster/sdn/vnets", pending=1)[0]["state"] == "new"
    assert api.data("/nodes/pve1/sdn/zones") == []
    api.run(api.driver.finish(put(api, "/cluster/sdn")[2]["data"]))

    assert api.data("/nodes/pve1/sdn/zones") == [{"zone": "z1", "status": "available"}]
    assert "state" not in api.data("/cluster/sdn/vnets", pending=1)[0]
    assert api.data("/cluster/sdn/vnets/vnet1/subnets")[0]["subnet"] == "z1-10.60.0.0-24"
    assert delete(api, "/cluster/sdn/zones/z1")[1].startswith("delete sdn zone object failed: zone z1 is used by vnet")


def test_metric_servers_show_no_more_than_their_list(api):
    api.post("/cluster/metrics/server/graph", type="graphite", server="10.0.0.9", port=2003)

    assert api.data("/cluster/metrics/server") == [
        {"id": "graph", "type": "graphite", "server": "10.0.0.9", "port": 2003, "disable": 0}
    ]
    assert api.data("/cluster/metrics/server/graph") == {"type": "graphite", "server": "10.0.0.9", "port": 2003}


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"id": "101-0", "target": "nope"}, "Target 'nope' does not exist."),
        ({"id": "999-0", "target": "nope"}, "Guest '999' does not exist."),
        ({"id": "101-0", "target": "pve1"}, "Source and target must not be identical"),
        (
            {"id": "101-0", "target": "pve2", "source": "pve2"},
            "Source 'pve2' does not match current node of guest '101' (pve1)",
        ),
        ({"id": "101-0", "target": "pve2"}, "No replicatable volumes found"),
    ],
)
def test_a_replication_job_that_cannot_be_is_refused(api, params, reason):
    assert api.post("/cluster/replication", type="local", **params)[:2] == (500, reason)


@pytest.fixture
def replication(api):
    """VM 101 on a storage that can replicate, with a job."""
    cluster = api.driver.world.cluster
    cluster.storages["tank"] = Storage("tank", {"type": "zfspool"})
    cluster.guests[101].config["scsi5"] = "tank:vm-101-disk-5,size=1G"
    assert api.post("/cluster/replication", id="101-0", target="pve2", type="local", schedule="*/30")[0] == 200
    return api


@pytest.mark.parametrize(
    ("method", "params", "status", "message"),
    [
        ("POST", {"target": "pve2", "type": "local"}, 500, "replication job '101-0' already exists"),
        ("PUT", {"delete": "target"}, 500, "unable to delete required option 'target'"),
        ("PUT", {"delete": "nope"}, 500, "no such option 'nope'"),
        ("DELETE", {"force": 1, "keep": 1}, 400, "Parameter verification failed."),
        ("DELETE", {}, 200, "OK"),
    ],
)
def test_a_replication_job_is_changed_in_the_servers_words(replication, method, params, status, message):
    path = "/cluster/replication" if method == "POST" else "/cluster/replication/101-0"
    given = {**params, "id": "101-0"} if method == "POST" else params

    assert replication.run(replication.driver.call(method, path, **given))[:2] == (status, message)


def test_a_second_replication_job_needs_another_target(replication):
    reason = replication.post("/cluster/replication", id="101-1", target="pve2", type="local")[1]

    assert reason == "replication job for guest '101' to target 'local/pve2' already exists"
    assert "digest" not in replication.data("/cluster/replication")[0]
    assert replication.data("/cluster/replication/101-0")["source"] == "pve1"


def test_a_replication_job_that_is_not_there_has_two_names(api):
    jobs = "/cluster/replication/101-0"

    assert api.get(jobs)[1] == "no such replication job '101-0'"
    assert api.run(api.driver.call("PUT", jobs, comment="x"))[1] == "no such job '101-0'"


def test_one_option_of_a_node_is_read_alone(api):
    api.run(api.driver.call("PUT", "/nodes/pve1/config", description="x"))

    assert api.data("/nodes/pve1/config", property="description") == {"description": "x\n"}
    assert api.data("/nodes/pve1/config", property="wakeonlan") == {}


def test_a_replication_job_runs_when_it_is_told_to(replication):
    api = replication

    api.post("/nodes/pve1/replication/101-0/schedule_now")
    api.run(api.driver.clock.advance(30))

    status = api.data("/nodes/pve1/replication/101-0/status")
    assert status["last_sync"] > 0
    assert status["next_sync"] % 1800 == 0
    assert (status["fail_count"], status["source"], status["target"]) == (0, "pve1", "pve2")


def test_another_node_answers_while_the_entry_is_down(api):
    api.take_down("pve1")

    local = [entry["name"] for entry in api.data("/cluster/status") if entry.get("local")]

    assert local == ["pve2"]
    assert api.get("/nodes/localhost/status")[0] == 200
    assert api.get("/nodes/pve1/status")[0] == 595


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("POST", "ceph/init", "Ceph Nautilus required - please run 'pveceph install'"),
        ("GET", "ceph/log", "binary not installed: /usr/bin/ceph-mon"),
        (
            "PUT",
            "certificates/acme/certificate",
            "No current (custom) certificate found, please order a new certificate!",
        ),
    ],
)
def test_what_a_node_has_not_is_refused(api, method, path, reason):
    assert api.run(api.driver.call(method, f"/nodes/pve1/{path}"))[:2] == (500, reason)
