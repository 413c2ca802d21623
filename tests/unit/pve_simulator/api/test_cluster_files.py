"""The cluster's files of sections refuse in the server's words what they can't hold."""

from __future__ import annotations

from unittest import mock

import pytest

from pve_simulator.state.access import Realm

STALE = "0" * 40


def send(caller, method, path, /, **params):
    """Status and the lines of the message."""
    status, reason, body = caller.run(caller.driver.call(method, path, **params))
    assert "simulator defect" not in reason
    return status, body["message"].strip() if status != 200 else body["data"]


@pytest.fixture
def sdn(api):
    """Zones of three types and a vnet with a subnet, none of them applied."""
    for zone, params in {
        "z1": {"type": "simple", "ipam": "pve"},
        "lan": {"type": "vlan", "bridge": "vmbr0"},
        "over": {"type": "vxlan", "peers": "10.0.0.1"},
    }.items():
        assert api.post("/cluster/sdn/zones", zone=zone, **params)[0] == 200
    api.post("/cluster/sdn/vnets", vnet="v1", zone="z1")
    api.post("/cluster/sdn/vnets", vnet="tagged", zone="lan", tag=5)
    api.post("/cluster/sdn/vnets/v1/subnets", subnet="10.6.0.0/24", type="subnet", gateway="10.6.0.1")
    return api


SUBNET = "/cluster/sdn/vnets/v1/subnets/z1-10.6.0.0-24"
PARAMETERS = "400 Parameter verification failed."


@pytest.mark.parametrize(
    ("method", "path", "params", "message"),
    [
        ("POST", "/zones", {"zone": "z1", "type": "simple"}, "create sdn zone object failed: sdn zone object ID 'z1'"),
        ("POST", "/zones", {"zone": "z2", "type": "vlan"}, "missing value for required option 'bridge'"),
        ("POST", "/zones", {"zone": "z2", "type": "simple", "bridge": "b"}, "unexpected property 'bridge'"),
        ("POST", "/zones", {"zone": "z2", "type": "simple", "ipam": "x"}, f"{PARAMETERS}\nipam: x not existing"),
        (
            "POST",
            "/zones",
            {"zone": "z2", "type": "vxlan"},
            "\nfabric: must have exactly one of peers / fabric defined",
        ),
        ("PUT", "/zones/no", {"mtu": 1400}, "update sdn zone object failed: sdn 'no' does not exist"),
        ("PUT", "/zones/lan", {"delete": "bridge"}, "unable to delete required option 'bridge'"),
        ("PUT", "/zones/z1", {"delete": "ipam"}, "ipam: can't change ipam if a subnet is already defined"),
        ("PUT", "/zones/z1", {"digest": STALE}, "update sdn zone object failed: detected modified configuration"),
        ("POST", "/vnets", {"vnet": "v2", "zone": "z1", "tag": 5}, "tag: vlan tag is not allowed on simple zone"),
        ("POST", "/vnets", {"vnet": "v2", "zone": "lan"}, "tag: missing vlan tag"),
        ("POST", "/vnets", {"vnet": "v2", "zone": "lan", "tag": 5}, "tag: tag 5 already exist in vnet tagged"),
        ("POST", "/vnets", {"vnet": "v2", "zone": "over"}, "tag: missing vxlan tag"),
        ("PUT", "/vnets/no", {"alias": "x"}, "sdn vnet 'no' does not exist"),
        ("PUT", "/vnets/v1", {"zone": "lan"}, "zone: can't change zone if subnets exist"),
        ("DELETE", "/vnets/v1", {}, "vnet: Can't delete vnet if subnets exists"),
        ("POST", "/vnets/no/subnets", {"subnet": "10.7.0.0/24", "type": "subnet"}, "sdn vnet 'no' does not exist"),
        ("GET", "/ipams/no", {}, "sdn 'no' does not exist"),
        ("POST", "/ipams", {"ipam": "pve", "type": "pve"}, "create sdn ipam object failed: sdn ipam object ID 'pve'"),
        ("GET", "/vnets/v1/firewall/options", {}, "invalid vnet specified"),
    ],
)
def test_contradicting_sdn_objects_are_refused(sdn, method, path, params, message):
    status, text = send(sdn, method, f"/cluster/sdn{path}", **params)

    assert status == 500
    assert message in text


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"gateway": "10.7.0.1"}, "gateway: 10.7.0.1 is not in subnet 10.6.0.0/24"),
        ({"dhcp-range": "start-address=10.6.0.9,end-address=10.6.0.3"}, "10.6.0.9 must be smaller than end-address"),
        ({"dhcp-range": "start-address=10.6.0.9,end-address=10.6.1.3"}, "end-address 10.6.1.3 is not in subnet"),
        ({"dhcp-range": "start-address=x,end-address=10.6.1.3"}, "start-address is not a valid IP x"),
        ({"delete": "vnet"}, "unable to delete required option 'vnet'"),
    ],
)
def test_a_subnet_has_only_addresses_of_its_own(sdn, params, message):
    status, text = send(sdn, "PUT", SUBNET, **{name.replace("-", "_"): value for name, value in params.items()})

    assert status == 500
    assert text.startswith("update sdn subnet object failed: ")
    assert message in text


def test_what_waits_is_listed_beside_what_is_applied(sdn):
    send(sdn, "PUT", "/cluster/sdn")
    send(sdn, "PUT", "/cluster/sdn/zones/lan", mtu=1400)
    send(sdn, "DELETE", SUBNET)
    send(sdn, "DELETE", "/cluster/sdn/vnets/v1")

    zones = {entry["zone"]: entry for entry in sdn.data("/cluster/sdn/zones", pending=1)}
    assert zones["z1"] == {"zone": "z1", "type": "simple", "ipam": "pve", "digest": None}
    assert zones["lan"]["state"] == "changed"
    assert zones["lan"]["pending"] == {"mtu": 1400}
    assert sdn.data("/cluster/sdn/vnets", pending=1)[1]["state"] == "deleted"
    assert [entry["vnet"] for entry in sdn.data("/cluster/sdn/vnets", running=1)] == ["tagged", "v1"]


def test_the_lock_of_sdn_keeps_others_from_changing_it(api):
    token = send(api, "POST", "/cluster/sdn/lock")[1]

    refused = send(api, "POST", "/cluster/sdn/zones", zone="z1", type="simple")
    assert refused == (500, "create sdn zone object failed: invalid lock token provided!")
    assert send(api, "POST", "/cluster/sdn/zones", zone="z1", type="simple", lock_token=token)[0] == 200
    assert send(api, "DELETE", "/cluster/sdn/lock")[0] == 500
    assert send(api, "PUT", "/cluster/sdn", lock_token=token)[0] == 200
    assert send(api, "DELETE", "/cluster/sdn/zones/z1")[0] == 200


def test_a_vnet_has_forward_rules_of_its_own_once_it_is_applied(sdn):
    send(sdn, "PUT", "/cluster/sdn")
    rules = "/cluster/sdn/vnets/v1/firewall/rules"

    assert send(sdn, "POST", rules, type="in", action="ACCEPT")[0] == 400
    assert send(sdn, "POST", rules, type="forward", action="DROP", enable=1)[0] == 200
    assert [rule["action"] for rule in sdn.data(rules)] == ["DROP"]
    assert sdn.data("/cluster/firewall/rules") == []


@pytest.mark.parametrize(
    ("method", "path", "params", "message"),
    [
        (
            "POST",
            "/dir",
            {"id": "m1", "map": "node=pve1,path=/a"},
            "create directory mapping failed: dir ID 'm1' already",
        ),
        ("PUT", "/dir/no", {"description": "x"}, "update directory mapping failed: dir ID 'no' does not exist"),
        (
            "PUT",
            "/dir/m1",
            {"delete": "map"},
            "update directory mapping failed: unable to delete required option 'map'",
        ),
        ("PUT", "/dir/m1", {"digest": STALE}, "update directory mapping failed: detected modified configuration"),
        ("PUT", "/pci/no", {"mdev": 1}, "update hardware mapping failed: pci ID 'no' does not exist"),
        ("GET", "/usb", {"check-node": "no"}, "hostname lookup 'no' failed"),
    ],
)
def test_mappings_are_refused_as_by_their_lock(api, method, path, params, message):
    api.post("/cluster/mapping/dir", id="m1", map="node=pve1,path=/a")

    status, text = send(api, method, f"/cluster/mapping{path}", **{k.replace("-", "_"): v for k, v in params.items()})

    assert status == 500
    assert text.startswith(message)


def test_a_mapping_is_judged_for_the_node_that_is_asked_for(api):
    api.post("/cluster/mapping/dir", id="m1", map="node=pve1,path=/a")
    api.post("/cluster/mapping/pci", id="gpu", map="node=pve1,path=0000:99:00.0,id=10de:1234")

    assert api.data("/cluster/mapping/dir", check_node="pve1")[0]["checks"] == []
    assert api.data("/cluster/mapping/dir", check_node="pve2")[0]["checks"][0]["severity"] == "warning"
    assert "0000:99:00.0' not found" in api.data("/cluster/mapping/pci", check_node="pve1")[0]["checks"][0]["message"]
    assert "checks" not in api.data("/cluster/mapping/pci")[0]
    assert "id" not in api.data("/cluster/mapping/pci/gpu")


@pytest.mark.parametrize(
    ("method", "path", "params", "status", "message"),
    [
        (
            "POST",
            "/endpoints/sendmail",
            {"name": "push", "mailto": "a@b.c"},
            400,
            "Cannot create 'push', an entity with",
        ),
        ("POST", "/endpoints/sendmail", {"name": "mail"}, 400, "must at least provide one recipient"),
        ("POST", "/matchers", {"name": "m2", "target": "no"}, 404, "endpoint 'no' does not exist"),
        ("DELETE", "/endpoints/gotify/push", {}, 400, "cannot delete 'push', referenced by: mine"),
        ("PUT", "/endpoints/gotify/push", {"digest": STALE}, 400, "detected modified"),
        ("DELETE", "/matchers/no", {}, 404, "matcher 'no' not found"),
    ],
)
def test_notifications_have_their_own_status(api, method, path, params, status, message):
    api.post("/cluster/notifications/endpoints/gotify", name="push", server="https://x", token="t")
    api.post("/cluster/notifications/matchers", name="mine", target="push")

    answer = send(api, method, f"/cluster/notifications{path}", **params)

    assert answer[0] == status
    assert answer[1].startswith(message)


def test_a_built_in_target_is_changed_and_reset(api):
    path = "/cluster/notifications/endpoints/sendmail/mail-to-root"
    assert api.data(path)["origin"] == "builtin"

    send(api, "PUT", path, comment="mine")
    assert (api.data(path)["origin"], api.data(path)["comment"]) == ("modified-builtin", "mine")

    assert send(api, "DELETE", path)[0] == 200
    assert api.data(path)["origin"] == "builtin"


def test_a_metric_server_keeps_its_token_to_itself(api):
    path = "/cluster/metrics/server/flux"
    assert api.post(path, type="influxdb", server="h", port=1, proto="udp")[1] == "unexpected property 'proto'"
    assert api.post(path, type="influxdb", server="h", port=1, token="t")[0] == 200

    assert api.data(path) == {"type": "influxdb", "server": "h", "port": 1}
    assert send(api, "PUT", path, server="h", port=2, delete="nope") == (500, "no such option 'nope'")
    assert send(api, "PUT", f"{path}x", server="h", port=2) == (500, "no such server 'fluxx'")


@pytest.fixture
def directory(api):
    """A realm of a directory."""
    api.driver.world.cluster.access.realms["dir"] = Realm("ldap")
    return api


def test_a_built_in_realm_loses_only_its_options(api):
    assert send(api, "PUT", "/access/domains/pam", comment="own", tfa="type=oath", default=1)[0] == 200
    assert api.data("/access/domains")[0] == {
        "realm": "pam",
        "type": "pam",
        "comment": "own",
        "default": 1,
        "tfa": "oath",
    }

    assert send(api, "DELETE", "/access/domains/pam")[0] == 200

    read = api.data("/access/domains/pam")
    assert {**read, "digest": ""} == {
        "type": "pam",
        "plugin": "PVE::Auth::PAM",
        "comment": "Linux PAM standard authentication",
        "digest": "",
    }


@pytest.mark.parametrize(
    ("method", "name", "params", "status", "message"),
    [
        ("POST", "sync", {"realm": "dir", "schedule": "daily"}, 500, "Job 'sync' already exists"),
        ("POST", "new", {"realm": "dir", "schedule": "daily"}, 500, "missing value for required option 'scope'"),
        ("POST", "new", {"realm": "no", "schedule": "daily", "scope": "both"}, 500, "realm: No such realm 'no'"),
        ("POST", "new", {"realm": "pam", "schedule": "daily", "scope": "both"}, 500, "Only LDAP/AD realms can be"),
        ("PUT", "no", {"schedule": "daily"}, 500, "no such realm-sync job"),
        ("PUT", "sync", {"schedule": "daily", "delete": "scope"}, 500, "unable to delete required option 'scope'"),
        ("DELETE", "no", {}, 500, f"{PARAMETERS}\nid: No such job 'no'"),
        ("GET", "no", {}, 400, "Parameter verification failed."),
    ],
)
def test_realms_are_synchronised_only_from_directories(directory, method, name, params, status, message):
    jobs = "/cluster/jobs/realm-sync"
    assert send(directory, "POST", f"{jobs}/sync", realm="dir", schedule="daily", scope="users")[0] == 200

    answer = send(directory, method, f"{jobs}/{name}", **params)

    assert answer[0] == status
    assert message in answer[1]
    job = {"type": "realm-sync", "enabled": 1, "realm": "dir", "schedule": "daily", "scope": "users"}
    assert directory.data(f"{jobs}/sync") == job
    assert directory.data(jobs)[0] == {**job, "id": "sync", "last-run": None, "next-run": mock.ANY}


@pytest.mark.parametrize(
    ("method", "path", "params", "status", "message"),
    [
        ("POST", "", {"id": "p2", "type": "dns"}, 500, "missing value for required option 'api'"),
        ("POST", "", {"id": "standalone", "type": "standalone"}, 500, "ACME plugin ID 'standalone' already exists"),
        ("GET", "/no", {}, 500, "ACME plugin 'no' not defined"),
        ("PUT", "/no", {"disable": 1}, 500, "ACME plugin ID 'no' does not exist"),
        ("PUT", "/p1", {"delete": "api"}, 500, "unable to delete required option 'api'"),
        ("PUT", "/p1", {"delete": "foo"}, 500, "no such option 'foo'"),
        ("DELETE", "/no", {}, 200, None),
    ],
)
def test_acme_plugins_have_the_options_of_their_type(api, method, path, params, status, message):
    plugins = "/cluster/acme/plugins"
    assert [entry["plugin"] for entry in api.data(plugins)] == ["standalone"]
    send(api, "POST", plugins, id="p1", type="dns", api="cf")

    assert send(api, method, plugins + path, **params) == (status, message)


@pytest.mark.parametrize(
    ("method", "path", "params", "message"),
    [
        ("POST", "", {"cputype": "custom-own", "reported-model": "kvm64"}, "custom CPU model 'own' already exists"),
        ("GET", "/custom-no", {}, "Custom cputype 'no' not found"),
        ("PUT", "/no", {"hidden": 1}, "custom CPU model 'no' does not exist"),
        ("PUT", "/custom-own", {"delete": "cputype"}, "cannot delete 'cputype'"),
        ("PUT", "/own", {"delete": "foo"}, "no such option 'foo'"),
        ("DELETE", "/no", {}, "custom CPU model 'no' does not exist"),
    ],
)
def test_a_cpu_model_goes_by_its_name_with_or_without_custom(api, method, path, params, message):
    models = "/cluster/qemu/custom-cpu-models"
    send(api, "POST", models, cputype="own", **{"reported-model": "kvm64", "flags": "+aes"})

    assert send(api, method, models + path, **params) == (500, message)
    assert api.data(f"{models}/custom-own")["cputype"] == "custom-own"
