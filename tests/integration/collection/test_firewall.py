"""pve_firewall and pve_firewall_info against a simulated cluster, for what scenarios can't show."""

from __future__ import annotations

import pytest
from scenarios.running import run_module

from pve_simulator.state.firewall import Firewall

pytestmark = pytest.mark.flow

RULES = [{"key": key, "type": "in", "action": "ACCEPT", "macro": key} for key in ("SSH", "HTTP", "HTTPS")]


def sent(simulator):
    return [method for method, _path, _status in simulator.requests]


def test_many_guests_get_their_rules_in_one_task_and_are_read_in_few_requests(play, simulator, connection_env):
    options = {"level": "guest", "guests": {"names": ["*"], "templates": False}, "options": {"enable": True}}

    check = run_module("pve_firewall", {**options, "rules": RULES}, connection_env, check=True)
    applied = play("firewall", rules=RULES, **options, expect_plan=check["plan"]["digest"])

    assert applied.rc == 0, applied.stdout
    count = len(applied.result["guests"])
    assert count > 1
    assert all(guest["changed"] for guest in applied.result["guests"])
    before = len(simulator.requests)
    again = run_module("pve_firewall", {**options, "rules": RULES}, connection_env)
    assert not again["changed"]
    lists = {(guest.node, guest.type) for guest in simulator.cluster.guests.values()}
    # Beside all guests, all macros and the options of the cluster: the lists of the nodes, which say who is a template,
    # and what each guest has of options, rules and network devices.
    assert sent(simulator)[before:] == ["GET"] * (3 + len(lists) + 3 * count)

    before = len(simulator.requests)
    shown = play("firewall_info", level="guest", guests=options["guests"], kinds=["options", "rules"])
    assert sent(simulator)[before:] == ["GET"] * (1 + len(lists) + 2 * count)
    for firewall in shown.result["firewalls"]:
        assert firewall["options"] == {"enable": True}
        assert [(rule["pos"], rule["key"], rule["macro"]) for rule in firewall["rules"]] == [
            (0, "SSH", "SSH"),
            (1, "HTTP", "HTTP"),
            (2, "HTTPS", "HTTPS"),
        ]


class Meddled(list):
    """Rules to which somebody else adds one as soon as so many of ours are there."""

    def __init__(self, count):
        super().__init__()
        self.count = count

    def insert(self, position, rule):
        super().insert(position, rule)
        if len(self) == self.count:
            super().insert(1, {"type": "in", "action": "DROP", "enable": "1"})


def test_a_rule_added_meanwhile_stops_the_plan_and_a_second_run_finishes_it(simulator, connection_env):
    options = {"level": "cluster", "rules": RULES}
    simulator.cluster.part(Firewall).cluster.rules = Meddled(2)

    broken = run_module("pve_firewall", options, connection_env)
    finished = run_module("pve_firewall", options, connection_env)

    assert (broken["failed"], broken["changed"], broken["failure"]["code"]) == (True, True, "digest_conflict")
    assert [rule["key"] for rule in broken["firewalls"][0]["after"]["rules"]] == ["HTTP", None, "HTTPS"]
    assert [rule["key"] for rule in finished["firewalls"][0]["after"]["rules"]] == ["SSH", "HTTP", None, "HTTPS"]


def test_a_rule_that_somebody_adds_last_of_all_is_told_and_left_alone(simulator, connection_env):
    options = {"level": "cluster", "rules": RULES}
    simulator.cluster.part(Firewall).cluster.rules = Meddled(3)

    told = run_module("pve_firewall", options, connection_env)
    again = run_module("pve_firewall", options, connection_env)

    assert (told["failed"], told["changed"], told["failure"]["code"]) == (True, True, "digest_conflict")
    assert [rule["key"] for rule in told["firewalls"][0]["after"]["rules"]] == ["SSH", None, "HTTP", "HTTPS"]
    assert (again.get("failed"), again["changed"]) == (None, False)


def test_everything_of_a_cluster_is_shown(simulator, connection_env):
    made = run_module(
        "pve_firewall",
        {
            "level": "cluster",
            "aliases": [{"name": "office", "cidr": "192.0.2.1/32"}],
            "ipsets": [{"name": "admins", "entries": [{"cidr": "dc/office"}]}],
            "groups": [{"name": "web", "comment": "Web"}],
            "rules": [
                {"key": "web", "type": "group", "action": "web", "enable": False},
                {"key": "one", "type": "in", "action": "DROP", "source": "office", "comment": "Text"},
            ],
        },
        connection_env,
    )
    assert not made.get("failed"), made
    simulator.cluster.part(Firewall).cluster.aliases.clear()

    (shown,) = run_module("pve_firewall_info", {"level": "cluster"}, connection_env)["firewalls"]

    assert shown == {
        "level": "cluster",
        "options": {},
        "aliases": [],
        "ipsets": [
            {"name": "admins", "comment": "", "entries": [{"cidr": "dc/office", "nomatch": False, "comment": ""}]}
        ],
        "groups": [{"name": "web", "comment": "Web", "rules": []}],
        "rules": [
            {"pos": 0, "key": "web", "enable": False, "type": "group", "action": "web", "comment": ""},
            {
                "pos": 1,
                "key": "one",
                "enable": True,
                "type": "in",
                "action": "DROP",
                "source": "office",
                "comment": "Text",
                "errors": {"source": "no such alias 'office'"},
            },
        ],
    }


def test_groups_are_shown_one_or_all(connection_env):
    for name in ("web", "db"):
        run_module("pve_firewall", {"level": "group", "group": name, "rules": [dict(RULES[0])]}, connection_env)

    def shown(**options):
        found = run_module("pve_firewall_info", {"level": "group", **options}, connection_env)
        return found.get("failure", {}).get("code") or [
            (one["group"], [rule["key"] for rule in one["rules"]]) for one in found["firewalls"]
        ]

    assert shown() == [("db", ["SSH"]), ("web", ["SSH"])]
    assert shown(group="Web") == [("web", ["SSH"])]
    assert shown(group="other") == "not_found"


def test_a_node_that_is_down_is_a_warning_where_it_was_not_named(play, simulator, connection_env):
    simulator.cluster.nodes["pve2"].online = False

    every = play("firewall_info", level="node").result
    named = run_module("pve_firewall_info", {"level": "node", "node": "pve2"}, connection_env)
    managed = run_module("pve_firewall", {"level": "node", "node": "pve2", "rules": []}, connection_env)

    assert [one["node"] for one in every["firewalls"]] == ["pve1"]
    assert "pve2" in str(every["warnings"])
    assert {named["failure"]["code"], managed["failure"]["code"]} == {"node_offline"}
