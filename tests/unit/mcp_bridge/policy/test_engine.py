"""What the default policy, and policies of one's own, make of plans."""

from __future__ import annotations

import pytest

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import Caller
from mcp_bridge.errors import UsageError
from mcp_bridge.policy import Approval, Moment, Policy, Question, Target, make_question

NOON = Moment(12, "monday")
AI = Caller("claude", "client")
PERSON = Caller("jo", "person")
WEB = Target("101", 101, "web-01", "pve1", "qemu", "prod", ("web",))
DB = Target("102", 102, "db-01", "pve1", "qemu", "prod", ("db", "protected"))
FLAGGED = Target("103", 103, "old-01", "pve1", "lxc", protected=True)
MANY = tuple(Target(str(vmid), vmid) for vmid in range(200, 221))


def ask(tool, asker, *targets, moment=NOON):
    return Question(catalogue.load()[tool], asker, targets, frozenset({"POST"}), moment)


@pytest.mark.parametrize(
    ("tool", "asker", "targets", "ruling", "rules"),
    [
        ("start_guest", AI, [WEB], "allow", ["clients-operate"]),
        ("start_guest", AI, [DB], "allow", ["clients-operate"]),
        ("stop_guest", AI, [WEB], "hold", ["clients-ask-before-destroying"]),
        ("stop_guest", PERSON, [WEB], "allow", ["people-act"]),
        ("stop_guest", PERSON, [WEB, DB], "hold", ["protected-guests"]),
        ("stop_guest", PERSON, [FLAGGED], "hold", ["protected-guests"]),
        ("start_guest", AI, MANY, "hold", ["blast-radius"]),
        ("start_guest", PERSON, MANY[:20], "allow", ["people-act"]),
        ("set_guest_tags", AI, [WEB], "allow", ["clients-operate"]),
        ("set_guest_tags", AI, [DB], "hold", ["protected-guests"]),
        ("set_guest_tags", PERSON, [DB], "hold", ["protected-guests"]),
        ("configure_guest", AI, [WEB], "hold", ["clients-ask-before-destroying"]),
        ("add_firewall_rule", AI, [WEB], "hold", ["clients-ask-before-destroying"]),
        ("set_acl", AI, [Target("/access/acl")], "hold", ["access-needs-an-operator"]),
        ("create_token", PERSON, [Target("/access")], "allow", ["people-act"]),
        ("exec_guest", AI, [WEB], "refuse", ["no-guest-commands"]),
        ("exec_guest", PERSON, [WEB], "allow", ["people-act"]),
        ("stop_guest", AI, [Target("/pools/prod")], "hold", ["clients-ask-before-destroying"]),
    ],
)
def test_the_default_policy(tool, asker, targets, ruling, rules):
    decision = Policy.load().decide(ask(tool, asker, *targets))

    assert decision.ruling == ruling
    assert [rule.name for rule in decision.rules] == rules


@pytest.mark.parametrize(("tool", "asker", "targets"), [("stop_guest", AI, [DB]), ("start_guest", AI, MANY)])
def test_what_was_held_is_allowed_once_it_is_approved(tool, asker, targets):
    assert Policy.load().decide(ask(tool, asker, *targets), Approval("operator", "jo")).ruling == "allow"


def test_the_user_of_a_client_may_approve_small_unprotected_changes():
    elicited = Approval("elicitation", "claude")
    policy = Policy.load()

    assert policy.decide(ask("stop_guest", AI, WEB), elicited).ruling == "allow"
    assert policy.decide(ask("stop_guest", AI, DB), elicited).ruling == "refuse"
    assert policy.decide(ask("start_guest", AI, *MANY), elicited).ruling == "refuse"
    assert policy.decide(ask("set_acl", AI, Target("/access/acl")), elicited).ruling == "refuse"


def test_a_policy_can_ask_for_another_approver_than_who_asked():
    policy = Policy(
        "permit(principal, action, resource) when { context has approver && context.approver != context.requester };",
        "test",
    )
    asked = ask("stop_guest", Caller("claude", "client", local_user="jo"), WEB)

    assert policy.find_problems() == []
    assert policy.decide(asked, Approval("operator", "jo")).ruling == "refuse"
    assert policy.decide(asked, Approval("operator", "kim")).ruling == "allow"


def test_a_refusal_names_the_rule_the_guests_and_what_would_be_allowed(tmp_path):
    file = tmp_path / "own.cedar"
    file.write_text(
        '@id("nights") @advice("Between 22 and 6 only.")\n'
        "forbid(principal, action, resource) when { context.hour >= 6 && context.hour < 22 };\n"
        "permit(principal, action, resource);\n"
    )

    policy = Policy.load(file)
    refused = policy.decide(ask("stop_guest", AI, WEB, DB))

    assert refused.ruling == "refuse"
    assert refused.reason == "By policy, rule nights forbids it for web-01, db-01."
    assert refused.advice == "Between 22 and 6 only."
    assert policy.decide(ask("stop_guest", AI, WEB, moment=Moment(23, "sunday"))).ruling == "allow"


def test_what_no_rule_permits_is_refused():
    decision = Policy('permit(principal in Role::"nobody", action, resource);', "test").decide(
        ask("stop_guest", AI, WEB)
    )

    assert decision.ruling == "refuse"
    assert decision.reason == "By policy, no rule permits it for web-01."


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("permit(principal, action, resource) when { context.colour };", "colour"),
        ('permit(principal, action == Action::"stop_gest", resource);', "stop_gest"),
        ("permit(principal action resource);", "unexpected token"),
    ],
)
def test_a_policy_that_makes_no_sense_is_not_used(tmp_path, text, complaint):
    file = tmp_path / "own.cedar"
    file.write_text(text)

    with pytest.raises(UsageError, match=complaint):
        Policy.load(file)


def test_a_policy_takes_unknown_guests_as_protected():
    steps = [
        {
            "vmid": 101,
            "name": "a",
            "node": "pve1",
            "type": "qemu",
            "method": "POST",
            "path": "/x",
            "params": {},
            "task": True,
            "why": "",
        },
        {
            "vmid": 101,
            "name": "a",
            "node": "pve1",
            "type": "qemu",
            "method": "PUT",
            "path": "/y",
            "params": {},
            "task": True,
            "why": "",
        },
        {"poolid": "prod", "method": "POST", "path": "/pools", "params": {}, "task": False, "why": ""},
    ]
    asked = make_question(catalogue.load()["stop_guest"], AI, {"steps": steps}, NOON)

    assert [(target.id, target.vmid, target.protected) for target in asked.targets] == [
        ("101", 101, True),
        ("prod", None, False),
    ]
    assert asked.methods == {"POST", "PUT"}
