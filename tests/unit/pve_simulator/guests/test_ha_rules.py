"""Rules of high availability that can't be kept, alone or beside others."""

from __future__ import annotations

import pytest

from pve_simulator.guests.ha_rules import find_problems


def located(resources, nodes, **more):
    return {"type": "node-affinity", "resources": resources, "nodes": nodes, **more}


def affine(affinity, resources, **more):
    return {"type": "resource-affinity", "affinity": affinity, "resources": resources, **more}


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        ({"a": affine("positive", "vm:1,vm:2")}, {}),
        (
            {"a": affine("positive", "vm:1")},
            {"a": ["rule is ineffective as there are less than two resources"]},
        ),
        (
            {"a": affine("negative", "vm:1,vm:2,vm:3,vm:4")},
            {"a": ["rule defines more resources than available nodes"]},
        ),
        (
            {"a": located("vm:1,vm:2", "pve1"), "b": located("vm:2", "pve2")},
            {name: ["resource 'vm:2' is already used in another node affinity rule"] for name in "ab"},
        ),
        ({"a": located("vm:1", "pve1"), "b": located("vm:1", "pve2", disable=1)}, {}),
        (
            {"a": affine("positive", "vm:1,vm:2"), "b": affine("negative", "vm:1,vm:2")},
            {
                "a": ["rule shares two or more resources with a negative resource affinity rule"],
                "b": ["rule shares two or more resources with a positive resource affinity rule"],
            },
        ),
        (
            # Positive rules that share a guest are one.
            {
                "a": affine("positive", "vm:1,vm:2"),
                "b": affine("positive", "vm:2,vm:3"),
                "c": affine("negative", "vm:1,vm:3"),
            },
            {
                "a": ["rule shares two or more resources with a negative resource affinity rule"],
                "b": ["rule shares two or more resources with a negative resource affinity rule"],
                "c": ["rule shares two or more resources with a positive resource affinity rule"],
            },
        ),
        (
            {"a": affine("positive", "vm:1,vm:2"), "b": located("vm:1", "pve1:2,pve2")},
            {
                "a": ["resources are in node affinity rules with multiple priorities"],
                "b": [
                    "resources are in a resource affinity rule and cannot be in a node affinity rule"
                    " with multiple priorities"
                ],
            },
        ),
        (
            {"a": affine("positive", "vm:1,vm:2"), "b": located("vm:1", "pve1"), "c": located("vm:2", "pve2")},
            {
                "a": ["resources are in multiple node affinity rules"],
                **{
                    name: [
                        "at least one resource is in a positive resource affinity rule and there are other resources"
                        " in at least one other node affinity rule already"
                    ]
                    for name in "bc"
                },
            },
        ),
        (
            {"a": affine("negative", "vm:1,vm:2"), "b": located("vm:1,vm:2", "pve1")},
            {
                "a": ["two or more resources are restricted to less nodes than available to the resources"],
                "b": [
                    "at least one resource is in a negative resource affinity rule and this rule would restrict"
                    " these to less nodes than available to the resources"
                ],
            },
        ),
    ],
)
def test_each_rule_is_told_what_is_wrong_with_it(rules, problems):
    assert find_problems(rules, nodes=3) == problems


@pytest.mark.parametrize(
    ("path", "params", "text"),
    [
        ("/resources", {"sid": "999"}, "unable do add resource - VM/CT 999 does not exist"),
        ("/resources", {"sid": "local:101"}, "unknown section type 'local'"),
        ("/resources", {"sid": "vm:abc"}, "invalid VMID"),
        ("/resources", {"sid": "vm:101", "type": "ct"}, "types does not match"),
        (
            "/rules",
            {"rule": "r1", "type": "node-affinity", "resources": "vm:101", "nodes": "pve1"},
            "create ha rule failed: cannot use unmanaged resource(s) vm:101.",
        ),
        (
            "/rules",
            {"rule": "r1", "type": "node-affinity", "resources": "vm:107", "nodes": "nope"},
            "create ha rule failed: cannot use non-existant node(s) nope.",
        ),
        (
            "/rules",
            {"rule": "r1", "type": "resource-affinity", "resources": "vm:107", "affinity": "negative"},
            "create ha rule failed: 400 Rule 'r1' is invalid.",
        ),
    ],
)
def test_what_can_not_be_managed_is_refused_in_the_managers_words(api, path, params, text):
    assert api.post(f"/cluster/ha{path}", **params)[:2] == (500, text)


def test_an_option_that_a_rule_needs_is_not_deleted_and_an_empty_one_is_not_kept(api):
    rule = {"rule": "r1", "type": "node-affinity", "resources": "vm:107", "nodes": "pve1", "comment": "c"}
    assert api.post("/cluster/ha/rules", **rule)[0] == 200

    def change(**params):
        return api.run(api.driver.call("PUT", "/cluster/ha/rules/r1", type="node-affinity", **params))[1]

    assert change(delete="nodes") == "update HA rules failed: unable to delete required option 'nodes'"
    assert change(comment="") == "OK"
    assert "comment" not in api.data("/cluster/ha/rules/r1")
