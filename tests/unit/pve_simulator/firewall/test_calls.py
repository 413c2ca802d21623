"""Firewall calls at the levels that have them."""

from __future__ import annotations

import pytest

GUEST = "/nodes/pve1/qemu/101/firewall"
STALE = "detected modified configuration - file changed by other user? Try again."


def call(api, method, path, **params):
    return api.run(api.driver.call(method, path, **params))


def positions(api, prefix):
    return [rule.get("comment") for rule in api.data(f"{prefix}/rules")]


@pytest.mark.parametrize("prefix", ["/cluster/firewall", "/nodes/pve1/firewall", GUEST, "/nodes/pve2/lxc/200/firewall"])
def test_new_rules_come_first_and_disabled_whatever_position_is_asked_for(api, prefix):
    for comment in ("one", "two"):
        call(api, "POST", f"{prefix}/rules", type="in", action="ACCEPT", comment=comment, pos=5)

    assert [(rule["pos"], rule["comment"], rule["enable"]) for rule in api.data(f"{prefix}/rules")] == [
        (0, "two", 0),
        (1, "one", 0),
    ]
    assert api.data(f"{prefix}/rules/1")["pos"] == "1"


def test_moving_ignores_whatever_else_is_asked(api):
    for comment in ("one", "two", "three"):
        call(api, "POST", f"{GUEST}/rules", type="in", action="ACCEPT", comment=comment)

    call(api, "PUT", f"{GUEST}/rules/0", moveto=2, comment="ignored")

    assert positions(api, GUEST) == ["two", "three", "one"]


def test_a_digest_guards_changes_and_an_old_one_is_refused(api):
    call(api, "POST", f"{GUEST}/rules", type="in", action="ACCEPT")
    digest = api.data(f"{GUEST}/rules")[0]["digest"]

    assert call(api, "PUT", f"{GUEST}/rules/0", comment="new", digest=digest)[0] == 200
    assert call(api, "PUT", f"{GUEST}/rules/0", comment="late", digest=digest)[:2] == (500, STALE)
    assert call(api, "DELETE", f"{GUEST}/rules/0", digest=digest)[:2] == (500, STALE)
    assert call(api, "DELETE", f"{GUEST}/rules/7")[:2] == (500, "no rule at position 7")


def test_a_failed_change_leaves_the_rule_as_it_was(api):
    call(api, "POST", f"{GUEST}/rules", type="in", action="ACCEPT", comment="kept")

    assert call(api, "PUT", f"{GUEST}/rules/0", comment="new", source="nosuch")[0] == 400
    assert positions(api, GUEST) == ["kept"]


def test_options_are_deleted_before_they_are_set(api):
    call(api, "PUT", f"{GUEST}/options", enable=1, dhcp=1, macfilter=0)
    call(api, "PUT", f"{GUEST}/options", delete="dhcp,macfilter", macfilter=1)

    options = api.data(f"{GUEST}/options")
    options.pop("digest")
    assert options == {"enable": 1, "macfilter": 1}


@pytest.mark.parametrize("prefix", ["/cluster/firewall", "/nodes/pve1/firewall", GUEST])
def test_each_level_has_options_of_its_own(api, prefix):
    reply = call(api, "PUT", f"{prefix}/options", delete="nosuch")

    assert (reply[0], reply[2]["errors"]) == (400, {"delete": "no such option 'nosuch'"})


def test_the_cluster_firewall_enabled_on_trial_is_off_after_a_minute(api):
    call(api, "PUT", "/cluster/firewall/options", enable=2)
    assert api.data("/cluster/firewall/options")["enable"] > 1

    api.run(api.driver.clock.run_until(api.driver.clock.time() + 61))

    assert api.data("/cluster/firewall/options")["enable"] == 0


def test_a_changed_alias_loses_the_comment_that_is_not_given_again(api):
    call(api, "POST", f"{GUEST}/aliases", name="Web", cidr="10.0.0.7/32", comment="c")
    assert api.data(f"{GUEST}/aliases/web") == {"name": "Web", "cidr": "10.0.0.7", "ipversion": 4, "comment": "c"}

    call(api, "PUT", f"{GUEST}/aliases/WEB", cidr="10.0.0.8", rename="app")

    assert api.data(f"{GUEST}/aliases/app") == {"name": "app", "cidr": "10.0.0.8", "ipversion": 4}
    assert api.get(f"{GUEST}/aliases/web")[2]["errors"] == {"name": "no such alias"}


def test_set_entries_are_sorted_known_and_unique(api):
    call(api, "POST", f"{GUEST}/ipset", name="servers", comment="s")
    entries = f"{GUEST}/ipset/servers"
    for cidr in ("192.168.0.1/32", "10.0.0.0/8"):
        call(api, "POST", entries, cidr=cidr)

    assert [entry["cidr"] for entry in api.data(entries)] == ["10.0.0.0/8", "192.168.0.1"]
    assert call(api, "POST", entries, cidr="192.168.0.1")[2]["errors"] == {
        "cidr": "address '192.168.0.1' already exists"
    }
    assert call(api, "POST", entries, cidr="0.0.0.0/0")[2]["errors"] == {
        "cidr": "a zero prefix is not allowed in ipset entries"
    }
    assert call(api, "POST", entries, cidr="10.0.0.0/33")[2]["errors"] == {
        "cidr": "invalid format - Prefix length 33 is longer than IP address (32)\n"
    }
    assert call(api, "POST", entries, cidr="10.1.2.3/8")[2]["errors"] == {"cidr": "address '10.0.0.0/8' already exists"}
    assert call(api, "POST", entries, cidr="nosuch")[:2] == (500, "no such alias 'nosuch'")
    assert call(api, "DELETE", f"{entries}/10.0.0.0/8")[0] == 200
    assert [entry["cidr"] for entry in api.data(entries)] == ["192.168.0.1"]


def test_a_set_that_is_not_empty_is_removed_by_force_only(api):
    call(api, "POST", f"{GUEST}/ipset", name="servers")
    call(api, "POST", f"{GUEST}/ipset/servers", cidr="10.0.0.1")

    assert call(api, "DELETE", f"{GUEST}/ipset/servers")[:2] == (500, "IPSet 'servers' is not empty")
    assert call(api, "DELETE", f"{GUEST}/ipset/servers", force=1)[0] == 200
    assert api.get(f"{GUEST}/ipset/servers")[:2] == (500, "no such IPSet 'servers'")


def test_a_group_can_be_renamed_and_its_rules_and_users_follow(api):
    call(api, "POST", "/cluster/firewall/groups", group="web", comment="c")
    call(api, "POST", f"{GUEST}/rules", type="group", action="web")
    call(api, "POST", "/cluster/firewall/groups/web", type="in", action="ACCEPT")
    call(api, "POST", "/cluster/firewall/groups", group="app", rename="web")

    assert api.data(f"{GUEST}/rules/0")["action"] == "app"
    groups = api.data("/cluster/firewall/groups")
    assert [(group["group"], group["comment"]) for group in groups] == [("app", "c")]
    assert len(api.data("/cluster/firewall/groups/app")) == 1
    assert call(api, "DELETE", "/cluster/firewall/groups/app")[:2] == (500, "Security group 'app' is not empty")


def test_a_guest_can_refer_to_what_is_the_clusters_and_what_is_its_own(api):
    call(api, "POST", "/cluster/firewall/ipset", name="everywhere")
    call(api, "POST", f"{GUEST}/aliases", name="mine", cidr="10.0.0.1", comment="c")

    assert api.data(f"{GUEST}/refs") == [
        {"type": "ipset", "name": "everywhere", "ref": "+everywhere", "scope": "dc"},
        {"type": "alias", "name": "mine", "ref": "mine", "scope": "guest", "comment": "c"},
    ]
    assert [ref["name"] for ref in api.data(f"{GUEST}/refs", type="alias")] == ["mine"]
    assert [ref["name"] for ref in api.data("/cluster/firewall/refs")] == ["everywhere"]
