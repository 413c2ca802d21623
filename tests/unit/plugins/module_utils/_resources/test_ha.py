from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._cluster.ha import (
    describe_resource,
    describe_rule,
    parse_node_priorities,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.guest import Guest
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.ha import (
    HaGuest,
    ObservedRule,
    Resources,
    Rules,
)

VM = Guest(101, "web-01", "pve1", "qemu", "running")
CT = Guest(201, "db-01", "pve1", "lxc", "running")
BOTH = frozenset({"vm:101", "ct:201"})
OPTIONS = {
    "state": "present",
    "request_state": None,
    "max_restart": None,
    "max_relocate": None,
    "failback": None,
    "nodes": None,
    "strict": None,
    "affinity": None,
    "disable": None,
    "comment": None,
}
NONE = describe_resource(None)
UNDER_HA = describe_resource({"sid": "vm:101", "type": "vm", "max_restart": 2, "comment": "c", "digest": "3a93"})
HOME = describe_rule(
    {"rule": "r", "type": "node-affinity", "strict": 1, "order": 1, "resources": "vm:101", "nodes": "pve2,pve1:2"}
)
APART = describe_rule({"rule": "r", "type": "resource-affinity", "resources": "vm:101,ct:201", "affinity": "negative"})
NO_RULE = describe_rule(None)
PVE1 = {"nodes": ["pve1:2"]}


def requests(made):
    return [(step.method, step.path.removeprefix("/cluster/ha/"), step.params) for step in made.steps]


def resource(now, guest=VM, /, digest="3a93", **options):
    return Resources().plan(HaGuest(guest, now, digest), {**OPTIONS, **options})


def rule(now, /, *guests, digest="8aa1", managed=BOTH, others=None, node_count=0, **options):
    observed = ObservedRule(now, digest, guests or None, managed, others or {}, node_count)
    return Rules("r").plan(observed, {**OPTIONS, **options})


def test_a_resource_is_described_with_the_defaults_of_the_product():
    assert UNDER_HA == {
        "managed": True,
        "request_state": "started",
        "max_restart": 2,
        "max_relocate": 1,
        "failback": True,
        "comment": "c",
    }
    assert describe_resource({"sid": "vm:101", "state": "enabled"})["request_state"] == "started"
    assert not describe_resource({"sid": "vm:101", "failback": 0})["failback"]


RESOURCE_CASES = [
    (NONE, {}, [("POST", "resources", {"sid": "vm:101"})]),
    (
        NONE,
        {"request_state": "stopped", "max_restart": 0, "failback": False, "comment": ""},
        [("POST", "resources", {"sid": "vm:101", "state": "stopped", "max_restart": 0, "failback": 0})],
    ),
    (UNDER_HA, {}, []),
    (
        UNDER_HA,
        {"request_state": "started", "max_restart": 2, "max_relocate": 1, "failback": True, "comment": "c\n"},
        [],
    ),
    (
        UNDER_HA,
        {"request_state": "disabled", "max_restart": 2, "max_relocate": 3},
        [("PUT", "resources/vm:101", {"state": "disabled", "max_relocate": 3, "digest": "3a93"})],
    ),
    (UNDER_HA, {"comment": ""}, [("PUT", "resources/vm:101", {"delete": "comment", "digest": "3a93"})]),
    (UNDER_HA, {"state": "absent"}, [("DELETE", "resources/vm:101", {})]),
    (NONE, {"state": "absent"}, []),
]


@pytest.mark.parametrize(("state", "options", "expected"), RESOURCE_CASES)
def test_a_guest_is_put_under_ha_by_these_requests(state, options, expected):
    assert requests(resource(state, **options)) == expected


@pytest.mark.parametrize(("state", "options", "expected"), RESOURCE_CASES)
def test_the_resource_after_needs_nothing_more(state, options, expected):
    after = resource(state, **options).after

    made = resource(after, **options)
    assert (made.steps, made.after) == ((), after)


def test_a_container_has_another_kind_of_id():
    assert requests(resource(NONE, CT)) == [("POST", "resources", {"sid": "ct:201"})]


def test_many_guests_are_not_guarded_by_a_digest_that_the_first_changes():
    assert requests(resource(UNDER_HA, digest=None, max_restart=0)) == [("PUT", "resources/vm:101", {"max_restart": 0})]


NODE = {"type": "node-affinity", "digest": "8aa1"}
RULE_CASES = [
    (
        NO_RULE,
        (VM,),
        {"nodes": ["pve2", "pve1:2"], "strict": True},
        [
            (
                "POST",
                "rules",
                {"rule": "r", "type": "node-affinity", "resources": "vm:101", "nodes": "pve1:2,pve2", "strict": 1},
            )
        ],
    ),
    (
        NO_RULE,
        (VM, CT),
        {"affinity": "positive", "comment": "", "disable": False},
        [
            (
                "POST",
                "rules",
                {
                    "rule": "r",
                    "type": "resource-affinity",
                    "resources": "ct:201,vm:101",
                    "affinity": "positive",
                    "disable": 0,
                },
            )
        ],
    ),
    (HOME, (), {}, []),
    (HOME, (VM,), {"nodes": ["pve1:2", "pve2:0"], "strict": True, "disable": False, "comment": ""}, []),
    (HOME, (), {"nodes": ["pve1:2"]}, [("PUT", "rules/r", {**NODE, "nodes": "pve1:2"})]),
    (HOME, (VM, CT), {}, [("PUT", "rules/r", {**NODE, "resources": "ct:201,vm:101"})]),
    (HOME, (), {"disable": True, "comment": "x"}, [("PUT", "rules/r", {**NODE, "disable": 1, "comment": "x"})]),
    (
        APART,
        (),
        {"affinity": "positive"},
        [("PUT", "rules/r", {"type": "resource-affinity", "digest": "8aa1", "affinity": "positive"})],
    ),
    (APART, (), {"state": "absent"}, [("DELETE", "rules/r", {})]),
    (NO_RULE, (), {"state": "absent"}, []),
]


@pytest.mark.parametrize(("state", "guests", "options", "expected"), RULE_CASES)
def test_a_rule_is_reached_by_these_requests(state, guests, options, expected):
    assert requests(rule(state, *guests, **options)) == expected


@pytest.mark.parametrize(("state", "guests", "options", "expected"), RULE_CASES)
def test_the_rule_after_needs_nothing_more(state, guests, options, expected):
    after = rule(state, *guests, **options).after

    made = rule(after, *guests, **options)
    assert (made.steps, made.after) == ((), after)


@pytest.mark.parametrize(
    ("state", "guests", "options", "code"),
    [
        (NO_RULE, (VM,), {}, errors.INVALID_PARAMETER),
        (NO_RULE, (VM,), {"strict": True}, errors.INVALID_PARAMETER),
        (NO_RULE, (VM,), {"affinity": "negative"}, errors.INVALID_PARAMETER),
        (NO_RULE, (), PVE1, errors.INVALID_PARAMETER),
        (HOME, (), {"affinity": "negative"}, errors.UNSUPPORTED),
        (APART, (), PVE1, errors.UNSUPPORTED),
        (HOME, (), {"nodes": ["pve1:high"]}, errors.INVALID_PARAMETER),
        (HOME, (), {"nodes": ["pve1:1", "pve1:2"]}, errors.INVALID_PARAMETER),
        (HOME, (), {"nodes": []}, errors.INVALID_PARAMETER),
    ],
)
def test_a_rule_that_can_not_be_made_is_refused(state, guests, options, code):
    with pytest.raises(errors.PveError) as caught:
        rule(state, *guests, **options)

    assert caught.value.code == code


ANYWHERE = {**HOME, "nodes": {"pve1": 0, "pve2": 0}}


@pytest.mark.parametrize(
    ("other", "options", "message"),
    [
        (HOME, PVE1, "r can't be beside the rule s: vm:101 can be in one rule of node affinity only"),
        (HOME, {"affinity": "positive"}, "several priorities"),
        (APART, {"nodes": ["pve1:2", "pve2"]}, "several priorities"),
        (APART, {"affinity": "positive"}, "ct:201, vm:101 can't be kept together and apart"),
        (None, {"affinity": "negative"}, "keeps 2 guests apart, and there are 1 nodes"),
        (None, {"affinity": "positive"}, None),
        (None, PVE1, None),
        ({**HOME, "disable": True}, PVE1, None),
        ({**HOME, "resources": ["vm:999"]}, PVE1, None),
        (HOME, {**PVE1, "disable": True}, None),
        (APART, PVE1, "contradict each other"),
        (APART, {"nodes": ["pve1", "pve2"]}, None),
        (APART, {"affinity": "negative", "disable": True}, None),
        (ANYWHERE, {"affinity": "positive"}, None),
    ],
)
def test_a_rule_that_contradicts_another_one_is_refused(other, options, message):
    others = {"s": other} if other else {}
    if message is None:
        assert rule(NO_RULE, VM, CT, others=others, node_count=1, **options).steps
        return
    with pytest.raises(errors.PveError, match=message):
        rule(NO_RULE, VM, CT, others=others, node_count=1, **options)


def on(node, *guests, **more):
    return {**HOME, "nodes": {node: 0}, "resources": list(guests), **more}


@pytest.mark.parametrize(
    ("others", "options", "message"),
    [
        ({"s": on("pve1", "vm:101", "ct:201")}, {"affinity": "negative"}, "pve1 only"),
        ({"s": on("pve1", "vm:101"), "t": on("pve1", "ct:201")}, {"affinity": "negative"}, "r, s, t"),
        ({"s": on("pve1", "vm:101"), "t": on("pve1", "ct:201")}, {"affinity": "positive"}, "several rules"),
        ({"s": APART, "t": on("pve1", "vm:101")}, {"nodes": ["pve1"], "guests": (CT,)}, "rules r, s, t contradict"),
        ({"s": on("pve1", "vm:101"), "t": on("pve2", "ct:201")}, {"affinity": "negative"}, None),
        ({"s": on("pve1", "vm:101"), "t": on("pve1", "ct:201", disable=True)}, {"affinity": "negative"}, None),
        ({"s": on("pve1", "vm:101", "ct:201")}, {"affinity": "positive"}, None),
        ({"s": APART, "t": on("pve1", "vm:101")}, {"nodes": ["pve2"], "guests": (CT,)}, None),
    ],
)
def test_guests_can_be_together_or_apart_where_they_may_run(others, options, message):
    guests = options.pop("guests", (VM, CT))
    if message is None:
        assert rule(NO_RULE, *guests, others=others, **options).steps
        return
    with pytest.raises(errors.PveError, match=message):
        rule(NO_RULE, *guests, others=others, **options)


def test_a_rule_is_only_for_guests_under_ha():
    with pytest.raises(errors.PveError, match=r"Not under HA: 201 \(db-01\)"):
        rule(NO_RULE, VM, CT, managed=frozenset({"vm:101"}), **PVE1)


def test_a_selection_of_no_guests_does_not_empty_a_rule():
    with pytest.raises(errors.PveError, match="No guest is chosen"):
        Rules("r").plan(ObservedRule(HOME, "8aa1", ()), OPTIONS)


def test_a_node_without_priority_has_the_lowest():
    assert parse_node_priorities([" pve2 ", "pve1: 5"]) == {"pve1": 5, "pve2": 0}
