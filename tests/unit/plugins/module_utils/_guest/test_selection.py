from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import (
    Guest,
    guest_from_config,
    guest_from_entry,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.inventory import Inventory, require_online
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.selection import (
    Selector,
    describe_near_misses,
    find,
    find_many,
    find_one,
    find_to_change,
)

WEB1 = Guest(101, "web-01", "pve1", "qemu", "running", ("prod", "web"), pool="shop")
WEB2 = Guest(102, "web-02", "pve2", "qemu", "stopped", ("web",))
DB = Guest(201, "db-01", "pve1", "lxc", "running", ("db", "prod"))
TEMPLATE = Guest(900, "debian", "pve1", "qemu", "stopped", template=True)
TWIN1 = Guest(301, "twin", "pve1", "qemu", "running")
TWIN2 = Guest(302, "twin", "pve3", "lxc", "unknown")
CLUSTER = Inventory((WEB1, WEB2, DB, TWIN1, TWIN2, TEMPLATE), {"pve1": "online", "pve2": "online", "pve3": "offline"})


@pytest.mark.parametrize(
    ("selector", "vmids"),
    [
        ({}, [101, 102, 201, 301, 302, 900]),
        ({"vmids": [102, 201]}, [102, 201]),
        ({"names": ["web-*"]}, [101, 102]),
        ({"names": ["web-01", "db-*"]}, [101, 201]),
        ({"names": ["nothing-*"]}, []),
        ({"tags": ["web"]}, [101, 102]),
        ({"tags": ["web", "prod"]}, [101]),
        ({"tags": ["PROD"]}, [101, 201]),
        ({"pool": "shop"}, [101]),
        ({"node": "pve2"}, [102]),
        ({"type": "lxc"}, [201, 302]),
        ({"status": "running", "type": "qemu"}, [101, 301]),
        ({"templates": True}, [900]),
        ({"templates": False, "node": "pve1"}, [101, 201, 301]),
    ],
)
def test_a_selector_means_the_guests_that_meet_every_criterion(selector, vmids):
    chosen = find_many(CLUSTER, Selector.from_params(selector))

    assert [guest.vmid for guest in chosen] == vmids


@pytest.mark.parametrize(
    ("params", "code", "named"),
    [
        ({"vmid": 999}, errors.NOT_FOUND, "999"),
        ({"name": "nope"}, errors.NOT_FOUND, "nope"),
        ({"name": "WEB-01"}, errors.NOT_FOUND, "101 (web-01)"),
        ({"name": "twin"}, errors.AMBIGUOUS, "301 (qemu on pve1), 302 (lxc on pve3)"),
        ({"vmid": 101, "name": "db-01"}, errors.NOT_FOUND, "web-01"),
        ({"vmid": 101, "node": "pve2"}, errors.NOT_FOUND, "pve1"),
        ({"guests": {"vmids": [101, 998, 999]}}, errors.NOT_FOUND, "998, 999"),
        ({"guests": {"names": ["nope"]}}, errors.NOT_FOUND, "nope"),
        ({"guests": {"names": ["twin"]}}, errors.AMBIGUOUS, "302"),
        ({"name": "twin", "node": "pve2"}, errors.AMBIGUOUS, "or its node"),
        ({"guests": {"names": ["twin"], "templates": False}}, errors.AMBIGUOUS, "302"),
        ({"guests": {"names": ["nope"], "node": "pve1"}}, errors.NOT_FOUND, "nope"),
        ({"guests": {"tags": ["web"]}, "node": "pve1"}, errors.NOT_FOUND, "102 (web-02) on pve2"),
        ({"guests": {}}, errors.INVALID_PARAMETER, "vmid"),
        ({"guests": {"templates": False}}, errors.INVALID_PARAMETER, "criterion"),
        ({"guests": {"tags": ["web,prod"]}}, errors.INVALID_PARAMETER, "each tag is an entry of its own"),
        ({}, errors.INVALID_PARAMETER, "name"),
    ],
)
def test_guests_that_are_not_clearly_meant_are_refused(params, code, named):
    with pytest.raises(errors.PveError) as caught:
        find(CLUSTER, params, required=True)

    assert caught.value.code == code
    assert named in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("params", "vmids"),
    [
        ({"name": "twin", "node": "pve3"}, [302]),
        ({"guests": {"names": ["twin"]}, "node": "pve1"}, [301]),
        ({"guests": {"names": ["twin"], "node": "pve3"}}, [302]),
        ({"guests": {"names": ["twin"], "type": "lxc"}}, [302]),
        ({"guests": {"names": ["twin"], "vmids": [301, 302]}}, [301, 302]),
        ({"guests": {"names": ["twin", "web-*"], "status": "running"}}, [101, 301]),
        ({"guests": {"names": ["twin"], "tags": ["web"]}}, []),
    ],
)
def test_what_else_is_said_chooses_among_guests_of_one_name(params, vmids):
    assert [guest.vmid for guest in find(CLUSTER, params, required=True)] == vmids


@pytest.mark.parametrize(
    ("guests", "vmids"),
    [
        ({"names": ["debian"]}, [900]),
        ({"names": ["debian", "web-*"]}, [101, 102, 900]),
        ({"vmids": [101, 900]}, [101, 900]),
        ({"names": ["deb*"]}, []),
        ({"names": ["*"], "node": "pve1", "templates": True}, [900]),
        ({"node": "pve1"}, [101, 201, 301]),
        ({"names": ["debian"], "templates": False}, []),
    ],
)
def test_a_template_is_changed_only_if_it_is_named_or_asked_for(guests, vmids):
    assert [guest.vmid for guest in find_to_change(CLUSTER, {"guests": guests})] == vmids


DMZ = Guest(401, "dmz", "pve1", "qemu", "running", ("DMZ", "Prod"))


@pytest.mark.parametrize(
    ("tags", "sensitive", "folded"),
    [
        (["Prod"], [401], [101, 201, 401]),
        (["prod"], [101, 201], [101, 201, 401]),
        (["DMZ", "Prod"], [401], [401]),
        (["dmz"], [], [401]),
        (["web"], [101, 102], [101, 102]),
    ],
)
def test_case_tells_tags_apart_where_the_cluster_says_so(tags, sensitive, folded):
    inventory = CLUSTER.with_guests([DMZ])
    params = {"guests": {"tags": tags}}

    found = [
        [guest.vmid for guest in find(replace(inventory, has_case_sensitive_tags=case), params, required=True)]
        for case in (True, False)
    ]

    assert found == [sensitive, folded]
    assert Selector.from_params(params["guests"]).depends_on_case(inventory) == (sensitive != folded)


def test_tags_that_no_guest_has_together_are_told():
    assert describe_near_misses(CLUSTER, Selector(tags=("web", "db"))) == ["A guest must have all of the tags web, db."]


def test_no_selection_means_every_guest_only_for_reading():
    assert find(CLUSTER, {}, required=False) == list(CLUSTER.guests)


def test_vmid_and_name_together_assert_each_other():
    assert find_one(CLUSTER, 101, "web-01", "pve1") == WEB1


def test_a_name_like_the_wrong_one_is_told_also_while_some_names_are_hidden():
    hidden = Inventory((WEB1, replace(TWIN2, name="")), {"pve1": "online", "pve3": "offline"})
    with pytest.raises(errors.PveError, match="can be asked has name wbe-01") as caught:
        find_one(hidden, None, "wbe-01")

    assert caught.value.hint.startswith("Similar: 101 (web-01).")


def test_a_guest_on_an_offline_node_is_said_to_be_there():
    with pytest.raises(errors.PveError, match="pve3") as caught:
        require_online(CLUSTER, TWIN2)

    assert caught.value.code == errors.NODE_OFFLINE


def test_a_node_whose_status_is_hidden_is_asked():
    require_online(Inventory((WEB1,), {}), WEB1)


def test_entries_of_the_resource_list_become_guests():
    entry = {
        "vmid": 105,
        "name": "tiny",
        "node": "pve1",
        "type": "qemu",
        "status": "running",
        "tags": "a;b",
        "maxcpu": 2,
        "template": 0,
        "maxmem": 201326592,
    }

    assert guest_from_entry(entry) == Guest(
        105, "tiny", "pve1", "qemu", "running", ("a", "b"), cpus=2, maxmem=201326592
    )


def test_entries_of_a_node_list_are_completed_with_node_and_type():
    guest = guest_from_entry({"vmid": 200, "cpus": 2, "status": "stopped", "tags": " "}, node="pve1", type="lxc")

    assert (guest.node, guest.type, guest.cpus, guest.name, guest.tags) == ("pve1", "lxc", 2, "", ())


def test_a_name_is_not_missing_while_a_node_is_down():
    hidden = Guest(106, "", "pve3", "qemu", "unknown")

    with pytest.raises(errors.PveError, match="106 on pve3") as caught:
        find_one(Inventory((WEB1, hidden), CLUSTER.nodes), None, "web-02")

    assert caught.value.code == errors.NODE_OFFLINE


@pytest.mark.parametrize(
    ("guest", "config", "name"),
    [
        (WEB1, {"name": "beta"}, "beta"),
        (WEB1, {}, "VM 101"),
        (DB, {"hostname": "beta"}, "beta"),
        (DB, {}, "CT201"),
    ],
)
def test_a_guests_name_comes_from_its_configuration_before_lists(guest, config, name):
    assert guest_from_config(guest, config).name == name


def test_a_configuration_tells_what_lists_may_not_know_yet():
    config = {"name": "web-01", "template": 1, "tags": "a;b", "lock": "backup", "memory": "64"}

    guest = guest_from_config(WEB1, config)

    assert (guest.template, guest.tags, guest.lock, guest.config) == (True, ("a", "b"), "backup", config)
    assert (guest.pool, guest.node, guest.status) == ("shop", "pve1", "running")


def test_what_is_shown_of_a_guest_is_what_lists_show():
    shown = guest_from_config(WEB1, {"name": "web-01", "tags": "prod;web", "cipassword": "secret"}).as_dict()

    assert "config" not in shown
    assert (shown["name"], shown["tags"]) == ("web-01", ["prod", "web"])
