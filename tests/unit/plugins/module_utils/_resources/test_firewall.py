from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._firewall.firewall import (
    Firewall,
    cluster_place,
    group_place,
    guest_place,
    node_place,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._firewall.lists import parse_listing
from ansible_collections.playvisor.proxmox.plugins.module_utils._firewall.options import LEVELS, SPEC
from ansible_collections.playvisor.proxmox.plugins.module_utils._firewall.params import (
    check_params,
    complete_params,
    firewall_spec,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.selection import guests_spec
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.firewall import Firewalls

GUEST = guest_place(Guest(101, "web-01", "pve1", "qemu", "running"))
CLUSTER = cluster_place()
NODE = node_place("pve1")
GROUP = group_place("Web")
KINDS = {"ipset": "ipset", "options": "options", "rules": "rules", "aliases": "aliases", "groups": "groups"}
SSH = {"key": "ssh", "type": "in", "action": "ACCEPT", "macro": "SSH"}
SSH_KEPT = {"type": "in", "action": "ACCEPT", "macro": "SSH", "enable": 1, "comment": "[ssh]"}


def params_of(level, **options):
    given = {"level": level, **options}
    result = ArgumentSpecValidator({**guests_spec(), **firewall_spec()}).validate(given)
    assert not result.error_messages
    return complete_params(result.validated_parameters)


def observed(place, **data):
    """A firewall from what the API answers for each list; `groups__web` is the list `groups/web`."""
    lists = {}
    for name, answer in data.items():
        name = name.replace("__", "/")
        kind = {"ipset/": "entries", "groups/": "rules"}.get(name[: name.find("/") + 1]) or KINDS[name]
        if kind == "options":
            answer = {**answer, "digest": f"of {name}"}
        else:
            answer = [{**entry, "pos": pos, "digest": f"of {name}"} for pos, entry in enumerate(answer)]
        lists[name] = parse_listing(f"{place.path}/{name}", kind, answer)
    return Firewall(place, lists, {"ssh": "SSH", "http": "HTTP"})


def plan(firewall, **options):
    params = params_of(firewall.place.level, **options)
    return Firewalls(params).plan(firewall, params)


def requests(made):
    """Each step as method, path below the place's, and parameters."""
    return [(step.method, step.path.partition("/firewall/")[2], step.params) for step in made.steps]


OPTIONS = {"enable": 1, "policy_in": "ACCEPT", "macfilter": 0}


@pytest.mark.parametrize(
    ("place", "present", "options", "reset", "sent"),
    [
        (GUEST, {}, {"enable": True}, [], {"enable": 1}),
        (GUEST, OPTIONS, {"enable": True, "policy_in": "ACCEPT", "macfilter": False}, ["radv"], None),
        (GUEST, OPTIONS, {"enable": False}, ["macfilter"], {"enable": 0, "delete": "macfilter"}),
        (GUEST, OPTIONS, None, ["policy_in", "macfilter"], {"delete": "macfilter,policy_in"}),
        (NODE, {"nf_conntrack_max": "65536"}, {"nf_conntrack_max": 65536}, [], None),
        (NODE, {"log_level_in": "info"}, {"log_level_in": "nolog"}, [], {"log_level_in": "nolog"}),
        (CLUSTER, {"enable": 1795219714}, {"enable": True}, [], {"enable": 1}),
        (CLUSTER, {"log_ratelimit": "1,burst=10"}, {"log_ratelimit": "burst=10,enable=1"}, [], None),
        (CLUSTER, {"log_ratelimit": 1}, {"log_ratelimit": "enable=yes,burst=5"}, [], None),
        (NODE, {"nf_conntrack_helpers": "sip,ftp"}, {"nf_conntrack_helpers": "FTP, sip"}, [], None),
        (CLUSTER, {}, {"log_ratelimit": ""}, [], None),
        (CLUSTER, {}, {"log_ratelimit": "rate=2/minute"}, [], {"log_ratelimit": "1,rate=2/minute"}),
        (CLUSTER, {"policy_in": "DROP"}, {"policy_in": "REJECT"}, [], {"policy_in": "REJECT"}),
    ],
)
def test_options_are_compared_value_by_value(place, present, options, reset, sent):
    made = plan(observed(place, options=present), options=options, reset_options=reset)

    assert requests(made) == ([("PUT", "options", {**sent, "digest": "of options"})] if sent else [])


def test_an_empty_option_is_reset():
    made = plan(observed(NODE, options={"nf_conntrack_helpers": "sip"}), options={"nf_conntrack_helpers": ""})

    assert requests(made) == [("PUT", "options", {"delete": "nf_conntrack_helpers", "digest": "of options"})]


def test_the_firewall_is_opened_before_its_rules_change_and_closed_after():
    made = plan(
        observed(GUEST, options={"policy_out": "DROP"}, rules=[]),
        options={"enable": True, "policy_in": "DROP", "policy_out": "ACCEPT"},
        rules=[SSH],
    )

    assert requests(made) == [
        ("PUT", "options", {"policy_out": "ACCEPT", "digest": "of options"}),
        ("POST", "rules", SSH_KEPT),
        ("PUT", "options", {"enable": 1, "policy_in": "DROP"}),
    ]


def test_only_the_first_change_of_a_list_has_the_digest_that_was_read():
    made = plan(observed(GUEST, rules=[{**SSH_KEPT, "comment": "by hand"}, SSH_KEPT]), rules=[], purge=True)

    assert requests(made) == [("DELETE", "rules/1", {"digest": "of rules"}), ("DELETE", "rules/0", {})]
    assert [step.expects and len(step.expects.items) for step in made.steps] == [None, 1]


def test_rules_are_looked_at_again_after_their_aliases_have_changed():
    made = plan(
        observed(GUEST, aliases=[{"name": "a1", "cidr": "192.0.2.1"}], rules=[SSH_KEPT]),
        aliases=[{"name": "a1", "cidr": "2001:db8::1"}],
        rules=[{**SSH, "source": "a1"}],
    )

    assert requests(made) == [
        ("PUT", "aliases/a1", {"cidr": "2001:db8::1", "comment": "", "digest": "of aliases"}),
        ("PUT", "rules/0", {"source": "a1"}),
    ]
    assert made.steps[1].expects.path.endswith("/rules")


ALIAS = {"name": "Office", "cidr": "192.0.2.7", "comment": "Here"}


@pytest.mark.parametrize(
    ("wished", "purge", "sent"),
    [
        ([{"name": "office", "cidr": "192.0.2.7/32"}], True, []),
        ([{"name": "Office", "cidr": "192.0.2.7", "comment": "Here"}], False, []),
        (
            [{"name": "office", "cidr": "192.0.2.0/24"}],
            False,
            [("PUT", "aliases/Office", {"cidr": "192.0.2.0/24", "comment": "Here", "digest": "of aliases"})],
        ),
        (
            [{"name": "net6", "cidr": "2001:DB8:0::1/128"}],
            False,
            [("POST", "aliases", {"name": "net6", "cidr": "2001:db8::1"})],
        ),
        ([], False, []),
        ([], True, [("DELETE", "aliases/Office", {"digest": "of aliases"})]),
        ([{"name": "OFFICE", "state": "absent"}], False, [("DELETE", "aliases/Office", {"digest": "of aliases"})]),
        ([{"name": "other", "state": "absent"}], False, []),
    ],
)
def test_aliases_go_by_name_in_any_case_and_by_address_in_any_form(wished, purge, sent):
    assert requests(plan(observed(CLUSTER, aliases=[ALIAS]), aliases=wished, purge=purge)) == sent


ENTRIES = [{"cidr": "192.0.2.0/24", "comment": "Net"}, {"cidr": "2001:db8::1", "nomatch": 1}]


@pytest.mark.parametrize(
    ("wished", "purge", "sent"),
    [
        ({"entries": [{"cidr": "192.0.2.99/24"}, {"cidr": "2001:DB8::0:1/128", "nomatch": True}]}, True, []),
        ({}, True, []),
        ({"entries": []}, False, []),
        ({"entries": [{"cidr": "192.0.2.1"}]}, False, [("POST", "ipset/net", {"cidr": "192.0.2.1"})]),
        (
            {"entries": [{"cidr": "192.0.2.0/24", "nomatch": True}, {"cidr": "2001:db8::1", "state": "absent"}]},
            False,
            [
                ("PUT", "ipset/net/192.0.2.0%2F24", {"nomatch": 1, "comment": "Net", "digest": "of ipset/net"}),
                ("DELETE", "ipset/net/2001:db8::1", {}),
            ],
        ),
        (
            {"entries": [{"cidr": "2001:db8::1"}], "comment": "New"},
            True,
            [
                ("POST", "ipset", {"name": "net", "rename": "net", "comment": "New", "digest": "of ipset"}),
                ("PUT", "ipset/net/2001:db8::1", {"nomatch": 0, "comment": "", "digest": "of ipset/net"}),
                ("DELETE", "ipset/net/192.0.2.0%2F24", {}),
            ],
        ),
        ({"state": "absent"}, False, [("DELETE", "ipset/net", {"force": 1})]),
    ],
)
def test_ip_sets_are_reached_by_these_requests(wished, purge, sent):
    firewall = observed(CLUSTER, ipset=[{"name": "net"}], ipset__net=ENTRIES)

    assert requests(plan(firewall, ipsets=[{"name": "Net", **wished}], purge=purge)) == sent


def test_a_forced_deletion_of_an_ip_set_is_bound_to_its_entries():
    (step,) = plan(observed(CLUSTER, ipset=[{"name": "net"}], ipset__net=ENTRIES), ipsets=[], purge=True).steps

    assert (step.takes_digest, len(step.expects.items)) == (False, 2)


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (
            {"comment": "New", "rules": [SSH]},
            [
                ("POST", "groups", {"group": "web", "rename": "web", "comment": "New", "digest": "of groups"}),
                ("POST", "groups/web", {**SSH_KEPT, "digest": "of groups/web"}),
            ],
        ),
        ({"comment": "Old"}, []),
        (
            {"state": "absent"},
            [
                ("DELETE", "groups/web/1", {"digest": "of groups/web"}),
                ("DELETE", "groups/web/0", {}),
                ("DELETE", "groups/web", {}),
            ],
        ),
    ],
)
def test_a_security_group_is_reached_by_these_requests(options, sent):
    rules = [{**SSH_KEPT, "comment": "by hand"}, {**SSH_KEPT, "comment": "[http]"}]
    firewall = observed(GROUP, groups=[{"group": "web", "comment": "Old"}], groups__web=rules)

    assert requests(plan(firewall, group="Web", **options)) == sent


def test_a_new_security_group_is_made_before_its_rules():
    made = plan(observed(GROUP, groups=[]), group="Web", comment="Mine", rules=[SSH])

    assert requests(made) == [("POST", "groups", {"group": "web", "comment": "Mine"}), ("POST", "groups/web", SSH_KEPT)]
    assert (made.before["exists"], made.after["exists"]) == (False, True)


def test_what_rules_name_is_made_before_them_and_removed_after_them():
    made = plan(
        observed(
            CLUSTER,
            aliases=[{"name": "old", "cidr": "192.0.2.1"}],
            ipset=[{"name": "old"}],
            ipset__old=[],
            groups=[{"group": "old"}],
            groups__old=[SSH_KEPT],
            rules=[{**SSH_KEPT, "comment": "[old]", "source": "+old"}],
        ),
        aliases=[{"name": "new", "cidr": "192.0.2.2"}],
        ipsets=[{"name": "new", "entries": [{"cidr": "dc/new"}]}],
        groups=[{"name": "new"}],
        rules=[{"key": "new", "type": "group", "action": "new"}],
        purge=True,
    )

    assert [(method, path) for method, path, _params in requests(made)] == [
        ("POST", "aliases"),
        ("POST", "ipset"),
        ("POST", "ipset/new"),
        ("POST", "groups"),
        ("POST", "rules"),
        ("DELETE", "rules/1"),
        ("DELETE", "groups/old/0"),
        ("DELETE", "groups/old"),
        ("DELETE", "ipset/old"),
        ("DELETE", "aliases/old"),
    ]


def test_results_show_the_comment_and_the_key_of_a_rule_apart():
    rules = [{**SSH_KEPT, "comment": "From here [ssh]"}, {"type": "out", "action": "DROP", "enable": 0}]

    assert plan(observed(GUEST, rules=rules), rules=[]).before["rules"] == [
        {"key": "ssh", "enable": True, "type": "in", "action": "ACCEPT", "macro": "SSH", "comment": "From here"},
        {"key": None, "enable": False, "type": "out", "action": "DROP", "comment": ""},
    ]


def test_the_plan_binds_to_the_digest_of_every_list_that_was_read():
    made = plan(observed(GUEST, rules=[SSH_KEPT], options={}), rules=[], options={"enable": True}, purge=True)

    assert made.config_digest == "options:of options rules:of rules"


def test_every_firewall_level_has_the_options_of_the_api():
    assert set().union(*LEVELS.values()) == set(SPEC)
    assert {level: len(options) for level, options in LEVELS.items()} == {
        "cluster": 6,
        "node": 19,
        "guest": 10,
        "group": 0,
    }


@pytest.mark.parametrize(
    ("level", "options", "complaint"),
    [
        ("cluster", {"vmid": 101}, "vmid does not go with level cluster"),
        ("cluster", {"node": "pve1"}, "node does not go with level cluster"),
        ("guest", {"group": "web"}, "group does not go with level guest"),
        ("node", {"aliases": []}, "The firewall of a node has no aliases"),
        ("guest", {"groups": []}, "The firewall of a guest has no groups"),
        ("group", {"group": "web", "options": {"enable": True}}, "The firewall of a group has no options"),
        ("guest", {"state": "absent"}, "those of a security group"),
        ("node", {"options": {"policy_in": "DROP"}}, "a node has no option policy_in"),
        ("guest", {"options": {"enable": True}, "reset_options": ["enable"]}, "reset_options resets it"),
        ("guest", {"rules": [dict(SSH), dict(SSH)]}, "rules lists ssh twice"),
        ("guest", {"rules": [{**SSH, "key": "a b"}]}, "can't be the key"),
        ("guest", {"rules": [{**SSH, "type": "forward"}]}, "of type forward"),
        ("group", {"group": "web", "rules": [{**SSH, "type": "group", "action": "web"}]}, "of type group"),
        ("cluster", {"rules": [{**SSH, "type": "forward", "action": "REJECT"}]}, "has the action REJECT"),
        ("guest", {"rules": [{**SSH, "action": "allow"}]}, "has the action allow"),
        ("guest", {"rules": [{**SSH, "type": "group", "action": "web"}]}, "it has no macro"),
        ("guest", {"rules": [{**SSH, "iface": "eth0"}]}, "interface eth0"),
        ("group", {"group": "web", "rules": [{**SSH, "iface": "net0"}]}, "names an interface"),
        ("guest", {"rules": [{"key": "a", "type": "in", "action": "DROP", "dport": "1"}]}, "dport without proto"),
        ("guest", {"rules": [{**SSH, "source": "192.0.2.1 192.0.2.2"}]}, "spaces in source"),
        ("guest", {"rules": [{**SSH, "comment": "one\ntwo"}]}, "several lines"),
        ("cluster", {"groups": [{"name": "much-too-long-a-name"}]}, "can't be a name"),
        ("group", {"group": "1bad"}, "can't be a name"),
        ("cluster", {"aliases": [{"name": "all", "cidr": "elsewhere"}]}, "stands for 'elsewhere'"),
        ("guest", {"aliases": [{"name": "one", "state": "absent"}, {"name": "ONE", "cidr": "::1"}]}, "one twice"),
        ("guest", {"ipsets": [{"name": "set", "entries": [{"cidr": "192.0.2.300"}]}]}, "entry '192.0.2.300'"),
        ("guest", {"ipsets": [{"name": "set", "entries": [{"cidr": "0.0.0.0/0"}]}]}, "entry 0.0.0.0/0"),
        ("guest", {"ipsets": [{"name": "set", "entries": [{"cidr": "::1"}, {"cidr": "0:0::1"}]}]}, "::1 twice"),
    ],
)
def test_what_the_api_would_refuse_halfway_is_refused_at_once(level, options, complaint):
    with pytest.raises(PveError, match=complaint):
        check_params(params_of(level, **options))


@pytest.mark.parametrize(
    ("level", "options"),
    [
        ("guest", {"vmid": 101, "node": "pve1", "rules": [{"key": "gone", "state": "absent"}]}),
        ("guest", {"rules": [{**SSH, "iface": "net0", "comment": "a line\n"}]}),
        ("node", {"node": "pve1", "rules": [{**SSH, "type": "forward", "iface": "vmbr0"}]}),
        ("cluster", {"rules": [{"key": "g", "type": "group", "action": "web", "iface": "vmbr0"}]}),
        ("cluster", {"ipsets": [{"name": "set", "entries": [{"cidr": "dc/office"}, {"cidr": "::/1"}]}]}),
    ],
)
def test_what_the_api_takes_is_not_refused(level, options):
    check_params(params_of(level, **options))


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"proto": "TCP", "dport": "80"}, {"proto": "tcp", "dport": "80"}),
        ({"proto": "Icmp", "icmp_type": "Echo-Request"}, {"proto": "icmp", "icmp-type": "echo-request"}),
        ({"proto": "6"}, {"proto": "6"}),
        (
            {"proto": "tcp", "dport": [80, "443", "8000:8010"], "sport": 1024},
            {"dport": "80,443,8000:8010", "sport": "1024"},
        ),
        ({"source": ["10.0.0.0/8", "192.168.0.0/16"], "dest": ["Office"]}, {"source": "10.0.0.0/8,192.168.0.0/16"}),
        ({"action": "accept"}, {"action": "ACCEPT"}),
        ({"source": "+dc/Admins", "dest": "+Web"}, {"source": "+dc/admins", "dest": "+web"}),
        ({"source": "+sdn/Net-all", "dest": "Office"}, {"source": "+sdn/Net-all", "dest": "Office"}),
    ],
)
def test_a_rule_may_be_written_in_other_ways(fields, content):
    (step,) = plan(observed(CLUSTER, rules=[]), rules=[{"key": "a", "type": "in", "action": "ACCEPT", **fields}]).steps

    assert {name: step.params[name] for name in content} == content


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"proto": "gre", "dport": "80"}, "dport of rule a"),
        ({"proto": "TCP", "icmp_type": "echo-request"}, "icmp_type of rule a"),
        ({"proto": "tcp", "dport": "echo-request"}, "dport of rule a"),
        ({"proto": "icmp", "icmp_type": "packet-too-big"}, "icmp_type of rule a"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(fields, named):
    with pytest.raises(PveError) as caught:
        check_params(params_of("cluster", rules=[{"key": "a", "type": "in", "action": "ACCEPT", **fields}]))

    assert list(caught.value.fields) == [named]
