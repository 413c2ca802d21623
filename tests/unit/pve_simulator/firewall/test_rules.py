"""What rules may say where, how they are stored and shown, and how they move."""

from __future__ import annotations

import pytest

from pve_simulator.errors import ApiError
from pve_simulator.firewall.rules import (
    delete_properties,
    move_rule,
    normalize_rule,
    rule_view,
    update_rule,
    verify_rule,
)
from pve_simulator.firewall.scope import Scope
from pve_simulator.state.firewall import Alias, FirewallFile, IpSet

CLUSTER = FirewallFile(
    aliases={"dc": Alias("Dc", "192.168.1.0/24"), "six": Alias("six", "2001:db8::/64")}, ipsets={"everywhere": IpSet()}
)
OWN = FirewallFile(aliases={"mine": Alias("mine", "10.0.0.7")}, ipsets={"own": IpSet()})


def scope(env="vm"):
    return Scope(env, OWN if env in ("vm", "ct", "host") else CLUSTER, CLUSTER)


def rule(**more):
    return {"type": "in", "action": "ACCEPT", **{key.replace("_", "-"): value for key, value in more.items()}}


@pytest.mark.parametrize(
    ("given", "env", "errors"),
    [
        (rule(action="BOGUS"), "vm", {"action": "unknown action 'BOGUS'"}),
        (rule(type="forward"), "vm", {"type": "invalid rule type 'forward' for rule_env 'vm'"}),
        (rule(type="forward"), "ct", {"type": "invalid rule type 'forward' for rule_env 'ct'"}),
        (rule(type="group", action="web"), "group", {"type": "invalid rule type 'group' for rule_env 'group'"}),
        (rule(type="group", action="1web"), "vm", {"action": "invalid characters in security group name"}),
        (rule(iface="eth0"), "vm", {"iface": "value does not match the regex pattern 'net\\d+'"}),
        (rule(iface="vmbr0"), "group", {"type": "parameter -i not allowed for this rule type"}),
        (rule(macro="Nosuch"), "vm", {"macro": "unknown macro 'Nosuch'"}),
        (rule(dport="80"), "vm", {"proto": "missing property - 'dport' requires this property"}),
        (rule(sport="80"), "vm", {"proto": "missing property - 'sport' requires this property"}),
        (rule(proto="esp", dport="80"), "vm", {"dport": "protocol 'esp' does not support ports"}),
        (rule(proto="icmp", sport="80"), "vm", {"sport": "protocol 'icmp' does not support ports"}),
        (
            rule(proto="tcp", icmp_type="any"),
            "vm",
            {"proto": "missing property - 'icmp-type' requires this property"},
        ),
        (rule(source="nosuch"), "vm", {"source": "no such alias 'nosuch'"}),
        (rule(dest="+nosuch"), "vm", {"dest": "no such ipset 'nosuch'"}),
        (rule(source="dc/nosuch"), "vm", {"source": "no such alias 'dc/nosuch'"}),
        (rule(source="+guest/nosuch"), "vm", {"source": "no such ipset 'nosuch'"}),
        (rule(type="forward", action="REJECT"), "host", {"action": "cannot define REJECT rules on forward chain"}),
        (rule(proto="tcp", dport="echo-request"), "vm", {"dport": "invalid port 'echo-request'"}),
        (
            rule(proto="icmp", icmp_type="packet-too-big"),
            "vm",
            {"icmp-type": "invalid icmp-type 'packet-too-big' for proto 'icmp'"},
        ),
        (rule(source="+no set"), "vm", {"source": "invalid ipset name '+no set'"}),
        (rule(source="10.0.0.1", dest="::1"), "vm", {"dest": "detected mixed ipv4/ipv6 addresses in rule"}),
        (rule(proto="icmp", source="::1"), "vm", {"source": "detected mixed ipv4/ipv6 addresses in rule"}),
        (
            rule(macro="SSH", proto="tcp", dport="1"),
            "vm",
            {"dport": "parameter 'dport' already define in macro (value = '22')"},
        ),
        (
            rule(macro="Ping", proto="udp"),
            "vm",
            {"proto": "parameter 'proto' already define in macro (value = 'icmp')"},
        ),
    ],
)
def test_the_first_thing_wrong_with_a_rule_is_refused(given, env, errors):
    with pytest.raises(ApiError) as caught:
        verify_rule(given, scope(env))

    assert (caught.value.status, caught.value.errors) == (400, errors)


@pytest.mark.parametrize(
    ("given", "env"),
    [
        (rule(type="group", action="nosuchgroup"), "vm"),
        (rule(type="forward", action="DROP"), "host"),
        (rule(proto="icmp", dport="22"), "vm"),
        (rule(iface="net9"), "ct"),
        (rule(iface="vmbr0"), "cluster"),
        (rule(source="+own", dest="mine"), "vm"),
        (rule(source="+dc/everywhere", dest="guest/mine"), "vm"),
        (rule(source="DC"), "vm"),
        (rule(macro="ssh", proto="tcp"), "vm"),
        (rule(proto="ipv6-icmp", icmp_type="packet-too-big"), "vm"),
        (rule(proto="icmp", dport="echo-request"), "vm"),
        (rule(source="dc/mine"), "vm"),
        (rule(macro="Ping", source="2001:db8::1", proto="icmpv6"), "vm"),
    ],
)
def test_rules_that_a_server_takes(given, env):
    verify_rule(given, scope(env))


def test_an_alias_of_the_other_ip_version_is_no_parameter_error():
    with pytest.raises(ApiError) as caught:
        verify_rule(rule(proto="icmp", source="six"), scope())

    assert (caught.value.status, caught.value.message) == (500, "detected mixed ipv4/ipv6 addresses in rule")


@pytest.mark.parametrize(
    ("given", "version"),
    [
        (rule(), None),
        (rule(source="10.0.0.1-10.0.0.9"), 4),
        (rule(source="+own"), None),
        (rule(dest="six"), 6),
        (rule(dest="guest/mine"), 4),
        (rule(dest="dc/mine"), None),
        (rule(proto="ipv6-icmp"), 6),
        (rule(macro="Ping"), None),
    ],
)
def test_the_ip_version_is_shown_where_it_follows(given, version):
    assert rule_view(given, scope()).get("ipversion") == version


def test_a_rule_whose_alias_has_gone_is_shown_with_what_is_wrong():
    view = rule_view(rule(source="gone", enable="0"), scope())

    assert view == {
        "type": "in",
        "action": "ACCEPT",
        "source": "gone",
        "enable": 0,
        "errors": {"source": "no such alias 'gone'"},
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (rule(macro="ssh"), {"macro": "SSH"}),
        (rule(enable="7"), {"enable": "1"}),
        (rule(comment="  two\nlines "), {"comment": "two"}),
        (rule(comment="   "), {}),
        (rule(type="group", action="web", source="10.0.0.1"), {"type": "group", "action": "web"}),
    ],
)
def test_a_rule_is_stored_as_its_line_reads_back(given, expected):
    assert normalize_rule(given) == {"type": "in", "action": "ACCEPT", "enable": "1", **expected}


def test_an_empty_value_removes_a_property_and_positions_are_not_kept():
    changed = rule(comment="old", source="10.0.0.1")

    update_rule(changed, {"comment": "", "source": "-", "pos": 3, "digest": "x", "enable": 1, "node": "pve1"})

    assert changed == rule(enable="1")


@pytest.mark.parametrize(
    ("name", "text"),
    [("bogus", "no such property ('bogus')"), ("action", "unable to delete required property 'action'")],
)
def test_what_cannot_be_deleted_is_named(name, text):
    with pytest.raises(ApiError) as caught:
        delete_properties(rule(), [name])

    assert caught.value.errors == {"delete": text}


@pytest.mark.parametrize(
    ("position", "target", "expected"),
    [(0, 2, "bacd"), (0, 1, "abcd"), (3, 0, "dabc"), (0, 99, "bcda"), (2, 1, "acbd"), (1, 4, "acdb")],
)
def test_a_moved_rule_goes_before_the_one_at_the_target(position, target, expected):
    rules = [{"type": name} for name in "abcd"]

    assert "".join(item["type"] for item in move_rule(rules, position, target)) == expected
